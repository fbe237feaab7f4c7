// @vitest-environment node
import { expect, test } from "vitest";
import type { RollbackPlan } from "$lib/host";
import { changes, migrationsSentence } from "./rollback";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

test("every change is named: images, Compose file, variables", () => {
  const plan = {
    images: [
      { service: "api", from: digest("a"), to: digest("b") },
      { service: "cron", from: digest("c"), to: null },
      { service: "mail", from: null, to: digest("d") },
    ],
    compose: [{ service: "web", keys: ["ports", "volumes"] }],
    variables: { added: ["OLD"], removed: ["NEW"], changed: ["KEY"] },
  } as unknown as RollbackPlan;
  expect(changes(plan)).toEqual([
    {
      what: "Images",
      rows: [
        { name: "api", change: "aaaaaaaaaaaa → bbbbbbbbbbbb" },
        { name: "cron", change: "goes, its volumes stay" },
        { name: "mail", change: "comes back as dddddddddddd" },
      ],
    },
    { what: "Compose file", rows: [{ name: "web", change: "ports, volumes" }] },
    {
      what: "Variables",
      rows: [
        { name: "KEY", change: "gets the value it had" },
        { name: "OLD", change: "is set again" },
        { name: "NEW", change: "goes" },
      ],
    },
  ]);
});

test("migrations are said not to be undone", () => {
  const deployment = {
    commit: { id: "41c2e07aaa" },
    started: "2020-01-01T00:00:00Z",
    finished: null,
  } as never;
  expect(migrationsSentence([deployment])).toMatch(
    /^1 release command ran since, the last with 41c2e07 1 Jan 2020 .*What it changed in the database stays/,
  );
  expect(migrationsSentence([deployment, deployment])).toMatch(
    /^2 release commands ran .* What they changed/,
  );
});
