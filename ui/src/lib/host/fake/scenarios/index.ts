// The worlds that can be looked at, by the name in `?scenario=`.
import type { World } from "../world";
import { BUILD_FAILED, COMMITS, CRASHES, IDS, UNHEALTHY, calmWorld, emptyWorld } from "../world";
import { ago, commit, DAY, deployment, hex, history, HOUR, MINUTE, NOW, project, server } from "../make";
import { Player } from "../player";
import { hostileWorld } from "./hostile";
import { past, settle } from "./past";
import { roughWorld } from "./rough";
import { ASKED, leaves, TROUBLES } from "./trouble";
import { HOSTILE } from "../output";
import { script, type Beat } from "../script";
import type { Stage } from "../stage";
import type * as T from "../../types";

export { past } from "./past";

export interface Scenario {
  world: World;
  players: Record<string, Player>;
  /** How much faster than life a running deployment goes; 0 stands still. */
  speed: number;
  /** What happens by itself once the window is open. */
  later?: (stage: Stage) => void;
}

const still = (world: World): Scenario => ({ world, players: {}, speed: 0 });

function withHistory(world: World): Scenario {
  settle(world);
  const rows = Object.values(world.history).flat().slice(0, 50);
  return { world, players: Object.fromEntries(rows.map((row) => [row.id, past(row)])), speed: 0 };
}

/** One deployment on its way for so long. */
function running(elapsed: number, speed = 1): Scenario {
  const scenario = withHistory(calmWorld());
  const { world } = scenario;
  const id = "0199-running";
  const of = { commit: COMMITS.next, release: "9d2c4e1b7705", previous: "3f9ab12c41de" };
  const started = Date.now() - elapsed;
  const run = deployment(id, "shop", {
    ...of,
    status: "running",
    started: new Date(started).toISOString(),
    finished: null,
    gap_ms: null,
  });
  world.history.shop = [history(run, { restorable: false, stages: [] }), ...(world.history.shop ?? [])];
  world.projects[0]!.latest = run;
  world.status[0]!.running = run;
  scenario.players[id] = new Player(script({ id, ...of }), started).skip(elapsed);
  scenario.speed = speed;
  return scenario;
}

/** A build that prints 2,000 lines at once, twice a second. */
function burst(): Scenario {
  const scenario = running(6_000, 0);
  const player = scenario.players["0199-running"]!;
  player.stop();
  const texts = (round: number) => Array.from({ length: 2000 }, (_, at) => longBuild(round * 2000 + at));
  const beats = Array.from({ length: 120 }, (_, round): Beat => {
    return { after: 500, lines: texts(round).map((text) => ({ stage: "build", source: "api", text })) };
  });
  player.go(beats);
  scenario.speed = 1;
  return scenario;
}

/** In the swap when the network went. */
function lost(): Scenario {
  const scenario = running(112_000, 0);
  const player = scenario.players["0199-running"]!;
  player.stop();
  player.tell({ after: 20_000, event: { type: "detached", reason: "Contact with the server is lost" } });
  return scenario;
}

/** The newest deployment of shop ended like this. */
function ended(given: Partial<T.Deployment>): Scenario {
  const world = calmWorld();
  const run = deployment("0199-ended", "shop", {
    commit: COMMITS.next,
    release: null,
    previous: "3f9ab12c41de",
    started: ago(6 * MINUTE),
    finished: ago(4 * MINUTE),
    gap_ms: null,
    ...given,
  });
  world.history.shop = [history(run, { restorable: false }), ...(world.history.shop ?? [])];
  world.projects[0]!.latest = run;
  return withHistory(world);
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
    gap_ms: 41_000,
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
    gap_ms: 31_400,
    problem: UNHEALTHY,
  });
  world.history.shop = [history(run), ...(world.history.shop ?? [])];
  world.projects[0]!.latest = run;
  return withHistory(world);
}

function huge(): Scenario {
  const world = calmWorld();
  const longName = "customer-portal-for-the-north-sea-harbour-authority-production-eu";
  const names = [
    longName.slice(0, 63),
    "<b>bold</b> & \u001b[31mred",
    "\u202Eesrever txet",
    ...Array.from({ length: 195 }, (_, at) => `project-${at + 1}`),
  ];
  for (const name of names) {
    const latest = deployment(`d-${name}`, name, {
      commit: commit(hex(name, 7), `Change ${name}`, ago(5 * DAY)),
      started: ago(5 * DAY),
      finished: ago(5 * DAY - 165_000),
    });
    world.projects.push({
      project: project(name),
      environments: [["production", "hull-1"]],
      builder: "forge",
      latest,
      serving: [latest],
      recent_ms: [175_000, 170_000, 165_000],
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
  const { log } = scenario.players[IDS.live]!;
  const at = ago(2 * HOUR);
  log.before(1_000_000, (number) => ({ at, stage: "build", source: "api", text: longBuild(number) }));
  log.push(...HOSTILE.map((text) => ({ at, stage: "swap" as const, source: "api", text })));
  return scenario;
}

function longBuild(number: number): string {
  const text = `#14 ${(number / 100).toFixed(2)} line ${number} of a long build`;
  if (number % 997 === 0) return `${text} ${"with a tail that wraps ".repeat(1 + (number % 9))}`;
  return number % 9973 === 0 ? `error: line ${number} of a long build` : text;
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

/** The shop runs in a second environment too, whose name is as long as one may be pleased to choose. */
function twoPlaces(): World {
  const world = calmWorld();
  const [shop] = world.projects;
  const [live] = world.status;
  const read = world.understood.shop;
  const staging = "staging-for-customers";
  if (!shop || !live || !read?.settings.environments.production) return world;
  shop.environments = [...shop.environments, [staging, "mast-2"]];
  const place = { ...read.settings.environments.production, server: "mast-2", url: null };
  read.settings.environments = { ...read.settings.environments, [staging]: place };
  world.status.push({ ...live, environment: staging, server: "mast-2", url: null });
  return world;
}

export const SCENARIOS: Record<string, () => Scenario> = {
  empty: () => {
    const world = calmWorld();
    Object.assign(world, { projects: [], status: [], history: {} });
    return still(world);
  },
  "first-run": () => still(emptyWorld()),
  calm: () => withHistory(calmWorld()),
  deploying: () => running(62_000),
  swapping: () => running(112_000),
  burst,
  lost,
  "build-failed": () => ended({ status: "failed", problem: BUILD_FAILED }),
  cancelled: () => ended({ status: "cancelled" }),
  "kept-out": () => ended({ status: "rolled_back", release: "9d2c4e1b7705", gap_ms: 0, problem: CRASHES }),
  failed,
  "rolled-back": rolledBack,
  huge,
  offline,
  rough: () => withHistory(roughWorld()),
  hostile: () => withHistory(hostileWorld()),
  "two-places": () => withHistory(twoPlaces()),
  gone: () => ({ ...withHistory(calmWorld()), later: leaves }),
  ...Object.fromEntries(Object.entries(TROUBLES).map(([name, world]) => [name, () => withHistory(world())])),
  ...Object.fromEntries(
    Object.entries(ASKED).map(([name, question]) => [
      name,
      (): Scenario => ({
        ...withHistory(calmWorld()),
        later: ({ questions }) => void questions.consent(question).catch(() => undefined),
      }),
    ]),
  ),
};
