import { expect, test } from "vitest";
import type { Settings } from "$lib/host";
import { commandText, duration, listOf, same, seconds, wordsOf } from "./draft";

test("durations go there and back", () => {
  for (const s of [0, 0.5, 60, 90]) expect(seconds(duration(s))).toBe(s);
  expect(duration(1.5)).toEqual({ secs: 1, nanos: 500_000_000 });
});

test("commands keep their words, quotes and blanks included", () => {
  for (const words of [
    ["python3", "migrate.py"],
    ["sh", "-c", 'echo "a b" \\ c'],
    ["x", ""],
  ]) {
    expect(wordsOf(commandText(words))).toEqual(words);
  }
});

test("lists are lines or commas", () => {
  expect(listOf(" a.yml,\n b.yml \n\n")).toEqual(["a.yml", "b.yml"]);
});

test("the order of keys is no change, a value is", () => {
  const settings: Settings = {
    compose_files: [],
    profiles: [],
    builder: { kind: "build-vm", server: "vm" },
    registry: null,
    environments: {},
    services: {},
    release_command: null,
  };
  expect(same(settings, { ...settings, builder: { server: "vm", kind: "build-vm" } })).toBe(true);
  expect(same(settings, { ...settings, registry: "ghcr" })).toBe(false);
});
