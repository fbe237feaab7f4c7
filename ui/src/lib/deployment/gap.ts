// The longest time without a good answer at the public URL, in words.
// Owns: that wording. Must never know: components.
import { duration } from "$lib/format";

/** The runner asks the public URL ten times a second. */
const RESOLUTION_MS = 100;

/** "no gap seen" or "gap 0.4 s"; nothing where nobody asked. */
export function gapWords(ms: number | null): string | undefined {
  if (ms === null) return undefined;
  if (ms === 0) return "no gap seen";
  return ms < RESOLUTION_MS ? `gap under ${duration(RESOLUTION_MS)}` : `gap ${duration(ms)}`;
}

/** With what can be seen at all: "no gap seen, 0.1 s resolution". */
export function gapMeasured(ms: number | null): string | undefined {
  const words = gapWords(ms);
  return words && `${words}, ${duration(RESOLUTION_MS)} resolution`;
}

/** What the figure means, for its tooltip. */
export const GAP_MEANS = `Longest time without a good answer at the public URL during the swap, asked every ${duration(RESOLUTION_MS)}`;
