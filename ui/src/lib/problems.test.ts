// @vitest-environment node
import { expect, test } from "vitest";
import source from "../../../core/src/problem.rs?raw";
import type { Code } from "$lib/host";
import { PROBLEMS, adviceOf, copyOf, routeFor } from "./problems";

/** Every code, from the place where core defines them. */
function codesOfCore(): string[] {
  const list = /codes! \{\n([^]*?)\n\}/.exec(source)?.[1] ?? "";
  return [...list.matchAll(/^\s*\w+ => "(\w+)",$/gm)].map((match) => match[1] ?? "");
}

const codes = codesOfCore();

test("core's codes are read", () => {
  expect(codes).toContain("internal");
  expect(codes).toContain("unsupported");
  expect(codes.length).toBeGreaterThan(40);
});

test("every code of core has its copy, and no copy is left of a code that went", () => {
  expect(Object.keys(PROBLEMS).sort()).toEqual([...codes].sort());
});

test.each(Object.entries(PROBLEMS))(
  "%s says what kind it is, and its buttons have words",
  (_code, { kind, next }) => {
    for (const words of [kind, ...next.map(({ label }) => label)]) {
      expect(words).toMatch(/^[A-Zp].*[^.!]$/);
      expect(words).not.toMatch(
        /\b(oops|please|sorry|successfully|something went wrong|are you sure)\b|`plimsoll /i,
      );
    }
  },
);

test("what to do is core's to say, for every code", () => {
  for (const code of codes) {
    const problem = { code: code as Code, title: "t", detail: "d", hint: `Do what ${code} needs here.` };
    expect(adviceOf(problem)).toBe(problem.hint);
  }
});

test("no button leads to a place that nobody knows", () => {
  const leading = Object.values(PROBLEMS).flatMap(({ next }) => next.map(({ act }) => act));
  const routes = leading.flatMap((act) => routeFor(act, {}) ?? []);
  expect(new Set(routes.map(({ page }) => page))).toEqual(new Set(["servers", "registries", "settings"]));
});

test("a code of a newer core still gets an answer", () => {
  expect(copyOf({ code: "from_the_future" as never })).toBe(PROBLEMS.internal);
});
