// How long a deployment will probably take, from what its stages usually take in this project.
// Owns: that sum. Must never know: how it is shown.
import type { Run } from "./run";
import type { DeploymentShown, Stage } from "./types";

export interface Estimate {
  /** What each stage usually takes, in milliseconds. */
  stages: Partial<Record<Stage, number>>;
  /** From how many deployments, at most. */
  runs: number;
}

export const NO_ESTIMATE: Estimate = { stages: {}, runs: 0 };

export function estimateOf(shown: Pick<DeploymentShown, "estimates">): Estimate {
  const stages = Object.fromEntries(shown.estimates.map(([stage, { ms }]) => [stage, ms]));
  return { stages, runs: Math.max(0, ...shown.estimates.map(([, { based_on }]) => based_on.length)) };
}

/** What one stage will take: what core said when it began, else what it usually takes. */
export function stageEstimate(run: Run, estimate: Estimate, stage: Stage): number | null {
  const known = run.stages.find((one) => one.stage === stage)?.estimateMs;
  return known ?? estimate.stages[stage] ?? null;
}

/** The whole run: what is over as it was, the rest as it usually is. Null while nothing is known. */
export function expectedMs(run: Run, estimate: Estimate): number | null {
  let total = 0;
  let known = false;
  for (const { stage, state, ms } of run.stages) {
    if (state === "done" || state === "skipped" || state === "failed") {
      total += ms ?? 0;
      continue;
    }
    const expected = stageEstimate(run, estimate, stage);
    known ||= expected !== null;
    total += expected ?? 0;
  }
  return known ? total : null;
}

/** "about 2 m": rounded, so that it does not flicker. */
export function roughly(ms: number): number {
  const step = ms < 60_000 ? 5000 : ms < 600_000 ? 15_000 : 60_000;
  return Math.max(step, Math.round(ms / step) * step);
}
