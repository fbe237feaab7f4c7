// @vitest-environment node
import { expect, test } from "vitest";
import { chance } from "../testing/chance";
import { CHUNK, Heights } from "./heights";
import { lineOf } from "./line";
import { FOLD, cut, rowsOf, type Shape } from "./rows";
import { columnsOf } from "./width";

const line = (text: string, more_bytes = 0) =>
  lineOf({
    number: 1,
    at: "2026-11-20T12:00:00Z",
    stage: "build",
    source: null,
    text,
    more_bytes,
    error: false,
  });
const wrapped = (visible: number): Shape => ({ visible, wrap: true });

test.each([
  ["", 1],
  ["x".repeat(70), 1],
  ["x".repeat(71), 2],
  ["x".repeat(140), 2],
  ["漢".repeat(35), 1],
  ["漢".repeat(36), 2],
])("a line breaks into ceil(columns / visible) rows", (text, rows) => {
  expect(rowsOf(line(text), wrapped(70))).toBe(rows);
});

test("without wrapping every line is one row", () => {
  expect(rowsOf(line("x".repeat(3000)), { ...wrapped(70), wrap: false })).toBe(1);
});

test("a folded line takes one row more for its button", () => {
  expect(rowsOf(line("x".repeat(FOLD), 77_000), wrapped(80))).toBe(FOLD / 80 + 1);
});

test("a line of a mebibyte wraps whatever is asked for", () => {
  const long = line("x".repeat(1 << 20));
  expect(rowsOf(long, { visible: 80, wrap: false })).toBe(Math.ceil((1 << 20) / 80));
  expect(cut(long, { visible: 80, wrap: false }, 13_000, 13_001)).toEqual([
    { from: 1_040_000, to: 1_040_080 },
  ]);
});

test("rows hold the whole text in order, none is wider than the view", () => {
  const alphabet = ["a", "漢", "🚀", "é", "e\u0301", " ", "x"];
  for (let seed = 0; seed < 300; seed += 1) {
    const pick = chance(seed);
    const one = line(Array.from({ length: pick(200) }, () => alphabet[pick(alphabet.length)]).join(""));
    const shape = wrapped(2 + pick(30));
    const rows = rowsOf(one, shape);
    const parts = cut(one, shape, 0, rows);
    const texts = parts.map((part) => one.text.slice(part.from, part.to));
    expect(parts).toHaveLength(rows);
    expect(texts.join("")).toBe(one.text);
    for (const text of texts) expect(columnsOf(text)).toBeLessThanOrEqual(shape.visible);
    const from = pick(rows);
    expect(cut(one, shape, from, from + 3)).toEqual(parts.slice(from, from + 3));
  }
});

test("places are exact for loaded lines: the prefix sum of their rows", () => {
  const pick = chance(7);
  const rows = Array.from({ length: 2500 }, () => 1 + pick(5));
  const heights = new Heights();
  heights.grow(rows.length);
  for (const chunk of [2, 0, 1]) heights.load(chunk, rows.slice(chunk * CHUNK, (chunk + 1) * CHUNK));
  let before = 0;
  rows.forEach((taken, index) => {
    expect(heights.rowOf(index + 1)).toBe(before);
    for (let into = 0; into < taken; into += 1)
      expect(heights.lineAt(before + into)).toEqual({ line: index + 1, into });
    before += taken;
  });
  expect(heights.rows).toBe(before);
});

test("unloaded chunks keep their height, unknown ones count one row a line", () => {
  const heights = new Heights();
  heights.grow(1_000_000);
  expect(heights.rows).toBe(1_000_000);
  expect(heights.lineAt(999_999)).toEqual({ line: 1_000_000, into: 0 });
  heights.load(500, Array(CHUNK).fill(3));
  expect(heights.rows).toBe(1_002_000);
  expect(heights.rowOf(501_001)).toBe(503_000);
  heights.unload(500);
  expect(heights.rowOf(501_001)).toBe(503_000);
});

test("a growing log keeps the places of what was there", () => {
  const heights = new Heights();
  heights.grow(10);
  heights.load(0, Array(10).fill(2));
  heights.grow(1500);
  expect(heights.rowOf(11)).toBe(20);
  expect(heights.rowOf(12)).toBe(21);
  expect(heights.lineAt(20)).toEqual({ line: 11, into: 0 });
  expect(heights.rows).toBe(20 + 1490);
  heights.load(0, Array(1000).fill(1));
  expect(heights.rows).toBe(1500);
});

test("any mix of growing, loading and unloading keeps row and line inverse", () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const pick = chance(seed);
    const heights = new Heights();
    let count = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      if (pick(2) === 0) heights.grow((count += pick(1500)));
      const chunk = pick(Math.max(1, Math.ceil(count / CHUNK)));
      const lines = Math.min(CHUNK, count - chunk * CHUNK);
      if (lines > 0 && pick(2) === 0)
        heights.load(
          chunk,
          Array.from({ length: 1 + pick(lines) }, () => 1 + pick(4)),
        );
      if (pick(4) === 0) heights.unload(chunk);
      if (count === 0) continue;
      const number = 1 + pick(count);
      expect(heights.lineAt(heights.rowOf(number)).line).toBe(number);
      expect(heights.rowOf(count + 1)).toBe(heights.rows);
    }
  }
});
