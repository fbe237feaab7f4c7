// How a service's health is asked, as two fields: a kind and its words.
// Owns: that translation. Must never know: how a probe is made.
import type { ProbeTarget } from "$lib/host";
import { commandText, wordsOf } from "./draft";

export type ProbeKind = "default" | "http" | "tcp" | "docker" | "command";

export const PROBE_KINDS: { value: ProbeKind; label: string }[] = [
  { value: "default", label: "As the Compose file says" },
  { value: "http", label: "HTTP answer" },
  { value: "tcp", label: "TCP connection" },
  { value: "docker", label: "Docker health check" },
  { value: "command", label: "Command inside" },
];

export function probeKind(probe: ProbeTarget | null): ProbeKind {
  return probe === null || probe.kind === "public" ? "default" : probe.kind;
}

/** A first probe of that kind; its details are typed after. */
export function newProbe(kind: ProbeKind, service: string): ProbeTarget | null {
  switch (kind) {
    case "default":
      return null;
    case "http":
      return { kind, service, port: 80, path: "/health", expect: null };
    case "tcp":
      return { kind, service, port: 80 };
    case "docker":
      return { kind, service };
    case "command":
      return { kind, service, argv: ["true"] };
  }
}

/** The details as one line: `:8000/health`, `:5432`, `python3 check.py`. */
export function probeText(probe: ProbeTarget | null): string {
  switch (probe?.kind) {
    case "http":
      return `:${probe.port}${probe.path}`;
    case "tcp":
      return `:${probe.port}`;
    case "command":
      return commandText(probe.argv);
    default:
      return "";
  }
}

/** The probe with other details, or why they cannot be read. */
export function withText(probe: ProbeTarget, text: string): ProbeTarget | string {
  if (probe.kind === "command") {
    const argv = wordsOf(text);
    return argv.length === 0 ? "A command has at least one word." : { ...probe, argv };
  }
  const match = /^:(\d{1,5})(\/\S*)?$/.exec(text.trim());
  const port = Number(match?.[1]);
  if (!match || port < 1 || port > 65_535) {
    return probe.kind === "tcp"
      ? "A port is needed, for example :5432."
      : "Port and path are needed, for example :8000/health.";
  }
  if (probe.kind === "http") return match[2] ? { ...probe, port, path: match[2] } : "The path begins with /.";
  return probe.kind === "tcp" && !match[2] ? { ...probe, port } : "A TCP probe has a port alone.";
}
