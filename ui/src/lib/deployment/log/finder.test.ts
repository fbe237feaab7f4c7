import { expect, test } from "vitest";
import type { LogMatches } from "$lib/host";
import { occurrences } from "./find";
import { ErrorLines, Finder } from "./finder.svelte";
import { lineOf } from "./line";
import { LogModel } from "./model";
import { Selection } from "./selection.svelte";

const matches = (...hits: [number, number][]): LogMatches => ({
  total: hits.reduce((sum, [, times]) => sum + times, 0),
  lines: hits.length,
  hits: hits.map(([line, times]) => ({ line, times })),
});
const host = (found: LogMatches) => ({
  search: () => Promise.resolve(found),
  errors: () => Promise.resolve(found),
});

test("matches are walked one by one, several in a line too, round the end", async () => {
  const finder = new Finder(host(matches([10, 1], [20, 3], [30, 1])));
  expect(await finder.search("x", 15)).toEqual({ line: 20, nth: 0 });
  expect([finder.at, finder.matches.total]).toEqual([1, 5]);
  expect(finder.step(1)).toEqual({ line: 20, nth: 1 });
  expect(finder.step(1)).toEqual({ line: 20, nth: 2 });
  expect(finder.step(1)).toEqual({ line: 30, nth: 0 });
  expect(finder.step(1)).toEqual({ line: 10, nth: 0 });
  expect(finder.step(-1)).toEqual({ line: 30, nth: 0 });
});

test("past the last match from here comes the first of all", async () => {
  const finder = new Finder(host(matches([10, 2])));
  expect(await finder.search("x", 500)).toEqual({ line: 10, nth: 0 });
});

test("a slow answer to an older question is not shown", async () => {
  let answer: (found: LogMatches) => void = () => {};
  const slow = new Promise<LogMatches>((done) => (answer = done));
  const finder = new Finder({
    ...host(matches()),
    search: (text) => (text === "a" ? slow : Promise.resolve(matches([7, 1]))),
  });
  const first = finder.search("a", 1);
  await finder.search("ab", 1);
  answer(matches([1, 99]));
  await first;
  expect(finder.matches.total).toBe(1);
});

test("nothing found and nothing asked are told apart", async () => {
  const finder = new Finder(host(matches()));
  expect(await finder.search("x", 1)).toBeNull();
  expect(finder.step(1)).toBeNull();
  await finder.search("", 1);
  expect(finder.text).toBe("");
});

test("while it runs, errors are added once each", async () => {
  const errors = new ErrorLines(host(matches([5, 1], [9, 1])));
  await errors.count();
  errors.add([8, 9, 10, 11].map((number) => ({ number, error: number !== 10 })));
  expect([errors.lines, errors.total]).toEqual([[5, 9, 11], 3]);
  expect([errors.step(5, 1), errors.step(5, -1), errors.step(11, 1), errors.step(0, 1)]).toEqual([
    9, 11, 5, 5,
  ]);
});

test("occurrences are counted as the host counts them", () => {
  expect(occurrences("Error, error, ERROR", "error")).toHaveLength(3);
  expect(occurrences("aaaa", "aa")).toHaveLength(2);
  expect(occurrences("İi", "i")).toEqual([{ from: 1, to: 2 }]);
  expect(occurrences("anything", "")).toEqual([]);
});

const raw = (number: number) => ({
  number,
  at: "2026-11-20T12:00:00Z",
  stage: "build" as const,
  source: null,
  text: `\u001b[32mline\u001b[0m ${number}`,
  more_bytes: 0,
  error: false,
});

test("a selection is copied from the model, also where it is not in memory, without colours", async () => {
  const page = (from: number, limit: number) =>
    Promise.resolve(Array.from({ length: limit }, (_, at) => raw(from + at)));
  const model = new LogModel({ page, line: () => Promise.resolve("") }, () => {});
  model.grow(10_000);
  const selection = new Selection();
  selection.begin({ line: 4003, at: 2 });
  selection.extend({ line: 4001, at: 3 });
  expect(await selection.text(model)).toBe("e 4001\nline 4002\nli");
  expect(selection.within(4002, 0, 9)).toEqual({ from: 0, to: 9 });
  expect(selection.within(4003, 0, 9)).toEqual({ from: 0, to: 2 });
  expect(selection.within(4004, 0, 9)).toBeNull();
  selection.begin({ line: 4001, at: 5 });
  selection.extend({ line: 4001, at: 7 });
  expect(await selection.text(model)).toBe("40");
});

test("a double click takes a word, a path or a hash as one", () => {
  const selection = new Selection();
  const line = lineOf({ ...raw(1), text: "see /var/log/app.log: sha256:ab12" });
  const word = (at: number) => {
    selection.word(line, at);
    return line.text.slice(selection.from?.at, selection.to?.at);
  };
  expect([word(0), word(8), word(25)]).toEqual(["see", "/var/log/app.log:", "sha256:ab12"]);
});
