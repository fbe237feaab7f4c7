// Which host answers: the machine inside Tauri, a script in a plain browser.
import type { Host } from "./host";

export async function chooseHost(): Promise<Host> {
  if ("__TAURI_INTERNALS__" in globalThis) return (await import("./tauri")).tauriHost();
  const scenario = new URLSearchParams(location.search).get("scenario") ?? "deploying";
  return (await import("./fake")).fakeHost(scenario);
}
