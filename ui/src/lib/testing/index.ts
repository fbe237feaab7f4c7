// A component in the surroundings that the window gives it.
// Owns: those surroundings, on a scripted host. Must never know: what is tested.
import { render } from "@testing-library/svelte";
import type { Component, ComponentProps } from "svelte";
import type { Host } from "$lib/host";
import { fakeHost } from "$lib/host/fake";
import Around from "./Around.svelte";

/** Renders `component` with host, answers, router, preferences, commands and toast around it. */
export function show<C extends Component<any, any, any>>(
  component: C,
  props: ComponentProps<C>,
  host: Host = fakeHost("calm"),
) {
  const subject = component as unknown as Component<Record<string, unknown>>;
  return { host, ...render(Around, { props: { component: subject, props, host } }) };
}
