// What a scripted deployment says: the events and lines of one run, with the moment of each.
// Owns: scripts. Must never know: clocks.
import type * as T from "../types";

export type Beat = { after: number } & (
  | { event: T.StepEventKind }
  | { lines: { stage: T.Stage; source: string | null; text: string }[] }
  | { progress: T.Progress }
);

interface Run {
  id: string;
  commit: T.Commit;
  release: string;
  previous: string | null;
  /** Where it stops; it goes through when absent. */
  failsAt?: { stage: T.Stage; problem: T.Problem; status: T.Status };
}

const WAY: [T.Stage, number, string][] = [
  ["resolve", 400, ""],
  ["preflight", 2100, "linux/arm64, 31.3 GB free"],
  ["source", 900, "281 B sent, 2.64 kB on the wire"],
  ["build", 81_000, "2 built, 1 reused"],
  ["gate", 600, "4 images, 38.2 MB to pull"],
  ["stage", 1200, ""],
  ["pull", 9400, "4 images"],
  ["swap", 74_000, "live"],
  ["record", 100, ""],
];

/** All beats of a run, in order; `after` is the pause before each in milliseconds. */
export function script(run: Run): Beat[] {
  const beats: Beat[] = [
    { after: 0, event: { type: "started", deployment: run.id } },
    { after: 100, event: { type: "resolved", commit: run.commit } },
  ];
  for (const [stage, ms, note] of WAY) {
    beats.push({ after: 50, event: { type: "stage_started", stage, estimate_ms: ms } });
    if (stage === "gate") {
      beats.push({
        after: 100,
        event: { type: "release_known", release: run.release, previous: run.previous },
      });
    }
    const failing = run.failsAt?.stage === stage ? run.failsAt : undefined;
    beats.push(...inside(stage, ms, failing !== undefined));
    if (failing) {
      beats.push({ after: 100, event: { type: "stage_failed", stage, ms } });
      beats.push({
        after: 100,
        event: { type: "finished", status: failing.status, release: run.release, problem: failing.problem },
      });
      return beats;
    }
    beats.push({ after: 0, event: { type: "stage_finished", stage, ms, note } });
  }
  beats.push({ after: 50, event: { type: "finished", status: "live", release: run.release, problem: null } });
  return beats;
}

function inside(stage: T.Stage, ms: number, fails: boolean): Beat[] {
  if (stage === "build") return build(ms);
  if (stage === "swap") return swap(fails);
  if (stage === "pull") return pull(ms);
  return [{ after: ms, lines: [{ stage, source: null, text: `${stage}: done` }] }];
}

function build(ms: number): Beat[] {
  const beats: Beat[] = [
    { after: 0, event: { type: "step_started", stage: "build", step: "image", service: "web" } },
    { after: 0, event: { type: "step_started", stage: "build", step: "image", service: "api" } },
  ];
  const steps = 17;
  for (let step = 1; step <= steps; step += 1) {
    beats.push({
      after: ms / steps,
      progress: { stage: "build", subject: "api", done: step, total: steps, unit: "steps" },
    });
    beats.push({ after: 0, lines: compiled(step) });
    if (step === 3) {
      beats.push({
        after: 0,
        event: {
          type: "step_finished",
          stage: "build",
          step: "image",
          service: "web",
          ms: 12_000,
          ok: true,
          note: "cached 14/17",
        },
      });
    }
  }
  beats.push({
    after: 0,
    event: { type: "step_finished", stage: "build", step: "image", service: "api", ms, ok: true, note: "" },
  });
  return beats;
}

function compiled(step: number) {
  const crates = ["serde v1.0.228", "tokio v1.48.0", "sqlx v0.9.0", "axum v0.9.0", "shop-api v0.4.0"];
  return crates.map((crate, at) => ({
    stage: "build" as const,
    source: "api",
    text: `#14 ${(step * 4.2 + at * 0.4).toFixed(2)}    \u001b[32mCompiling\u001b[0m ${crate}`,
  }));
}

function pull(ms: number): Beat[] {
  return [1, 2, 3, 4].map((done) => ({
    after: ms / 4,
    progress: {
      stage: "pull" as const,
      subject: "images",
      done: done * 9_550_000,
      total: 38_200_000,
      unit: "bytes" as const,
    },
  }));
}

function swap(fails: boolean): Beat[] {
  const step = (name: string, service: string | null, ms: number, ok = true): Beat[] => [
    { after: 50, event: { type: "step_started", stage: "swap", step: name, service } },
    { after: ms, event: { type: "step_finished", stage: "swap", step: name, service, ms, ok, note: "" } },
  ];
  const line = (text: string): Beat => ({ after: 200, lines: [{ stage: "swap", source: "api", text }] });
  const begin = [
    ...step("release_command", "api", 2200),
    line("starting shop-api 0.4.0"),
    line("\u001b[36mINFO\u001b[0m  config from .env.production"),
    line("\u001b[36mINFO\u001b[0m  listening on 0.0.0.0:8080"),
  ];
  if (fails) {
    return [
      ...begin,
      line("\u001b[33mWARN\u001b[0m  pool: no url, retry in 5 s"),
      line("\u001b[31mERROR\u001b[0m DATABASE_URL is not set"),
      line("GET /healthz 503 0.4 ms"),
      ...step("start", "api", 30_000, false),
      ...step("undo", null, 6_000),
    ];
  }
  return [
    ...begin,
    ...step("start", "api", 4600),
    ...step("start", "web", 3100),
    ...step("soak", null, 60_000),
  ];
}
