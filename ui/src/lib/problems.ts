// What the screens add to a problem: its kind in a few words, and the buttons that help, one row for every code of core.
// Owns: those. Must never know: what to do about the case at hand, which core says: its title what, its detail why, its
// hint what next. One code has many causes, so that nothing here may be right for only some of them.
import type { Code, Problem } from "$lib/host";
import type { Route } from "$lib/router";
import { inTheWindow } from "./hints";

/** What a button does; where it leads is `routeFor`, the rest belongs to the page that shows it. */
export type Act =
  | "deploy_again"
  | "open_log"
  | "open_variables"
  | "open_project_settings"
  | "open_project"
  | "open_history"
  | "open_server"
  | "open_servers"
  | "open_registries"
  | "open_settings"
  | "try_again"
  | "copy_diagnostics";

export interface Next {
  label: string;
  act: Act;
}

export interface ProblemCopy {
  /** The kind in a few words, for lists where the whole title has no room. */
  kind: string;
  /** The buttons that help, whatever the cause; the most helpful first. */
  next: readonly Next[];
}

const again: Next = { label: "Deploy again", act: "deploy_again" };
const retry: Next = { label: "Try again", act: "try_again" };
const log: Next = { label: "Open the log", act: "open_log" };
const server: Next = { label: "Check the server", act: "open_server" };
const servers: Next = { label: "Open servers", act: "open_servers" };
const registries: Next = { label: "Open registries", act: "open_registries" };
const settings: Next = { label: "Open project settings", act: "open_project_settings" };
const project: Next = { label: "Open the project", act: "open_project" };
const history: Next = { label: "Open history", act: "open_history" };
const diagnostics: Next = { label: "Copy diagnostics", act: "copy_diagnostics" };

