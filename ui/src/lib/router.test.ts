import { expect, test } from "vitest";
import { href, parse, type Route } from "./router";

test("every route comes back from its own address", () => {
  const routes: Route[] = [
    { page: "projects" },
    { page: "project", name: "shop", tab: "overview" },
    { page: "project", name: "a b/c%", tab: "variables" },
    { page: "deployment", id: "0199" },
    { page: "server", name: "hull 1" },
    { page: "registries" },
    { page: "setup" },
  ];
  for (const route of routes) expect(parse(href(route))).toEqual(route);
});

test("an unknown address is said, not guessed", () => {
  expect(parse("#/nowhere/x")).toEqual({ page: "missing", path: "/nowhere/x" });
  expect(parse("#/projects/shop/nowhere").page).toBe("missing");
  expect(parse("#/projects/%E0%A4%A").page).toBe("project");
  expect(parse("")).toEqual({ page: "projects" });
});
