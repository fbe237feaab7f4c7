// The worlds that can be looked at, by the name in `?scenario=`.
import type { World } from "../world";
import { COMMITS, IDS, UNHEALTHY, calmWorld, emptyWorld } from "../world";
import { ago, commit, DAY, deployment, hex, history, HOUR, MINUTE, NOW, project, server } from "../make";
import { Player } from "../player";
import { script } from "../script";

export interface Scenario {
  world: World;
  players: Record<string, Player>;
  /** How much faster than life a running deployment goes; 0 stands still. */
  speed: number;
}

const still = (world: World): Scenario => ({ world, players: {}, speed: 0 });

function finished(world: World, id: string) {
  const row = Object.values(world.history)
    .flat()
    .find((row) => row.id === id);
  if (!row?.commit) throw new Error(`no deployment ${id}`);
  const failsAt = row.problem
    ? { stage: "swap" as const, problem: row.problem, status: row.status }
    : undefined;
  const beats = script({
    id,
    commit: row.commit,
    release: row.release ?? "",
    previous: row.previous,
    failsAt,
  });
  return new Player(beats, Date.parse(row.started)).skip(DAY);
}

function withHistory(world: World): Scenario {
  const ids = Object.values(world.history)
    .flat()
    .slice(0, 50)
    .map((row) => row.id);
  return { world, players: Object.fromEntries(ids.map((id) => [id, finished(world, id)])), speed: 0 };
}

function running(): Scenario {
  const scenario = withHistory(calmWorld());
  const { world } = scenario;
  const id = "0199-running";
  const run = deployment(id, "shop", {
    commit: COMMITS.next,
    release: "9d2c4e1b7705",
    previous: "3f9ab12c41de",
    status: "running",
    started: new Date(Date.now() - 62_000).toISOString(),
    finished: null,
    gap_ms: null,
  });
  world.history.shop = [history(run, { restorable: false, stages: [] }), ...(world.history.shop ?? [])];
  world.projects[0]!.latest = run;
  world.status[0]!.running = run;
  const beats = script({ id, commit: COMMITS.next, release: "9d2c4e1b7705", previous: "3f9ab12c41de" });
  scenario.players[id] = new Player(beats, Date.now() - 62_000).skip(62_000);
  scenario.speed = 1;
  return scenario;
}

function failed(): Scenario {
  const world = calmWorld();
  const run = deployment("0199-broken", "shop", {
    commit: COMMITS.next,
    release: "9d2c4e1b7705",
    previous: "3f9ab12c41de",
    status: "failed",
    started: ago(6 * MINUTE),
    finished: ago(4 * MINUTE),
    problem: {
      code: "rollback_failed",
      title: "The undo of 9d2c4e1 failed too; neither release is proven serving",
      detail: "web runs 3f9ab12, api is stopped: port 8080 is already allocated",
      hint: "Open the containers of hull-1, free port 8080, then roll back to 3f9ab12.",
    },
  });
  world.history.shop = [
    history(run),
    ...(world.history.shop ?? []).map((row) => ({ ...row, serving: false })),
  ];
  world.projects[0]!.latest = run;
  return withHistory(world);
}

function rolledBack(): Scenario {
  const world = calmWorld();
  const run = deployment("0199-rolled", "shop", {
    commit: COMMITS.next,
    release: "9d2c4e1b7705",
    previous: "3f9ab12c41de",
    status: "rolled_back",
    started: ago(6 * MINUTE),
    finished: ago(4 * MINUTE),
    problem: UNHEALTHY,
  });
  world.history.shop = [history(run), ...(world.history.shop ?? [])];
  world.projects[0]!.latest = run;
  world.activity.unshift({
    id: "a0",
    at: run.started,
    kind: "deployment",
    status: "rolled_back",
    project: "shop",
    deployment: run.id,
    text: "9d2c4e1 rolled back at swap",
    problem: UNHEALTHY,
  });
  return withHistory(world);
}

function huge(): Scenario {
  const world = calmWorld();
  const long = "customer-portal-for-the-north-sea-harbour-authority-production-eu";
  const names = [
    long.slice(0, 63),
    "<b>bold</b> & \u001b[31mred",
    "\u202Eesrever txet",
    ...Array.from({ length: 195 }, (_, at) => `project-${at + 1}`),
  ];
  for (const name of names) {
    const latest = deployment(`d-${name}`, name, {
      commit: commit(hex(name, 7), `Change ${name}`, ago(5 * DAY)),
      started: ago(5 * DAY),
      finished: ago(5 * DAY - 90_000),
    });
    world.projects.push({
      project: project(name),
      environments: [["production", "hull-1"]],
      builder: "forge",
      latest,
      serving: [latest],
      recent_ms: [95_000, 92_000, 90_000],
      unreadable: null,
    });
  }
  world.servers.push(...Array.from({ length: 30 }, (_, at) => server(`dock-${at + 1}`)));
  const statuses = ["live", "live", "rolled_back", "failed", "cancelled"] as const;
  for (let at = 0; at < 2000; at += 1) {
    const status = statuses[at % statuses.length]!;
    const started = NOW - 4 * DAY - at * 7 * HOUR;
    world.history.shop!.push(
      history(
        deployment(`h-${at}`, "shop", {
          commit: commit(
            hex(`c${at}`, 7),
            at % 17 ? `Change number ${at}` : "A very long subject ".repeat(12),
            new Date(started).toISOString(),
          ),
          status,
          started: new Date(started).toISOString(),
          finished: new Date(started + 110_000).toISOString(),
          problem: status === "rolled_back" || status === "failed" ? UNHEALTHY : null,
        }),
        { restorable: false },
      ),
    );
  }
  const scenario = withHistory(world);
  const player = scenario.players[IDS.live]!;
  for (let at = 0; at < 100_000; at += 1) {
    player.lines.push({
      at: ago(2 * HOUR),
      stage: "build",
      source: "api",
      text: `#14 ${(at / 100).toFixed(2)} line ${at} of a long build`,
    });
  }
  return scenario;
}

function offline(): Scenario {
  const scenario = withHistory(calmWorld());
  const lost = (name: string) => ({
    code: "host_unreachable" as const,
    title: `${name} does not answer on port 22`,
    detail: "Network is unreachable (os error 101)",
    hint: "Check this computer's network.",
  });
  for (const { name } of scenario.world.servers) scenario.world.checks[name] = lost(name);
  scenario.world.loads = {};
  for (const status of scenario.world.status) {
    status.problem = lost(status.server);
    status.services = [];
  }
  return scenario;
}

export const SCENARIOS: Record<string, () => Scenario> = {
  empty: () => {
    const world = calmWorld();
    Object.assign(world, { projects: [], status: [], history: {}, activity: [] });
    return still(world);
  },
  "first-run": () => still(emptyWorld()),
  calm: () => withHistory(calmWorld()),
  deploying: running,
  failed,
  "rolled-back": rolledBack,
  huge,
  offline,
};
