// When a server last answered this window, kept over its end: core remembers what a check found, not when.
// Owns: those moments. Must never know: what was answered.
import { SvelteMap } from "svelte/reactivity";

const PREFIX = "seen:";
const known = new SvelteMap<string, number>();

/** Milliseconds since 1970; nothing for a server that never answered here. */
export function lastSeen(id: string): number | undefined {
  const at = known.get(id) ?? Number(localStorage.getItem(PREFIX + id));
  return at > 0 ? at : undefined;
}

export function seen(id: string, at: number): void {
  if (known.get(id) === at) return;
  known.set(id, at);
  localStorage.setItem(PREFIX + id, String(at));
}
