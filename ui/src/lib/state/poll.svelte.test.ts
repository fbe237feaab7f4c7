import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Problem } from "$lib/host";
import { askEvery } from "./poll.svelte";
import type { Query } from "./query.svelte";

const problem = (code: Problem["code"]): Problem => ({ code, title: "", detail: "", hint: "" });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** How often it is asked within half a minute, every five seconds, while it answers so. */
function asked(problem: Problem | undefined): number {
  const refetch = vi.fn(() => Promise.resolve());
  const query = { problem, asking: undefined, refetch } as unknown as Query<unknown>;
  const stop = $effect.root(() => askEvery(query, 5_000));
  flushSync();
  vi.advanceTimersByTime(30_000);
  stop();
  vi.advanceTimersByTime(30_000);
  return refetch.mock.calls.length;
}

test("what answers is asked at its pace, a machine that is away less often", () => {
  expect(asked(undefined)).toBe(6);
  expect(asked(problem("host_unreachable"))).toBe(3);
});

test("what only a person can mend is not asked again", () => {
  expect(asked(problem("auth_refused"))).toBe(0);
});
