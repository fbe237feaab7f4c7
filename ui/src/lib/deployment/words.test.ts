// @vitest-environment node
import { describe, expect, test } from "vitest";
import type { Deployment } from "$lib/host";
import { estimateOf, expectedMs, NO_ESTIMATE, roughly } from "./estimate";
import { noRun, reduce } from "./reduce";
import { report } from "./report";
import { servingOf } from "./serving";
import { timeline, type TimelineRow } from "./timeline";
import { announcement, capital, doing, endSentence, round, runningSentence, servingSentence } from "./words";
import {
  buildFailed,
  cancelledInBuild,
  cancelledInSwap,
  detached,
  firstFailed,
  keptOut,
  live,
  neitherServes,
  NEW,
  nothingToDo,
  OLD,
  rolledBack,
  switched,
} from "./testing/stories";
import type { StepEvent } from "./types";

const replay = (events: StepEvent[]) => reduce(noRun(), events);
const name = (release: string) => release.slice(0, 7);
const upTo = (events: StepEvent[], step: string) =>
  events.slice(
    0,
    events.findIndex((event) => event.type === "step_started" && event.step.includes(step)) + 1,
  );
const says = (events: StepEvent[], previous: string | null = OLD) =>
  servingSentence(servingOf(replay(events), previous), name, "hull-1");

describe("what serves now", () => {
  test.each([
    ["before anything is known", [], "41c2e07 serves, unchanged"],
    ["while it builds", upTo(live(), "cargo build"), "41c2e07 serves, unchanged"],
    ["while the release command runs", upTo(live(), "release command"), "41c2e07 serves, unchanged"],
    ["while services are swapped", upTo(live(), "probe"), "3f9ab12 is taking over from 41c2e07"],
    ["while it is watched", upTo(live(), "soak"), "3f9ab12 serves, not kept yet"],
    ["when it is live", live(), "3f9ab12 serves"],
    ["while the new one starts beside the old", upTo(switched(), "start new"), "41c2e07 serves, unchanged"],
    ["when the switches turn", upTo(switched(), "switch over"), "3f9ab12 is taking over from 41c2e07"],
    ["while a switched one is watched", upTo(switched(), "soak"), "3f9ab12 serves, not kept yet"],
    ["while the old one drains", upTo(switched(), "drain"), "3f9ab12 serves, not kept yet"],
    ["while the old one is stopped", upTo(switched(), "stop old"), "3f9ab12 serves"],
    ["while what never got traffic goes", upTo(keptOut(), "restore"), "41c2e07 serves, unchanged"],
    ["when it never got traffic", keptOut(), "41c2e07 serves, unchanged"],
    ["when the build failed", buildFailed(), "41c2e07 serves, unchanged"],
    ["while it goes back", upTo(rolledBack(), "restore"), "41c2e07 is coming back"],
    ["when it went back", rolledBack(), "41c2e07 serves again"],
    ["when it was stopped in the build", cancelledInBuild(), "41c2e07 serves, unchanged"],
    ["when it was undone", cancelledInSwap(), "41c2e07 serves again"],
    ["when the undo failed", neitherServes(), "neither release is proven serving"],
    ["when nobody follows", detached(), "what serves is known when hull-1 answers"],
    ["when there was nothing to do", nothingToDo(), "3f9ab12 serves"],
  ])("%s", (_, events, sentence) => {
    expect(says(events)).toBe(sentence);
  });

  test("a first deployment that failed leaves nothing", () => {
    expect(says(firstFailed(), null)).toBe("no release serves yet");
  });

  test("is said truly at every moment of every story: nothing moved means unchanged", () => {
    for (const story of [live(), switched(), keptOut(), rolledBack(), cancelledInSwap(), buildFailed()]) {
      for (let at = 0; at <= story.length; at += 1) {
        const run = replay(story.slice(0, at));
        if (!run.moved && run.end === null)
          expect(servingOf(run, OLD)).toEqual({ kind: "unchanged", release: OLD });
      }
    }
  });
});

test("a sentence begins with a capital, a hash stays a hash", () => {
  expect(capital("what served before serves again")).toBe("What served before serves again");
  expect(capital("ec41ff5 serves again")).toBe("ec41ff5 serves again");
});

