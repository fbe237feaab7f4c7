import { expect, test, vi } from "vitest";
import type { DeploymentShown, Host, WatchMessage } from "$lib/host";
import { noRun, reduce } from "./reduce";
import { chance } from "./testing/chance";
import { live, rolledBack } from "./testing/stories";
import { Watched } from "./watched.svelte";

function shown(events: DeploymentShown["events"], status: "running" | "live" = "running"): DeploymentShown {
  return { events, lines: 0, deployment: { status } } as unknown as DeploymentShown;
}

/** A host that remembers who watches. */
function host() {
  const watchers: { from: number; tell: (message: WatchMessage) => void; stopped: boolean }[] = [];
  const deployWatch: Host["deployWatch"] = (_, from, tell) => {
    const watcher = { from, tell, stopped: false };
    watchers.push(watcher);
    return () => (watcher.stopped = true);
  };
  return { watchers, host: { deployWatch } as Host };
}
const lines = { grow: vi.fn(), append: vi.fn() };

test("history, snapshot and tail come to the same whatever their borders, overlaps and repetitions", () => {
  for (const story of [live(), rolledBack()]) {
    const whole = reduce(noRun(), story);
    for (let seed = 0; seed < 40; seed += 1) {
      const pick = chance(seed);
      const { host: fake, watchers } = host();
      const watched = new Watched(fake, "id", lines);
      const known = pick(story.length - 1);
      watched.know(shown(story.slice(0, known)));
      const [watcher] = watchers;
      if (watcher === undefined) throw new Error("nobody watches");
      expect(watcher.from).toBe(known);
      const snapshot = known + pick(story.length - known);
      watcher.tell({
        type: "snapshot",
        events: story.slice(Math.max(0, known - pick(4)), snapshot),
        line_count: 3,
        here: true,
      });
      for (let at = snapshot; at < story.length; at += 1 + pick(3)) {
        watcher.tell({ type: "events", events: story.slice(Math.max(0, at - pick(3)), at + 3) });
        if (pick(5) === 0) watched.know(shown(story.slice(0, at)));
      }
      expect(watched.run).toEqual(whole);
      watched.close();
      expect(watcher.stopped).toBe(true);
    }
  }
});

test("what is over is not watched", () => {
  const { host: fake, watchers } = host();
  new Watched(fake, "id", lines).know(shown(live(), "live"));
  expect(watchers).toHaveLength(0);
});

test("a gap that stays is asked for again", () => {
  vi.useFakeTimers();
  const { host: fake, watchers } = host();
  const watched = new Watched(fake, "id", lines);
  watched.know(shown([]));
  const story = live();
  watchers[0]?.tell({ type: "events", events: story.slice(5) });
  vi.advanceTimersByTime(3000);
  expect(watchers).toHaveLength(2);
  expect(watchers[0]?.stopped).toBe(true);
  watchers[1]?.tell({ type: "snapshot", events: story, line_count: 0, here: true });
  expect(watched.run).toEqual(reduce(noRun(), story));
  vi.useRealTimers();
});
