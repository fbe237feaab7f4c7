// "It happened and left no trace here": Copied, Log saved. Never an error.
// Owns: the one sentence shown now. Must never know: how it looks.
import { getContext, setContext } from "svelte";

export class Toast {
  text = $state<string>();
  /** Grows with each saying, so that the same words twice are two sayings. */
  said = $state(0);

  say(text: string) {
    this.text = text;
    this.said += 1;
  }
  end() {
    this.text = undefined;
  }
}

const KEY = Symbol("toast");

export function provideToast(): Toast {
  return setContext(KEY, new Toast());
}

/** Only while a component is being created. */
export function useToast(): Toast {
  return getContext<Toast>(KEY);
}
