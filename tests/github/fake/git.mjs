// A bare repository by git itself. Knows no HTTP.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";

const WHO = {
  GIT_AUTHOR_NAME: "Plimsoll test",
  GIT_AUTHOR_EMAIL: "test@plimsoll.invalid",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
};
const environment = { ...process.env, ...WHO, GIT_COMMITTER_NAME: WHO.GIT_AUTHOR_NAME, GIT_COMMITTER_EMAIL: WHO.GIT_AUTHOR_EMAIL };
for (const name of ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]) delete environment[name];

export function git(args, { input, env, encoding = "utf8" } = {}) {
  return new Promise((done, fail) => {
    const options = { env: { ...environment, ...env }, encoding, maxBuffer: 64 << 20 };
    const child = execFile("git", args, options, (error, out) => (error ? fail(error) : done(encoding === "utf8" ? out.trim() : out)));
    child.stdin.end(input);
  });
}

export async function bare(path) {
  if (!existsSync(join(path, "HEAD"))) await git(["init", "--quiet", "--bare", "--initial-branch=main", path]);
  await git(["--git-dir", path, "config", "uploadpack.allowAnySHA1InWant", "true"]);
}

// A real push is told: git says each branch that moved.
export function tell(path, address) {
  const hook = join(path, "hooks", "post-receive");
  const line = `curl --silent --show-error --max-time 20 --output /dev/null --data "{\\"branch\\": \\"\${ref#refs/heads/}\\"}" '${address}'`;
  mkdirSync(dirname(hook), { recursive: true });
  writeFileSync(
    hook,
    `#!/bin/sh\nwhile read -r _ new ref; do\n  case $new$ref in 0000000000000000000000000000000000000000*) ;; *refs/heads/*) ${line} ;; esac\ndone\n`,
    { mode: 0o755 },
  );
}

export function gitAt(path) {
  const run = (args, options) => git(["--git-dir", path, ...args], options);
  const maybe = (args, options) => run(args, options).catch(() => undefined);
  return {
    path,
    head: (branch) => maybe(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}^{commit}`]),
    // A branch, a tag or a commit id, as an API takes them.
    async commit(ref) {
      const name = ref.replace(/^refs\//, "");
      for (const guess of [`refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`, ...(/^[0-9a-f]{7,40}$/.test(ref) ? [ref] : [])]) {
        const found = await maybe(["rev-parse", "--verify", "--quiet", `${guess}^{commit}`]);
        if (found) return found;
      }
    },
    branch: (name, sha) => run(["update-ref", `refs/heads/${name}`, sha]),
    blob: (commit, file) => maybe(["rev-parse", "--verify", "--quiet", `${commit}:${file}`]),
    read: (sha) => maybe(["cat-file", "blob", sha], { encoding: "buffer" }),
    async files(commit, folder) {
      const out = await maybe(["ls-tree", "--name-only", "-r", commit, `${folder}/`]);
      return out ? out.split("\n") : [];
    },
    about: async (commit) => {
      const [sha, tree, message, date, parents] = (await run(["show", "-s", "--format=%H%x00%T%x00%s%x00%cI%x00%P", commit])).split("\0");
      return { sha, tree, message, date: new Date(date).toISOString().replace(/\.\d+Z$/, "Z"), parents: parents ? parents.split(" ") : [] };
    },
    async put(branch, file, content, message) {
      const parent = await this.head(branch);
      const env = { GIT_INDEX_FILE: join(path, `index-${process.pid}-${Math.random()}`) };
      const sha = await run(["hash-object", "-w", "--stdin"], { input: content });
      if (parent) await run(["read-tree", parent], { env });
      await run(["update-index", "--add", "--cacheinfo", `100644,${sha},${file}`], { env });
      const tree = await run(["write-tree"], { env });
      const commit = await run(["commit-tree", tree, "-m", message, ...(parent ? ["-p", parent] : [])]);
      await run(["update-ref", `refs/heads/${branch}`, commit, ...(parent ? [parent] : [])]);
      await rm(env.GIT_INDEX_FILE, { force: true });
      return { sha, commit };
    },
  };
}
