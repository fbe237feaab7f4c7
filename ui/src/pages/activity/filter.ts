// Which rows of the activity are shown.
import type { ActivityRow } from "$lib/host";
import { statusesOf, type HistoryChoice } from "$pages/project/history-filter";

/** Rows of that outcome in which every word of the text occurs: project, commit, subject, problem. */
export function matching(rows: readonly ActivityRow[], choice: HistoryChoice, text: string): ActivityRow[] {
  const statuses = statusesOf(choice);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (statuses.length > 0 && !statuses.includes(row.deployment.status)) return false;
    const hay = haystack(row);
    return words.every((word) => hay.includes(word));
  });
}

function haystack({ project, deployment }: ActivityRow): string {
  const { commit, problem, status, kind } = deployment;
  return [
    project,
    commit?.id,
    commit?.subject,
    commit?.branch,
    problem?.title,
    status.replaceAll("_", " "),
    kind,
  ]
    .filter(Boolean)
    .join("\n")
    .toLowerCase();
}