describe("the header's sentence", () => {
  test("names what goes on, how long it takes and how long it usually takes", () => {
    const run = replay(upTo(live(), "cargo build"));
    expect(doing(run)).toBe("building api");
    expect(runningSentence(run, 81_000, 118_000)).toBe("building api, 1:21 of about 2 m");
    expect(runningSentence(run, 181_000, 118_000)).toBe("building api, 3:01, usually 2 m");
    expect(runningSentence(run, 81_000, null)).toBe("building api, 1:21");
  });

  test("names the step of the swap", () => {
    expect(doing(replay(upTo(live(), "probe")))).toBe("probing api");
    expect(doing(replay(upTo(live(), "soak")))).toBe("watching");
  });

  test.each([
    [live(), /^live after 2 m \d\d s$/],
    [buildFailed(), /^failed at build, 1 m \d\d s$/],
    [rolledBack(), /^rolled back at swap, 1 m \d\d s$/],
    [cancelledInBuild(), /^cancelled at build, [\d.]+ s$/],
    [nothingToDo(), /^nothing to do, checked in 1\.\d s$/],
  ])("says how it ended", (events, sentence) => {
    expect(endSentence(replay(events), "deploy")).toMatch(sentence);
  });

  test.each([
    ["deploy", "live"],
    ["rollback", "brought back"],
  ] as const)("says no time of a %s whose start was not recorded", (kind, sentence) => {
    expect(endSentence({ ...replay(live()), startedAt: null }, kind)).toBe(sentence);
  });

  test("is announced without times while it runs", () => {
    const run = replay(upTo(live(), "cargo build"));
    expect(announcement(run, "deploy", "")).toBe("Building api");
  });

  test("durations are rounded to what can be known", () => {
    expect([roughly(3000), roughly(41_000), roughly(118_000), roughly(900_000)]).toEqual([
      5000, 40_000, 120_000, 900_000,
    ]);
    expect(round(118_000)).toBe("2 m");
  });
});

describe("the estimate", () => {
  const usual = (ms: number, runs: number) => ({ ms, based_on: Array<number>(runs).fill(ms) });
  const estimate = estimateOf({
    estimates: [
      ["build", usual(70_000, 4)],
      ["swap", usual(71_000, 3)],
    ],
  });

  test("counts what is over as it was and the rest as it usually is", () => {
    const run = replay(upTo(live(), "cargo build"));
    // resolve 400 + preflight 2100 + source 300, build as core said, the swap from history
    expect(expectedMs(run, estimate)).toBe(2800 + 120_000 + 71_000);
    expect(expectedMs(noRun(), NO_ESTIMATE)).toBeNull();
  });
});

