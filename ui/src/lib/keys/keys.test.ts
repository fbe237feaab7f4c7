import { afterEach, expect, test, vi } from "vitest";
import { handler, isSingle } from "./bind";
import type { Command } from "./commands.svelte";
import { spelled } from "./spell";

afterEach(() => document.body.replaceChildren());

const command = (keys: string): Command => ({
  id: keys,
  label: keys,
  section: "Actions",
  keys,
  run: () => {},
});

function press(on: EventTarget, key: string, more: KeyboardEventInit = {}) {
  on.dispatchEvent(
    new KeyboardEvent("keydown", { key, code: "x", bubbles: true, cancelable: true, ...more }),
  );
}

function listening(keys: string[], singleLetters = true) {
  const run = vi.fn<(command: Command) => void>();
  const handle = handler(keys.map(command), { singleLetters, run });
  document.body.addEventListener("keydown", handle);
  return {
    ran: () => run.mock.calls.map(([command]) => command.keys),
    stop: () => document.body.removeEventListener("keydown", handle),
  };
}

test("keys are spelled as the platform writes them", () => {
  expect(spelled("$mod+Shift+r", false)).toBe("Ctrl+Shift+R");
  expect(spelled("$mod+Shift+r", true)).toBe("⇧⌘R");
  expect(spelled("[Shift]+?", false)).toBe("?");
  expect(spelled("$mod+[", false)).toBe("Ctrl+[");
  expect(spelled("$mod+Enter", true)).toBe("⌘↩");
});

test("single letters are told from the rest", () => {
  expect(["?", "[Shift]+?", "w", "/"].map(isSingle)).toEqual([true, true, true, true]);
  expect(["$mod+k", "F8", "Escape"].map(isSingle)).toEqual([false, false, false]);
});

test("a letter in a text field is text; with Control it is a command", () => {
  const input = document.body.appendChild(document.createElement("input"));
  const { ran, stop } = listening(["w", "$mod+k"]);
  press(input, "w");
  press(input, "k", { ctrlKey: true });
  press(document.body, "w");
  stop();
  expect(ran()).toEqual(["$mod+k", "w"]);
});

test("single letters can be switched off", () => {
  const { ran, stop } = listening(["w", "F8"], false);
  press(document.body, "w");
  press(document.body, "F8");
  stop();
  expect(ran()).toEqual(["F8"]);
});
