// The host of this component tree.
import { getContext, setContext } from "svelte";
import type { Host } from "./host";

const KEY = Symbol("host");

export function provideHost(host: Host): Host {
  return setContext(KEY, host);
}

/** Only while a component is being created. */
export function useHost(): Host {
  return getContext<Host>(KEY);
}
