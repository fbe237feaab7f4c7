// The disk that is nearest to its wall, from what is known without asking any machine.
// Owns: that choice. Must never know: how it is drawn.
import type { Load } from "$lib/components/load-line";
import { bytes } from "$lib/format";
import type { ServerRow } from "$lib/host";

/** The user's line where none is set: the design's 85 % of the capacity. */
const LINE = 0.85;

export interface Fullest {
  name: string;
  words: string;
  load: Load;
}

/** Nothing while no server's disk is known. */
export function fullest(servers: ServerRow[]): Fullest | undefined {
  const known = servers.flatMap(({ name, facts }) => {
    const [total, free] = [facts?.disk_total, facts?.disk_free];
    return total && free !== null && free !== undefined
      ? [{ name, total, used: Math.max(0, total - free) }]
      : [];
  });
  const [most] = known.sort((a, b) => b.used / b.total - a.used / a.total);
  if (!most) return undefined;
  return {
    name: most.name,
    words: `${most.name} · ${bytes(most.used)} of ${bytes(most.total)}`,
    load: {
      parts: [{ name: "Used", category: "other", amount: most.used }],
      capacity: most.total,
      limit: most.total * LINE,
    },
  };
}
