// Which host answers: the machine inside Tauri, a script in a plain browser.
import type { Host } from "./host";
import { tauriHost } from "./tauri";

/** Inside Tauri it is there at once: the first picture waits for it. */
export function chooseHost(): Host | Promise<Host> {
  if ("__TAURI_INTERNALS__" in globalThis) return tauriHost();
  const scenario = new URLSearchParams(location.search).get("scenario") ?? "deploying";
  return import("./fake").then(({ fakeHost }) => fakeHost(scenario));
}
