import { expect, test } from "vitest";
import { fetched } from "./fetched";

test("a part is fetched once and is there without waiting from then on", async () => {
  let times = 0;
  const part = fetched(() => Promise.resolve({ default: `part ${++times}` }));
  expect(times).toBe(0);
  expect(await Promise.all([part(), part()])).toEqual(["part 1", "part 1"]);
  expect(part()).toBe("part 1");
});

test("one that could not be fetched is fetched again", async () => {
  let fails = true;
  const part = fetched(() => (fails ? Promise.reject(new Error("gone")) : Promise.resolve({ default: 1 })));
  await expect(part()).rejects.toThrow("gone");
  fails = false;
  expect(await part()).toBe(1);
});
