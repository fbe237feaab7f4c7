// Pieces of scripted worlds. Times count back from the moment the window opened.
import type * as T from "../types";

export const NOW = Date.now();
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const GB = 1_000_000_000;
export const MB = 1_000_000;

export const ago = (ms: number): T.Timestamp => new Date(NOW - ms).toISOString();
export const seconds = (secs: number): T.Duration => ({ secs, nanos: 0 });

/** Hex digits that follow from the text. */
export function hex(text: string, length: number): string {
  let out = "";
  for (let round = 0; out.length < length; round += 1) {
    let hash = 0x811c9dc5 ^ round;
    for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
    out += hash.toString(16).padStart(8, "0");
  }
  return out.slice(0, length);
}

export function commit(short: string, subject: string, at: T.Timestamp): T.Commit {
  const id = short + hex(subject, 40 - short.length);
  return { id, subject, author: "Maren Holt", at, branch: "main", dirty: false };
}

export function project(name: string, path = `/home/maren/code/${name}`): T.Project {
  return { id: `project-${name}`, name, path, added: ago(90 * DAY) };
}

export function server(name: string, host = `${name}.example.net`): T.Server {
  return {
    id: `server-${name}`,
    name,
    destination: { ssh: { user: "ec2-user", host, port: null } },
    added: ago(90 * DAY),
  };
}

export const registry: T.Registry = {
  id: "registry-ecr",
  name: "ecr-eu",
  kind: { kind: "ecr", region: "eu-west-1", profile: null, prefix: "", endpoint: null },
  added: ago(90 * DAY),
};

export const FACTS: T.ServerFacts = {
  platform: "linux/arm64",
  os: "Amazon Linux 2023",
  os_id: "amzn",
  cores: 2,
  memory_total: 2 * GB,
  memory_available: 0.8 * GB,
  disk_total: 60 * GB,
  disk_free: 31.3 * GB,
  inodes_total: 3_932_160,
  inodes_free: 3_401_022,
  data_root: "/var/lib/docker",
  docker: { socket: "/var/run/docker.sock" },
  engine: "28.5.1",
  compose: "2.40.3",
  buildx: "0.29.1",
  git: "2.50.1",
  curl: "8.11.1",
  clock_offset_ms: 12,
  ec2_type: "t4g.small",
  ec2_region: "eu-west-1",
  boot_hook: "systemd_system",
};

export function settings(on: string, builder: string, url: string | null): T.Settings {
  return {
    compose_files: ["compose.yaml"],
    profiles: [],
    builder: { kind: "build-vm", server: builder },
    registry: "ecr-eu",
    environments: {
      production: { server: on, stack: null, url, expect: null, soak: seconds(60), keep: 5 },
    },
    services: {},
    release_command: { service: "api", command: ["python3", "migrate.py"] },
  };
}

export const SERVICES: T.ServiceSummary[] = [
  {
    name: "web",
    built: true,
    image: null,
    ports: ["80:8080"],
    probe: "GET /health",
    volumes: [],
    stateful: false,
  },
  { name: "api", built: true, image: null, ports: [], probe: "GET /healthz", volumes: [], stateful: false },
  { name: "worker", built: true, image: null, ports: [], probe: null, volumes: [], stateful: false },
  {
    name: "db",
    built: false,
    image: "postgres:16",
    ports: [],
    probe: "health check of the image",
    volumes: ["db-data"],
    stateful: true,
  },
];

export function deployment(id: string, of: string, given: Partial<T.Deployment>): T.Deployment {
  return {
    id,
    environment: { project: `project-${of}`, name: "production" },
    kind: "deploy",
    commit: null,
    release: hex(id, 12),
    previous: null,
    status: "live",
    started: ago(2 * HOUR),
    finished: ago(2 * HOUR - 165_000),
    problem: null,
    gap_ms: 0,
    migrated: false,
    ...given,
  };
}

/** How long the nine stages usually take, in milliseconds. */
export const USUAL: [T.Stage, number][] = [
  ["resolve", 400],
  ["preflight", 2100],
  ["source", 900],
  ["build", 81_000],
  ["gate", 600],
  ["stage", 1200],
  ["pull", 9400],
  ["swap", 74_000],
  ["record", 100],
];

/** What the stages usually take; nothing before a deployment went live. */
export const usualOf = (rows: T.HistoryRow[]) => (rows.some((row) => row.status === "live") ? USUAL : []);
/** How long all of it takes. */
export const totalOf = (rows: T.HistoryRow[]) => usualOf(rows).reduce((sum, [, ms]) => sum + ms, 0);

export function history(of: T.Deployment, given: Partial<T.HistoryRow> = {}): T.HistoryRow {
  return { ...of, restorable: of.status === "live", serving: false, stages: USUAL, ...given };
}

export function serviceStatus(
  name: string,
  memory: number,
  given: Partial<T.ServiceStatus> = {},
): T.ServiceStatus {
  return {
    name,
    wanted: `sha256:${hex(name, 64)}`,
    matches: true,
    state: "running",
    stopped: given.state !== undefined && given.state !== "running",
    health: "healthy",
    restarts: 0,
    started: ago(2 * HOUR),
    memory,
    ...given,
  };
}

export function release(id: string, of: T.Commit, services = ["web", "api", "worker"]): T.Release {
  return {
    id,
    commit: of,
    services: Object.fromEntries(
      services.map((name) => [
        name,
        {
          image: {
            repository: `123.dkr.ecr.eu-west-1.amazonaws.com/shop/${name}`,
            digest: `sha256:${hex(id + name, 64)}`,
          },
          origin: { from: "built" as const, commit: of.id, inputs: hex(name, 16) },
        },
      ]),
    ),
    source_hash: hex(`${id}source`, 64),
    env_fingerprint: hex(`${id}env`, 64),
    created: of.at,
  };
}

/** Nothing was ever deployed. */
export function never(project: string): T.EnvironmentStatus {
  return {
    project,
    environment: "production",
    server: "hull-1",
    url: null,
    release: null,
    commit: null,
    since: null,
    services: [],
    ahead: [],
    pending: [],
    running: null,
    problem: null,
  };
}
