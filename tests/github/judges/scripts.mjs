// Writes every `run:` of workflow files to a folder, a file each, as the shell gets it.
// Usage: scripts.mjs FOLDER FILE...
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";

const [folder, ...files] = process.argv.slice(2);
const seen = new Set();
for (const file of files) {
  for (const [name, job] of Object.entries(parse(readFileSync(file, "utf8")).jobs)) {
    (job.steps ?? []).forEach((step, n) => {
      if (!step.run || seen.has(step.run)) return;
      seen.add(step.run);
      writeFileSync(join(folder, `${basename(file, ".yml")}-${name}-${n}.sh`), `#!/usr/bin/env bash\nset -eo pipefail\n${step.run}`);
    });
  }
}
if (seen.size === 0) throw new Error("no script was found");
