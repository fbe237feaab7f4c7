// How a project stands, in a sentence: what happened, when, and what serves.
import { shortHash, when } from "$lib/format";
import type { Deployment, ProjectRow } from "$lib/host";
import { standing } from "./list";

/** `live 3f9ab12 · 2 h ago`, `rolled back · 41c2e07 serves`, `never deployed`. */
export function standingWords(row: ProjectRow, now = Date.now()): string {
  const { latest } = row;
  const serves = row.serving[0] ? `${hash(row.serving[0])} serves` : null;
  switch (standing(row)) {
    case "unreadable":
      return row.unreadable ?? "";
    case "never":
      return row.environments.length === 0 ? "not set up" : "never deployed";
    case "running":
      return [what(latest, "deploying", "rolling back"), serves].filter(Boolean).join(" · ");
    case "live":
      return `live ${hash(latest)} · ${when(latest?.finished ?? latest?.started ?? now, now)}`;
    case "failed":
      return ["failed", serves].filter(Boolean).join(" · ");
    case "rolled_back":
      return [`${hash(latest)} rolled back`, serves].filter(Boolean).join(" · ");
    case "cancelled":
      return ["cancelled", serves].filter(Boolean).join(" · ");
  }
}

function what(latest: Deployment | null, deploy: string, rollback: string): string {
  return `${latest?.kind === "rollback" ? rollback : deploy} ${hash(latest)}`;
}

function hash(deployment: Deployment | null): string {
  return deployment?.commit ? shortHash(deployment.commit.id) : "";
}
