// What a deployment's events add up to. Live and history fill the same object, through the same reducer.

import type { Commit, Problem, Stage, Status, StepEvent } from "./types";

export type StageState = "queued" | "running" | "done" | "skipped" | "failed";
export type StepState = "running" | "done" | "failed";

export interface StageRun {
  stage: Stage;
  state: StageState;
  /** Milliseconds since the epoch; null until it began. */
  startedAt: number | null;
  /** How long it took; null while it runs. */
  ms: number | null;
  /** From this project's own history. */
  estimateMs: number | null;
  /** What came of it, or why it was skipped. */
  note: string;
}

export interface StepRun {
  stage: Stage;
  step: string;
  service: string | null;
  state: StepState;
  startedAt: number;
  ms: number | null;
  note: string;
}

export interface RunNote {
  stage: Stage;
  text: string;
  at: number;
}

export interface RunEnd {
  status: Exclude<Status, "running">;
  release: string | null;
  problem: Problem | null;
  at: number;
}

export interface Run {
  /** The index of the next event; lower ones are known already. */
  next: number;
  /** Events that came before an earlier one did. */
  waiting: readonly StepEvent[];
  startedAt: number | null;
  commit: Commit | null;
  release: string | null;
  previous: string | null;
  stages: readonly StageRun[];
  steps: readonly StepRun[];
  notes: readonly RunNote[];
  sent: { payloadBytes: number; wireBytes: number } | null;
  /** Users began to get something else: the waterline is passed. */
  moved: boolean;
  /** The new release is the current one; there is no way back inside this deployment. */
  committed: boolean;
  /** The old release is being brought back. */
  goingBack: boolean;
  /** Nobody here follows it any more; the server goes on. */
  detached: string | null;
  /** Server clock minus ours, where they differ visibly. */
  skewMs: number | null;
  end: RunEnd | null;
}

/** The stage, by its name. */
export function stageOf(run: Run, stage: Stage): StageRun {
  const found = run.stages.find((one) => one.stage === stage);
  if (found === undefined) throw new Error(`no stage ${stage}`);
  return found;
}

/** The stage that runs now, or the one that failed. */
export function currentStage(run: Run): StageRun | null {
  return run.stages.find((one) => one.state === "running" || one.state === "failed") ?? null;
}

/** The step of the swap that runs now. */
export function currentStep(run: Run): StepRun | null {
  return run.steps.findLast((step) => step.stage === "swap" && step.state === "running") ?? null;
}
