// How logs are shown in this window, remembered from one to the next.
// Owns: wrapping and times. Must never know: any log.

const KEY = "plimsoll.log";

class Looks {
  #wrap = $state(true);
  #times = $state(false);

  constructor() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as { wrap?: unknown; times?: unknown };
      this.#wrap = kept.wrap !== false;
      this.#times = kept.times === true;
    } catch {
      // What cannot be read is as if it were not there.
    }
  }

  get wrap(): boolean {
    return this.#wrap;
  }
  set wrap(wrap: boolean) {
    this.#wrap = wrap;
    this.#keep();
  }
  get times(): boolean {
    return this.#times;
  }
  set times(times: boolean) {
    this.#times = times;
    this.#keep();
  }

  #keep(): void {
    try {
      localStorage.setItem(KEY, JSON.stringify({ wrap: this.#wrap, times: this.#times }));
    } catch {
      // Without storage it holds for this window.
    }
  }
}

export const looks = new Looks();
