import { expect, test } from "vitest";
import { usesWords } from "./uses";

test("who uses a server", () => {
  expect(usesWords({ serves: [], builds: [] })).toBe("no project uses it");
  expect(usesWords({ serves: ["shop", "blog"], builds: ["shop"] })).toBe(
    "2 projects: shop, blog · builds shop",
  );
  expect(usesWords({ serves: ["a", "b", "c", "d", "e"], builds: [] })).toBe("5 projects: a, b, c and 2 more");
});
