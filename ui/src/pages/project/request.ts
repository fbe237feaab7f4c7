// What is asked for when somebody presses Deploy.
import type { DeployRequest } from "$lib/host";

/** The commit that is checked out, all services. */
export function deployHead(project: string, environment: string): DeployRequest {
  return { project, environment, what: { commit: "HEAD" }, services: [], refresh: [], builder: null };
}
