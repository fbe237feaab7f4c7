// Whole deployments as core tells them, for tests: the order and the words are those of deploy/run.rs and of the
// runner's script.
import type { Problem, Stage, Status, StepEvent, StepEventKind } from "$lib/host";

const BEGAN = Date.parse("2026-11-20T12:00:00Z");
export const NEW = "3f9ab12c0de1";
export const OLD = "41c2e07aa551";

/** Writes events with their numbers and times. */
class Teller {
  events: StepEvent[] = [];
  #ms = 0;
  #journal: number | null = null;
  /** What the server's clock is ahead of ours. */
  skewMs = 0;

  tell(kind: StepEventKind, after = 100): void {
    this.#ms += after;
    const server = this.#journal !== null && kind.type !== "stage_finished" && kind.type !== "stage_failed";
    const at = new Date(BEGAN + this.#ms + (server ? this.skewMs : 0)).toISOString();
    const numbered = server ? { journal: (this.#journal = (this.#journal ?? 0) + 1) } : {};
    this.events.push({ index: this.events.length, at, ...numbered, ...kind });
  }

  stage(stage: Stage, ms: number, note = ""): void {
    this.tell({ type: "stage_started", stage, estimate_ms: ms + 50 });
    this.tell({ type: "stage_finished", stage, ms, note }, ms);
  }

  step(stage: Stage, step: string, service: string | null, ms: number, ok = true, note = ""): void {
    this.tell({ type: "step_started", stage, step, service });
    this.tell({ type: "step_finished", stage, step, service, ms, ok, note }, ms);
  }

  onServer(): void {
    this.#journal = 0;
  }

  here(): void {
    this.#journal = null;
  }

  end(status: Status, release: string | null, problem: Problem | null = null): StepEvent[] {
    this.here();
    this.tell({ type: "finished", status, release, problem });
    return this.events;
  }
}

function begin(teller: Teller): void {
  teller.tell({ type: "started", deployment: "0199f000-0000-7000-8000-000000000001" }, 0);
  teller.tell({ type: "stage_started", stage: "resolve", estimate_ms: 400 });
  const commit = {
    id: `3f9ab12${"0".repeat(33)}`,
    subject: "Fix cart rounding",
    author: "Ada",
    at: "2026-11-20T11:58:00Z",
  };
  teller.tell({ type: "resolved", commit: { ...commit, branch: "main", dirty: false } }, 200);
  teller.tell({ type: "stage_finished", stage: "resolve", ms: 400, note: "3f9ab12 Fix cart rounding" }, 200);
  teller.stage("preflight", 2100, "linux/arm64, 31.3 GB free");
}

function build(teller: Teller, fails = false): void {
  teller.tell({ type: "stage_started", stage: "source", estimate_ms: 300 });
  teller.tell({ type: "source_sent", payload_bytes: 1920, wire_bytes_up: 4100 }, 200);
  teller.tell({
    type: "stage_finished",
    stage: "source",
    ms: 300,
    note: "1.92 kB sent, 4.10 kB on the wire",
  });
  teller.tell({ type: "stage_started", stage: "build", estimate_ms: 120_000 });
  teller.step("build", "[web 1/2] FROM caddy:2", "web", 100, true, "cached");
  teller.tell({
    type: "step_started",
    stage: "build",
    step: "[api builder 1/3] FROM rust:1",
    service: "api",
  });
  teller.step("build", "[web 2/2] COPY dist /srv", "web", 300);
  teller.tell({
    type: "step_finished",
    stage: "build",
    step: "[api builder 1/3] FROM rust:1",
    service: "api",
    ms: 500,
    ok: true,
    note: "cached",
  });
  teller.step("build", "[api builder 2/3] RUN cargo fetch", "api", 400, true, "cached");
  teller.step(
    "build",
    "[api builder 3/3] RUN cargo build --release",
    "api",
    71_000,
    !fails,
    fails ? "exit code: 101" : "",
  );
  if (fails) return teller.tell({ type: "stage_failed", stage: "build", ms: 73_000 });
  teller.step("build", "[api 1/1] COPY --from=builder /out /srv", "api", 900);
  teller.tell({ type: "stage_finished", stage: "build", ms: 74_000, note: "2 built on build VM forge" });
}

function deliver(teller: Teller, previous: string | null): void {
  teller.tell({ type: "stage_started", stage: "gate", estimate_ms: 150 });
  teller.tell({ type: "release_known", release: NEW, previous });
  teller.tell({ type: "stage_finished", stage: "gate", ms: 160, note: "3 images, 41.2 MB to pull" });
  teller.stage("stage", 1400, `release ${NEW}`);
  teller.stage("pull", 5200, "3 images");
}

function swap(teller: Teller): void {
  teller.tell({ type: "stage_started", stage: "swap", estimate_ms: 75_000 });
  teller.onServer();
  teller.tell({ type: "note", stage: "swap", text: "the server goes on by itself from here" });
  teller.step("swap", "arm boot hook", null, 60);
  teller.step("swap", "release command", "api", 2200, true, `shop-release-${NEW}`);
  teller.step("swap", "swap", "api", 4600, true, "ready");
  teller.step("swap", "swap", "web", 1300, true, "ready");
  teller.step("swap", "probe", "api", 300, true, "0 s");
  teller.step("swap", "verify images", null, 80, true, "every image is the wanted one");
}

function undo(teller: Teller): void {
  teller.tell({ type: "note", stage: "swap", text: "undoing: api ends with status 3" });
  teller.step("swap", "restore", "api", 3100);
  teller.step("swap", "prove the old release", null, 900);
  teller.here();
  teller.tell({ type: "stage_failed", stage: "swap", ms: 10_000 });
}

const problem = (code: Problem["code"], title: string, detail: string): Problem => ({
  code,
  title,
  detail,
  hint: "Read the log above.",
});

export function live(skewMs = 0): StepEvent[] {
  const teller = new Teller();
  teller.skewMs = skewMs;
  begin(teller);
  build(teller);
  deliver(teller, OLD);
  swap(teller);
  teller.step("swap", "soak", null, 60_000, true, "60 s without a restart");
  teller.step("swap", "commit", null, 30);
  teller.step("swap", "prune old releases", null, 200);
  teller.step("swap", "disarm boot hook", null, 40);
  teller.tell({
    type: "note",
    stage: "swap",
    text: "longest gap at the public URL: 3378 ms (measured every 100 ms)",
  });
  teller.here();
  teller.tell({ type: "stage_finished", stage: "swap", ms: 70_000, note: "" });
  return teller.end("live", NEW);
}

/** Beside the old one: traffic moves with the switches. */
export function switched(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  deliver(teller, OLD);
  teller.tell({ type: "stage_started", stage: "swap", estimate_ms: 75_000 });
  teller.onServer();
  teller.step("swap", "arm boot hook", null, 60);
  teller.step("swap", "start new", "api", 4600, true, "blue");
  teller.step("swap", "start new", "web", 1300, true, "green");
  teller.step("swap", "switch over", null, 90);
  teller.step("swap", "swap", "worker", 1900, true, "ready");
  teller.step("swap", "probe", "api", 300, true, "0 s");
  teller.step("swap", "verify images", null, 80, true, "every image is the wanted one");
  teller.step("swap", "soak", null, 60_000, true, "60 s without a restart");
  teller.step("swap", "drain old", "api", 900, true, "green");
  teller.step("swap", "drain old", "web", 400, true, "blue");
  teller.step("swap", "commit", null, 30);
  teller.step("swap", "stop old", "api", 240, true, "green");
  teller.step("swap", "stop old", "web", 210, true, "blue");
  teller.step("swap", "prune old releases", null, 200);
  teller.here();
  teller.tell({ type: "stage_finished", stage: "swap", ms: 70_000, note: "" });
  return teller.end("live", NEW);
}

/** It crashed beside the old one, before any switch turned. */
export function keptOut(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  deliver(teller, OLD);
  teller.tell({ type: "stage_started", stage: "swap", estimate_ms: 75_000 });
  teller.onServer();
  teller.step("swap", "start new", "api", 6000, false, "api ends with status 3");
  undo(teller);
  return teller.end(
    "rolled_back",
    NEW,
    problem("crash_loop", "A container of the new release keeps crashing", "api ends with status 3"),
  );
}

export function buildFailed(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  build(teller, true);
  return teller.end(
    "failed",
    null,
    problem("build_failed", "The build of api fails", "exit code: 101\nerror: could not compile `shop`"),
  );
}

export function rolledBack(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  build(teller);
  deliver(teller, OLD);
  teller.tell({ type: "stage_started", stage: "swap", estimate_ms: 75_000 });
  teller.onServer();
  teller.step("swap", "arm boot hook", null, 60);
  teller.step("swap", "swap", "api", 6000, false, "api ends with status 3");
  undo(teller);
  return teller.end(
    "rolled_back",
    NEW,
    problem(
      "crash_loop",
      "A container of the new release keeps crashing",
      "api ends with status 3\nKeyError: DATABASE_URL",
    ),
  );
}

export function cancelledInSwap(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  build(teller);
  deliver(teller, OLD);
  swap(teller);
  teller.step("swap", "soak", null, 4000, false, "60 s without a restart");
  undo(teller);
  return teller.end("cancelled", NEW);
}

export function cancelledInBuild(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  teller.stage("source", 300);
  teller.tell({ type: "stage_started", stage: "build", estimate_ms: 120_000 });
  teller.tell({ type: "step_started", stage: "build", step: "[api 1/3] FROM rust:1", service: "api" });
  teller.tell({ type: "stage_failed", stage: "build", ms: 900 }, 900);
  return teller.end("cancelled", null);
}

export function neitherServes(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  deliver(teller, OLD);
  swap(teller);
  teller.step("swap", "restore", "api", 900, false, "no such image");
  teller.here();
  teller.tell({ type: "stage_failed", stage: "swap", ms: 9000 });
  return teller.end(
    "failed",
    NEW,
    problem(
      "rollback_failed",
      "Neither the new nor the old release is proven serving",
      "what runs: api exited",
    ),
  );
}

export function firstFailed(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  deliver(teller, null);
  teller.tell({ type: "stage_started", stage: "swap", estimate_ms: null });
  teller.onServer();
  teller.step("swap", "swap", "api", 60_000, false, "api is not ready after 60 s");
  teller.here();
  teller.tell({ type: "stage_failed", stage: "swap", ms: 61_000 });
  return teller.end(
    "failed",
    NEW,
    problem("unhealthy", "The new release does not become healthy", "api is not ready after 60 s"),
  );
}

export function nothingToDo(): StepEvent[] {
  const teller = new Teller();
  teller.tell({ type: "started", deployment: "0199f000-0000-7000-8000-000000000002" }, 0);
  teller.stage("resolve", 900, "3f9ab12 Fix cart rounding");
  return teller.end("nothing_to_do", NEW);
}

/** Left alone in the swap; the end was read from the server later. */
export function detachedThenLive(): StepEvent[] {
  const teller = new Teller();
  begin(teller);
  deliver(teller, OLD);
  swap(teller);
  teller.here();
  teller.tell({ type: "detached", reason: "Contact with the server is lost" });
  teller.onServer();
  teller.step("swap", "soak", null, 60_000);
  teller.step("swap", "commit", null, 30);
  return teller.end("live", NEW);
}

export function detached(): StepEvent[] {
  const events = detachedThenLive();
  return events.slice(0, events.findIndex((event) => event.type === "detached") + 1);
}

export const STORIES = {
  live,
  switched,
  keptOut,
  buildFailed,
  rolledBack,
  cancelledInSwap,
  cancelledInBuild,
  neitherServes,
  firstFailed,
  nothingToDo,
  detachedThenLive,
  detached,
};
