// The steps of a deployment as the timeline draws them.
// Owns: their shape and their places on the shared time axis. Must never know: where events come from.
import type { Dot } from "./status";

export interface TimelineStep {
  id: string;
  name: string;
  /** Beside the name, in grey: "cached 14/17". */
  note?: string;
  dot: Dot;
  /** All of it, for those who point at it. */
  title?: string;
  /** "running", "done": what the glyph says. */
  word: string;
  /** 0 for stages, 1 for what happens inside one, 2 for its parts. */
  depth: 0 | 1 | 2;
  /** It has parts that can be shown. */
  expandable?: boolean;
  /** Milliseconds since the deployment began; for one that waits, when it will probably begin. */
  start?: number;
  /** How long it took or has taken; undefined while it waits. */
  ms?: number;
  /** The median of its last runs. */
  usual?: number;
  /** The one step that is going on now. */
  current?: boolean;
  /** From here on traffic moves: the waterline stands above this step. */
  waterline?: boolean;
}

export interface Bar {
  /** Shares of the lane. */
  from: number;
  width: number;
  /** Where it usually ends. */
  tick?: number;
  /** It is still to come. */
  hollow?: boolean;
}

/** Differences below this share of the lane are not seen. */
const TELLING = 0.04;

/** The lane ends where the last step will: what is over, or what is usual when that is more. */
export function axis(steps: TimelineStep[]): number {
  const over = Math.max(0, ...steps.map((step) => (step.start ?? 0) + (step.ms ?? 0)));
  const usual = steps.filter((step) => step.depth === 0).reduce((sum, step) => sum + (step.usual ?? 0), 0);
  return Math.max(over, usual, 1);
}

/** Where a step lies in its lane; nothing while it waits. */
export function bar(step: TimelineStep, total: number): Bar | undefined {
  if (step.start === undefined) return undefined;
  const from = Math.min(1, step.start / total);
  if (step.ms === undefined) {
    const width = Math.min(1 - from, (step.usual ?? 0) / total);
    return width > 0 ? { from, width, hollow: true } : undefined;
  }
  const width = Math.min(1 - from, step.ms / total);
  const usual = Math.min(1, (step.start + (step.usual ?? 0)) / total);
  // Where both ends meet there is nothing to compare.
  const tick = step.usual === undefined || Math.abs(usual - from - width) < TELLING ? undefined : usual;
  return { from, width, tick };
}
