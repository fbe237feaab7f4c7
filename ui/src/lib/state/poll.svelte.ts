// Asking again and again, for what no machine tells of by itself.
// Owns: when. Must never know: what is asked.
import type { Query } from "./query.svelte";

/** While this component lives and its window is seen; a question that is open or failed is not pressed. */
export function askEvery(query: Query<unknown>, ms: number): void {
  $effect(() => {
    const timer = setInterval(() => {
      const seen = document.visibilityState === "visible";
      if (seen && query.asking === undefined && !query.problem) void query.refetch();
    }, ms);
    return () => clearInterval(timer);
  });
}
