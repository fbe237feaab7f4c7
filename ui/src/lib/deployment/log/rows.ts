// How a line breaks into rows of equal height, without measuring anything: a row has so many columns.
// Owns: rows = ceil(columns / visible), wide characters counted as two, and where each row begins.
// Must never know: pixels.
import type { Line } from "./line";
import { widthOf } from "./width";

/** Longer lines are folded until asked for. */
export const FOLD = 4000;

/** How lines are laid out. */
export interface Shape {
  /** Columns that fit beside the gutter. */
  visible: number;
  wrap: boolean;
  /** Lines that were unfolded, by number. */
  unfolded: ReadonlySet<number>;
}

export function isFolded(line: Line, shape: Shape): boolean {
  return line.text.length > FOLD && !shape.unfolded.has(line.number);
}

/** Rows a line takes; a folded line has one more, for the button that unfolds it. */
export function rowsOf(line: Line, shape: Shape): number {
  const folded = isFolded(line, shape);
  return textRows(line, shape, folded) + (folded ? 1 : 0);
}

/** Where the rows of a line begin and end, from one row on to another (exclusive). */
export function cut(line: Line, shape: Shape, from: number, to: number): { from: number; to: number }[] {
  const folded = isFolded(line, shape);
  const end = folded ? FOLD : line.text.length;
  if (!wraps(line, shape)) return from <= 0 && to > 0 ? [{ from: 0, to: end }] : [];
  const rows = textRows(line, shape, folded);
  const parts = [];
  if (line.narrow) {
    for (let row = Math.max(0, from); row < Math.min(to, rows); row += 1) {
      parts.push({ from: row * shape.visible, to: Math.min(end, (row + 1) * shape.visible) });
    }
    return parts;
  }
  const starts = breaks(line, shape.visible, end);
  for (let row = Math.max(0, from); row < Math.min(to, rows); row += 1) {
    parts.push({ from: starts[row] ?? end, to: starts[row + 1] ?? end });
  }
  return parts;
}

/** A long line that was unfolded is always wrapped: one row of a mebibyte would stall the window. */
function wraps(line: Line, shape: Shape): boolean {
  return shape.wrap || line.text.length > FOLD;
}

function textRows(line: Line, shape: Shape, folded: boolean): number {
  if (!wraps(line, shape)) return 1;
  const end = folded ? FOLD : line.text.length;
  if (line.narrow) return Math.max(1, Math.ceil(end / shape.visible));
  if (!folded && line.columns <= shape.visible) return 1;
  return Math.max(1, breaks(line, shape.visible, end).length);
}

const broken = new WeakMap<Line, { visible: number; end: number; starts: Uint32Array }>();

/** Where each row of a line with wide characters begins: one that does not fit goes to the next row. */
function breaks(line: Line, visible: number, end: number): Uint32Array {
  const known = broken.get(line);
  if (known?.visible === visible && known.end === end) return known.starts;
  const starts = [0];
  let columns = 0;
  for (let at = 0; at < end;) {
    const code = line.text.codePointAt(at) ?? 0;
    const width = widthOf(code);
    if (columns + width > visible && columns > 0) {
      starts.push(at);
      columns = 0;
    }
    columns += width;
    at += code > 0xffff ? 2 : 1;
  }
  const result = Uint32Array.from(starts);
  broken.set(line, { visible, end, starts: result });
  return result;
}
