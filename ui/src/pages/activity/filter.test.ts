import { expect, test } from "vitest";
import { shopHistory } from "$lib/host/fake/world";
import { matching } from "./filter";
import { activityWords } from "./words";

const rows = shopHistory().map((deployment) => ({ project: "shop", deployment }));

test("outcome and words both have to hold", () => {
  expect(matching(rows, "all", "")).toHaveLength(rows.length);
  expect(matching(rows, "failed", "").map((row) => row.deployment.status)).toEqual(["rolled_back"]);
  expect(matching(rows, "live", "invoices SHOP")).toHaveLength(1);
  expect(matching(rows, "failed", "invoices")).toHaveLength(0);
  expect(matching(rows, "cancelled", "")).toHaveLength(0);
});

test("a row says what happened and how long it took", () => {
  expect(rows.map((row) => activityWords(row.deployment))).toEqual([
    expect.stringMatching(/^3f9ab12 live after /),
    expect.stringMatching(/^41c2e07 live after /),
    "77ad310 rolled back: api did not become healthy within 30 s",
    expect.stringMatching(/^0be51c9 serves again after /),
  ]);
});
