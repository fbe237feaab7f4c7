// How long a deployment will probably take, and what that is based on: this project's own history.
// Owns: medians. Must never know: how they are shown.
import type { Run } from "./run";
import type { HistoryRow, Stage } from "./types";

/** How many of the last successes are looked at. */
const LAST = 10;

export interface Estimate {
  /** Median of each stage that those runs had, in milliseconds. */
  stages: Partial<Record<Stage, number>>;
  /** How many runs it is taken from. */
  runs: number;
}

export const NO_ESTIMATE: Estimate = { stages: {}, runs: 0 };

/** From the last runs of the same kind that went live before this one. */
export function estimateFrom(
  rows: readonly HistoryRow[],
  of: { id: string; kind: HistoryRow["kind"]; started: string },
): Estimate {
  const alike = rows.filter(
    (row) => row.status === "live" && row.kind === of.kind && row.id !== of.id && row.started < of.started,
  );
  const last = alike.slice(0, LAST);
  const times = new Map<Stage, number[]>();
  for (const [stage, ms] of last.flatMap((row) => row.stages))
    times.set(stage, [...(times.get(stage) ?? []), ms]);
  const medians = [...times].map(([stage, all]) => [stage, median(all)] as const);
  return { stages: Object.fromEntries(medians), runs: last.length };
}

/** What one stage will take: what core said when it began, else the median. */
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
