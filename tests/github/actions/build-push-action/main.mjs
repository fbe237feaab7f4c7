// Builds with the engine's BuildKit and pushes. Caches are checked, not used: the engine's own driver exports none.
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";

const { fail, inputs, lines, output, run } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
const LISTS = {
  "build-args": "--build-arg",
  "build-contexts": "--build-context",
  labels: "--label",
  tags: "--tag",
  "secret-files": "--secret",
  "add-hosts": "--add-host",
  allow: "--allow",
  annotations: "--annotation",
  ulimit: "--ulimit",
  outputs: "--output",
  ssh: "--ssh",
};
const ONES = {
  target: "--target",
  platforms: "--platform",
  network: "--network",
  "shm-size": "--shm-size",
  "cgroup-parent": "--cgroup-parent",
};
const FLAGS = { push: "--push", load: "--load", pull: "--pull", "no-cache": "--no-cache" };

const given = inputs(import.meta.dirname);
for (const name of ["cache-from", "cache-to"]) lines(given[name]).forEach((line) => cache(name, line));
for (const name of ["provenance", "sbom"])
  if (given[name] && given[name] !== "false") fail(`${name} is not played: one manifest per platform is what is wanted`);
if (!given.tags && given.push === "true") fail("tag is needed when pushing to registry");

const metadata = join(mkdtempSync(join(process.env.RUNNER_TEMP, "build-")), "metadata.json");
const args = [
  "buildx",
  "build",
  "--progress",
  "plain",
  "--metadata-file",
  metadata,
  ...(given.file ? ["--file", given.file] : []),
  ...options(),
];
run("docker", [...args, given.context || "."]);
const made = JSON.parse(readFileSync(metadata, "utf8"));
output("digest", made["containerimage.digest"]);
output("imageid", made["containerimage.config.digest"] ?? made["containerimage.digest"]);
output("metadata", JSON.stringify(made));

function options() {
  const many = Object.entries(LISTS).flatMap(([name, option]) => lines(given[name]).flatMap((line) => [option, secretFile(name, line)]));
  const single = Object.entries(ONES)
    .filter(([name]) => given[name])
    .flatMap(([name, option]) => [option, given[name]]);
  const flags = Object.entries(FLAGS)
    .filter(([name]) => given[name] === "true")
    .map(([, option]) => option);
  return [...many, ...single, ...flags, ...environmentSecrets()];
}

function secretFile(name, line) {
  if (name !== "secret-files") return line;
  const [id, path] = line.split(/=(.*)/s);
  return `id=${id},src=${path}`;
}

function environmentSecrets() {
  return lines(given["secret-envs"]).flatMap((line) => {
    const [id, name] = line.split(/=(.*)/s);
    if (process.env[name] === undefined) fail(`secret ${id}: the environment has no ${name}`);
    return ["--secret", `id=${id},env=${name}`];
  });
}

function cache(name, line) {
  const fields = Object.fromEntries(line.split(",").map((field) => field.split(/=(.*)/s)));
  if (fields.type === "gha" && !fields.scope) fail(`${name}: a cache without a scope is shared by all services`);
  if (fields.type === "registry" && !fields.ref) fail(`${name}: a registry cache needs its ref`);
  if (!["gha", "registry"].includes(fields.type)) fail(`${name}: type ${fields.type} is not played`);
}
