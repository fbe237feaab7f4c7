import { beforeEach, expect, test, vi } from "vitest";
import type { LogRow } from "../types";
import { chance } from "../testing/chance";
import { LogView } from "./view.svelte";

const ROW = 18;

function row(number: number, text = `line ${number}`): LogRow {
  const at = "2026-11-20T12:00:00Z";
  return { number, at, stage: "build", source: null, text, more_bytes: 0, error: false };
}

function pages(total: number, text: (number: number) => string = (number) => `line ${number}`) {
  return {
    page: (from: number, limit: number) => {
      const rows: LogRow[] = [];
      for (let number = from; number < from + limit && number <= total; number += 1)
        rows.push(row(number, text(number)));
      return Promise.resolve(rows);
    },
    line: (number: number) => Promise.resolve(text(number)),
  };
}

const settled = () => new Promise((done) => setTimeout(done, 0));

/** A view as a pane would have it: scroll positions that are asked for are taken. */
function pane(view: LogView, rows = 20) {
  view.measured({ height: rows * ROW, columns: 80, row: ROW });
  return {
    scroll: (by: number) => {
      const last = Math.max(0, view.extent - rows * ROW);
      view.scrolled(Math.max(0, Math.min(last, view.asked.position + by)));
    },
    numbers: () => view.visible.map(({ number }) => number),
  };
}

beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, 0));
});

test("a million lines open at their end, the last line on the last row", async () => {
  const view = new LogView(pages(1_000_000));
  view.open("end");
  view.grow(1_000_000);
  const { numbers } = pane(view);
  await settled();
  await settled();
  expect(numbers().at(-1)).toBe(1_000_000);
  expect(numbers()).toHaveLength(20);
  expect(view.drawn.every((drawn) => drawn.line !== undefined)).toBe(true);
  expect(view.extent).toBeLessThan(17_000_000);
});

test("a failed log opens at its error with three lines before it, also when lines above turn out to wrap", async () => {
  const view = new LogView(pages(5000, (number) => "x".repeat(number % 7 === 0 ? 300 : 10)));
  view.open(2500);
  view.grow(5000);
  pane(view);
  await settled();
  await settled();
  expect(view.visible[0]?.number).toBe(2497);
});

test("the end is followed while lines come, until the user scrolls up; the pill counts what is missed", async () => {
  const view = new LogView(pages(0));
  const { numbers, scroll } = pane(view);
  view.append(Array.from({ length: 100 }, (_, at) => row(at + 1)));
  await settled();
  expect(numbers().at(-1)).toBe(100);
  scroll(-5 * ROW);
  const seen = numbers();
  expect(view.stuck).toBe(false);
  view.append(Array.from({ length: 214 }, (_, at) => row(at + 101)));
  await settled();
  expect(view.missed).toBe(214);
  expect(numbers()).toEqual(seen);
  view.toEnd();
  expect(numbers().at(-1)).toBe(314);
  expect(view.missed).toBe(0);
});

test("nothing moves under the reader when pages above are loaded, wrapped or thrown away", async () => {
  const text = (number: number) => "y".repeat((number * 37) % 400);
  const view = new LogView(pages(300_000, text));
  view.open("end");
  view.grow(300_000);
  const { scroll } = pane(view);
  await settled();
  const pick = chance(3);
  for (let turn = 0; turn < 60; turn += 1) {
    scroll((pick(2) === 0 ? -1 : 1) * ROW * pick(4000));
    const before = view.visible[0]?.number;
    view.pause();
    await settled();
    await settled();
    expect(view.visible[0]?.number).toBe(before);
  }
});

test("changing the width or the wrapping keeps the line at the top", async () => {
  const view = new LogView(pages(3000, (number) => "z".repeat((number * 13) % 500)));
  view.open(1500);
  view.grow(3000);
  pane(view);
  await settled();
  await settled();
  for (const columns of [40, 120, 66]) {
    view.measured({ height: 20 * ROW, columns, row: ROW });
    expect(view.visible[0]?.number).toBe(1497);
  }
  view.setWrap(false);
  expect(view.visible.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, at) => 1497 + at));
});

test("a burst of 2,000 lines is drawn once a frame", async () => {
  const frames: (() => void)[] = [];
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => frames.push(draw));
  const view = new LogView(pages(0));
  pane(view);
  for (let batch = 0; batch < 20; batch += 1) {
    view.append(Array.from({ length: 100 }, (_, at) => row(batch * 100 + at + 1)));
  }
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(view.visible.at(-1)?.number).toBe(2000);
});

test("rows are drawn for what fits and no more, whatever the line", () => {
  const view = new LogView(pages(0));
  pane(view);
  view.append([row(1, "x".repeat(1 << 20)), row(2, "after")]);
  view.draw();
  expect(view.drawn.length).toBeLessThanOrEqual(20 + 2 * 30);
  expect(view.visible.at(-1)?.number).toBe(2);
});

test("scrolling a short way draws nothing, and what is drawn stays in its place", async () => {
  const view = new LogView(pages(1_000_000));
  view.open(500_000);
  view.grow(1_000_000);
  const { scroll } = pane(view);
  await settled();
  await settled();
  const { drawn, offset } = view;
  for (let turn = 0; turn < 10; turn += 1) view.scrolled(view.asked.position + turn * ROW);
  expect(view.drawn).toBe(drawn);
  expect(view.offset).toBeCloseTo(offset, 3);
  expect(view.visible[0]?.number).toBe(499_997 + 9);
  scroll(100 * ROW);
  expect(view.drawn).not.toBe(drawn);
});
