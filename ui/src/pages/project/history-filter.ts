// Which deployments of a project's history are shown.
import type { Status } from "$lib/host";

export type HistoryChoice = "all" | "live" | "failed" | "cancelled";

export const HISTORY_CHOICES: { value: HistoryChoice; label: string }[] = [
  { value: "all", label: "All" },
  { value: "live", label: "Went live" },
  { value: "failed", label: "Failed or rolled back" },
  { value: "cancelled", label: "Cancelled" },
];

/** An empty list means all. */
export function statusesOf(choice: HistoryChoice): Status[] {
  switch (choice) {
    case "all":
      return [];
    case "live":
      return ["live", "nothing_to_do"];
    case "failed":
      return ["failed", "rolled_back"];
    case "cancelled":
      return ["cancelled"];
  }
}
