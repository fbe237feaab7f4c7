// @vitest-environment node
import { describe, expect, test } from "vitest";
import { slice, spansOf } from "./colours";
import { lineOf, shown } from "./line";
import { columnsOf, placeAt } from "./width";
import { chance } from "../testing/chance";

const line = (text: string) =>
  lineOf({
    number: 1,
    at: "2026-11-20T12:00:00Z",
    stage: "build",
    source: "api",
    text,
    more_bytes: 0,
    error: false,
  });

describe("what a terminal would act on", () => {
  test.each([
    ["\x1b[31mred\x1b[0m", "red"],
    ["\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\ me", "click me"],
    ["\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"],
    ["\x1b]0;title\x07after", "after"],
    ["\x1b]0;never ends", "0;never ends"],
    ["\x1b[2J\x1b[1;1Hcleared", "cleared"],
    ["\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"],
    ["\x1b(Bcharset", "charset"],
    ["\x1b7save\x1b8", "save"],
    ["lonely \x1b", "lonely "],
    ["10 %\r50 %\r100 %", "100 %"],
    ["done\r", "done"],
    ["a\tb", "a       b"],
    ["漢\tb", "漢      b"],
    ["nul\x00 bell\x07 del\x7f c1\x9b", "nul␀ bell␇ del␡ c1\ufffd"],
    ["user\u202Etxt.exe", "user[U+202E]txt.exe"],
    ["", ""],
  ])("%j is shown as %j", (raw, text) => {
    expect(line(raw).text).toBe(text);
  });

  test("markup stays text", () => {
    expect(line("<img src=x onerror=alert(1)>").text).toBe("<img src=x onerror=alert(1)>");
  });

  test("nothing of any bytes survives but printable text and colours", () => {
    const alphabet = [
      "\x1b",
      "[",
      "]",
      "3",
      "1",
      "m",
      ";",
      "\x07",
      "\\",
      "\r",
      "\t",
      "\x00",
      "\x9b",
      "a",
      "漢",
      "P",
      "K",
      "\u202e",
    ];
    for (let seed = 0; seed < 3000; seed += 1) {
      const pick = chance(seed);
      const raw = Array.from({ length: pick(24) }, () => alphabet[pick(alphabet.length)]).join("");
      const { text, coloured, columns } = line(raw);
      expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
      expect(coloured.replace(/\x1b\[[0-9;]*m/g, "")).toBe(text);
      expect(columns).toBe(columnsOf(text));
    }
  });

  test("a line of a mebibyte and one of nothing but escapes take no time that grows with its square", () => {
    for (const hostile of ["\x1b]", "\x1b[", "\x1bP", "\r", "\t", "é\t"]) {
      const text = hostile.repeat((1 << 20) / hostile.length);
      expect(shown(text).length).toBeLessThanOrEqual(text.length * 8);
    }
  });
});

describe("colours", () => {
  test("become spans whose text is the plain text", () => {
    const coloured = line("\x1b[1;31mERROR\x1b[0m at \x1b[38;5;196mhere\x1b[48;2;1;2;3m!\x1b[0m");
    const spans = spansOf(coloured);
    expect(spans.map((span) => span.text).join("")).toBe(coloured.text);
    expect(spans[0]).toMatchObject({ text: "ERROR", classes: "fg-red strong" });
    expect(spans[2]).toMatchObject({ text: "here", classes: "fg-red" });
  });

  test("are cut anywhere without losing text", () => {
    const coloured = line("a\x1b[32mbcd\x1b[0mef");
    for (let at = 0; at <= coloured.text.length; at += 1) {
      const spans = spansOf(coloured);
      const parts = [...slice(spans, 0, at), ...slice(spans, at, coloured.text.length)];
      expect(parts.map((span) => span.text).join("")).toBe("abcdef");
    }
  });

  test("any sequence of parameters gives the plain text", () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const pick = chance(seed);
      const code = () => `\x1b[${Array.from({ length: pick(6) }, () => pick(110)).join(";")}m`;
      const one = line(`a${code()}b${code()}漢${code()}`);
      expect(
        spansOf(one)
          .map((span) => span.text)
          .join(""),
      ).toBe("ab漢");
    }
  });
});

describe("columns", () => {
  test.each([
    ["plain", 5],
    ["漢字", 4],
    ["e\u0301", 1],
    ["🚀 up", 5],
    ["한글", 4],
    ["ｆｕｌｌ", 8],
    ["א ב", 3],
  ])("%j takes %i", (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  test("a place is found from its column", () => {
    expect([0, 1, 2, 3, 4, 9].map((column) => placeAt("a漢b", column))).toEqual([0, 1, 1, 2, 3, 3]);
  });
});
