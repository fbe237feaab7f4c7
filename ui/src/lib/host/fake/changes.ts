// Tells the page which answers are out of date.
// Owns: who listens. Must never know: what changed in a world.
import type { Stop } from "../host";

export class Changes {
  #listeners = new Set<(tags: string[]) => void>();

  tell(...tags: string[]) {
    for (const listener of this.#listeners) listener(tags);
  }

  listen(on: (tags: string[]) => void): Stop {
    this.#listeners.add(on);
    return () => this.#listeners.delete(on);
  }
}
