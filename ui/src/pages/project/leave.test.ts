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

const press = (on: Element, key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(on, { key, code: key, ctrlKey: true, ...more });

test("the keys of Deploy do nothing out of a field, below a question, or in a dialog", async () => {
  const { host } = await changed();
  const start = vi.spyOn(host, "deployStart");
  await press(await profiles(), "Enter");
  await press(document.body, "Enter");
  const asking = await dialog();
  expect(start, "asked before anything begins").not.toHaveBeenCalled();
  await press(document.body, "Enter");
  await press(asking.getByRole("button", { name: "Stay" }), "Enter");
  expect(start).not.toHaveBeenCalled();
  await fireEvent.click(asking.getByRole("button", { name: "Stay" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(start).not.toHaveBeenCalled();
});

test.each([
  ["Save", ["debug"]],
  ["Discard", []],
] as const)("Deploy over unsaved settings asks, and %s deploys after it", async (answer, profiles) => {
  const { host } = await changed();
  const order: string[] = [];
  const { deployStart, settingsWrite } = host;
  vi.spyOn(host, "settingsWrite").mockImplementation(
    (...all) => (order.push("write"), settingsWrite(...all)),
  );
  vi.spyOn(host, "deployStart").mockImplementation((...all) => (order.push("deploy"), deployStart(...all)));
  await fireEvent.click(await screen.findByRole("button", { name: /^Deploy/ }));
  await fireEvent.click((await dialog()).getByRole("button", { name: answer }));
  await waitFor(() => expect(location.hash).toMatch(/^#\/deployments\//));
  expect(order).toEqual(answer === "Save" ? ["write", "deploy"] : ["deploy"]);
  expect((await host.settingsRead("shop")).profiles).toEqual(profiles);
});

test("Deploy out of the palette and a rollback ask as well", async () => {
  const { host } = await changed();
  const start = vi.spyOn(host, "deployStart");
  await press(document.body, "k");
  await fireEvent.input(await screen.findByRole("combobox", { name: "Find a command" }), {
    target: { value: "deploy shop" },
  });
  await press(screen.getByRole("combobox", { name: "Find a command" }), "Enter", { ctrlKey: false });
  await fireEvent.click((await dialog()).getByRole("button", { name: "Stay" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await press(document.body, "R", { shiftKey: true });
  await dialog();
  expect(start).not.toHaveBeenCalled();
});

test("nothing changed, nothing asked", async () => {
  location.hash = "#/projects/shop/settings";
  render(App, { host: fakeHost("calm") });
  await profiles();
  leave();
  await waitFor(() => screen.getByRole("heading", { name: "Servers", level: 1 }));
});
