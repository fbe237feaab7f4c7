// What can be done in this window right now: the palette lists it, the keys do it, the help prints it.
// Owns: the list, and which key belongs to which act. Must never know: what an act does.
import { getContext, setContext } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import { keysOf, type Changed, type ShortcutId } from "./shortcuts";

export type Section = "Continue" | "Projects" | "Actions" | "Go to" | "View";

export interface Command {
  id: string;
  /** Verb first: "Deploy shop", "Roll back shop…". */
  label: string;
  section: Section;
  /** Which of the shortcuts is its own; the user may have changed its keys. */
  shortcut?: ShortcutId;
  /** Keys that are always its own, as tinykeys writes them: `Escape`, `F8`. */
  keys?: string;
  /** Other words it is found by. */
  also?: string;
  /** Only keys and help; not worth a row of the palette. */
  hidden?: boolean;
  /** Why it cannot be done now. */
  disabled?: string | false;
  run: () => void;
  /** Shows the place without doing the act: Mod+Enter in the palette. */
  open?: () => void;
}

export class Commands {
  #lists = new SvelteMap<symbol, Command[]>();
  #window = $state.raw<Command[]>([]);
  #changed: () => Changed;
  /** Ids in the order they were last run, latest first. */
  recent = $state.raw<string[]>([]);

  constructor(changed: () => Changed = () => []) {
    this.#changed = changed;
  }

  /** The commands of the page come before those of the window; of two with one key or id the page's holds. */
  get all(): Command[] {
    const seen = new Set<string>();
    return [...[...this.#lists.values()].reverse().flat(), ...this.#window]
      .filter((command) => {
        if (seen.has(command.id)) return false;
        seen.add(command.id);
        return true;
      })
      .map((command) => (command.shortcut ? { ...command, keys: this.keysOf(command.shortcut) } : command));
  }

  /** The keys of a shortcut as the user has them. */
  keysOf(id: ShortcutId): string | undefined {
    return keysOf(id, this.#changed());
  }

  run(command: Command) {
    if (command.disabled) return;
    this.recent = [command.id, ...this.recent.filter((id) => id !== command.id)].slice(0, 20);
    command.run();
  }

  set(owner: symbol, commands: Command[]) {
    this.#lists.set(owner, commands);
  }

  /** What is offered wherever one is. */
  setWindow(commands: Command[]) {
    this.#window = commands;
  }

  drop(owner: symbol) {
    this.#lists.delete(owner);
  }
}

const KEY = Symbol("commands");

/** `changed` are the shortcuts that the user has changed. */
export function provideCommands(changed?: () => Changed): Commands {
  return setContext(KEY, new Commands(changed));
}

export function theCommands(): Commands {
  return getContext<Commands>(KEY);
}

/** Offers these while the component lives: `useCommands(() => [{ id: "deploy", label: "Deploy shop", … }])`. */
export function useCommands(list: () => Command[]): void {
  const commands = theCommands();
  const owner = Symbol("commands of a component");
  $effect(() => {
    commands.set(owner, list());
  });
  $effect(() => () => commands.drop(owner));
}
