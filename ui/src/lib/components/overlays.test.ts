// What opens over the page: dialogs, menus, tooltips.
import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { show } from "$lib/testing";
import Menu from "./Menu.svelte";
import Asking from "./test/Asking.svelte";
import Form from "./test/Form.svelte";
import RowWithMenu from "./test/RowWithMenu.svelte";
import Tipped from "./test/Tipped.svelte";

const button = (name: string) => screen.getByRole("button", { name });
const press = (key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
const closed = () => waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

async function openForm() {
  show(Form, {});
  button("Add server").focus();
  await fireEvent.click(button("Add server"));
  const field = await screen.findByLabelText<HTMLInputElement>("Host");
  await waitFor(() => expect(document.activeElement).toBe(field));
  return field;
}

test("a form opens in its first field, the first Escape closes it, and the focus goes back", async () => {
  const field = await openForm();
  await fireEvent.input(field, { target: { value: "hull-1" } });
  await press("Escape");
  await closed();
  await waitFor(() => expect(document.activeElement).toBe(button("Add server")));
});

test("Escape asks once much was typed, and nothing is lost by staying", async () => {
  const field = await openForm();
  const much = "deploy@very-long-name.of-a-machine.example.com:2222";
  await fireEvent.input(field, { target: { value: much } });
  await press("Escape");
  await screen.findByText("What you typed is not kept.");
  await fireEvent.click(button("Go on typing"));
  expect(field.value).toBe(much);
  expect(document.activeElement).toBe(field);
  await press("Escape");
  await fireEvent.click(await screen.findByRole("button", { name: "Discard" }));
  await closed();
});

test("a no to core's own question closes the dialog and is no problem", async () => {
  const no = { code: "consent_missing", title: "Nothing was changed", detail: "", hint: "" };
  show(Asking, { act: () => Promise.reject(no) });
  await fireEvent.click(button("Open it"));
  await fireEvent.click(await screen.findByRole("button", { name: "Delete shop" }));
  await closed();
  expect(screen.queryByText("Nothing was changed")).toBeNull();
});

async function openMenu(items: Parameters<typeof show<typeof Menu>>[1]["items"]) {
  show(Menu, { label: "More about shop", items });
  button("More about shop").focus();
  await press("Enter");
  return screen.findByRole("menu");
}

test("a menu is walked by keys, runs what is chosen and gives the focus back", async () => {
  const run = vi.fn();
  await openMenu([{ label: "Rename…", run: () => undefined }, null, { label: "Remove…", run }]);
  await waitFor(() => expect(document.activeElement?.textContent?.trim()).toBe("Rename…"));
  await press("ArrowDown");
  expect(document.activeElement?.textContent?.trim()).toBe("Remove…");
  await press("Enter");
  expect(run).toHaveBeenCalledTimes(1);
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  expect(document.activeElement).toBe(button("More about shop"));
});

test("a menu closes by Escape and runs nothing; what cannot be chosen says why", async () => {
  const run = vi.fn();
  await openMenu([{ label: "Open site", disabled: "it has no URL", run }]);
  screen.getByText("it has no URL");
  await fireEvent.click(screen.getByRole("menuitem"));
  await press("Escape");
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  expect(run).not.toHaveBeenCalled();
});

test.each([
  ["Shift+F10", (row: Element) => fireEvent.keyDown(row, { key: "F10", shiftKey: true })],
  ["the menu key", (row: Element) => fireEvent.keyDown(row, { key: "ContextMenu" })],
  ["the other mouse button", (row: Element) => fireEvent.contextMenu(row)],
])("%s opens the menu of a row", async (_how, does) => {
  show(RowWithMenu, { href: "#/projects", menu: [{ label: "Roll back…", run: () => undefined }] });
  await does(screen.getByRole("link", { name: "shop" }));
  await screen.findByRole("menuitem", { name: "Roll back…" });
});

test("a row that leads nowhere opens its menu", async () => {
  show(RowWithMenu, { menu: [{ label: "Check", run: () => undefined }] });
  await fireEvent.click(button("shop"));
  await screen.findByRole("menuitem", { name: "Check" });
});

test("a tooltip comes with the focus, describes its control and goes with Escape", async () => {
  show(Tipped, { text: "It has no server yet" });
  const control = button("Deploy");
  expect(screen.queryByText(/It has no server yet/)).toBeNull();
  // The focus of keys, not of a pointer.
  vi.spyOn(control, "matches").mockImplementation(
    (selector: string) => selector === ":focus-visible" || Element.prototype.matches.call(control, selector),
  );
  await fireEvent.focus(control);
  const tip = await screen.findByText(/It has no server yet/);
  expect(tip.textContent).toContain("Ctrl+K");
  expect(control.getAttribute("aria-describedby")).toBe(tip.id);
  await press("Escape");
  await waitFor(() => expect(screen.queryByText(/It has no server yet/)).toBeNull());
});

test("without words there is no tooltip and the control is as it is", async () => {
  show(Tipped, { text: undefined });
  await fireEvent.focus(button("Deploy"));
  expect(button("Deploy").hasAttribute("aria-describedby")).toBe(false);
});
