// Asking again and again, for what no machine tells of by itself.
// Owns: when. Must never know: what is asked.
import type { Query } from "./query.svelte";

/** Problems that may pass without anybody doing something here. */
const PASSING: readonly string[] = ["host_unreachable", "contact_lost", "timed_out", "engine_down"];
/** Between two looks whether one has passed. */
const AGAIN = 10_000;

/** While this component lives and its window is seen; a question that is open or failed is not pressed. */
export function askEvery(query: Query<unknown>, ms: number): void {
  whileSeen(ms, () => {
    if (query.asking === undefined && !query.problem) void query.refetch();
  });
  askUntilPassed(query);
}

/** As long as the answer is a problem that may pass: a machine that comes back is noticed. */
export function askUntilPassed(query: Query<unknown>): void {
  whileSeen(AGAIN, () => {
    const passing = query.problem !== undefined && PASSING.includes(query.problem.code);
    if (query.asking === undefined && passing) void query.refetch();
  });
}

function whileSeen(ms: number, act: () => void): void {
  $effect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") act();
    }, ms);
    return () => clearInterval(timer);
  });
}
