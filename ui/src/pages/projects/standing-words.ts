// How a project stands, in a sentence: what happened, when, and what serves.
import { isUnproven, liveSince, servingDeployment } from "$lib/deployment/standing";
import { shortHash, when } from "$lib/format";
import type { Deployment, ProjectRow } from "$lib/host";
import { standing } from "./list";

/** `live 3f9ab12 · 2 h ago`, `rolled back · 41c2e07 serves`, `never deployed`. */
export function standingWords(row: ProjectRow, now = Date.now()): string {
  const { latest } = row;
  const serving = servingDeployment(row);
  const serves = serving && !isUnproven(latest) ? `${hash(serving)} serves` : null;
  switch (standing(row)) {
    case "unreadable":
      return [row.unreadable, serves].filter(Boolean).join(" · ");
    case "never":
      return row.environments.length === 0 ? "not set up" : "never deployed";
    case "running":
      return [what(latest, "deploying", "rolling back"), serves].filter(Boolean).join(" · ");
    case "live":
      return live(serving ?? latest, now);
    case "failed":
      return ["failed", serves].filter(Boolean).join(" · ");
    case "unproven":
      return "undo failed · what serves is not proven";
    case "rolled_back":
      return [`${hash(latest)} rolled back`, serves].filter(Boolean).join(" · ");
    case "cancelled":
      return ["cancelled", serves].filter(Boolean).join(" · ");
  }
}

function live(deployment: Deployment | null, now: number): string {
  const since = deployment && (liveSince(deployment) ?? deployment.started);
  return [`live ${hash(deployment)}`, since && when(since, now)].filter(Boolean).join(" · ");
}

function what(latest: Deployment | null, deploy: string, rollback: string): string {
  return `${latest?.kind === "rollback" ? rollback : deploy} ${hash(latest)}`;
}

function hash(deployment: Deployment | null): string {
  return deployment?.commit ? shortHash(deployment.commit.id) : "";
}
