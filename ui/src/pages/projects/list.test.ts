import { expect, test } from "vitest";
import { liveSince } from "$lib/deployment/standing";
import { when } from "$lib/format";
import type { EnvironmentStatus, ProjectRow } from "$lib/host";
import { deployment, project } from "$lib/host/fake/make";
import { shopHistory } from "$lib/host/fake/world";
import { matching, standing } from "./list";
import { standingWords } from "./standing-words";

const row = (name: string, more: Partial<ProjectRow> = {}): ProjectRow => ({
  project: project(name),
  environments: [["production", "hull-1"]],
  builder: null,
  latest: null,
  serving: [],
  recent_ms: [],
  unreadable: null,
  ...more,
});

test("every word of the filter has to occur, wherever", () => {
  const rows = [row("shop"), row("blog", { environments: [["production", "mast-2"]] })];
  const names = (text: string) => matching(rows, text).map((row) => row.project.name);
  expect(names("")).toEqual(["shop", "blog"]);
  expect(names("mast")).toEqual(["blog"]);
  expect(names("SHOP hull")).toEqual(["shop"]);
  expect(names("shop mast")).toEqual([]);
});

test("an unreadable folder stands before everything else", () => {
  const latest = deployment("1", "shop", { status: "live" });
  expect(standing(row("shop", { latest }))).toBe("live");
  expect(standing(row("shop", { latest, unreadable: "the folder is gone" }))).toBe("unreadable");
  expect(standing(row("shop"))).toBe("never");
});

test("of a project that cannot be read it is said what served when last seen", () => {
  const live = shopHistory()[0]!;
  const gone = row("shop", {
    environments: [],
    latest: live,
    serving: [live],
    unreadable: "the folder is gone",
  });
  expect(standingWords(gone)).toBe("the folder is gone · 3f9ab12 serves");
  expect(standingWords(row("shop", { unreadable: "the folder is gone" }))).toBe("the folder is gone");
});

test("after an undo that failed nothing is said to serve", () => {
  const problem = { code: "rollback_failed", title: "t", detail: "", hint: "" } as const;
  const latest = deployment("2", "shop", { status: "failed", problem });
  const unproven = row("shop", { latest, serving: shopHistory().slice(0, 1) });
  expect(standing(unproven)).toBe("unproven");
  expect(standingWords(unproven)).not.toMatch(/3f9ab12|live/);
});

test("since when something is live is said alike, whatever was checked later", () => {
  const [live] = shopHistory();
  const latest = deployment("2", "shop", {
    ...live!,
    status: "nothing_to_do",
    finished: new Date().toISOString(),
  });
  const words = standingWords(row("shop", { latest, serving: [live!] }));
  expect(words).toBe(`live 3f9ab12 · ${when(liveSince(live)!)}`);
  const stands = { release: live!.release, since: new Date(0).toISOString() } as EnvironmentStatus;
  expect(liveSince(live, stands)).toBe(live!.finished);
  expect(liveSince(live, { ...stands, release: "another" })).toBe(stands.since);
});

test("a row says what serves when its last deployment did not go live", () => {
  const rows = shopHistory();
  const latest = deployment("2", "shop", { status: "failed" });
  expect(standingWords(row("shop", { latest, serving: rows.slice(0, 1) }))).toBe("failed · 3f9ab12 serves");
});
