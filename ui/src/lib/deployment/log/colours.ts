// Colours of a line as spans of text: data for text nodes, never markup.
// Owns: which class a colour gets. Must never know: the colours themselves.
import Anser from "anser";
import type { Line } from "./line";

export interface Span {
  /** Where it begins in the line's plain text. */
  from: number;
  text: string;
  /** Space-separated; empty for plain text. */
  classes: string;
}

const NAMES: Record<string, string> = {
  black: "grey",
  red: "red",
  green: "green",
  yellow: "yellow",
  blue: "blue",
  magenta: "magenta",
  cyan: "cyan",
  white: "white",
};

/** Of the whole line, in order, without gaps. */
export function spansOf(line: Line): Span[] {
  if (line.coloured === line.text) return [{ from: 0, text: line.text, classes: "" }];
  let from = 0;
  const spans: Span[] = [];
  for (const part of Anser.ansiToJson(line.coloured, { json: true, remove_empty: true, use_classes: true })) {
    spans.push({ from, text: part.content, classes: classesOf(part) });
    from += part.content.length;
  }
  return spans;
}

/** The part of spans between two places. */
export function slice(spans: readonly Span[], from: number, to: number): Span[] {
  const parts: Span[] = [];
  for (const span of spans) {
    const end = span.from + span.text.length;
    if (end <= from || span.from >= to) continue;
    const first = Math.max(from, span.from);
    parts.push({
      from: first,
      text: span.text.slice(first - span.from, Math.min(to, end) - span.from),
      classes: span.classes,
    });
  }
  return parts;
}

function classesOf(part: { fg: string | null; bg: string | null; decorations: readonly string[] }): string {
  const classes: string[] = [];
  const foreground = colour(part.fg);
  const background = colour(part.bg);
  if (foreground !== null) classes.push(`fg-${foreground.name}`);
  if (background !== null) classes.push(`bg-${background.name}`);
  if ((foreground?.bright && foreground.name !== "grey") || part.decorations.includes("bold"))
    classes.push("strong");
  if (part.decorations.includes("dim")) classes.push("dim");
  if (part.decorations.includes("italic")) classes.push("italic");
  if (part.decorations.includes("underline")) classes.push("underline");
  return classes.join(" ");
}

/** `ansi-bright-red`, `ansi-palette-196` or `ansi-truecolor`: palettes are brought back to the eight. */
function colour(name: string | null): { name: string; bright: boolean } | null {
  if (name === null || name === undefined) return null;
  const bright = name.startsWith("ansi-bright-");
  const known = NAMES[name.replace(/^ansi-(bright-)?/, "")];
  if (known !== undefined) return { name: known, bright };
  const palette = /^ansi-palette-(\d+)$/.exec(name);
  return palette === null ? null : fromPalette(Number(palette[1]));
}

/** The nearest of the eight for a colour of the 6 x 6 x 6 cube; greys are grey or white. */
function fromPalette(index: number): { name: string; bright: boolean } {
  if (index >= 232) return { name: index < 244 ? "grey" : "white", bright: false };
  const cube = index - 16;
  const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  const most = Math.max(...parts);
  const least = Math.min(...parts);
  if (most - least <= 1) return { name: most < 3 ? "grey" : "white", bright: false };
  const bits = parts.map((part) => (part * 2 > most + least ? 1 : 0)).join("");
  const names: Record<string, string> = {
    "100": "red",
    "010": "green",
    "110": "yellow",
    "001": "blue",
    "101": "magenta",
    "011": "cyan",
  };
  return { name: names[bits] ?? "white", bright: false };
}
