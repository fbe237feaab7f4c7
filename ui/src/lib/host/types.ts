// What crosses the border between core and screen, by the names core gives it.
// Owns: the shapes. Must never know: how they travel.

export type Timestamp = string;
/** Rust's std::time::Duration. */
export interface Duration {
  secs: number;
  nanos: number;
}

export type Code =
  | "internal"
  | "invalid_input"
  | "not_found"
  | "already_exists"
  | "settings_invalid"
  | "settings_incomplete"
  | "host_unreachable"
  | "host_key_unknown"
  | "host_key_changed"
  | "auth_refused"
  | "key_locked"
  | "ssh_consent_needed"
  | "contact_lost"
  | "command_failed"
  | "timed_out"
  | "engine_down"
  | "requirement_missing"
  | "repository_unusable"
  | "commit_unknown"
  | "compose_invalid"
  | "variable_missing"
  | "file_missing"
  | "registry_unreachable"
  | "registry_refused"
  | "credentials_missing"
  | "keychain_unavailable"
  | "build_failed"
  | "build_refused"
  | "builder_platform"
  | "image_missing"
  | "wrong_platform"
  | "disk_full"
  | "inodes_full"
  | "memory_short"
  | "locked"
  | "pull_failed"
  | "release_command_failed"
  | "unhealthy"
  | "crash_loop"
  | "out_of_memory"
  | "wrong_image"
  | "swap_failed"
  | "rollback_failed"
  | "not_restorable"
  | "database_damaged"
  | "database_newer"
  | "laptop_disk_full"
  | "tool_missing"
  | "local_file"
  | "interrupted"
  | "consent_missing"
  | "unsupported";

/** The only error there is: what happened, why, what to do next. */
export interface Problem {
  code: Code;
  title: string;
  detail: string;
  hint: string;
}

export interface Commit {
  id: string;
  subject: string;
  author: string;
  at: Timestamp;
  branch: string | null;
  dirty: boolean;
}

export interface Project {
  id: string;
  name: string;
  path: string;
  added: Timestamp;
}

export interface ProjectRow {
  project: Project;
  /** environment, server */
  environments: [string, string][];
  builder: string | null;
  latest: Deployment | null;
  /** What serves in each environment: the deployment that made it live. */
  serving: Deployment[];
  /** How long the last deployments that went live took, oldest first, in milliseconds. */
  recent_ms: number[];
  unreadable: string | null;
}

export interface ServiceSummary {
  name: string;
  built: boolean;
  image: string | null;
  ports: string[];
  probe: string | null;
  volumes: string[];
  stateful: boolean;
}

export type Severity = "error" | "warning" | "advice";
export interface Finding {
  severity: Severity;
  code: string;
  place: { file: string; line: number; column: number };
  text: string;
  remedy: string;
}

export type BuilderChoice =
  { kind: "build-vm"; server: string } | { kind: "github-actions" } | { kind: "local" };
export interface EnvironmentSettings {
  server: string;
  stack: string | null;
  url: string | null;
  expect: string | null;
  soak: Duration;
  keep: number;
}
export type ProbeTarget =
  | { kind: "http"; service: string; port: number; path: string; expect: string | null }
  | { kind: "tcp"; service: string; port: number }
  | { kind: "docker"; service: string }
  | { kind: "command"; service: string; argv: string[] }
  | { kind: "public"; url: string; expect: string | null };
export type Strategy = "recreate" | "blue-green";
export interface ServiceSettings {
  probe: ProbeTarget | null;
  deadline: Duration | null;
  strategy: Strategy | null;
  drain: Duration | null;
  overlap: boolean;
}
export interface Settings {
  compose_files: string[];
  profiles: string[];
  builder: BuilderChoice | null;
  registry: string | null;
  environments: Record<string, EnvironmentSettings>;
  services: Record<string, ServiceSettings>;
  release_command: { service: string; command: string[] } | null;
}

export interface Understood {
  project: Project;
  head: Commit | null;
  compose_files: string[];
  services: ServiceSummary[];
  settings: Settings;
  settings_written: boolean;
  findings: Finding[];
}

