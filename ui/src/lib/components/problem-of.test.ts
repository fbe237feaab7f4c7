// Problems as core really has them: what to do is said for the case at hand.
import { screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { inTheWindow } from "$lib/hints";
import { show } from "$lib/testing";
import { CASES } from "$lib/testing/cases";
import ProblemOf from "./ProblemOf.svelte";

test.each(CASES)("%s of %s shows core's own hint", async (code, _file, hint, links) => {
  location.hash = "#/activity";
  const problem = { code, title: "It fails", detail: "for this reason", hint };
  show(ProblemOf, { problem, project: "shop", server: "hull-1" });
  expect(screen.getByText(inTheWindow(hint))).toBeTruthy();
  expect(screen.queryAllByRole("link").map((link) => link.textContent?.trim())).toEqual(links);
});

test("without a server there is no button to an empty list of them, and setup is not left for what one of its steps does", () => {
  const problem = { code: "engine_down" as const, title: "t", detail: "", hint: "Start Docker." };
  location.hash = "#/projects";
  show(ProblemOf, { problem });
  location.hash = "#/setup";
  show(ProblemOf, { problem: { ...problem, code: "credentials_missing" } });
  expect(screen.queryAllByRole("link")).toEqual([]);
});
