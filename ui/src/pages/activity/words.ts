// A deployment in one sentence, after the fact.
import { duration, shortHash } from "$lib/format";
import type { Deployment } from "$lib/host";

/** `3f9ab12 live after 1 m 52 s`, `77ad310 rolled back: api did not become healthy`. */
export function activityWords(deployment: Deployment): string {
  const what = deployment.commit ? shortHash(deployment.commit.id) : "A deployment";
  const why = deployment.problem ? `: ${deployment.problem.title}` : "";
  switch (deployment.status) {
    case "running":
      return deployment.kind === "rollback" ? `Rolling back to ${what}` : `Deploying ${what}`;
    case "live":
      return `${what} ${deployment.kind === "rollback" ? "serves again" : "live"}${after(deployment)}`;
    case "nothing_to_do":
      return `${what} served already`;
    case "rolled_back":
      return `${what} rolled back${why}`;
    case "failed":
      return `${what} failed${why}`;
    case "cancelled":
      return `${what} cancelled${after(deployment)}`;
  }
}

function after({ started, finished }: Deployment): string {
  return finished === null ? "" : ` after ${duration(Date.parse(finished) - Date.parse(started))}`;
}
