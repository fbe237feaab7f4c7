// What a log pane shows at this moment: which rows, where they stand, whether the end is followed.
// Owns: joining lines, heights and the scroll position; nothing moves under the reader. Must never know: the DOM.
import type { LogRow } from "../types";
import { CHUNK, Heights } from "./heights";
import type { Line } from "./line";
import { LogModel, type LogChange, type LogPages } from "./model";
import { cut, isFolded, rowsOf, type Shape } from "./rows";
import { Scroller } from "./scroller";

/** Lines around the view that are asked for before they are seen. */
const AROUND = 200;
/** Rows that are drawn beyond both edges, so that scrolling a short way draws nothing. */
const BEYOND = 30;
/** With fewer left beyond an edge, rows are drawn anew. */
const SPARE = 8;
/** Lines above one that is brought into view. */
const CONTEXT = 3;

export interface Drawn {
  key: string;
  number: number;
  /** Undefined while the host is asked for it. */
  line: Line | undefined;
  /** The part of its text on this row. */
  from: number;
  to: number;
  /** The first row of its line. */
  first: boolean;
  /** The row that unfolds the line. */
  fold: boolean;
}

export interface Geometry {
  /** Pixels of the view. */
  height: number;
  /** Columns of text that fit. */
  columns: number;
  /** Pixels of one row. */
  row: number;
}

export class LogView {
  readonly model: LogModel;
  #heights = new Heights();
  #scroller = new Scroller();
  #shape: Shape = { visible: 80, wrap: true };
  #row = 18;
  #opening: "end" | number = "end";
  /** The line that is opened at, until the reader goes elsewhere. */
  #pending: number | undefined;
  #measured = false;
  #due = false;
  #seen = 0;
  /** The first row that is drawn, of the whole log. */
  #first = 0;

  drawn = $state.raw<Drawn[]>([]);
  /** Where the drawn rows begin in the scrolled element, in pixels. */
  offset = $state(0);
  /** Pixels of the scrolled element. */
  extent = $state(0);
  /** A scroll position that the element has to take. */
  asked = $state.raw({ position: 0 });
  count = $state(0);
  /** The line at the view's upper edge. */
  top = $state.raw<Line>();
  /** Columns of the longest line seen. */
  widest = $state(0);
  /** Letters of the longest source seen, once there are two sources. */
  sources = $state(0);
  /** The view stays at the end while lines come. */
  stuck = $state(true);
  /** Lines that came since it does not. */
  missed = $state(0);
  problem = $state.raw<unknown>(null);
  /** The line that was gone to last. */
  marked = $state<number>();
  #names = new Set<string>();

