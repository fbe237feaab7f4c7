// What the screens say about each kind of problem, and which button helps: one row for every code of core.
// Owns: that copy. Must never know: a problem's own words, which core gives (its title says what, its detail why).
import type { Code, Problem } from "$lib/host";
import type { Route } from "$lib/router";

/** What a button does; where it leads is `routeFor`, the rest belongs to the page that shows it. */
export type Act =
  | "deploy_again"
  | "open_log"
  | "open_variables"
  | "open_project_settings"
  | "open_project"
  | "open_history"
  | "open_projects"
  | "open_server"
  | "open_servers"
  | "open_registries"
  | "open_settings"
  | "open_activity"
  | "try_again"
  | "copy_diagnostics";

export interface Next {
  label: string;
  act: Act;
}

export interface ProblemCopy {
  /** The kind in a few words, for lists where the whole title has no room. */
  kind: string;
  /** What to do, in words of the screens. Null where core's own hint says it for the case at hand. */
  advice: string | null;
  /** The button that helps most. */
  next: Next;
  /** A second one. */
  also?: Next;
}

const again: Next = { label: "Deploy again", act: "deploy_again" };
const retry: Next = { label: "Try again", act: "try_again" };
const log: Next = { label: "Open the log", act: "open_log" };
const server: Next = { label: "Check the server", act: "open_server" };
const servers: Next = { label: "Open servers", act: "open_servers" };
const registries: Next = { label: "Open registries", act: "open_registries" };
const settings: Next = { label: "Open project settings", act: "open_project_settings" };
const project: Next = { label: "Open the project", act: "open_project" };
const diagnostics: Next = { label: "Copy diagnostics", act: "copy_diagnostics" };

