// @vitest-environment node
import { describe, expect, test } from "vitest";
import type { ServicePlan } from "$lib/host";
import { gapMeasured, gapWords } from "./gap";
import { noRun, reduce } from "./reduce";
import { keptOut, live, switched } from "./testing/stories";
import { comesBack, wayBackOf, wayBackPlanned, wayBackSentence } from "./wayback";

const service = (name: string, strategy: ServicePlan["strategy"], image: ServicePlan["image"] = "build") => ({
  name,
  strategy,
  image,
  reason: "",
  probe: "",
});
const WEB = service("web", "blue-green");
const API = service("api", "blue-green");
const WORKER = service("worker", "recreate");
const DB = service("db", "recreate", "keep");

describe("the way back", () => {
  test("of a swap is a turn for what started beside the old one, a start for the rest", () => {
    expect(wayBackOf(reduce(noRun(), switched()))).toEqual({ turn: ["api", "web"], start: ["worker"] });
    expect(wayBackOf(reduce(noRun(), live()))).toEqual({ turn: [], start: ["api", "web"] });
    expect(wayBackOf(reduce(noRun(), keptOut()))).toEqual({ turn: ["api"], start: [] });
  });

  test("is named as what it is", () => {
    expect(wayBackSentence({ turn: ["web", "api"], start: [] })).toBe(
      "The way back is a turn: the old web and api still run, and traffic goes back at once.",
    );
    expect(wayBackSentence({ turn: [], start: ["db"] })).toBe(
      "The way back is a start: db starts again from the old images.",
    );
    expect(wayBackSentence({ turn: ["web"], start: ["db"] })).toBe(
      "The way back is a turn for web, which still runs, and a start for db.",
    );
  });

  test("is planned from the strategies of what changes", () => {
    expect(wayBackPlanned([WEB, API, DB])).toBe("a turn, at once, until the soak ends; after that a start");
    expect(wayBackPlanned([WEB, WORKER, DB])).toBe(
      "until the soak ends a turn for web and a start for worker; after that a start for all",
    );
    expect(wayBackPlanned([WORKER, DB])).toBe("a start: worker starts again from the old images");
    expect(wayBackPlanned([DB])).toBeUndefined();
  });

  test("of a release that does not run any more names only what changes", () => {
    const change = (name: string, to: string | null = "b") => ({ service: name, from: "a", to });
    const plan = {
      warm: false,
      images: [change("web"), change("gone", null)],
      compose: [{ service: "worker", keys: ["environment"] }],
    };
    expect(comesBack(plan, [WEB, API, WORKER, DB])).toBe(
      "web starts beside what serves, then traffic turns and no request is lost; worker stops and starts again",
    );
    expect(comesBack(plan, [])).toBe("nothing of it runs any more");
    expect(comesBack({ ...plan, warm: true }, [WEB, API, WORKER, DB])).toBe(
      "web still runs: traffic turns back at once and no request is lost; worker stops and starts again",
    );
  });
});

test("a gap is told with its resolution, and none where nobody asked", () => {
  expect([null, 0, 40, 420, 31_400].map(gapWords)).toEqual([
    undefined,
    "no gap over 0.1 s",
    "no gap over 0.1 s",
    "gap 0.4 s",
    "gap 31 s",
  ]);
  expect(gapMeasured(0)).toBe("no gap seen, 0.1 s resolution");
  expect(gapMeasured(null)).toBeUndefined();
});
