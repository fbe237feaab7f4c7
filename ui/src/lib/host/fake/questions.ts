// The questions that a scripted world asks, as core does before it deletes anything.
// Owns: which are open. Must never know: how they look.
import type { Stop } from "../host";
import type * as T from "../types";

export class Questions {
  #waiting = new Map<number, { asked: T.Asked; answer: (said: T.Said) => void }>();
  #listeners = new Set<() => void>();
  #last = 0;

  open(): T.OpenQuestion[] {
    return [...this.#waiting].map(([id, { asked }]) => ({ id, asked }));
  }

  answer(id: number, said: T.Said): boolean {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.answer(said);
    this.#tell();
    return waiting !== undefined;
  }

  /** Goes on only after a yes. */
  async consent(question: T.Question): Promise<void> {
    const said = await new Promise<T.Said>((answer) => {
      this.#waiting.set((this.#last += 1), { asked: { type: "confirm", question }, answer });
      this.#tell();
    });
    if (said.said === "yes") return;
    const problem: T.Problem = {
      code: "consent_missing",
      title: "Nothing was deleted",
      detail: "the answer was no",
      hint: "Ask again when you want to.",
    };
    throw problem;
  }

  listen(on: () => void): Stop {
    this.#listeners.add(on);
    return () => this.#listeners.delete(on);
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
