// The whole state of one scripted world.
// Owns: its shape and the world that most scenarios start from. Must never know: the screens.
import type * as T from "../types";
import {
  ago,
  commit,
  DAY,
  deployment,
  FACTS,
  GB,
  history,
  HOUR,
  MB,
  MINUTE,
  project,
  registry,
  release,
  server,
  serviceStatus,
  SERVICES,
  settings,
  never,
} from "./make";

export interface World {
  projects: T.ProjectRow[];
  understood: Record<string, T.Understood>;
  status: T.EnvironmentStatus[];
  history: Record<string, T.HistoryRow[]>;
  releases: Record<string, T.Release[]>;
  variables: Record<string, T.Variable[]>;
  values: Record<string, string>;
  servers: T.Server[];
  checks: Record<string, T.ServerCheck | T.Problem>;
  loads: Record<string, T.ServerLoad>;
  containers: Record<string, T.Container[]>;
  sshHosts: T.SshHost[];
  registries: T.Registry[];
  settings: T.AppSettings;
  facts: T.AppFacts;
  /** What is in a folder: `project`, `no repository`, `no compose file`, `rebase`; any other folder is not there. */
  folders: Record<string, string>;
  /** Why a project cannot be deployed. */
  refuses: Record<string, T.Problem>;
  /** What has to be accepted before a project is deployed. */
  asks: Record<string, T.Consent>;
  /** What a container has printed before somebody looked. */
  printed: Record<string, string[]>;
}

export function emptyWorld(): World {
  return {
    projects: [],
    understood: {},
    status: [],
    history: {},
    releases: {},
    variables: {},
    values: {},
    servers: [],
    checks: {},
    loads: {},
    containers: {},
    sshHosts: [
      { alias: "hull-1", host_name: "203.0.113.7", user: "ec2-user", port: null },
      { alias: "forge", host_name: "203.0.113.9", user: "ubuntu", port: null },
      { alias: "old-nas", host_name: "192.168.1.20", user: "maren", port: null },
    ],
    registries: [],
    settings: {
      theme: "system",
      zoom: 100,
      start_at_login: false,
      keep_in_tray: true,
      notify_ended: true,
      single_letters: true,
      shortcuts: [],
      first_run_done: true,
    },
    facts: {
      version: "0.1.0",
      platform: "linux",
      data_folder: "/home/maren/.local/share/plimsoll",
      keychain: true,
      keychain_state: { state: "open" },
      notice: null,
      updates: true,
      tray: true,
    },
    folders: {
      "/home/maren/code/shop": "project",
      "/home/maren/code/blog": "project",
      "/home/maren/.local/share/plimsoll/sample/shop": "project",
      "/home/maren/Downloads": "no repository",
      "/home/maren/code/dotfiles": "no compose file",
      "/home/maren/code/notes": "rebase",
    },
    refuses: {},
    asks: {},
    printed: {},
  };
}

export const COMMITS = {
  live: commit("3f9ab12", "Fix cart rounding", ago(2 * HOUR + 10 * MINUTE)),
  before: commit("41c2e07", "Add invoices", ago(22 * HOUR)),
  failed: commit("77ad310", "New checkout", ago(26 * HOUR)),
  older: commit("0be51c9", "Smaller images", ago(3 * DAY)),
  next: commit("9d2c4e1", "Show delivery dates", ago(20 * MINUTE)),
  next2: commit("5b7f0aa", "Cache product pictures", ago(50 * MINUTE)),
};

const IDS = { live: "0199-live", before: "0199-before", failed: "0199-failed", back: "0199-back" };
export { IDS };

export const BUILD_FAILED: T.Problem = {
  code: "build_failed",
  title: "The build of api fails",
  detail: "cargo build --release: exit code: 101",
  hint: "Correct what the log says, commit it, and deploy again.",
};

export const CRASHES: T.Problem = {
  code: "crash_loop",
  title: "A container of the new release keeps crashing",
  detail: "api ends with status 3\nKeyError: DATABASE_URL",
  hint: "Read the lines before its end in the log, correct what they say, and deploy again.",
};

export const UNHEALTHY: T.Problem = {
  code: "unhealthy",
  title: "api did not become healthy within 30 s",
  detail: "DATABASE_URL is not set",
  hint: "Set DATABASE_URL under Variables, then deploy again.",
};

function check(of: T.Server, facts: Partial<T.ServerFacts> = {}): T.ServerCheck {
  return {
    server: of,
    fingerprint: "SHA256:9mRk2Yz1cQ8vZ0bJt4nH7sLpXeWfUaGd5oCiK3rTqBw",
    latency_ms: 38,
    facts: { ...FACTS, ...facts },
    missing_to_serve: [],
    missing_to_build: [],
  };
}

