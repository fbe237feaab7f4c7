// The build of each service, from the builder's steps: how far, how much came from the cache.

import { parseBuildStep } from "./buildsteps";
import { type Run, type StepRun, stageOf } from "./run";
import type { Progress } from "./types";

export interface ServiceBuild {
  service: string;
  state: "running" | "done" | "failed";
  startedAt: number;
  /** Null while it runs. */
  ms: number | null;
  /** Numbered steps of the Dockerfile that have ended, of those known so far. */
  done: number;
  total: number | null;
  /** How many of those came from the cache. */
  cached: number;
  /** What it does at this moment. */
  doing: string | null;
}

/** The latest amount of each thing that grows, by stage and subject. */
export type Amounts = Readonly<Record<string, Progress>>;

export function amountKey(stage: string, subject: string): string {
  return `${stage}/${subject}`;
}

/** Builds in the order in which they first appeared, which never changes under the reader. */
export function builds(run: Run, amounts: Amounts = {}): ServiceBuild[] {
  const byService = new Map<string, StepRun[]>();
  for (const step of run.steps) {
    if (step.stage !== "build" || step.service === null) continue;
    const known = byService.get(step.service);
    if (known === undefined) byService.set(step.service, [step]);
    else known.push(step);
  }
  const stage = stageOf(run, "build");
  return [...byService].map(([service, steps]) => {
    const counted = count(service, steps);
    const amount = amounts[amountKey("build", service)];
    const live = stage.state === "running" && amount?.unit === "steps";
    const done = live ? Math.max(counted.done, amount.done) : counted.done;
    const total = live && amount.total !== null ? Math.max(counted.total ?? 0, amount.total) : counted.total;
    return { service, ...counted, done, total, ...timed(steps, stage.state === "running", done, total) };
  });
}

function count(service: string, steps: readonly StepRun[]): Pick<ServiceBuild, "done" | "total" | "cached"> {
  const stages = new Map<string, number>();
  let done = 0;
  let cached = 0;
  for (const step of steps) {
    const { stage, position } = parseBuildStep(step.step, service);
    if (position === null) continue;
    stages.set(stage, Math.max(stages.get(stage) ?? 0, position.of));
    if (step.state === "done") done += 1;
    if (step.state === "done" && step.note === "cached") cached += 1;
  }
  const total = stages.size === 0 ? null : [...stages.values()].reduce((sum, of) => sum + of, 0);
  return { done: total === null ? 0 : Math.min(done, total), total, cached };
}

function timed(
  steps: readonly StepRun[],
  building: boolean,
  done: number,
  total: number | null,
): Pick<ServiceBuild, "state" | "startedAt" | "ms" | "doing"> {
  const startedAt = Math.min(...steps.map((step) => step.startedAt));
  const open = steps.findLast((step) => step.state === "running");
  const failed = steps.some((step) => step.state === "failed");
  const goesOn = building && !failed && (open !== undefined || total === null || done < total);
  const doing = goesOn && open !== undefined ? parseBuildStep(open.step, open.service).text : null;
  if (goesOn) return { state: "running", startedAt, ms: null, doing };
  const ended = Math.max(...steps.map((step) => step.startedAt + (step.ms ?? 0)));
  return { state: failed ? "failed" : "done", startedAt, ms: ended - startedAt, doing };
}
