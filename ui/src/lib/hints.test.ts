// @vitest-environment node
/// <reference types="node" />
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inTheWindow } from "./hints";
import { CASES } from "./testing/cases";

const root = new URL("../../../", import.meta.url);
const files: Record<string, string> = Object.fromEntries(
  ["core/src", "src-tauri/src"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => path.endsWith(".rs"))
      .map((path) => [path, readFileSync(new URL(path, root), "utf8")]),
  ),
);

/** Every text in double quotes that ships, in core's own source; comments and tests aside. */
function texts(source: string): string[] {
  const code = (source.split("#[cfg(test)]\n")[0] ?? "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/"((?:[^"\\]|\\[^])*)"/g)].map((match) =>
    (match[1] ?? "").replace(/\\\n\s*/g, "").replace(/\\"/g, '"'),
  );
}

/** Only the command line has these. */
const COMMAND_LINE =
  /plimsoll (?:deploy|server|registry|env|project|history|status|resume|sample|rollback)\b|(?:with |pass |`)--[a-z]/;
/** What only the command line can run into; of GitHub the window has no page yet. */
const ITS_OWN = [
  /--host-key names/,
  /^Made by/,
  /^(?:\\n)*# /,
  /github connect --token-stdin/,
  /--replace-edits/,
  /--subject repo:/,
];

test("no hint of core speaks of the command line in the window", () => {
  const all = Object.values(files).flatMap(texts);
  const spoken = all.filter((text) => COMMAND_LINE.test(text) && !ITS_OWN.some((one) => one.test(text)));
  expect(spoken.length, "they are read").toBeGreaterThan(25);
  expect(
    spoken
      .map(inTheWindow)
      .filter((text) => COMMAND_LINE.test(text))
      .join("\n"),
  ).toBe("");
});

test("a command becomes the page that does the same, and the rest stays word for word", () => {
  expect(inTheWindow("Set it with `plimsoll env set PROJECT GREETING --build`, then deploy again.")).toBe(
    "Set it under Variables, then deploy again.",
  );
  expect(
    inTheWindow(
      "Start Docker on forge (`sudo systemctl start docker`), or install it; `plimsoll server check` says how.",
    ),
  ).toBe(
    "Start Docker on forge (`sudo systemctl start docker`), or install it; the check on its page says how.",
  );
  const own = "Add it with `sudo dnf install git`, or choose another builder.";
  expect(inTheWindow(own)).toBe(own);
});

test.each(CASES)("core still says so: %s in %s", (_code, file, hint) => {
  const source = Object.entries(files).find(([path]) => `/${path}`.endsWith(`/${file}`))?.[1];
  expect(texts(source ?? "")).toContain(hint);
});
