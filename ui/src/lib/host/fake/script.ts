// What a scripted deployment says: the events and lines of one run, in the words of core and of the runner, with the
// moment of each.
// Owns: scripts. Must never know: clocks.
import type * as T from "../types";
import { apiBuilt, APP_STARTS, APP_WITHOUT_URL, webBuilt } from "./output";

export type Beat = { after: number } & (
  | { event: T.StepEventKind }
  | { lines: { stage: T.Stage; source: string | null; text: string }[] }
  | { progress: T.Progress }
);

export interface Fails {
  stage: T.Stage;
  problem: T.Problem | null;
  status: T.Status;
}

interface Run {
  id: string;
  kind?: T.DeploymentKind;
  commit: T.Commit;
  release: string;
  previous: string | null;
  /** Where it stops; it goes through when absent. */
  failsAt?: Fails;
  /** The watch after the swap, in milliseconds. */
  soakMs?: number;
}

/** All beats of a run, in order; `after` is the pause before each in milliseconds. */
export function script(run: Run): Beat[] {
  const beats: Beat[] = [{ after: 0, event: { type: "started", deployment: run.id } }];
  const rollback = run.kind === "rollback";
  const stages: [T.Stage, () => Beat[], string][] = [
    ["resolve", () => [at(350, { type: "resolved", commit: run.commit })], words(run.commit)],
    ["preflight", () => [pause(2100)], "linux/arm64, 31.3 GB free"],
    ["source", () => [at(600, SENT)], "281 B sent, 2.64 kB on the wire"],
    ["build", () => build(run.failsAt?.stage === "build"), "2 built on build VM forge"],
    ["gate", () => [at(400, known(run))], "4 images, 38.2 MB to pull"],
    ["stage", () => [pause(1200)], `release ${run.release}`],
    ["pull", () => pull(9400), "4 images"],
    ["swap", () => swap(run), ""],
  ];
  for (const [stage, inside, note] of stages) {
    if (rollback && ["source", "build", "gate", "stage"].includes(stage)) {
      if (stage === "gate") beats.push(at(0, known(run)));
      beats.push(at(0, { type: "stage_skipped", stage, reason: "the release is on the server" }));
      continue;
    }
    const within = inside();
    const ms = within.reduce((sum, beat) => sum + beat.after, 0);
    beats.push(at(40, { type: "stage_started", stage, estimate_ms: null }), ...within);
    if (run.failsAt?.stage === stage) {
      const { status, problem } = run.failsAt;
      beats.push(at(0, { type: "stage_failed", stage, ms }));
      beats.push(at(60, { type: "finished", status, release: run.release || null, problem }));
      return beats;
    }
    beats.push(at(0, { type: "stage_finished", stage, ms, note }));
  }
  beats.push(at(60, { type: "finished", status: "live", release: run.release, problem: null }));
  return beats;
}

const SENT: T.StepEventKind = { type: "source_sent", payload_bytes: 281, wire_bytes_up: 2640 };
const at = (after: number, event: T.StepEventKind): Beat => ({ after, event });
const pause = (after: number): Beat => ({ after, lines: [] });
const known = ({ release, previous }: Run): T.StepEventKind => ({ type: "release_known", release, previous });
const words = (commit: T.Commit) => `${commit.id.slice(0, 7)} ${commit.subject}`;

function step(
  stage: T.Stage,
  name: string,
  service: string | null,
  ms: number,
  note = "",
  ok = true,
): Beat[] {
  return [
    at(10, { type: "step_started", stage, step: name, service }),
    at(ms, { type: "step_finished", stage, step: name, service, ms, ok, note }),
  ];
}

function printed(after: number, stage: T.Stage, source: string | null, texts: readonly string[]): Beat {
  return { after, lines: texts.map((text) => ({ stage, source, text })) };
}