export type Destination = "local" | { ssh: { user: string | null; host: string; port: number | null } };
export interface Server {
  id: string;
  name: string;
  destination: Destination;
  added: Timestamp;
}
/** A server in a list, with what its last check found. */
export interface ServerRow extends Server {
  facts: ServerFacts | null;
  /** The projects that deploy to it. */
  serves: string[];
  /** The projects that build on it. */
  builds: string[];
}
export interface ServerFacts {
  platform: string | null;
  os: string | null;
  os_id: string | null;
  cores: number | null;
  memory_total: number | null;
  memory_available: number | null;
  disk_total: number | null;
  disk_free: number | null;
  inodes_total: number | null;
  inodes_free: number | null;
  data_root: string | null;
  docker: { socket: string } | "sudo" | null;
  engine: string | null;
  compose: string | null;
  buildx: string | null;
  git: string | null;
  curl: string | null;
  clock_offset_ms: number | null;
  ec2_type: string | null;
  ec2_region: string | null;
  boot_hook: "systemd_system" | "systemd_user" | "cron" | null;
}
export interface Requirement {
  what: string;
  why: string;
  remedy: string | null;
  required: boolean;
}
export interface ServerCheck {
  server: Server;
  fingerprint: string | null;
  latency_ms: number;
  facts: ServerFacts;
  missing_to_serve: Requirement[];
  missing_to_build: Requirement[];
}
export interface Trusted {
  server: Server;
  before: string | null;
  now: string;
}
/** An entry of ~/.ssh/config. */
export interface SshHost {
  alias: string;
  host_name: string | null;
  user: string | null;
}
/** The key that a machine shows, and what is known of it. */
export interface HostKey {
  host: string;
  port: number;
  algorithm: string;
  fingerprint: string;
  /** The keys pinned for it on this laptop, as `ssh-ed25519 SHA256:…`. */
  pinned: string[];
}
/** What one server uses now; missing parts are null. */
export interface ServerLoad {
  cpu_percent: number | null;
  load_average: number | null;
  memory_used: number | null;
  memory_total: number | null;
  disk_used: number | null;
  disk_total: number | null;
  uptime_s: number | null;
}
export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
export interface Container {
  id: string;
  name: string;
  /** The Compose project it belongs to. */
  stack: string | null;
  /** The project and environment of this laptop that it belongs to. */
  owner: [string, string] | null;
  service: string | null;
  image: string;
  state: ContainerState;
  health: "starting" | "healthy" | "unhealthy" | null;
  restarts: number;
  exit_code: number;
  started: Timestamp | null;
  memory: number | null;
}

export type RegistryKind =
  | { kind: "oci"; host: string; prefix: string; user: string | null; plain_http: boolean }
  | { kind: "ecr"; region: string | null; profile: string | null; prefix: string; endpoint: string | null };
export interface Registry {
  id: string;
  name: string;
  kind: RegistryKind;
  added: Timestamp;
}
export interface RegistryAdded {
  registry: Registry;
  note: string | null;
}

export type DeploymentKind = "deploy" | "rollback";
export type Status = "running" | "live" | "nothing_to_do" | "rolled_back" | "failed" | "cancelled";
export type Stage =
  "resolve" | "preflight" | "source" | "build" | "gate" | "stage" | "pull" | "swap" | "record";
export interface Deployment {
  id: string;
  environment: { project: string; name: string };
  kind: DeploymentKind;
  commit: Commit | null;
  release: string | null;
  previous: string | null;
  status: Status;
  started: Timestamp;
  finished: Timestamp | null;
  problem: Problem | null;
  gap_ms: number | null;
  migrated: boolean;
}
export type HistoryRow = Deployment & {
  restorable: boolean;
  serving: boolean;
  stages: [Stage, number][];
};
export interface HistoryFilter {
  environment: string | null;
  status: Status[];
  limit: number;
  before: Timestamp | null;
}

export interface Release {
  id: string;
  commit: Commit;
  services: Record<string, { image: { repository: string; digest: string }; origin: ImageOrigin }>;
  source_hash: string;
  env_fingerprint: string;
  created: Timestamp;
}
export type ImageOrigin =
  { from: "built"; commit: string; inputs: string } | { from: "pulled"; reference: string };

export type StepEventKind =
  | { type: "started"; deployment: string }
  | { type: "resolved"; commit: Commit }
  | { type: "release_known"; release: string; previous: string | null }
  | { type: "stage_started"; stage: Stage; estimate_ms: number | null }
  | { type: "stage_finished"; stage: Stage; ms: number; note: string }
  | { type: "stage_skipped"; stage: Stage; reason: string }
  | { type: "stage_failed"; stage: Stage; ms: number }
  | { type: "step_started"; stage: Stage; step: string; service: string | null }
  | {
      type: "step_finished";
      stage: Stage;
      step: string;
      service: string | null;
      ms: number;
      ok: boolean;
      note: string;
    }
  | { type: "source_sent"; payload_bytes: number; wire_bytes_up: number }
  | { type: "note"; stage: Stage; text: string }
  | { type: "detached"; reason: string }
  | { type: "finished"; status: Status; release: string | null; problem: Problem | null };
export type StepEvent = { index: number; at: Timestamp; journal?: number } & StepEventKind;
export interface Progress {
  stage: Stage;
  subject: string;
  done: number;
  total: number | null;
  unit: "bytes" | "steps";
}
export interface LogLine {
  at: Timestamp;
  stage: Stage;
  source: string | null;
  text: string;
}
/** A line for showing. */
export interface LogRow extends LogLine {
  /** 1, 2, 3, … within the deployment. */
  number: number;
  /** Bytes that follow in the whole line; 0 when the text is whole. */
  more_bytes: number;
  /** It speaks of an error. */
  error: boolean;
}
export interface LogPage {
  rows: LogRow[];
  /** How many lines the whole log has now. */
  total: number;
}
/** What a watcher of one deployment is sent: once a snapshot, then batches. */
export type WatchMessage =
  | { type: "snapshot"; events: StepEvent[]; line_count: number }
  | { type: "events"; events: StepEvent[] }
  | { type: "lines"; rows: LogRow[] }
  | { type: "progress"; progress: Progress[] };
