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

/** A handler for `keydown`. The first command with a key has it. */
export function handler(
  commands: Command[],
  options: { singleLetters: boolean; run: (command: Command) => void },
): (event: KeyboardEvent) => void {
  const bound: Record<string, (event: KeyboardEvent) => void> = {};
  for (const command of commands) {
    if (!command.keys || command.keys in bound) continue;
    const single = isSingle(command.keys);
    // Escape belongs to what is open or typed in first.
    const yields = single || command.keys === "Escape";
    if (single && !options.singleLetters) continue;
    bound[command.keys] = (event) => {
      if (event.defaultPrevented) return;
      if (yields && (takesText(event.target) || document.querySelector("[role=dialog],[role=menu]"))) return;
      event.preventDefault();
      options.run(command);
    };
  }
  // The library's own rule would ignore every key in a text field; ours ignores only single letters there.
  return createKeybindingsHandler(bound, { ignore: (event) => event.isComposing }) as (
    event: KeyboardEvent,
  ) => void;
}