export function shopHistory(): T.HistoryRow[] {
  const live = deployment(IDS.live, "shop", {
    commit: COMMITS.live,
    release: "3f9ab12c41de",
    previous: "41c2e07aa910",
  });
  const before = deployment(IDS.before, "shop", {
    commit: COMMITS.before,
    release: "41c2e07aa910",
    previous: "0be51c9d0021",
    started: ago(22 * HOUR),
    finished: ago(22 * HOUR - 165_000),
    gap_ms: 420,
    migrated: true,
  });
  const failed = deployment(IDS.failed, "shop", {
    commit: COMMITS.failed,
    status: "rolled_back",
    release: "77ad310f3b20",
    previous: "0be51c9d0021",
    started: ago(26 * HOUR),
    finished: ago(26 * HOUR - 118_000),
    gap_ms: 31_400,
    problem: UNHEALTHY,
  });
  const back = deployment(IDS.back, "shop", {
    commit: COMMITS.older,
    kind: "rollback",
    release: "0be51c9d0021",
    previous: "a1f0e6b20c11",
    started: ago(3 * DAY),
    finished: ago(3 * DAY - 14_000),
    gap_ms: 1840,
  });
  return [history(live, { serving: true }), history(before), history(failed), history(back)];
}

/** Two projects, three machines, everything calm. */
export function calmWorld(): World {
  const world = emptyWorld();
  const [hull, mast, forge] = [
    server("hull-1", "203.0.113.7"),
    server("mast-2", "203.0.113.8"),
    server("forge", "203.0.113.9"),
  ];
  world.servers = [hull, mast, forge];
  world.checks = {
    "hull-1": check(hull),
    "mast-2": {
      code: "host_unreachable",
      title: "mast-2 does not answer on port 22",
      detail: "connection timed out after 10 s",
      hint: "Start the machine or check its address.",
    },
    forge: check(forge, {
      platform: "linux/amd64",
      os: "Debian GNU/Linux 13",
      os_id: "debian",
      ec2_type: "c7i.xlarge",
      cores: 4,
      memory_total: 8 * GB,
      memory_available: 6.1 * GB,
      disk_total: 120 * GB,
      disk_free: 74 * GB,
    }),
  };
  world.loads = {
    "hull-1": {
      cpu_percent: 12,
      load_average: 0.31,
      uptime_s: 40 * 86_400,
      memory_used: 1.2 * GB,
      memory_total: 2 * GB,
      disk_used: 28.7 * GB,
      disk_total: 60 * GB,
    },
    forge: {
      cpu_percent: 3,
      load_average: 0.05,
      uptime_s: 3 * 86_400,
      memory_used: 1.9 * GB,
      memory_total: 8 * GB,
      disk_used: 46 * GB,
      disk_total: 120 * GB,
    },
  };
  world.containers = {
    "hull-1": ["web", "api", "worker", "db"].map((service, at) => ({
      id: `c-${service}`,
      name: `shop-${service}-1`,
      stack: "shop",
      owner: ["shop", "production"] as [string, string],
      service,
      image: service === "db" ? "postgres:16" : `plimsoll/shop/${service}:3f9ab12c41de`,
      state: "running" as const,
      health: service === "worker" ? null : ("healthy" as const),
      restarts: 0,
      exit_code: 0,
      started: ago(2 * HOUR),
      memory: [118, 96, 64, 210][at]! * MB,
      cpu_percent: [2.1, 4.8, 0.3, 1.2][at]!,
    })),
  };
  world.registries = [registry];
  const rows = shopHistory();
  world.history = { shop: rows, blog: [] };
  world.projects = [
    {
      project: project("shop"),
      environments: [["production", "hull-1"]],
      builder: "forge",
      latest: rows[0]!,
      serving: [rows[0]!],
      recent_ms: [181_000, 177_000, 171_000, 168_000, 165_000],
      unreadable: null,
    },
    {
      project: project("blog"),
      environments: [["production", "hull-1"]],
      builder: "forge",
      latest: null,
      serving: [],
      recent_ms: [],
      unreadable: null,
    },
  ];
  const understood = (name: string): T.Understood => ({
    project: project(name),
    head: COMMITS.next,
    compose_files: ["compose.yaml"],
    services: SERVICES,
    settings: settings("hull-1", "forge", `https://${name}.example.com/health`),
    settings_written: false,
    findings: [],
  });
  world.understood = { shop: understood("shop"), blog: understood("blog") };
  world.status = [
    {
      project: "shop",
      environment: "production",
      server: "hull-1",
      url: "https://shop.example.com/health",
      release: "3f9ab12c41de",
      commit: COMMITS.live,
      since: rows[0]!.finished,
      services: [
        serviceStatus("web", 118 * MB),
        serviceStatus("api", 96 * MB),
        serviceStatus("worker", 64 * MB, { health: null }),
        serviceStatus("db", 210 * MB, { started: ago(40 * DAY) }),
      ],
      ahead: [COMMITS.next, COMMITS.next2],
      pending: [],
      running: null,
      problem: null,
    },
    never("blog"),
  ];
  world.releases = {
    shop: [
      release("3f9ab12c41de", COMMITS.live),
      release("41c2e07aa910", COMMITS.before),
      release("0be51c9d0021", COMMITS.older),
    ],
  };
  world.variables = {
    shop: [
      { name: "DATABASE_URL", scope: "run", pending: false },
      { name: "SECRET_KEY", scope: "run", pending: false },
      { name: "STRIPE_KEY", scope: "run", pending: true },
      { name: "NPM_TOKEN", scope: "build", pending: false },
    ],
    blog: [],
  };
  world.values = {
    DATABASE_URL: "postgres://shop@db/shop",
    SECRET_KEY: "hunter2",
    STRIPE_KEY: "sk_test_4eC39",
    NPM_TOKEN: "npm_x",
  };
  return world;
}
