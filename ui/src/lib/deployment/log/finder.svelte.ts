// Finding a text, and errors, in the whole log: the host counts, this walks from match to match.
// Owns: the current match. Must never know: rows, pixels.
import type { LogMatches } from "$lib/host";

export interface Matcher {
  search(text: string): Promise<LogMatches>;
  errors(): Promise<LogMatches>;
}

/** A match by its line, and which of those in that line. */
export interface Match {
  line: number;
  nth: number;
}

const NONE: LogMatches = { total: 0, lines: 0, hits: [] };

export class Finder {
  #host: Matcher;
  #turn = 0;
  #before: number[] = [];

  text = $state("");
  matches = $state.raw<LogMatches>(NONE);
  /** Of all matches; -1 before the first. */
  at = $state(-1);
  searching = $state(false);
  problem = $state.raw<unknown>(null);

  constructor(host: Matcher) {
    this.#host = host;
  }

  get current(): Match | null {
    return this.at < 0 ? null : this.#match(this.at);
  }

  /** Searches anew; the current match is the first one from a line on. */
  async search(text: string, from: number): Promise<Match | null> {
    const turn = ++this.#turn;
    this.text = text;
    if (text === "") {
      this.#take(NONE);
      this.searching = false;
      return null;
    }
    this.searching = true;
    try {
      const found = await this.#host.search(text);
      if (turn !== this.#turn) return null;
      this.#take(found);
      this.problem = null;
      this.at = this.#firstFrom(from);
    } catch (thrown) {
      if (turn !== this.#turn) return null;
      this.#take(NONE);
      this.problem = thrown;
    }
    this.searching = false;
    return this.current;
  }

  /** The log has grown: counts again, the current match stays. */
  async again(): Promise<void> {
    if (this.text === "" || this.searching) return;
    const turn = this.#turn;
    const [found, at] = [await this.#host.search(this.text), this.at];
    if (turn !== this.#turn) return;
    this.#take(found);
    this.at = at;
  }

  /** On to the next match, or back; past the last comes the first. */
  step(by: 1 | -1): Match | null {
    const reachable = this.#before.at(-1) ?? 0;
    if (reachable === 0) return null;
    this.at = (this.at + by + reachable) % reachable;
    return this.current;
  }

  #take(found: LogMatches): void {
    this.matches = found;
    this.at = -1;
    let sum = 0;
    this.#before = [0, ...found.hits.map(({ times }) => (sum += times))];
  }

  #match(at: number): Match | null {
    const hit = this.#before.findLastIndex((before) => before <= at);
    const line = this.matches.hits[hit]?.line;
    return line === undefined ? null : { line, nth: at - (this.#before[hit] ?? 0) };
  }

  #firstFrom(line: number): number {
    const hit = this.matches.hits.findIndex((one) => one.line >= line);
    if (this.matches.hits.length === 0) return -1;
    return this.#before[Math.max(0, hit)] ?? 0;
  }
}

/** Lines that speak of an error. */
export class ErrorLines {
  #host: Matcher;
  lines = $state.raw<number[]>([]);
  total = $state(0);

  constructor(host: Matcher) {
    this.#host = host;
  }

  /** Counts the whole log. */
  async count(): Promise<void> {
    const found = await this.#host.errors();
    this.lines = found.hits.map(({ line }) => line);
    this.total = found.lines;
  }

  /** Lines that come while it runs. */
  add(rows: readonly { number: number; error: boolean }[]): void {
    const last = this.lines.at(-1) ?? 0;
    const fresh = rows.filter(({ number, error }) => error && number > last).map(({ number }) => number);
    if (fresh.length === 0) return;
    this.lines = [...this.lines, ...fresh];
    this.total += fresh.length;
  }

  /** The next one after a line, or before it; past the last comes the first. */
  step(from: number, by: 1 | -1): number | null {
    const next = by > 0 ? this.lines.find((line) => line > from) : this.lines.findLast((line) => line < from);
    return next ?? (by > 0 ? this.lines[0] : this.lines.at(-1)) ?? null;
  }
}
