// Fetches the run's repository at a ref, as the real one: the workspace is emptied first.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const { fail, inputs, output, run } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
const { ref, path, repository, submodules, lfs } = inputs(import.meta.dirname);
if (repository && repository !== process.env.GITHUB_REPOSITORY) fail(`only ${process.env.GITHUB_REPOSITORY} is there`);
if (submodules === "true" || submodules === "recursive" || lfs === "true") fail("submodules and LFS are not played");

const to = join(process.env.GITHUB_WORKSPACE, path);
mkdirSync(to, { recursive: true });
for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true, force: true });
const git = (...args) => run("git", ["-C", to, ...args]);
git("init", "--quiet", "--initial-branch=checkout");
git("fetch", "--quiet", process.env.PLIMSOLL_GIT, ref || process.env.GITHUB_SHA);
git("checkout", "--quiet", "--detach", "FETCH_HEAD");
const commit = execFileSync("git", ["-C", to, "rev-parse", "HEAD"]).toString().trim();
output("ref", ref);
output("commit", commit);
console.log(commit);
