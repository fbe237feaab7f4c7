// What every page offers in the palette: each act once, under one name.
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import App from "../App.svelte";
import "../test-pages";
import { fakeHost } from "$lib/host/fake";

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanup);

async function offered(path: string, scenario = "calm", ready?: string) {
  location.hash = `#${path}`;
  render(App, { host: fakeHost(scenario) });
  await screen.findByRole("main");
  if (ready) await screen.findByText(ready);
  await fireEvent.keyDown(document.body, { key: "k", code: "KeyK", ctrlKey: true });
  await screen.findByRole("combobox", { name: "Find a command" });
  await waitFor(() => expect(labels()).toContain("Deploy shop"));
  return labels();
}
const labels = () =>
  [...document.querySelectorAll("[role=option] .label")].map((label) => label.textContent?.trim() ?? "");

test.each<[string, string, string | undefined, string[]]>([
  ["/projects", "calm", undefined, ["Go to set up", "Open blog"]],
  [
    "/projects/shop",
    "calm",
    undefined,
    ["Roll back shop…", "Restart services of shop…", "Stop services of shop…", "Show variables of shop"],
  ],
  ["/projects/shop/variables", "calm", "SECRET_KEY", ["Set variable", "Import .env…", "Change SECRET_KEY"]],
  ["/projects/shop/settings", "calm", "Remove project…", ["Remove shop…"]],
  ["/servers", "calm", "hull-1", ["Add server…", "Open server forge"]],
  [
    "/servers/hull-1",
    "calm",
    "shop-web-1",
    ["Check hull-1", "Edit hull-1…", "Remove hull-1…", "Restart shop-web-1…", "Show the log of shop-api-1"],
  ],
  ["/servers/mast-2", "rough", "Compare keys…", ["Compare keys of mast-2…"]],
  ["/registries", "calm", "ecr-eu", ["Add registry…", "Check registry ecr-eu", "Remove registry ecr-eu…"]],
  ["/settings", "calm", "Copy diagnostics", ["Copy diagnostics", "Change shortcuts…", "Check for updates"]],
  ["/deployments/0199-before", "calm", "Copy report", ["Copy report", "Deploy 41c2e07 again", "Save log"]],
])("%s in %s offers each of its acts once", async (path, scenario, ready, acts) => {
  const found = await offered(path, scenario, ready);
  expect(found.filter((label, at) => found.indexOf(label) !== at)).toEqual([]);
  for (const act of acts) expect(found).toContain(act);
});

test("keys that the user changed are the ones that act", async () => {
  const host = fakeHost("calm");
  await host.appSettingsWrite({ ...(await host.appSettingsRead()), shortcuts: [["go-servers", "$mod+9"]] });
  location.hash = "#/projects";
  render(App, { host });
  await screen.findByRole("link", { name: "shop" });
  await fireEvent.keyDown(document.body, { key: "2", code: "Digit2", ctrlKey: true });
  expect(location.hash).toBe("#/projects");
  await fireEvent.keyDown(document.body, { key: "9", code: "Digit9", ctrlKey: true });
  expect(location.hash).toBe("#/servers");
});

test("Escape goes up where nothing else takes it", async () => {
  location.hash = "#/projects/shop/variables";
  render(App, { host: fakeHost("calm") });
  const filter = await screen.findByLabelText("Filter variables");
  await fireEvent.keyDown(filter, { key: "Escape", code: "Escape" });
  expect(location.hash).toBe("#/projects/shop/variables");
  await fireEvent.keyDown(document.body, { key: "Escape", code: "Escape" });
  expect(location.hash).toBe("#/projects");
});