/** Two services side by side: web mostly from the cache, api compiles. */
function build(fails: boolean): Beat[] {
  const stage = "build";
  const begun = (name: string, service: string) =>
    at(5, { type: "step_started", stage, step: name, service });
  const ended = (name: string, service: string, ms: number, note = "", ok = true) =>
    at(5, { type: "step_finished", stage, step: name, service, ms, ok, note });
  const beats: Beat[] = [];
  for (const [index, name] of WEB.entries()) {
    beats.push(begun(name, "web"), ended(name, "web", 40, index < WEB.length - 3 ? "cached" : ""));
    if (index === 0) beats.push(begun(API[0]!, "api"), ended(API[0]!, "api", 60, "cached"));
    if (index >= WEB.length - 3) beats.push(printed(3800, stage, "web", webBuilt(index)));
  }
  const compile = API.at(-2)!;
  for (const name of API.slice(1, -2)) beats.push(...step(stage, name, "api", 220, "cached"));
  beats.push(begun(compile, "api"));
  for (let second = 0; second < 64; second += 1) {
    beats.push(printed(1000, stage, "api", apiBuilt(second, fails && second === 63)));
    if (fails && second === 63) return [...beats, ended(compile, "api", 64_000, "exit code: 101", false)];
  }
  return [...beats, ended(compile, "api", 64_000), ...step(stage, API.at(-1)!, "api", 2100)];
}

const numbered = (service: string, texts: string[]) =>
  texts.map((text, index) => `[${service} ${index + 1}/${texts.length}] ${text}`);
const WEB = numbered("web", [
  "FROM node:24-slim",
  "WORKDIR /app",
  "COPY package.json .",
  "RUN npm ci",
  "COPY . .",
  "RUN npm run build",
  "COPY dist /srv",
]);
const API = numbered("api", [
  "FROM rust:1.91",
  "WORKDIR /src",
  "COPY Cargo.toml .",
  "RUN cargo fetch",
  "COPY src src",
  "RUN cargo build --release",
  "COPY target/release/shop-api /bin/",
]);

function pull(ms: number): Beat[] {
  const layers = ["api", "web"].flatMap((subject) => [1, 2, 3, 4].map((part) => ({ subject, part })));
  return layers.map(({ subject, part }) => ({
    after: ms / layers.length,
    progress: { stage: "pull", subject, done: part * 4_775_000, total: 19_100_000, unit: "bytes" },
  }));
}

/** What the runner does on the server, in the words its journal is told with. */
function swap(run: Run): Beat[] {
  const stage = "swap";
  const fails = run.failsAt?.stage === stage;
  const beats = [
    at(300, { type: "note", stage, text: "the server goes on by itself from here" }),
    ...step(stage, "arm boot hook", null, 60),
    ...(run.kind === "rollback"
      ? []
      : step(stage, "release command", "api", 2200, `shop-release-${run.release}`)),
  ];
  if (fails) return [...beats, ...undone(run)];
  return [
    ...beats,
    ...step(stage, "start new", "api", 4600, "blue"),
    ...step(stage, "start new", "web", 3100, "blue"),
    ...step(stage, "switch over", null, 110),
    ...step(stage, "swap", "worker", 1900, "ready"),
    ...step(stage, "probe", "api", 300, "0 s"),
    ...step(stage, "probe", null, 400, "0 s"),
    ...step(stage, "verify images", null, 90, "every image is the wanted one"),
    at(20, { type: "note", stage, text: "longest gap at the public URL: 0 ms (measured every 100 ms)" }),
    ...step(stage, "soak", null, run.soakMs ?? 60_000, "60 s without a restart"),
    ...step(stage, "drain old", "api", 700, "green"),
    ...step(stage, "drain old", "web", 400, "green"),
    ...step(stage, "commit", null, 30),
    ...step(stage, "stop old", "api", 240, "green"),
    ...step(stage, "stop old", "web", 210, "green"),
    ...step(stage, "prune old releases", null, 240),
    ...step(stage, "disarm boot hook", null, 40),
    printed(50, stage, "api", APP_STARTS),
  ];
}

function undone(run: Run): Beat[] {
  const stage = "swap";
  const why = "api is not ready after 30 s: GET /healthz answers 503";
  const { code } = run.failsAt?.problem ?? {};
  const proven = code !== "rollback_failed";
  const beside = code === "crash_loop";
  return [
    ...step(stage, beside ? "start new" : "swap", "api", 30_000, why, false),
    at(20, { type: "note", stage, text: `undoing: ${why}` }),
    ...step(stage, "restore", "api", 5200, proven ? "" : "port 8080 is already allocated", proven),
    ...(proven ? step(stage, "prove the old release", null, 900, "") : []),
    printed(100, stage, null, APP_WITHOUT_URL),
  ];
}
