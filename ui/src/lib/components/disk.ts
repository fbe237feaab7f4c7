// A machine's disk as a load line, from what its last check found.
// Owns: that translation. Must never know: how it is drawn.
import { bytes } from "$lib/format";
import type { ServerFacts } from "$lib/host";
import type { Load } from "./load-line";

/** The user's line where none is set: the design's 85 % of the capacity. */
export const LINE = 0.85;

export interface Disk {
  /** `28.7 GB of 60.0 GB`. */
  words: string;
  load: Load;
  /** Share of the whole that is used, 0 to 1. */
  full: number;
}

/** Nothing while the disk is not known. */
export function diskOf(facts: ServerFacts | null | undefined): Disk | undefined {
  const total = facts?.disk_total;
  const free = facts?.disk_free;
  if (!total || free === null || free === undefined) return undefined;
  const used = Math.max(0, total - free);
  return {
    words: `${bytes(used)} of ${bytes(total)}`,
    load: {
      parts: [{ name: "Used", category: "other", amount: used }],
      capacity: total,
      limit: total * LINE,
    },
    full: used / total,
  };
}
