// Hands files to GitHub's stand-in. Names once used are taken, unless `overwrite` says otherwise.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";

const { fail, inputs, lines, output, runner } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
const given = inputs(import.meta.dirname);
const files = Object.fromEntries(lines(given.path).flatMap(under));
if (!Object.keys(files).length) nothing();
else output("artifact-id", (await runner("artifacts", { name: given.name, files, overwrite: given.overwrite === "true" })).id);

function under(path) {
  if (/[*?!]/.test(path)) fail(`a pattern is not played: ${path}`);
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [[basename(path), content(path)]];
  const all = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return all.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).map((file) => [relative(path, file), content(file)]);
}

function content(file) {
  return readFileSync(file).toString("base64");
}

function nothing() {
  const message = `No files were found with the provided path: ${given.path}. No artifacts will be uploaded.`;
  if (given["if-no-files-found"] === "error") fail(message);
  console.log(message);
}
