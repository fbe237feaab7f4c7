// What is live in an environment and since when, as far as records tell.
// Owns: that judgement, for every page alike. Must never know: how it is said or shown.
import type { Deployment, EnvironmentStatus, ProjectRow } from "$lib/host";

/** Its undo failed too: until a later deployment ends well nobody has proof of what serves. */
export function isUnproven(latest: Deployment | null | undefined): boolean {
  return latest?.status === "failed" && latest.problem?.code === "rollback_failed";
}

/** The deployment that made live what serves, by this laptop's own history; without a name, in the first environment. */
export function servingDeployment(row: ProjectRow | undefined, environment?: string): Deployment | undefined {
  const name = environment ?? row?.environments[0]?.[0];
  return row?.serving.find((one) => name === undefined || one.environment.name === name) ?? undefined;
}

/** Since when it serves: our own record where it speaks of the release that the server names, else the server's. */
export function liveSince(known: Deployment | undefined, stands?: EnvironmentStatus): string | null {
  const told = stands?.since ?? null;
  if (known === undefined || (stands?.release && stands.release !== known.release)) return told;
  return known.finished ?? told ?? known.started;
}
