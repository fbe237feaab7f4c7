// @vitest-environment node
import { describe, expect, test } from "vitest";
import { builds } from "./builds";
import { noRun, reduce } from "./reduce";
import { currentStage, stageOf } from "./run";
import { chance, shuffled } from "./testing/chance";
import { RECORDED } from "./testing/recorded";
import {
  STORIES,
  buildFailed,
  detached,
  detachedThenLive,
  live,
  NEW,
  OLD,
  rolledBack,
} from "./testing/stories";

const replay = (events: ReturnType<typeof live>) => reduce(noRun(), events);

describe.each(Object.entries({ ...STORIES, ...RECORDED }))("the story %s", (_, story) => {
  const events = story();
  const whole = replay(events);

  test("is the same at any split into snapshot and tail", () => {
    for (let at = 0; at <= events.length; at += 1) {
      const split = reduce(reduce(noRun(), events.slice(0, at)), events.slice(at));
      expect(split).toEqual(whole);
    }
  });

  test("is the same when the tail overlaps the snapshot", () => {
    for (let at = 0; at <= events.length; at += 1) {
      const overlapping = reduce(reduce(noRun(), events.slice(0, at)), events.slice(Math.max(0, at - 5)));
      expect(overlapping).toEqual(whole);
    }
  });

  test("is the same in any order, in pieces of any size, with repetitions", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const pick = chance(seed);
      const told = shuffled([...events, ...events.filter(() => pick(3) === 0)], pick);
      let run = noRun();
      while (told.length > 0) run = reduce(run, told.splice(0, 1 + pick(7)));
      expect(run).toEqual(whole);
    }
  });

  test("takes nothing in behind a gap", () => {
    const gap = reduce(
      noRun(),
      events.filter((event) => event.index !== 1),
    );
    expect(gap.next).toBe(1);
    expect(gap.waiting).toHaveLength(events.length - 2);
    expect(reduce(gap, events.slice(1, 2))).toEqual(whole);
  });
});

test("a run is never changed in place", () => {
  const before = replay(live().slice(0, 20));
  const copy = structuredClone(before);
  reduce(before, live());
  expect(before).toEqual(copy);
});

test("known events change nothing, not even the object", () => {
  const run = replay(live());
  expect(reduce(run, live())).toBe(run);
});

test("a live deployment moved, committed and ended", () => {
  const run = replay(live());
  expect(run).toMatchObject({
    moved: true,
    committed: true,
    goingBack: false,
    release: NEW,
    previous: OLD,
    detached: null,
  });
  expect(run.end).toMatchObject({ status: "live", release: NEW, problem: null });
  expect(run.stages.map((stage) => stage.state)).toEqual(Array(9).fill("done"));
});

test("the waterline is passed with the first service, not with the release command", () => {
  const events = live();
  const command = events.findIndex(
    (event) => event.type === "step_started" && event.step === "release command",
  );
  const first = events.findIndex((event) => event.type === "step_started" && event.step === "swap");
  expect(replay(events.slice(0, command + 2)).moved).toBe(false);
  expect(replay(events.slice(0, first + 1)).moved).toBe(true);
});

test("a failed build leaves later stages queued and nothing moved", () => {
  const run = replay(buildFailed());
  expect(currentStage(run)?.stage).toBe("build");
  expect(stageOf(run, "swap").state).toBe("queued");
  expect(run.moved).toBe(false);
});

test("a rolled back deployment went back", () => {
  expect(replay(rolledBack())).toMatchObject({ moved: true, committed: false, goingBack: true });
});

test("recorded runs come out as they went", () => {
  const of = (name: keyof typeof RECORDED) => replay(RECORDED[name]());
  const states = (name: keyof typeof RECORDED) => of(name).stages.map(({ state }) => state);
  expect(states("recorded: live")).toEqual(Array(9).fill("done"));
  expect(of("recorded: live")).toMatchObject({ moved: true, committed: true, end: { status: "live" } });
  expect(states("recorded: rollback").slice(2, 6)).toEqual(Array(4).fill("skipped"));
  expect(currentStage(of("recorded: disk full"))?.stage).toBe("pull");
  expect(builds(of("recorded: live")).map(({ service }) => service)).toEqual(["web", "api", "worker"]);
});

test("who was left in the swap did not fail: the server goes on", () => {
  const run = replay(RECORDED["recorded: detached"]());
  expect(run.detached).not.toBeNull();
  expect(stageOf(run, "swap").state).toBe("running");
});

test("a stage whose step failed failed with it", () => {
  const events = rolledBack().map((event) =>
    event.type === "stage_failed" ? { ...event, type: "stage_finished" as const, note: "" } : event,
  );
  expect(stageOf(replay(events), "swap").state).toBe("failed");
});

test("contact that came back is not lost any more", () => {
  expect(replay(detached()).detached).toBe("Contact with the server is lost");
  expect(replay(detachedThenLive()).detached).toBeNull();
});

test.each([0, 300_000, -300_000])("a server whose clock is %i ms off is shown at our times", (skewMs) => {
  const step = (skew: number) => replay(live(skew)).steps.find((one) => one.step === "soak")?.startedAt ?? 0;
  expect(Math.abs(step(skewMs) - step(0))).toBeLessThanOrEqual(150);
});

test("events of stages and statuses from the future do not break the rest", () => {
  const events = live();
  const odd = { index: 1, at: events[1]?.at ?? "", type: "weather", stage: "orbit" } as never;
  const run = replay([
    events[0] as never,
    odd,
    ...events.slice(1).map((event) => ({ ...event, index: event.index + 1 })),
  ]);
  expect(run.end?.status).toBe("live");
});

describe("builds", () => {
  test("count numbered steps of all stages, and the cached ones among them", () => {
    expect(builds(replay(live()))).toMatchObject([
      { service: "web", state: "done", done: 2, total: 2, cached: 1 },
      { service: "api", state: "done", done: 4, total: 4, cached: 2 },
    ]);
  });

  test("say what they do", () => {
    const events = live();
    const at = events.findIndex(
      (event) => event.type === "step_started" && event.step.includes("cargo build"),
    );
    const api = builds(replay(events.slice(0, at + 1)))[1];
    expect(api).toMatchObject({ state: "running", doing: "RUN cargo build --release", ms: null, done: 2 });
  });

  test("take the live count where it knows more, and only while they run", () => {
    const events = live();
    const at = events.findIndex(
      (event) => event.type === "step_started" && event.step.includes("cargo build"),
    );
    const amounts = {
      "build/api": { stage: "build", subject: "api", done: 3, total: 17, unit: "steps" },
    } as const;
    expect(builds(replay(events.slice(0, at + 1)), amounts)[1]).toMatchObject({ done: 3, total: 17 });
    expect(builds(replay(events), amounts)[1]).toMatchObject({ done: 4, total: 4 });
  });

  test("fail with their step", () => {
    expect(builds(replay(buildFailed()))).toMatchObject([
      { state: "done" },
      { service: "api", state: "failed" },
    ]);
  });
});
