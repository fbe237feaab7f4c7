import { afterEach, expect, test, vi } from "vitest";
import { handler, isSingle } from "./bind";
import type { Command, Section } from "./commands.svelte";
import { spelled } from "./spell";

afterEach(() => document.body.replaceChildren());

const command = (keys: string, section: Section = "View"): Command => ({
  id: keys,
  label: keys,
  section,
  keys,
  run: () => {},
});

function press(on: EventTarget, key: string, more: KeyboardEventInit = {}) {
  on.dispatchEvent(
    new KeyboardEvent("keydown", { key, code: "x", bubbles: true, cancelable: true, ...more }),
  );
}

function listening(keys: (string | Command)[], singleLetters = true) {
  const run = vi.fn<(command: Command) => void>();
  const commands = keys.map((one) => (typeof one === "string" ? command(one) : one));
  const handle = handler(commands, { singleLetters, run });
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

const added = (html: string) => {
  document.body.insertAdjacentHTML("beforeend", html);
  return document.body.querySelector<HTMLElement>("[data-here]")!;
};
const ACTS = [
  command("$mod+Enter", "Actions"),
  command("$mod+Shift+r", "Actions"),
  command("$mod+.", "Actions"),
];
const pressAll = (on: EventTarget) => {
  press(on, "Enter", { ctrlKey: true });
  press(on, "R", { ctrlKey: true, shiftKey: true });
  press(on, ".", { ctrlKey: true });
};

test.each([
  ["a text field", "<input data-here>"],
  ["a field of several lines", "<textarea data-here></textarea>"],
  ["a choice", "<select data-here></select>"],
  ["a button of a form", "<form><button data-here>Save</button></form>"],
  ["a switch of a form", '<form><input type="checkbox" data-here></form>'],
  ["a row that is being changed", "<table><tr data-form><td><button data-here></button></td></tr></table>"],
  ["a dialog", '<div role="dialog"><button data-here>Cancel</button></div>'],
  ["a menu", '<div role="menu"><div role="menuitem" tabindex="-1" data-here></div></div>'],
])("nothing that acts fires out of %s", (_where, html) => {
  const here = added(html);
  const { ran, stop } = listening(ACTS);
  pressAll(here);
  stop();
  expect(ran()).toEqual([]);
});

test("nothing that acts fires below a dialog, wherever the focus is, and nothing leaves from there", () => {
  added('<button data-here>Behind</button><div role="dialog">Roll back?</div>');
  const { ran, stop } = listening([...ACTS, command("$mod+1", "Go to"), "$mod+="]);
  pressAll(document.body);
  press(document.body, "1", { ctrlKey: true });
  press(document.body, "=", { ctrlKey: true });
  stop();
  expect(ran(), "only how it looks is changed").toEqual(["$mod+="]);
});

test("on the page itself what acts fires, and one can go elsewhere out of a field", () => {
  const { ran, stop } = listening([...ACTS, command("$mod+1", "Go to")]);
  pressAll(added("<button data-here>Anything</button>"));
  press(document.body.appendChild(document.createElement("input")), "1", { ctrlKey: true });
  stop();
  expect(ran()).toEqual(["$mod+Enter", "$mod+Shift+r", "$mod+.", "$mod+1"]);
});