export const PROBLEMS: Record<Code, ProblemCopy> = {
  internal: {
    kind: "A bug of Plimsoll",
    advice: "Do it once more. If it happens again, copy the diagnostics and report it.",
    next: diagnostics,
    also: retry,
  },
  invalid_input: { kind: "Not valid", advice: null, next: retry },
  not_found: {
    kind: "Not there",
    advice: "It may have been removed or renamed. Open the list and choose another.",
    next: { label: "Open projects", act: "open_projects" },
  },
  already_exists: {
    kind: "Exists already",
    advice: null,
    next: { label: "Open projects", act: "open_projects" },
  },
  settings_invalid: {
    kind: "plimsoll.toml not valid",
    advice: "Correct the line that the cause names, in the file or in the project's settings.",
    next: settings,
  },
  settings_incomplete: {
    kind: "A setting is missing",
    advice: "Choose what is missing in the project's settings; Plimsoll writes it to plimsoll.toml.",
    next: settings,
  },
  host_unreachable: {
    kind: "Server does not answer",
    advice: "Check its address, and that it is up and lets this computer in. What serves keeps serving.",
    next: server,
    also: retry,
  },
  host_key_unknown: {
    kind: "Server not known yet",
    advice:
      "Compare the fingerprint with what the machine's console shows, then trust it on the server's page.",
    next: { label: "Open the server", act: "open_server" },
  },
  host_key_changed: {
    kind: "Server shows another key",
    advice:
      "Go on only if you know why: a reinstalled machine has a new key, and so has somebody in between. Trust the new one on the server's page.",
    next: { label: "Open the server", act: "open_server" },
  },
  auth_refused: {
    kind: "Login refused",
    advice: "Check the user name and that the server knows your key; `ssh` to it by hand says the same.",
    next: server,
  },
  key_locked: {
    kind: "Key is locked",
    advice: "Unlock it for your ssh agent with ssh-add, then try again.",
    next: retry,
  },
  ssh_consent_needed: {
    kind: "Command in the ssh configuration",
    advice:
      "Your ssh configuration names a command for this host. Read it on the server's page and allow it there.",
    next: { label: "Open the server", act: "open_server" },
  },
  contact_lost: {
    kind: "Contact lost",
    advice:
      "A swap that has begun goes on by itself on the server; Plimsoll reads its end as soon as the server answers.",
    next: { label: "Ask again", act: "try_again" },
    also: server,
  },
  command_failed: { kind: "A command failed", advice: null, next: server, also: retry },
  timed_out: { kind: "Took too long", advice: null, next: retry, also: server },
  engine_down: {
    kind: "Docker does not answer",
    advice: "Start Docker on that machine, and let its login user use it; the check says what is missing.",
    next: server,
    also: retry,
  },
  requirement_missing: {
    kind: "A program is missing there",
    advice: "The server's page has the command that installs it.",
    next: server,
  },
  repository_unusable: { kind: "Repository cannot be used", advice: null, next: project, also: retry },
  commit_unknown: { kind: "No such commit", advice: null, next: project },
  compose_invalid: { kind: "Compose file not valid", advice: null, next: project, also: again },
  variable_missing: {
    kind: "A variable is missing",
    advice: "Set it under Variables, then deploy again. Values live on the server, never in the repository.",
    next: { label: "Add the variable…", act: "open_variables" },
    also: again,
  },
  file_missing: { kind: "A file is missing", advice: null, next: again, also: project },
  registry_unreachable: {
    kind: "Registry does not answer",
    advice: "Check this computer's network and the registry's address.",
    next: retry,
    also: registries,
  },
  registry_refused: {
    kind: "Registry refuses",
    advice: "Check the user and the password of the registry, and that they may read and push there.",
    next: registries,
    also: again,
  },
  credentials_missing: {
    kind: "No password for the registry",
    advice: "Give the registry's password; it goes to this computer's keychain.",
    next: registries,
    also: again,
  },
  keychain_unavailable: {
    kind: "Keychain cannot be used",
    advice:
      "Unlock it and try again. Without one, a password you type is kept in memory until Plimsoll ends.",
    next: retry,
    also: { label: "Open settings", act: "open_settings" },
  },
  build_failed: {
    kind: "Build failed",
    advice: "Correct what the log says and commit it; what was built already is not built again.",
    next: log,
    also: again,
  },
  build_refused: {
    kind: "Building there is refused",
    advice: "A machine that serves does not build. Choose a build VM in the project's settings.",
    next: settings,
  },
  builder_platform: { kind: "Wrong builder for this server", advice: null, next: settings, also: servers },
  image_missing: {
    kind: "Image not in the registry",
    advice: "It may have been cleaned up there. Deploy again, and it is built anew.",
    next: again,
    also: registries,
  },
  wrong_platform: {
    kind: "Image for another platform",
    advice: "Build it for the server's platform, or name an image that exists for it.",
    next: project,
    also: again,
  },
  disk_full: {
    kind: "Disk is full",
    advice: null,
    next: { label: "Open the server", act: "open_server" },
    also: again,
  },
  inodes_full: {
    kind: "No inodes left",
    advice: null,
    next: { label: "Open the server", act: "open_server" },
    also: again,
  },
  memory_short: {
    kind: "Not enough memory",
    // Core knows which service, and how long a gap has been here.
    advice: null,
    next: settings,
    also: { label: "Open the server", act: "open_server" },
  },
  locked: {
    kind: "Somebody else is deploying",
    advice: "Wait for its end, or stop it where it was started; then deploy again.",
    next: project,
    also: again,
  },
  pull_failed: {
    kind: "Pull failed",
    advice: "Check that the server reaches the registry, then deploy again; nothing has moved.",
    next: again,
    also: server,
  },
  release_command_failed: {
    kind: "Release command failed",
    advice: "Correct the command and deploy again. What it did already is not undone.",
    next: log,
    also: again,
  },
  unhealthy: {
    kind: "Did not become healthy",
    advice: "Read what the service said, correct it or its probe, and deploy again.",
    next: log,
    also: again,
  },
  crash_loop: {
    kind: "Keeps crashing",
    advice: "Read the service's last words, correct it, and deploy again.",
    next: log,
    also: again,
  },
  out_of_memory: {
    kind: "Killed for its memory",
    advice: "Raise the service's memory limit in the Compose file, or make it need less; then deploy again.",
    next: log,
    also: { label: "Open the server", act: "open_server" },
  },
  wrong_image: {
    kind: "Not the wanted image",
    advice: "Deploy again. If it happens again, another program changes this stack.",
    next: again,
    also: { label: "Open the server", act: "open_server" },
  },
  swap_failed: {
    kind: "Swap failed",
    advice: "Read the cause, correct it, and deploy again.",
    next: log,
    also: again,
  },
  rollback_failed: {
    kind: "Neither release proven",
    advice: "Look at the containers first. The cause names the command that brings the old release back.",
    next: { label: "Open the server", act: "open_server" },
    also: log,
  },
  not_restorable: {
    kind: "Cannot be restored",
    advice: "Choose a release that History marks as restorable, or deploy its commit again.",
    next: { label: "Open history", act: "open_history" },
  },
  database_damaged: {
    kind: "Plimsoll's database was damaged",
    advice:
      "The last good backup was restored, the damaged file is kept beside it. Activity shows what is known.",
    next: { label: "Open activity", act: "open_activity" },
    also: diagnostics,
  },
  database_newer: {
    kind: "Database of a newer Plimsoll",
    advice: "Update Plimsoll. Nothing was changed.",
    next: { label: "Open settings", act: "open_settings" },
  },
  laptop_disk_full: {
    kind: "This computer's disk is full",
    advice: "Free some space on this computer, then try again. A swap that has begun goes on without it.",
    next: retry,
  },
  tool_missing: { kind: "A program is missing here", advice: null, next: retry, also: diagnostics },
  local_file: { kind: "A local file cannot be used", advice: null, next: retry },
  interrupted: {
    kind: "Interrupted before anything moved",
    advice: "Deploy again: what was built and pushed is not built again.",
    next: again,
  },
  consent_missing: { kind: "Not confirmed", advice: null, next: retry },
  unsupported: {
    kind: "Not available yet",
    advice: "Choose another builder in the project's settings.",
    next: settings,
  },
};

