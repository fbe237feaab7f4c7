import { expect, test } from "vitest";
import { after, before, isDone, mayOpen, missing, NOTHING, STEPS, type Achieved } from "./steps";

const ALL: Achieved = { project: "shop", server: "hull-1", registry: "ghcr", builder: "local" };

test("from every step there is a way back or a way on, whatever has been achieved", () => {
  for (const achieved of [NOTHING, { ...NOTHING, project: "shop" }, ALL]) {
    for (const step of STEPS) {
      if (!mayOpen(step, achieved)) continue;
      const on = after(step);
      const back = before(step);
      const leads = (on !== step && mayOpen(on, achieved)) || (back !== null && mayOpen(back, achieved));
      expect(leads || step === "project", `${step} is a dead end`).toBe(true);
    }
  }
});

test("only the project has to come first; the rest may be done in any order and skipped", () => {
  expect(STEPS.filter((step) => mayOpen(step, NOTHING))).toEqual(["project"]);
  expect(STEPS.every((step) => mayOpen(step, { ...NOTHING, project: "shop" }))).toBe(true);
});

test("a step that is done can be opened again", () => {
  for (const step of STEPS) expect(mayOpen(step, ALL)).toBe(true);
});

test("what is missing before a deployment is named", () => {
  expect(missing({ ...ALL, registry: null })).toEqual(["registry"]);
  expect(missing(ALL)).toEqual([]);
  expect(isDone("deploy", ALL)).toBe(false);
});
