// The one reducer: StepEvents -> Run. Any split into snapshot and tail, any order and any repetition of the same
// events comes to the same Run.

import type { Run, StageRun, StepRun } from "./run";
import { COMMIT, GOES_BACK, MOVES_TRAFFIC, STAGES } from "./stages";
import type { StepEvent } from "./types";

/** Clocks that differ by less look the same on the timeline. */
const VISIBLE_SKEW_MS = 2000;

/** Before the first event. */
export function noRun(): Run {
  return {
    next: 0,
    waiting: [],
    startedAt: null,
    commit: null,
    release: null,
    previous: null,
    stages: STAGES.map((stage) => ({
      stage,
      state: "queued",
      startedAt: null,
      ms: null,
      estimateMs: null,
      note: "",
    })),
    steps: [],
    notes: [],
    sent: null,
    moved: false,
    committed: false,
    goingBack: false,
    detached: null,
    skewMs: null,
    end: null,
  };
}

/** Takes events in. Known ones are ignored, early ones wait for those before them. */
export function reduce(run: Run, events: readonly StepEvent[]): Run {
  const coming = arrange(run, events);
  if (coming.length === 0) return run;
  const draft: Draft = {
    ...run,
    stages: run.stages.map((s) => ({ ...s })),
    steps: [...run.steps],
    notes: [...run.notes],
  };
  let taken = 0;
  for (const event of coming) {
    if (event.index !== draft.next) break;
    take(draft, event);
    draft.next += 1;
    taken += 1;
  }
  draft.waiting = coming.slice(taken);
  return draft;
}

interface Draft extends Run {
  stages: StageRun[];
  steps: StepRun[];
  notes: Run["notes"][number][];
}

/** Everything that is not known yet, in order, each once. */
function arrange(run: Run, events: readonly StepEvent[]): StepEvent[] {
  const waiting = new Map<number, StepEvent>();
  for (const event of [...run.waiting, ...events]) {
    if (event.index >= run.next) waiting.set(event.index, event);
  }
  return [...waiting.values()].sort((a, b) => a.index - b.index);
}

function take(draft: Draft, event: StepEvent): void {
  const at = timeOf(draft, event);
  if (event.type !== "detached" && event.type !== "finished") draft.detached = null;
  switch (event.type) {
    case "started":
      draft.startedAt = at;
      break;
    case "resolved":
      draft.commit = event.commit;
      break;
    case "release_known":
      draft.release = event.release;
      draft.previous = event.previous;
      break;
    case "stage_started":
      Object.assign(stage(draft, event.stage), {
        state: "running",
        startedAt: at,
        ms: null,
        estimateMs: event.estimate_ms,
      });
      break;
    case "stage_finished":
      Object.assign(stage(draft, event.stage), { state: "done", ms: event.ms, note: event.note });
      break;
    case "stage_skipped":
      Object.assign(stage(draft, event.stage), {
        state: "skipped",
        startedAt: at,
        ms: 0,
        note: event.reason,
      });
      break;
    case "stage_failed":
      Object.assign(stage(draft, event.stage), { state: "failed", ms: event.ms });
      break;
    case "step_started":
      stepStarted(draft, event, at);
      break;
    case "step_finished":
      stepFinished(draft, event, at);
      break;
    case "source_sent":
      draft.sent = { payloadBytes: event.payload_bytes, wireBytes: event.wire_bytes_up };
      break;
    case "note":
      draft.notes.push({ stage: event.stage, text: event.text, at });
      break;
    case "detached":
      detach(draft, event.reason);
      break;
    case "finished":
      finish(draft, event, at);
      break;
  }
}

function stage(draft: Draft, name: StageRun["stage"]): StageRun {
  const found = draft.stages.find((one) => one.stage === name);
  // A stage of a newer core: taken in at the end rather than lost.
  if (found !== undefined) return found;
  const unknown: StageRun = {
    stage: name,
    state: "queued",
    startedAt: null,
    ms: null,
    estimateMs: null,
    note: "",
  };
  draft.stages.push(unknown);
  return unknown;
}

type StepStarted = Extract<StepEvent, { type: "step_started" }>;
type StepFinished = Extract<StepEvent, { type: "step_finished" }>;
type Finished = Extract<StepEvent, { type: "finished" }>;

function stepStarted(draft: Draft, event: StepStarted, at: number): void {
  const { step, service } = event;
  if (event.stage === "swap") {
    draft.moved ||= MOVES_TRAFFIC.has(step);
    draft.goingBack ||= GOES_BACK.has(step);
  }
  draft.steps.push({
    stage: event.stage,
    step,
    service,
    state: "running",
    startedAt: at,
    ms: null,
    note: "",
  });
}

function stepFinished(draft: Draft, event: StepFinished, at: number): void {
  const { step, service, ms, note } = event;
  if (event.stage === "swap" && step === COMMIT && event.ok) draft.committed = true;
  const state = event.ok ? ("done" as const) : ("failed" as const);
  const open = draft.steps.findLastIndex(
    (one) =>
      one.stage === event.stage && one.step === step && one.service === service && one.state === "running",
  );
  const began = draft.steps[open];
  if (began === undefined) {
    draft.steps.push({ stage: event.stage, step, service, state, startedAt: at - ms, ms, note });
  } else {
    draft.steps[open] = { ...began, state, ms, note };
  }
}

/** For core the stage failed here; on the server it goes on. */
function detach(draft: Draft, reason: string): void {
  draft.detached = reason;
  const swap = stage(draft, "swap");
  if (swap.state === "failed") Object.assign(swap, { state: "running", ms: null });
}

/** What was under way when it ended did not end by itself. */
function finish(draft: Draft, event: Finished, at: number): void {
  if (event.status === "running") return;
  draft.end = { status: event.status, release: event.release, problem: event.problem, at };
  draft.detached = null;
  draft.release ??= event.release;
  const well = event.status === "live" || event.status === "nothing_to_do";
  // A stage whose step failed failed with it, also where the record says otherwise.
  const failed = draft.steps.findLast((step) => step.state === "failed");
  if (!well && failed !== undefined && !draft.stages.some((one) => one.state === "failed")) {
    stage(draft, failed.stage).state = "failed";
  }
  for (const one of draft.stages) {
    if (one.state === "running")
      Object.assign(one, { state: well ? "done" : "failed", ms: since(one.startedAt, at) });
  }
  draft.steps = draft.steps.map((step) =>
    step.state === "running"
      ? { ...step, state: well ? "done" : "failed", ms: since(step.startedAt, at) }
      : step,
  );
  Object.assign(stage(draft, "record"), { state: "done", startedAt: at, ms: 0 });
}

function since(from: number | null, to: number): number {
  return from === null ? 0 : Math.max(0, to - from);
}

/** When it happened by our clock: the server's own times are moved by what its clock is off. */
function timeOf(draft: Draft, event: StepEvent): number {
  const at = Date.parse(event.at);
  if (event.journal === undefined || event.journal === null) return at;
  if (draft.skewMs === null) {
    const began = draft.stages.find((one) => one.stage === "swap")?.startedAt;
    const off = began === undefined || began === null ? 0 : at - began;
    draft.skewMs = off < -VISIBLE_SKEW_MS || off > VISIBLE_SKEW_MS * 10 ? off : 0;
  }
  return at - draft.skewMs;
}
