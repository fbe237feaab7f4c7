// Fetches one artifact by its name, or all that match a pattern.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const { fail, inputs, output, runner } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
const { name, pattern, path, ...given } = inputs(import.meta.dirname);
const wanted = name ? (one) => one === name : (one) => glob(pattern || "*").test(one);
const found = (await runner("artifacts")).filter((one) => wanted(one.name));
if (name && !found.length) fail(`Unable to download artifact(s): Artifact not found for name: ${name}`);
console.log(`Found ${found.length} artifact(s)`);
for (const one of found) {
  const folder = join(process.env.GITHUB_WORKSPACE, path, name || given["merge-multiple"] === "true" ? "" : one.name);
  for (const [file, content] of Object.entries(one.files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), Buffer.from(content, "base64"));
  }
}
output("download-path", join(process.env.GITHUB_WORKSPACE, path));

function glob(text) {
  return new RegExp(
    `^${text
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
}