  constructor(pages: LogPages) {
    this.model = new LogModel(pages, (change) => this.#changed(change));
  }

  get wrap(): boolean {
    return this.#shape.wrap;
  }

  get columns(): number {
    return this.#shape.visible;
  }

  /** Where the log opens: at its end, or at a line. */
  open(at: "end" | number): void {
    this.#opening = at;
    if (this.#measured) this.#begin();
  }

  measured({ height, columns, row }: Geometry): void {
    const shape = { ...this.#shape, visible: Math.max(20, columns) };
    const reshaped = shape.visible !== this.#shape.visible || row !== this.#row;
    const anchor = this.#opened() ?? this.#anchor();
    this.#row = row;
    this.#scroller.view = height;
    if (reshaped) this.#reshape(shape);
    if (!this.#measured) {
      this.#measured = true;
      this.#begin();
    } else this.#place(anchor);
    this.draw();
  }

  setWrap(wrap: boolean): void {
    const anchor = this.#anchor();
    this.#reshape({ ...this.#shape, wrap });
    this.#place(anchor);
    this.draw();
  }

  /** The user scrolled. Away from the end, nothing follows any more; back at it, everything does. */
  scrolled(position: number): void {
    if (Math.abs(position - this.#scroller.position) < 1) return;
    const up = position < this.#scroller.position;
    this.#pending = undefined;
    this.#scroller.scrolled(position);
    if (this.#scroller.atEnd) this.#stick();
    else if (up || !this.stuck) this.pause();
    if (this.#scroller.strained) this.#ask();
    if (this.#covered()) this.#look();
    else this.draw();
  }

  /** Stays where it is from now on. */
  pause(): void {
    if (!this.stuck) return;
    this.stuck = false;
    this.#seen = this.count;
    this.missed = 0;
  }

  toEnd(): void {
    this.#stick();
    this.#goTo(this.#scroller.bottom);
  }

  toStart(): void {
    this.pause();
    this.#goTo(0);
  }

  /** By rows; a negative number goes up. */
  by(rows: number): void {
    this.pause();
    this.#goTo(this.#scroller.top + rows * this.#row);
    if (this.#scroller.atEnd) this.#stick();
  }

  /** Brings a line into view, with some before it; one that is seen already stays where it is. */
  reveal(number: number, at = 0): void {
    this.pause();
    const row = this.#heights.rowOf(number) + this.#rowWithin(number, at);
    const { top, view } = this.#scroller;
    const y = row * this.#row;
    if (y >= top && y + this.#row <= top + view) return this.draw();
    this.#goTo(y - CONTEXT * this.#row);
  }

  grow(count: number): void {
    this.model.grow(count);
  }

  append(rows: readonly LogRow[]): void {
    this.model.append(rows);
  }

  /** The row under a point of the view, by its place among those drawn. */
  indexAt(y: number): number {
    const row = Math.floor((this.#scroller.top + y) / this.#row);
    return Math.max(0, Math.min(this.drawn.length - 1, row - this.#first));
  }

  /** The rows that are seen, of those that are drawn. */
  get visible(): Drawn[] {
    const { first, last } = this.#seenRows();
    return this.drawn.slice(first - this.#first, last - this.#first);
  }

  draw(): void {
    this.#due = false;
    if (!this.#measured) return;
    const { first, last } = this.#seenRows();
    // At the end that is followed, rows above would be drawn for nothing with every batch.
    const beyond = this.stuck ? SPARE : BEYOND;
    this.#first = Math.max(0, first - beyond);
    this.drawn = this.#rows(this.#first, last + beyond - this.#first);
    this.#look();
  }

  #seenRows(): { first: number; last: number } {
    const { top, view } = this.#scroller;
    return { first: Math.floor(top / this.#row), last: Math.ceil((top + view) / this.#row) };
  }

  /** What is seen is drawn already, with some rows to spare. */
  #covered(): boolean {
    const { first, last } = this.#seenRows();
    const end = this.#first + this.drawn.length;
    const above = this.#first === 0 || first - this.#first >= SPARE;
    return first >= this.#first && above && last <= end && (end >= this.#heights.rows || end - last >= SPARE);
  }

  /** What is drawn is in its place; what lies around is asked for. */
  #look(): void {
    const { top, position } = this.#scroller;
    this.offset = position - top + this.#first * this.#row;
    const seen = this.visible;
    this.top = seen[0]?.line ?? this.top;
    this.model.want(Math.max(1, (seen[0]?.number ?? 1) - AROUND), (seen.at(-1)?.number ?? 1) + AROUND);
  }

  #rows(first: number, many: number): Drawn[] {
    const rows: Drawn[] = [];
    let { line: number, into } = this.#heights.lineAt(first);
    while (rows.length < many && number <= this.count) {
      const line = this.model.line(number);
      if (line === undefined) rows.push({ ...EMPTY, key: `${number}`, number });
      else this.#draw(rows, line, into, many - rows.length);
      number += 1;
      into = 0;
    }
    return rows;
  }

  #draw(rows: Drawn[], line: Line, into: number, room: number): void {
    const { number } = line;
    const parts = cut(line, this.#shape, into, into + room);
    parts.forEach(({ from, to }, index) => {
      const row = into + index;
      rows.push({ key: `${number}:${row}`, number, line, from, to, first: row === 0, fold: false });
    });
    if (!isFolded(line) || parts.length === room) return;
    rows.push({ ...EMPTY, key: `${number}:fold`, number, line, fold: true, first: false });
  }

  #rowWithin(number: number, at: number): number {
    const line = this.model.line(number);
    if (line === undefined || at === 0) return 0;
    const parts = cut(line, this.#shape, 0, rowsOf(line, this.#shape));
    return Math.max(
      0,
      parts.findLastIndex((part) => part.from <= at),
    );
  }

  #begin(): void {
    if (this.#opening === "end") {
      this.#place(null);
      return;
    }
    this.pause();
    this.#pending = this.#opening;
    this.#place(this.#opened());
  }

  /** Where the log was opened: lines before it may still become higher, and the view another size. */
  #opened(): Anchor | null {
    return this.#pending === undefined ? null : { line: Math.max(1, this.#pending - CONTEXT), pixels: 0 };
  }

  #reshape(shape: Shape): void {
    this.#shape = shape;
    this.#heights.forget();
    const chunks = Math.ceil(this.count / CHUNK);
    for (let chunk = 0; chunk < chunks; chunk += 1) this.#measureChunk(chunk);
  }

  #measureChunk(chunk: number): void {
    const lines = this.model.chunk(chunk);
    if (lines !== undefined)
      this.#heights.load(
        chunk,
        lines.map((line) => rowsOf(line, this.#shape)),
      );
  }

  #changed(change: LogChange): void {
    const anchor = this.#opened() ?? this.#anchor();
    this.count = this.model.count;
    this.problem = this.model.problem;
    this.#heights.grow(this.count);
    for (const chunk of change.chunks) {
      this.#measureChunk(chunk);
      this.#learn(this.model.chunk(chunk) ?? []);
    }
    for (const chunk of change.gone) this.#heights.unload(chunk);
    if (!this.stuck) this.missed = this.count - this.#seen;
    if (this.#measured) this.#place(anchor);
    this.#soon();
  }

  #learn(lines: readonly Line[]): void {
    for (const { columns, source } of lines) {
      if (columns > this.widest) this.widest = Math.min(columns, 4000);
      if (source !== null) this.#names.add(source);
    }
    if (this.#names.size > 1)
      this.sources = Math.min(12, Math.max(...[...this.#names].map((name) => name.length)));
  }

  /** The line at the view's upper edge, and how much of it is above. */
  #anchor(): Anchor | null {
    if (this.stuck || this.#row === 0) return null;
    const row = this.#scroller.top / this.#row;
    const { line } = this.#heights.lineAt(row);
    return { line, pixels: this.#scroller.top - this.#heights.rowOf(line) * this.#row };
  }

  /** Heights have changed: what was read stays where it was. */
  #place(anchor: Anchor | null): void {
    this.#scroller.height = Math.max(this.#heights.rows * this.#row, 1);
    const top =
      this.stuck || anchor === null
        ? this.#scroller.bottom
        : this.#heights.rowOf(anchor.line) * this.#row + anchor.pixels;
    const before = this.#scroller.top;
    const position = this.#scroller.to(top);
    this.extent = this.#scroller.extent;
    // A position that is right already is left alone: the user may be scrolling at this very moment.
    if (this.stuck || Math.abs(this.#scroller.top - before) > 0.5) this.asked = { position };
  }

  #goTo(top: number): void {
    this.#pending = undefined;
    this.#scroller.to(top);
    this.#ask();
    this.draw();
  }

  #ask(): void {
    this.asked = { position: this.#scroller.to(this.#scroller.top) };
  }

  #stick(): void {
    this.stuck = true;
    this.missed = 0;
  }

  /** Many changes in one frame are drawn once. */
  #soon(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => this.#due && this.draw());
  }
}

interface Anchor {
  line: number;
  pixels: number;
}

const EMPTY: Omit<Drawn, "key" | "number"> = { line: undefined, from: 0, to: 0, first: true, fold: false };