export interface Hit {
  line: number;
  /** How often the text occurs in it. */
  times: number;
}
export interface LogMatches {
  /** How often the text occurs in the whole log. */
  total: number;
  /** In how many lines. */
  lines: number;
  /** At most 20,000 of them, from the first on. */
  hits: Hit[];
}
/** What a stage usually takes. */
export interface Estimate {
  ms: number;
  based_on: number[];
}
export interface ReleaseSummary {
  id: string;
  commit: Commit | null;
  images: Record<string, string>;
}
/** A deployment with everything its page begins with. */
export interface DeploymentShown {
  deployment: Deployment;
  project: string;
  events: StepEvent[];
  lines: number;
  estimates: [Stage, Estimate][];
  /** What served before it began. */
  previous: ReleaseSummary | null;
  /** What serves its environment now. */
  serving: ReleaseSummary | null;
  first_error: number | null;
}

export interface DeployRequest {
  project: string;
  environment: string;
  /** A commit, branch or tag; what lies in the folder; a restorable release, or the one before. */
  what: { commit: string } | "work_tree" | { release: string | null };
  services: string[];
  refresh: string[];
  builder: string | null;
}
export interface DeployStarted {
  id: string;
  joined: boolean;
}
export interface DeployPlan {
  project: string;
  environment: string;
  server: string;
  commit: Commit;
  serving: string | null;
  platform: string;
  builder: string;
  registry: string;
  services: ServicePlan[];
  removed: string[];
  release_command: string | null;
  boot_hook: string;
  disk: [number, number] | null;
  /** milliseconds, number of deployments it is based on */
  estimate: [number, number] | null;
  warnings: string[];
}
export interface ServicePlan {
  name: string;
  image: "build" | "pin" | "keep" | "restore";
  strategy: Strategy;
  reason: string;
  probe: string;
}
export interface RollbackPlan {
  project: string;
  environment: string;
  from: Release | null;
  to: Release;
  /** Services whose image changes; no digest where the service comes back or goes. */
  images: { service: string; from: string | null; to: string | null }[];
  /** Services whose configuration in the Compose file changes, images aside. */
  compose: { service: string; keys: string[] }[];
  /** By name. */
  variables: { added: string[]; removed: string[]; changed: string[] };
  /** Deployments whose release command ran after that release went live; they are not undone. */
  migrations: Deployment[];
}

export interface EnvironmentStatus {
  project: string;
  environment: string;
  server: string;
  url: string | null;
  release: string | null;
  commit: Commit | null;
  since: Timestamp | null;
  services: ServiceStatus[];
  ahead: Commit[];
  pending: string[];
  running: Deployment | null;
  problem: Problem | null;
}
export interface ServiceStatus {
  name: string;
  wanted: string | null;
  matches: boolean;
  state: string;
  health: string | null;
  restarts: number;
  started: Timestamp | null;
  memory: number | null;
}
export interface ContainerLine {
  service: string;
  at: Timestamp | null;
  stderr: boolean;
  text: string;
}

export type Scope = "run" | "build";
export interface Variable {
  name: string;
  scope: Scope;
  pending: boolean;
}

/** A deployment with its project's name. */
export interface ActivityRow {
  project: string;
  deployment: Deployment;
}

export type Theme = "system" | "light" | "dark";
export interface AppSettings {
  theme: Theme;
  /** percent, 80 to 200 */
  zoom: number;
  start_at_login: boolean;
  keep_in_tray: boolean;
  notify_ended: boolean;
  single_letters: boolean;
  /** Shortcuts that differ from the usual ones: act, key. */
  shortcuts: [string, string][];
  /** The steps of the first run were done or left. */
  first_run_done: boolean;
}
export interface AppFacts {
  version: string;
  platform: "macos" | "windows" | "linux";
  data_folder: string;
  keychain: boolean;
  tray: boolean;
}

/** What core wants to know before it goes on. */
export type Question =
  | { kind: "new_host_key"; server: string; algorithm: string; fingerprint: string }
  | { kind: "changed_host_key"; server: string; pinned: string; offered: string }
  | { kind: "ssh_command"; command: string }
  | { kind: "delete"; what: string; consequences: string[] };
export type Asked = { type: "confirm"; question: Question } | { type: "secret"; prompt: string };
export interface OpenQuestion {
  id: number;
  asked: Asked;
}
export type Said = { said: "yes" } | { said: "no" } | { said: "text"; text: string };

/** Where a notification or the tray leads. */
export type Goto =
  { to: "deployment"; id: string } | { to: "project"; name: string } | { to: "roll_back"; name: string };
