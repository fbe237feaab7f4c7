// Which projects are shown, and how each one stands in one word.
// Must never know: how a row looks.
import type { Dot } from "$lib/components/status";
import { isUnproven } from "$lib/deployment/standing";
import type { ProjectRow } from "$lib/host";

/** How a project stands, for its dot and its word. */
export type Standing =
  | "live"
  | "running"
  | "failed"
  /** The undo failed too: what serves is not known. */
  | "unproven"
  | "rolled_back"
  | "never"
  | "unreadable"
  | "cancelled";

export function standing(row: ProjectRow): Standing {
  if (row.unreadable !== null) return "unreadable";
  if (isUnproven(row.latest)) return "unproven";
  switch (row.latest?.status) {
    case undefined:
      return "never";
    case "running":
      return "running";
    case "live":
    case "nothing_to_do":
      return "live";
    case "rolled_back":
      return "rolled_back";
    case "failed":
      return "failed";
    case "cancelled":
      return "cancelled";
  }
}

const DOTS: Record<Standing, Dot> = {
  live: "live",
  running: "running",
  failed: "failed",
  unproven: "failed",
  rolled_back: "rolled_back",
  never: "queued",
  unreadable: "warn",
  cancelled: "stopped",
};
export const dotOfStanding = (standing: Standing): Dot => DOTS[standing];

/** Rows in which every word of the text occurs: in the name, the folder, a server or the standing. */
export function matching(rows: readonly ProjectRow[], text: string): ProjectRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...rows];
  return rows.filter((row) => {
    const hay = haystack(row);
    return words.every((word) => hay.includes(word));
  });
}

function haystack(row: ProjectRow): string {
  const places = row.environments.flat();
  return [row.project.name, row.project.path, standing(row), row.latest?.commit?.subject ?? "", ...places]
    .join("\n")
    .toLowerCase();
}
