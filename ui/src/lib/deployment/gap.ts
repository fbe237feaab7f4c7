// The longest time without a good answer at the public URL, in words.
// Owns: that wording. Must never know: components.
import { duration } from "$lib/format";

/** The runner asks the public URL ten times a second. */
const RESOLUTION_MS = 100;

/** Where there is little room: "no gap over 0.1 s" or "gap 0.4 s"; nothing where nobody asked. */
export function gapWords(ms: number | null): string | undefined {
  if (ms === null) return undefined;
  return ms < RESOLUTION_MS ? `no gap over ${duration(RESOLUTION_MS)}` : `gap ${duration(ms)}`;
}

/** In full: "no gap seen, 0.1 s resolution". */
export function gapMeasured(ms: number | null): string | undefined {
  if (ms === null) return undefined;
  const words = ms < RESOLUTION_MS ? "no gap seen" : `gap ${duration(ms)}`;
  return `${words}, ${duration(RESOLUTION_MS)} resolution`;
}

/** What the figure means, for its tooltip. */
export const GAP_MEANS = `Longest time without a good answer at the public URL during the swap, asked every ${duration(RESOLUTION_MS)}`;
