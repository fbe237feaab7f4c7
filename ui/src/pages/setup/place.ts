// The first environment of a project, as the first run writes it.
// Owns: that change of the settings. Must never know: how they are stored.
import type { Destination, EnvironmentSettings, Settings } from "$lib/host";

const DEFAULT_PLACE: Omit<EnvironmentSettings, "server"> = {
  stack: null,
  url: null,
  expect: null,
  soak: { secs: 60, nanos: 0 },
  keep: 5,
};

/** The environment that the first run speaks of: the first one, else `production`. */
export function firstEnvironment(settings: Settings): string {
  return Object.keys(settings.environments)[0] ?? "production";
}

/** Settings whose first environment is on that server and answers at that address; an empty one is none. */
export function placeOn(settings: Settings, server: string, url: string): Settings {
  const name = firstEnvironment(settings);
  const before = settings.environments[name] ?? DEFAULT_PLACE;
  const place = { ...before, server, url: url.trim() === "" ? null : url.trim() };
  return { ...settings, environments: { ...settings.environments, [name]: place } };
}

/** The sample's address says SERVER where the server's own name belongs. */
export function withoutPlaceholder(url: string, destination: Destination | undefined): string {
  if (destination === undefined) return url;
  const host = destination === "local" ? "localhost" : destination.ssh.host;
  return url.replace("//SERVER", `//${host.includes(":") ? `[${host}]` : host}`);
}
