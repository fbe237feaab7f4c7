// Where a server is, as text; the same grammar as core's own.
import type { Destination, SshHost } from "$lib/host";

/** `user@host:port`, an alias, or `local`. */
export function destinationText(destination: Destination): string {
  if (destination === "local") return "local";
  const { user, host, port } = destination.ssh;
  const name = host.includes(":") ? `[${host}]` : host;
  return `${user === null ? "" : `${user}@`}${name}${port === null ? "" : `:${port}`}`;
}

/** What a person reads: this machine has no address. */
export function destinationWords(destination: Destination): string {
  return destination === "local" ? "this machine" : destinationText(destination);
}

/** What an entry of ~/.ssh/config leads to. */
export function sshHostWords(entry: SshHost): string {
  return `${entry.user === null ? "" : `${entry.user}@`}${entry.host_name ?? entry.alias}`;
}

/** A name to begin with for a typed destination: the host without its user, port and domain. */
export function suggestedName(destination: string): string {
  const host = destination.replace(/^ssh:\/\//, "").replace(/^.*@/, "");
  if (/^\[|^[\d.]+(:\d+)?$/.test(host)) return "";
  const label = host.split(":")[0]?.split(".")[0] ?? "";
  return label
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

/** Why a text is no destination, in words; `null` if it may be one. Core has the last word. */
export function destinationProblem(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return "A host is needed, for example ec2-user@hull-1.";
  if (trimmed.startsWith("-")) return "A host does not begin with a dash.";
  if (/[\s'`"$\\;&<>|(){}\u0000-\u001f]/.test(trimmed))
    return "A host holds no blanks and no shell characters.";
  return null;
}
