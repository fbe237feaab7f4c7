// Which glyph and which word say how something is.
// Owns: that choice. Must never know: where the glyph stands.
import type { EnvironmentStatus, ServiceStatus, Status } from "$lib/host";

export type Dot =
  "live" | "running" | "warn" | "failed" | "queued" | "skipped" | "stopped" | "rolled_back" | "unknown";

const OF_STATUS: Record<Status, [Dot, string]> = {
  running: ["running", "running"],
  live: ["live", "live"],
  nothing_to_do: ["skipped", "nothing to do"],
  rolled_back: ["rolled_back", "rolled back"],
  failed: ["failed", "failed"],
  cancelled: ["stopped", "cancelled"],
};

export const dotOf = (status: Status): Dot => OF_STATUS[status][0];
export const wordOf = (status: Status): string => OF_STATUS[status][1];

/** A service by its container's state and health. */
export function dotOfService(service: ServiceStatus): Dot {
  if (service.state === "running") {
    if (service.health === "unhealthy") return "failed";
    return service.health === "starting" ? "running" : "live";
  }
  return service.state === "restarting" ? "warn" : "stopped";
}

export function wordOfService(service: ServiceStatus): string {
  return service.state === "running" ? (service.health ?? "running") : service.state;
}

/** An environment: what runs beats what is wrong, what is wrong beats what serves. */
export function dotOfEnvironment(status: EnvironmentStatus): Dot {
  if (status.running) return "running";
  if (status.problem) return "unknown";
  if (!status.release) return "queued";
  if (status.services.some((service) => dotOfService(service) === "failed")) return "failed";
  return status.services.every((service) => dotOfService(service) === "live") ? "live" : "warn";
}