describe("the timeline", () => {
  const looks = {
    now: Date.parse("2026-11-20T12:10:00Z"),
    estimate: NO_ESTIMATE,
    amounts: {},
    expanded: new Set<string>(),
    soakMs: 60_000,
  };
  const names = (events: StepEvent[]) =>
    timeline(replay(events), looks).rows.map((one) => (one.kind === "waterline" ? "~~~" : one.name));
  const rowsOf = (events: StepEvent[]) =>
    timeline(replay(events), looks).rows.filter((one): one is TimelineRow => one.kind === "row");

  test("has all stages and the waterline before anything happened", () => {
    expect(names([])).toEqual([
      ..."Resolve Preflight Source Build Gate Stage Pull Swap ~~~ start probe".split(" "),
      "soak 60 s",
      "Record",
    ]);
  });

  test("draws the waterline where traffic begins to move", () => {
    const rows = names(live());
    expect(rows.slice(rows.indexOf("Swap"), rows.indexOf("Swap") + 5)).toEqual([
      "Swap",
      "release command",
      "~~~",
      "start api",
      "start web",
    ]);
    expect(rows.filter((one) => one === "~~~")).toHaveLength(1);
  });

  test("draws it above the turn where the new one starts beside the old one", () => {
    const rows = names(switched());
    expect(rows.slice(rows.indexOf("Swap"), rows.indexOf("Swap") + 6)).toEqual(
      "Swap,start api,start web,~~~,switch,start worker".split(","),
    );
    expect(rows).toEqual(expect.arrayContaining(["drain old api", "drain old web"]));
    const early = names(upTo(switched(), "start new"));
    expect(early.slice(early.indexOf("Swap"))).toEqual(
      "Swap,start api,~~~,switch,probe,soak 60 s,Record".split(","),
    );
    expect(names(keptOut()).at(-2)).toBe("~~~");
  });

  test("shows the way back below it", () => {
    expect(names(rolledBack())).toEqual(
      expect.arrayContaining(["~~~", "start api", "restore api", "prove old release"]),
    );
  });

  test("never moves a row that is there: what was listed stays in its order", () => {
    for (const events of [live(), switched(), keptOut(), rolledBack(), cancelledInSwap()]) {
      let before: string[] = [];
      for (let at = 0; at <= events.length; at += 1) {
        const keys = timeline(replay(events.slice(0, at)), looks).rows.map((one) => one.key);
        const kept = before.filter((key) => keys.includes(key));
        expect(keys.filter((key) => before.includes(key))).toEqual(kept);
        before = keys;
      }
    }
  });

  test("says what came from the cache", () => {
    expect(rowsOf(live()).filter((one) => one.stage === "build" && one.level === 1)).toMatchObject([
      { name: "web", detail: "cached 1/2" },
      { name: "api", detail: "cached 2/4" },
    ]);
  });

  test("marks what never came as skipped and what the user stopped as stopped", () => {
    const states = (events: StepEvent[]) =>
      Object.fromEntries(rowsOf(events).map((one) => [one.key, one.state]));
    expect(states(buildFailed())).toMatchObject({
      build: "failed",
      gate: "skipped",
      swap: "skipped",
      record: "done",
    });
    expect(states(cancelledInBuild())).toMatchObject({ build: "stopped" });
  });

  test("opens a build's steps on demand", () => {
    const rows = timeline(replay(live()), { ...looks, expanded: new Set(["build/api"]) }).rows;
    expect(rows.filter((one) => one.kind === "row" && one.level === 2)).toHaveLength(4);
  });

  test("bars lie within the axis", () => {
    for (const events of [live(), live(300_000), rolledBack()]) {
      const { rows, axisMs } = timeline(replay(events), looks);
      for (const one of rows) {
        if (one.kind === "waterline" || one.ms === null) continue;
        expect(one.from + one.ms).toBeLessThanOrEqual(axisMs + 1000);
      }
    }
  });

  test("adds up bytes of a stage", () => {
    const events = live();
    const at = events.findIndex((event) => event.type === "stage_started" && event.stage === "pull");
    const part = (subject: string, done: number) =>
      ({ stage: "pull", subject, done, total: 100, unit: "bytes" }) as const;
    const amounts = { "pull/a": part("a", 30), "pull/b": part("b", 100) };
    const rows = timeline(replay(events.slice(0, at + 1)), { ...looks, amounts }).rows;
    expect(rows.find((one) => one.kind === "row" && one.key === "pull")).toMatchObject({ detail: "65 %" });
  });

  test("a report has all of it as text", () => {
    const run = replay(rolledBack());
    const deployment: Deployment = {
      id: "0199f",
      environment: { project: "p", name: "production" },
      kind: "deploy",
      commit: run.commit,
      release: NEW,
      previous: OLD,
      status: "rolled_back",
      started: "2026-11-20T12:00:00Z",
      finished: null,
      problem: run.end?.problem ?? null,
      gap_ms: null,
      migrated: false,
    };
    const text = report({
      deployment,
      project: "shop",
      server: "hull-1",
      headline: endSentence(run, "deploy"),
      serving: "41c2e07 serves again",
      timeline: timeline(run, looks),
      notes: [],
      lines: ["KeyError: DATABASE_URL"],
    });
    expect(text).toContain("shop, production on hull-1: rolled back at swap");
    expect(text).toContain("A container of the new release keeps crashing (crash_loop)");
    expect(text).toMatch(/failed {5}start api .* 6\.0 s {2}api ends with status 3/);
    expect(text).not.toMatch(/\n\n\n/);
  });
});
