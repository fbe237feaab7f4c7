import { expect, test } from "vitest";
import { foot, geometry, stateOf, type Load } from "./load-line";

const GB = 1e9;
const now = new Date(2026, 10, 20, 12).getTime();
const load = (used: number, growth?: number): Load => ({
  parts: [{ name: "Images", category: "images", amount: used * GB }],
  capacity: 60 * GB,
  limit: 48 * GB,
  growth: growth === undefined ? undefined : growth * GB,
});

test("states follow the line, the growth and what is known", () => {
  expect(stateOf(load(28.7, 0.41))).toBe("calm");
  expect(stateOf(load(28.7))).toBe("measuring");
  expect(stateOf(load(43.3, 0))).toBe("near");
  expect(stateOf(load(40, 0.62))).toBe("near");
  expect(stateOf(load(48.1))).toBe("over");
});

test("the foot says when", () => {
  expect(foot(load(28.7, 0.41), now)).toBe(
    "+410 MB a day · 19.3 GB of freeboard · reaches the line Wed 6 Jan, in 47 days",
  );
  expect(foot(load(43.04, 0.62), now)).toBe(
    "+620 MB a day · reaches the line Sat 28 Nov, in 8 days · disk full Thu 17 Dec, in 27 days",
  );
  expect(foot(load(51.7, 0.62), now)).toBe("Over the line by 3.70 GB · disk full Thu 3 Dec, in 13 days");
  expect(foot(load(11.3), now)).toBe("Growth is known after 24 hours of measuring");
  expect(foot(load(10, 0.001), now)).toContain("not reach the line within a year");
});

test("nothing leaves the track", () => {
  const { used, growth, over } = geometry(load(90, 5));
  expect([used, growth]).toEqual([1, 0]);
  expect(over).toBeCloseTo(0.2);
});
