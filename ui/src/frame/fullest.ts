// The disk that is nearest to its wall, from what is known without asking any machine.
// Owns: that choice. Must never know: how it is drawn.
import { diskOf } from "$lib/components/disk";
import type { Load } from "$lib/components/load-line";
import type { ServerRow } from "$lib/host";

export interface Fullest {
  name: string;
  words: string;
  load: Load;
}

/** Nothing while no server's disk is known. */
export function fullest(servers: ServerRow[]): Fullest | undefined {
  const known = servers.flatMap(({ name, facts }) => {
    const disk = diskOf(facts);
    return disk ? [{ name, ...disk }] : [];
  });
  const [most] = known.sort((a, b) => b.full - a.full);
  return most && { name: most.name, words: `${most.name} · ${most.words}`, load: most.load };
}
