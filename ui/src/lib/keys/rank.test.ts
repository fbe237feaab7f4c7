import { expect, test } from "vitest";
import type { Command } from "./commands.svelte";
import { ranked } from "./rank";

const commands = ["Deploy shop", "Deploy blog", "Roll back shop…", "Go to servers", "Undeploy nothing"].map(
  (label): Command => ({ id: label, label, section: "Actions", run: () => {} }),
);
const found = (typed: string, recent: string[] = []) =>
  ranked(commands, typed, recent).map(({ label }) => label);

test("a start beats a middle, and starts of words count", () => {
  expect(found("dep")).toEqual(["Deploy shop", "Deploy blog", "Undeploy nothing"]);
  expect(found("de bl")).toEqual(["Deploy blog"]);
  expect(found("rb")).toEqual([]);
  expect(found("rlbck")).toEqual(["Roll back shop…"]);
  expect(found("zzz")).toEqual([]);
});

test("of equal matches the one used last comes first", () => {
  expect(found("dep", ["Deploy blog"])[0]).toBe("Deploy blog");
  expect(found("", ["Go to servers"])[0]).toBe("Go to servers");
});