export const PROBLEMS: Record<Code, ProblemCopy> = {
  internal: { kind: "A bug of Plimsoll", next: [diagnostics, retry] },
  invalid_input: { kind: "Not valid", next: [retry] },
  not_found: { kind: "Not there", next: [] },
  already_exists: { kind: "Exists already", next: [] },
  settings_invalid: { kind: "Settings cannot be used", next: [settings] },
  settings_incomplete: { kind: "A setting is missing", next: [settings] },
  host_unreachable: { kind: "Server does not answer", next: [server, retry] },
  host_key_unknown: {
    kind: "Server not known yet",
    next: [{ label: "Open the server", act: "open_server" }],
  },
  host_key_changed: {
    kind: "Server's key is not the known one",
    next: [{ label: "Open the server", act: "open_server" }],
  },
  auth_refused: { kind: "Login refused", next: [server] },
  key_locked: { kind: "Key is locked", next: [retry] },
  ssh_consent_needed: {
    kind: "Command in the ssh configuration",
    next: [{ label: "Open the server", act: "open_server" }],
  },
  contact_lost: { kind: "Contact lost", next: [again, server] },
  command_failed: { kind: "A command failed", next: [retry, server] },
  timed_out: { kind: "Took too long", next: [retry, server] },
  engine_down: { kind: "Docker does not answer", next: [server, retry] },
  requirement_missing: { kind: "A program is missing there", next: [server] },
  repository_unusable: { kind: "Repository cannot be used", next: [project, retry] },
  commit_unknown: { kind: "No such commit", next: [project] },
  compose_invalid: { kind: "Compose file not valid", next: [project, again] },
  variable_missing: {
    kind: "A variable is missing",
    next: [{ label: "Add the variable…", act: "open_variables" }, again],
  },
  file_missing: { kind: "A file is missing", next: [again, project] },
  registry_unreachable: { kind: "Registry does not answer", next: [retry, registries] },
  registry_refused: { kind: "Registry refuses", next: [registries, again] },
  aws_denied: { kind: "AWS does not allow it", next: [registries, again] },
  credentials_missing: { kind: "No login for the registry", next: [registries, again] },
  keychain_unavailable: {
    kind: "Keychain cannot be used",
    next: [retry, { label: "Open settings", act: "open_settings" }],
  },
  github_not_connected: { kind: "GitHub is not connected", next: [] },
  github_refused: { kind: "GitHub refuses", next: [retry] },
  github_permission: { kind: "The token lacks a permission", next: [retry] },
  github_unreachable: { kind: "GitHub does not answer", next: [retry] },
  github_rate_limited: { kind: "GitHub wants a pause", next: [retry] },
  github_repository: { kind: "Not to be seen at GitHub", next: [retry] },
  build_failed: { kind: "Build failed", next: [log, again] },
  build_refused: { kind: "Building there is refused", next: [settings] },
  builder_platform: { kind: "Wrong builder for this server", next: [settings, servers] },
  image_missing: { kind: "Image not in the registry", next: [again, registries] },
  wrong_platform: { kind: "Image for another platform", next: [project, again] },
  disk_full: { kind: "Disk is full", next: [{ label: "Open the server", act: "open_server" }, again] },
  inodes_full: { kind: "No inodes left", next: [{ label: "Open the server", act: "open_server" }, again] },
  memory_short: {
    kind: "Not enough memory",
    next: [settings, { label: "Open the server", act: "open_server" }],
  },
  locked: { kind: "Something else is at work", next: [again, project] },
  pull_failed: { kind: "Pull failed", next: [again, server] },
  release_command_failed: { kind: "Release command failed", next: [log, again] },
  unhealthy: { kind: "Did not become healthy", next: [log, again] },
  crash_loop: { kind: "Keeps crashing", next: [log, again] },
  out_of_memory: {
    kind: "Killed for its memory",
    next: [log, { label: "Open the server", act: "open_server" }],
  },
  wrong_image: {
    kind: "Not the wanted image",
    next: [again, { label: "Open the server", act: "open_server" }],
  },
  swap_failed: { kind: "Swap failed", next: [log, again] },
  rollback_failed: {
    kind: "Neither release proven",
    next: [{ label: "Open the server", act: "open_server" }, log],
  },
  not_restorable: { kind: "No way back", next: [again, history] },
  database_damaged: { kind: "Plimsoll's database is damaged", next: [diagnostics] },
  database_newer: {
    kind: "Database of a newer Plimsoll",
    next: [{ label: "Open settings", act: "open_settings" }],
  },
  laptop_disk_full: { kind: "This computer's disk is full", next: [retry] },
  tool_missing: { kind: "A program is missing here", next: [retry, diagnostics] },
  local_file: { kind: "A local file cannot be used", next: [retry] },
  interrupted: { kind: "Interrupted", next: [again] },
  consent_missing: { kind: "Not confirmed", next: [retry] },
  unsupported: { kind: "Not available", next: [settings] },
};

/** The copy of a problem; a code of a newer core is treated as a bug of ours, never as nothing. */
export function copyOf(problem: Pick<Problem, "code">): ProblemCopy {
  return (PROBLEMS as Partial<Record<string, ProblemCopy>>)[problem.code] ?? PROBLEMS.internal;
}

/** What to do: core's own hint. */
export function adviceOf(problem: Pick<Problem, "hint">): string {
  return inTheWindow(problem.hint);
}

/** Its buttons, the most helpful first. */
export function nextOf(problem: Pick<Problem, "code">): readonly Next[] {
  return copyOf(problem).next;
}

/** Where an act leads, if it leads somewhere: what is not known has no page, and a list is no answer. */
export function routeFor(act: Act, where: { project?: string | null; server?: string | null }): Route | null {
  switch (act) {
    case "open_variables":
      return where.project ? { page: "project", name: where.project, tab: "variables" } : null;
    case "open_project_settings":
      return where.project ? { page: "project", name: where.project, tab: "settings" } : null;
    case "open_project":
    case "open_history":
      return where.project ? { page: "project", name: where.project, tab: "overview" } : null;
    case "open_server":
      return where.server ? { page: "server", name: where.server } : null;
    case "open_servers":
      return { page: "servers" };
    case "open_registries":
      return { page: "registries" };
    case "open_settings":
      return { page: "settings" };
    case "deploy_again":
    case "open_log":
    case "try_again":
    case "copy_diagnostics":
      return null;
  }
}
