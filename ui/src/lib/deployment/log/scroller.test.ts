// @vitest-environment node
import { expect, test } from "vitest";
import { chance } from "../testing/chance";
import { Scroller } from "./scroller";

function scroller(height: number): Scroller {
  const one = new Scroller();
  one.height = height;
  one.view = 500;
  return one;
}

test("a log that fits is scrolled as it is", () => {
  const one = scroller(100_000);
  one.scrolled(1234);
  expect(one.top).toBe(1234);
  expect(one.extent).toBe(100_000);
});

test("in a log that is too tall, a short way moves by exactly that way", () => {
  const one = scroller(18_000_000);
  one.to(9_000_000);
  one.scrolled(one.position + 18);
  expect(one.top).toBe(9_000_018);
});

test("a long way goes in proportion, and both ends are reached", () => {
  const one = scroller(18_000_000);
  one.scrolled(one.extent - one.view);
  expect(one.top).toBe(one.bottom);
  expect(one.atEnd).toBe(true);
  one.scrolled(0);
  expect(one.top).toBe(0);
});

test("wherever short ways lead, they are as long in the log as on the screen until an end is reached", () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const pick = chance(seed);
    const one = scroller(18_000_000);
    one.to(pick(18_000_000));
    const way = pick(2) === 0 ? 400 : -400;
    const broken: number[] = [];
    for (let turn = 0; turn < 50_000; turn += 1) {
      const wanted = Math.max(0, Math.min(one.bottom, one.top + way));
      one.scrolled(Math.max(0, Math.min(one.extent - one.view, one.position + way)));
      if (one.strained) one.to(one.top);
      if (Math.abs(one.top - wanted) > 0.01) broken.push(turn);
    }
    expect(broken).toEqual([]);
    expect([0, one.bottom]).toContain(one.top);
  }
});
