// @vitest-environment node
import { expect, test } from "vitest";
import source from "../../../core/src/problem.rs?raw";
import { PROBLEMS, adviceOf, copyOf, nextOf, routeFor } from "./problems";

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

test.each(Object.entries(PROBLEMS))("%s says what kind it is, what to do, and has a button", (code, copy) => {
  expect(copy.kind).toMatch(/^[A-Zp].*[^.!]$/);
  expect(copy.next.label).toMatch(/^[A-Z].*[^.!]$/);
  if (copy.advice !== null) expect(copy.advice).toMatch(/^[A-Z][^!]*\.$/);
  const said = `${copy.kind} ${copy.advice} ${copy.next.label}`;
  expect(said).not.toMatch(
    /\b(oops|please|sorry|successfully|an error occurred|something went wrong|are you sure)\b/i,
  );
  expect(said).not.toMatch(/`plimsoll /);
  for (const { act } of nextOf({ code: code as keyof typeof PROBLEMS })) {
    const route = routeFor(act, { project: "shop", server: "hull-1" });
    expect(route === null || "page" in route).toBe(true);
  }
});

test("where the copy has no advice of its own, core's hint is shown", () => {
  const problem = { code: "compose_invalid", title: "t", detail: "d", hint: "Correct line 18." } as const;
  expect(adviceOf(problem)).toBe("Correct line 18.");
});

test("a code of a newer core still gets an answer", () => {
  expect(copyOf({ code: "from_the_future" as never })).toBe(PROBLEMS.internal);
});
