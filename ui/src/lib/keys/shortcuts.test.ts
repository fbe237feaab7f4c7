import { expect, test } from "vitest";
import { IDS, keysOf, keysPressed, remapped, reserved, SHORTCUTS, taken } from "./shortcuts";

test("no two acts have the same keys to begin with, and none has keys that are not free", () => {
  const keys = IDS.map((id) => SHORTCUTS[id].keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.filter((press) => reserved(press) !== null)).toEqual([]);
});

test("other keys hold, the usual ones need no entry", () => {
  const changed = remapped("deploy", "$mod+d", []);
  expect(changed).toEqual([["deploy", "$mod+d"]]);
  expect(keysOf("deploy", changed)).toBe("$mod+d");
  expect(keysOf("find", changed)).toBe("$mod+f");
  expect(remapped("deploy", SHORTCUTS.deploy.keys, changed)).toEqual([]);
});

test("keys have one act: the one that had them goes without", () => {
  expect(taken("$mod+k", [])).toBe("palette");
  const changed = remapped("deploy", "$mod+k", []);
  expect([keysOf("deploy", changed), keysOf("palette", changed)]).toEqual(["$mod+k", undefined]);
  // Given back, both are as usual where they can be.
  expect(keysOf("palette", remapped("palette", "$mod+k", changed))).toBe("$mod+k");
  expect(keysOf("deploy", remapped("palette", "$mod+k", changed))).toBeUndefined();
});

test("a press is written as it is matched", () => {
  const press = (key: string, more: KeyboardEventInit = {}, mac = false) =>
    keysPressed(new KeyboardEvent("keydown", { key, ...more }), mac);
  expect(press("R", { ctrlKey: true, shiftKey: true })).toBe("$mod+Shift+r");
  expect(press("?", { shiftKey: true })).toBe("[Shift]+?");
  expect(press("k", { metaKey: true }, true)).toBe("$mod+k");
  expect(press("k", { ctrlKey: true }, true)).toBe("Control+k");
  expect([press("Shift"), press("Dead")]).toEqual([null, null]);
  expect(taken("?", [])).toBe("help");
});

test("what lists and texts need stays theirs", () => {
  for (const keys of ["$mod+c", "j", "Escape", "Tab", "ArrowDown", "Shift+F10"])
    expect(reserved(keys), keys).not.toBeNull();
  expect(reserved("$mod+Shift+c")).toBeNull();
});
