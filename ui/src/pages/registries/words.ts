// Registries in words.
import type { RegistryKind } from "$lib/host";

/** `ghcr.io/ada, as ada`, `Amazon ECR, eu-west-1, profile ops`. */
export function registryWords(kind: RegistryKind): string {
  if (kind.kind === "ecr") {
    const profile = kind.profile === null ? null : `profile ${kind.profile}`;
    return ["Amazon ECR", kind.region, profile, kind.prefix || null].filter(Boolean).join(", ");
  }
  const place = kind.prefix === "" ? kind.host : `${kind.host}/${kind.prefix}`;
  const login = kind.user === null ? "without a login" : `as ${kind.user}`;
  return [place, login, kind.plain_http ? "plain HTTP" : null].filter(Boolean).join(", ");
}
