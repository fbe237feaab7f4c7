// Settings that were changed and not saved are never lost in silence.
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import App from "../../App.svelte";
import "../../test-pages";
import type { Host } from "$lib/host";
import { fakeHost } from "$lib/host/fake";

vi.setConfig({ testTimeout: 60_000 });
beforeEach(() => localStorage.clear());
afterEach(cleanup);

const profiles = () => screen.findByLabelText<HTMLInputElement>("Profiles");
const dialog = async () => within(await screen.findByRole("dialog", { name: "Save the settings of shop?" }));

async function changed(host: Host = fakeHost("calm")) {
  location.hash = "#/projects/shop/settings";
  const view = render(App, { host });
  await fireEvent.input(await profiles(), { target: { value: "debug" } });
  await screen.findByText("Not saved yet");
  return { host, view };
}
const leave = () => (location.hash = "#/servers");

test("leaving asks, and staying keeps the place and the draft", async () => {
  await changed();
  leave();
  await fireEvent.click((await dialog()).getByRole("button", { name: "Stay" }));
  expect(location.hash).toBe("#/projects/shop/settings");
  expect((await profiles()).value).toBe("debug");
});

test("Save writes the file and goes on", async () => {
  const { host } = await changed();
  leave();
  await fireEvent.click((await dialog()).getByRole("button", { name: "Save" }));
  await screen.findByRole("heading", { name: "Servers", level: 1 });
  expect((await host.settingsRead("shop")).profiles).toEqual(["debug"]);
});

test("Discard goes on without writing", async () => {
  const { host } = await changed();
  leave();
  await fireEvent.click((await dialog()).getByRole("button", { name: "Discard" }));
  await screen.findByRole("heading", { name: "Servers", level: 1 });
  expect((await host.settingsRead("shop")).profiles).toEqual([]);
});

test("a save that fails keeps one on the page, with the reason", async () => {
  const host = fakeHost("calm");
  const problem = {
    code: "local_file",
    title: "plimsoll.toml cannot be written",
    detail: "",
    hint: "Check.",
  };
  vi.spyOn(host, "settingsWrite").mockRejectedValue(problem);
  await changed(host);
  leave();
  const asking = await dialog();
  await fireEvent.click(asking.getByRole("button", { name: "Save" }));
  await asking.findByRole("heading", { name: problem.title });
  expect(location.hash).toBe("#/projects/shop/settings");
});

test("a window that was closed opens with the draft, and says when the file is another by now", async () => {
  const { host, view } = await changed();
  view.unmount();
  const again = render(App, { host });
  expect((await profiles()).value).toBe("debug");
  again.unmount();
  await host.settingsWrite("shop", { ...(await host.settingsRead("shop")), registry: null });
  render(App, { host });
  await screen.findByText(/the file was changed meanwhile/);
});

test("nothing changed, nothing asked", async () => {
  location.hash = "#/projects/shop/settings";
  render(App, { host: fakeHost("calm") });
  await profiles();
  leave();
  await waitFor(() => screen.getByRole("heading", { name: "Servers", level: 1 }));
});
