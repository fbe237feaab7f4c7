// A component in the surroundings that the window gives it.
// Owns: those surroundings, on a scripted host. Must never know: what is tested.
import { render } from "@testing-library/svelte";
import type { Component } from "svelte";
import Around from "./Around.svelte";
import type { Host } from "$lib/host";
import { fakeHost } from "$lib/host/fake";

/** Renders `component` with host, answers, router, preferences, commands and toast around it. */
export function show<P extends Record<string, unknown>>(
  component: Component<P, object, string>,
  props: NoInfer<P>,
  host: Host = fakeHost("calm"),
) {
  return {
    host,
    ...render(Around, { props: { component: component as unknown as Component<Record<string, unknown>>, props, host } }),
  };
}
