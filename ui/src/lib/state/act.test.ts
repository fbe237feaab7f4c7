import { expect, test } from "vitest";
import { act } from "./act.svelte";

test("a second press while it runs does nothing", async () => {
  let begun = 0;
  let end = () => {};
  const save = act(() => {
    begun += 1;
    return new Promise<void>((done) => (end = done));
  });
  const first = save.run([]);
  expect(save.busy).toBe(true);
  expect(await save.run([])).toBe(false);
  end();
  expect(await first).toBe(true);
  expect(begun).toBe(1);
  expect(save.busy).toBe(false);
});

test("a problem stays until the next try", async () => {
  const problem = { code: "internal" as const, title: "t", detail: "d", hint: "h" };
  let fails = true;
  const save = act(async (text: string) => {
    if (fails) throw problem;
    return text.length;
  });
  expect(await save.run(["abc"])).toBe(false);
  expect(save.problem).toEqual(problem);
  fails = false;
  let length = 0;
  expect(await save.run(["abc"], (made) => (length = made))).toBe(true);
  expect([save.problem, length]).toEqual([undefined, 3]);
});
