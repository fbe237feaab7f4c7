import { expect, test } from "vitest";
import { byDay, dayLabel } from "./days";

const now = new Date(2026, 10, 20, 13, 0);
const on = (...parts: [number, number, number, number]) => new Date(...parts).toISOString();

test("days are named as people name them", () => {
  expect(dayLabel(new Date(2026, 10, 20, 0, 0), now)).toBe("Today");
  expect(dayLabel(new Date(2026, 10, 19, 23, 59), now)).toBe("Yesterday");
  expect(dayLabel(new Date(2026, 10, 17), now)).toBe("Tue 17 Nov");
  expect(dayLabel(new Date(2025, 10, 17), now)).toBe("Mon 17 Nov 2025");
});

test("rows stay in their order under their day", () => {
  const rows = [on(2026, 10, 20, 12), on(2026, 10, 20, 9), on(2026, 10, 19, 9)].map((at) => ({ at }));
  const days = byDay(rows, (row) => row.at, now);
  expect(days.map((day) => [day.label, day.rows.length])).toEqual([
    ["Today", 2],
    ["Yesterday", 1],
  ]);
});