/** The copy of a problem; a code of a newer core is treated as a bug of ours, never as nothing. */
export function copyOf(problem: Pick<Problem, "code">): ProblemCopy {
  return (PROBLEMS as Partial<Record<string, ProblemCopy>>)[problem.code] ?? PROBLEMS.internal;
}

/** What to do, in words. */
export function adviceOf(problem: Problem): string {
  return copyOf(problem).advice ?? problem.hint;
}

/** Its buttons, the most helpful first. */
export function nextOf(problem: Pick<Problem, "code">): Next[] {
  const { next, also } = copyOf(problem);
  return also === undefined ? [next] : [next, also];
}

/** Where an act leads, if it leads somewhere. */
export function routeFor(act: Act, where: { project?: string | null; server?: string | null }): Route | null {
  switch (act) {
    case "open_variables":
      return where.project
        ? { page: "project", name: where.project, tab: "variables" }
        : { page: "projects" };
    case "open_project_settings":
      return where.project ? { page: "project", name: where.project, tab: "settings" } : { page: "projects" };
    case "open_project":
    case "open_history":
      return where.project ? { page: "project", name: where.project, tab: "overview" } : { page: "projects" };
    case "open_projects":
      return { page: "projects" };
    case "open_server":
      return where.server ? { page: "server", name: where.server } : { page: "servers" };
    case "open_servers":
      return { page: "servers" };
    case "open_registries":
      return { page: "registries" };
    case "open_settings":
      return { page: "settings" };
    case "open_activity":
      return { page: "activity" };
    case "deploy_again":
    case "open_log":
    case "try_again":
    case "copy_diagnostics":
      return null;
  }
}
