// What is selected in a log: places in the model, so that it survives scrolling and rows that come and go.
// Owns: the two ends and what lies between. Must never know: the DOM, the clipboard.
import type { Line } from "./line";
import type { LogModel } from "./model";

export interface Place {
  line: number;
  at: number;
}

/** Copying more than this would fill the clipboard and the memory; Save writes a file. */
export const MOST_LINES = 200_000;

export class Selection {
  #anchor = $state.raw<Place | null>(null);
  #head = $state.raw<Place | null>(null);

  get from(): Place | null {
    return this.#ordered()?.[0] ?? null;
  }

  get to(): Place | null {
    return this.#ordered()?.[1] ?? null;
  }

  get empty(): boolean {
    const ends = this.#ordered();
    return ends === null || (ends[0].line === ends[1].line && ends[0].at === ends[1].at);
  }

  begin(place: Place): void {
    this.#anchor = place;
    this.#head = place;
  }

  extend(place: Place): void {
    if (this.#anchor === null) this.#anchor = place;
    this.#head = place;
  }

  clear(): void {
    this.#anchor = null;
    this.#head = null;
  }

  all(lines: number): void {
    this.#anchor = { line: 1, at: 0 };
    this.#head = { line: lines, at: Number.MAX_SAFE_INTEGER };
  }

  word(line: Line, at: number): void {
    const around = [...line.text.matchAll(/[\p{L}\p{N}_./:@-]+|\s+|[^]/gu)];
    const word = around.findLast((match) => match.index <= at);
    if (word === undefined) return;
    this.#anchor = { line: line.number, at: word.index };
    this.#head = { line: line.number, at: word.index + word[0].length };
  }

  line(line: Line): void {
    this.#anchor = { line: line.number, at: 0 };
    this.#head = { line: line.number, at: line.text.length };
  }

  /** The selected part of a line, within two places of it. */
  within(number: number, from: number, to: number): { from: number; to: number } | null {
    const ends = this.#ordered();
    if (ends === null || number < ends[0].line || number > ends[1].line) return null;
    const first = Math.max(from, number === ends[0].line ? ends[0].at : 0);
    const last = Math.min(to, number === ends[1].line ? ends[1].at : to);
    return first < last ? { from: first, to: last } : null;
  }

  async text(model: LogModel): Promise<string> {
    const ends = this.#ordered();
    if (ends === null) return "";
    const [first, last] = ends;
    const lines = await model.text(first.line, Math.min(last.line, first.line + MOST_LINES));
    const end = lines.length - 1;
    if (first.line + end === last.line) lines[end] = lines[end]?.slice(0, last.at) ?? "";
    lines[0] = lines[0]?.slice(first.at) ?? "";
    return lines.join("\n");
  }

  #ordered(): [Place, Place] | null {
    const [anchor, head] = [this.#anchor, this.#head];
    if (anchor === null || head === null) return null;
    const forward = anchor.line < head.line || (anchor.line === head.line && anchor.at <= head.at);
    return forward ? [anchor, head] : [head, anchor];
  }
}
