// @vitest-environment node
import { expect, test, vi } from "vitest";
import type { LogRow } from "../types";
import { CHUNK } from "./heights";
import { LogModel, WINDOW, type LogPages } from "./model";

const raw = (number: number): LogRow => ({
  number,
  at: "2026-11-20T12:00:00Z",
  stage: "build",
  source: null,
  text: `line ${number}`,
  more_bytes: 0,
  error: false,
});
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => raw(from + index));

function host(total: number): LogPages & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    page: (from, limit) => {
      asked.push(from);
      return Promise.resolve(range(from, Math.min(total, from + limit - 1)));
    },
    line: (number) => Promise.resolve(`line ${number} in full`),
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a million lines open at their end with a single question", async () => {
  const pages = host(1_000_000);
  const model = new LogModel(pages, () => {});
  model.grow(1_000_000);
  model.want(999_960, 1_000_000);
  await settled();
  expect(pages.asked).toEqual([999_001]);
  expect(model.line(1_000_000)?.text).toBe("line 1000000");
});

test("never more than the window is in memory", async () => {
  const gone = vi.fn();
  const model = new LogModel(host(1_000_000), (change) => change.gone.forEach(gone));
  model.grow(1_000_000);
  for (let at = 1; at < 200_000; at += CHUNK) {
    model.want(at, at + 40);
    await settled();
  }
  let held = 0;
  for (let chunk = 0; chunk < 1000; chunk += 1) held += model.chunk(chunk)?.length ?? 0;
  expect(held).toBeLessThanOrEqual(WINDOW);
  expect(model.line(199_001)).toBeDefined();
  expect(model.line(1)).toBeUndefined();
  expect(gone).toHaveBeenCalled();
});

test("while the view flies by, only the last wishes are asked", async () => {
  const pages = host(1_000_000);
  const model = new LogModel(pages, () => {});
  model.grow(1_000_000);
  for (let at = 1; at < 900_000; at += 10_000) model.want(at, at + 40);
  await settled();
  expect(pages.asked.length).toBeLessThanOrEqual(4);
  expect(model.line(890_001)).toBeDefined();
});

test("lines that arrive are neither doubled nor lost, whatever overlaps", async () => {
  const model = new LogModel(host(2600), () => {});
  model.append(range(1, 700));
  model.append(range(600, 1300));
  model.append(range(1, 20));
  // A gap: what was skipped is read when it is looked at.
  model.append(range(2001, 2600));
  expect(model.count).toBe(2600);
  expect(model.whole).toBe(false);
  model.want(1200, 1500);
  await settled();
  for (let number = 1; number <= 2600; number += 1) expect(model.line(number)?.text).toBe(`line ${number}`);
  expect(model.whole).toBe(true);
});

test("text of any range comes from the model, and from the host where it is not in memory", async () => {
  const model = new LogModel(host(5000), () => {});
  model.grow(5000);
  model.want(1, 40);
  await settled();
  const text = await model.text(990, 3005);
  expect(text).toHaveLength(2016);
  expect([text[0], text.at(-1)]).toEqual(["line 990", "line 3005"]);
});

test("a host that cannot answer is a problem, and asked again when looked at again", async () => {
  let fails = true;
  const pages = host(10);
  const model = new LogModel(
    { ...pages, page: (...args) => (fails ? Promise.reject(new Error("gone")) : pages.page(...args)) },
    () => {},
  );
  model.grow(10);
  model.want(1, 10);
  await settled();
  expect(model.problem).toBeInstanceOf(Error);
  fails = false;
  model.want(1, 10);
  await settled();
  expect(model.problem).toBeNull();
  expect(model.line(10)).toBeDefined();
});

test("what the host kept back of a long line is asked for, to show it and to copy it", async () => {
  const pages = host(3);
  const folded = (row: LogRow) => (row.number === 2 ? { ...row, text: "line 2", more_bytes: 8 } : row);
  const model = new LogModel(
    { ...pages, page: async (...args) => (await pages.page(...args)).map(folded) },
    () => {},
  );
  model.grow(3);
  model.want(1, 3);
  await settled();
  expect(model.line(2)).toMatchObject({ text: "line 2", moreBytes: 8 });
  expect(await model.text(1, 3)).toEqual(["line 1", "line 2 in full", "line 3"]);
  await model.unfold(2);
  expect(model.line(2)).toMatchObject({ text: "line 2 in full", moreBytes: 0 });
});
