// A line of a log made fit to be shown: what a terminal would have left of it, and nothing that acts.
// Owns: control characters, carriage returns, tabs, direction marks. Must never know: rows, colours.
import type { LogRow, Stage } from "../types";
import { dropColours, keepColours } from "./escapes";
import { columnsOf, onlyNarrow, widthOf } from "./width";

export interface Line {
  number: number;
  /** Milliseconds since 1970. */
  at: number;
  stage: Stage;
  source: string | null;
  /** What is seen, colours left out. */
  text: string;
  /** The same with colour sequences; the same string where there are none. */
  coloured: string;
  columns: number;
  /** Every character takes one column. */
  narrow: boolean;
  /** It speaks of an error. */
  error: boolean;
  /** Bytes that the host kept back; 0 when the line is whole. */
  moreBytes: number;
}

const PLAIN = /^[\x20-\x7e]*$/;
const TAB = 8;
// Control characters but tab, escape and the carriage return, which have a meaning of their own.
const CONTROLS = /[\x00-\x08\x0a-\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]/g;
// Marks that turn the direction of what follows: shown, so that a line cannot be dressed up as another.
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function lineOf(raw: LogRow): Line {
  const coloured = PLAIN.test(raw.text) ? raw.text : shown(raw.text);
  const text = dropColours(coloured);
  return {
    number: raw.number,
    at: Date.parse(raw.at),
    stage: raw.stage,
    source: raw.source,
    text,
    coloured,
    columns: columnsOf(text),
    narrow: onlyNarrow(text),
    error: raw.error,
    moreBytes: raw.more_bytes,
  };
}

/** What a terminal would show of it in the end, colours kept. */
export function shown(text: string): string {
  const left = keepColours(lastState(text)).replace(CONTROLS, picture);
  return untabbed(left.replace(DIRECTIONS, (mark) => `[U+${hex(mark)}]`));
}

/** A carriage return begins the line anew; the last state that says something is kept. */
function lastState(text: string): string {
  if (!text.includes("\r")) return text;
  return text.split("\r").findLast((state) => state !== "") ?? "";
}

/** The Unicode picture of a control character: ␀ for NUL. */
function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code === 0x7f) return "␡";
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
}

function hex(mark: string): string {
  return (mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** Tabs become spaces up to the next stop, so that columns can be counted. */
function untabbed(text: string): string {
  if (!text.includes("\t")) return text;
  let column = 0;
  return text.replace(/\x1b\[[0-9;]*m|\t|[^]/gu, (part) => {
    if (part.length > 1 && part.startsWith("\x1b")) return part;
    const taken = part === "\t" ? TAB - (column % TAB) : widthOf(part.codePointAt(0) ?? 0);
    column += taken;
    return part === "\t" ? " ".repeat(taken) : part;
  });
}
