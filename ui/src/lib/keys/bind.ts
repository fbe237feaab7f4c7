// Presses of keys become commands.
// Owns: which press counts. Must never know: the commands' meaning.
import { createKeybindingsHandler } from "tinykeys";
import type { Command } from "./commands.svelte";

/** One letter or sign without Control, Command or Alt: switchable, and never in a text field. */
export function isSingle(keys: string): boolean {
  const press = keys.split(" ")[0] ?? "";
  return /^(\[?Shift\]?\+)?.$/u.test(press);
}

/** Whether this element takes text, so that letters are not commands. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  ) {
    return true;
  }
  const button = ["checkbox", "radio", "button", "submit", "range"];
  return target instanceof HTMLInputElement && !button.includes(target.type);
}

/** Whether somebody fills something in there: Enter and its kin belong to that form. */
function fillsIn(target: EventTarget | null): boolean {
  return takesText(target) || (target instanceof Element && target.closest("form, [data-form]") !== null);
}

/** Whether a press on this element is meant for something else than this command. */
function belongsElsewhere(command: Command, target: EventTarget | null): boolean {
  const dialog = document.querySelector("[role=dialog]") !== null;
  const over = dialog || document.querySelector("[role=menu]") !== null;
  // Escape belongs to what is open or typed in first.
  if (isSingle(command.keys ?? "") || command.keys === "Escape") return over || takesText(target);
  if (command.section === "View") return false;
  // Below a question nothing is done and nowhere gone to.
  if (command.section === "Go to") return dialog;
  // What acts, acts only on what one looks at: never from under something, never out of what is being filled in.
  return over || fillsIn(target);
}

/** A handler for `keydown`. The first command with a key has it. */
export function handler(
  commands: Command[],
  options: { singleLetters: boolean; run: (command: Command) => void },
): (event: KeyboardEvent) => void {
  const bound: Record<string, (event: KeyboardEvent) => void> = {};
  for (const command of commands) {
    if (!command.keys || command.keys in bound) continue;
    const single = isSingle(command.keys);
    if (single && !options.singleLetters) continue;
    bound[command.keys] = (event) => {
      if (event.defaultPrevented) return;
      if (belongsElsewhere(command, event.target)) return;
      event.preventDefault();
      options.run(command);
    };
  }
  // The library's own rule would ignore every key in a text field; ours depends on the command.
  return createKeybindingsHandler(bound, { ignore: (event) => event.isComposing }) as (
    event: KeyboardEvent,
  ) => void;
}
