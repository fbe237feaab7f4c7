// Selecting with the pointer: by letters, words and lines, also past the edges of the view.
// Owns: what a press and a move select. Must never know: how rows are drawn.
import type { Place, Selection } from "./selection.svelte";
import type { Drawn } from "./view.svelte";
import { placeAt } from "./width";

/** Milliseconds between two steps while the pointer is past an edge. */
const EVERY = 50;

interface Surface {
  box(): DOMRect | undefined;
  /** The row under a point, and the column in it. */
  place(x: number, y: number): { row: Drawn; column: number } | null;
  scroll(rows: number): void;
}

export class Dragging {
  #surface: Surface;
  #selection: Selection | null = null;
  #last = { clientX: 0, clientY: 0 };
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(surface: Surface) {
    this.#surface = surface;
  }

  begin(event: MouseEvent, selection: Selection): void {
    const under = this.#surface.place(event.clientX, event.clientY);
    if (under === null || under.row.line === undefined) return;
    const place = placeOf(under);
    if (event.detail === 2) selection.word(under.row.line, place.at);
    else if (event.detail >= 3) selection.line(under.row.line);
    else {
      if (event.shiftKey) selection.extend(place);
      else selection.begin(place);
      this.#selection = selection;
    }
  }

  move(event: MouseEvent): void {
    if (this.#selection === null) return;
    if (event.buttons % 2 === 0) return this.end();
    this.#last = { clientX: event.clientX, clientY: event.clientY };
    this.#extend();
    const past = this.#past();
    if (past !== 0) this.#timer ??= setInterval(() => this.#along(), EVERY);
    else this.#stop();
  }

  end(): void {
    this.#selection = null;
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Rows to go on by: the farther past an edge, the more. */
  #past(): number {
    const box = this.#surface.box();
    if (box === undefined) return 0;
    const over = Math.min(0, this.#last.clientY - box.top) + Math.max(0, this.#last.clientY - box.bottom);
    return Math.sign(over) * Math.ceil(Math.abs(over) / 18);
  }

  #along(): void {
    const past = this.#past();
    if (past === 0) return this.#stop();
    this.#surface.scroll(past);
    this.#extend();
  }

  #extend(): void {
    const under = this.#surface.place(this.#last.clientX, this.#last.clientY);
    if (under !== null) this.#selection?.extend(placeOf(under));
  }
}

function placeOf({ row, column }: { row: Drawn; column: number }): Place {
  const text = row.line?.text.slice(row.from, row.to) ?? "";
  return { line: row.number, at: row.from + placeAt(text, Math.max(0, Math.round(column))) };
}
