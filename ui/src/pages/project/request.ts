// What is asked for when somebody presses Deploy.
import type { DeployRequest } from "$lib/host";

/** The commit that is checked out, all services. Core asks where it takes something over, or has no way back. */
export function deployHead(project: string, environment: string): DeployRequest {
  return {
    project,
    environment,
    what: { commit: "HEAD" },
    services: [],
    refresh: [],
    builder: null,
    undo: "asked",
  };
}
