// How a line breaks into rows of equal height, without measuring anything: a row has so many columns.
// Owns: rows = ceil(columns / visible), wide characters counted as two, and where each row begins.
// Must never know: pixels.
import type { Line } from "./line";
import { widthOf } from "./width";

/** Longer lines wrap even where nothing else does: one row of 64 KiB would stall the window. */
export const FOLD = 4000;

/** How lines are laid out. */
export interface Shape {
  /** Columns that fit beside the gutter. */
  visible: number;
  wrap: boolean;
}

/** The host kept the rest of it back until it is asked for. */
export function isFolded(line: Line): boolean {
  return line.moreBytes > 0;
}

/** Rows a line takes; a folded line has one more, for the button that unfolds it. */
export function rowsOf(line: Line, shape: Shape): number {
  return textRows(line, shape) + (isFolded(line) ? 1 : 0);
}

/** Where the rows of a line begin and end, from one row on to another (exclusive). */
export function cut(line: Line, shape: Shape, from: number, to: number): { from: number; to: number }[] {
  const end = line.text.length;
  if (!wraps(line, shape)) return from <= 0 && to > 0 ? [{ from: 0, to: end }] : [];
  const rows = textRows(line, shape);
  const parts = [];
  if (line.narrow) {
    for (let row = Math.max(0, from); row < Math.min(to, rows); row += 1) {
      parts.push({ from: row * shape.visible, to: Math.min(end, (row + 1) * shape.visible) });
    }
    return parts;
  }
  const starts = breaks(line, shape.visible);
  for (let row = Math.max(0, from); row < Math.min(to, rows); row += 1) {
    parts.push({ from: starts[row] ?? end, to: starts[row + 1] ?? end });
  }
  return parts;
}

function wraps(line: Line, shape: Shape): boolean {
  return shape.wrap || line.text.length > FOLD;
}

function textRows(line: Line, shape: Shape): number {
  if (!wraps(line, shape)) return 1;
  if (line.narrow) return Math.max(1, Math.ceil(line.text.length / shape.visible));
  if (line.columns <= shape.visible) return 1;
  return Math.max(1, breaks(line, shape.visible).length);
}

const broken = new WeakMap<Line, { visible: number; starts: Uint32Array }>();

/** Where each row of a line with wide characters begins: one that does not fit goes to the next row. */
function breaks(line: Line, visible: number): Uint32Array {
  const known = broken.get(line);
  if (known?.visible === visible) return known.starts;
  const starts = [0];
  let columns = 0;
  for (let at = 0; at < line.text.length;) {
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
  broken.set(line, { visible, starts: result });
  return result;
}
