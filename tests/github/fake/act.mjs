// A run really executed: act on a clone of the run's commit, in host mode, with the stand-ins of ../actions. What it prints as JSON
// becomes jobs and steps. Knows no HTTP.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { git } from "./git.mjs";
import { beginJob, endJob, endStep, finish, newJob, say, skip, touch, verdict } from "./player.mjs";
import { opened } from "./secrets.mjs";
import { act } from "./tools.mjs";
import { legs } from "./workflows.mjs";

const ACTIONS = join(import.meta.dirname, "..", "actions");

// repository.player: { kind: "act", env: { … } } — `env` is what a runner's machine would have: PATH, DOCKER_HOST, AWS addresses.
export async function byAct(world, run, kept) {
  const home = join(world.dir, "act", `${run.id}-${run.attempt}`);
  const all = legs(run.file, run.contexts);
  const wanted = all.filter((leg) => !kept.includes(leg.name));
  try {
    await prepare(run, home);
    const jobs = new Map(wanted.filter((leg) => !leg.needs.length).map((leg) => [leg, newJob(world, run, leg)]));
    touch(world, run, { status: "in_progress" });
    const trouble = await execute(world, run, home, wanted, jobs);
    for (const leg of wanted) if (!jobs.has(leg)) jobs.set(leg, skipped(world, run, leg));
    if (trouble && !run.stop.aborted) run.trouble = trouble;
    const ends = [...jobs.values()].map((job) =>
      job.status === "completed" ? job.conclusion : endJob(world, job, run.stop.aborted ? "cancelled" : "failure"),
    );
    finish(world, run, verdict(run, trouble ? [...ends, "failure"] : ends));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function skipped(world, run, leg) {
  skip(world, run, leg);
  return run.jobs.at(-1);
}

async function prepare(run, home) {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  await git(["clone", "--quiet", "--no-local", run.repository.git.path, join(home, "work")]);
  await git(["-C", join(home, "work"), "checkout", "--quiet", "-B", run.branch, run.sha]);
  run.word = randomBytes(16).toString("hex");
}

async function execute(world, run, home, wanted, jobs) {
  const env = {
    ...process.env,
    ...run.repository.player.env,
    HOME: home,
    XDG_CACHE_HOME: join(home, "cache"),
    PLIMSOLL_RUNNER: `/runner/${run.word}`,
  };
  env.PATH = `${join(ACTIONS, "bin")}:${env.PATH}`;
  for (const name of Object.keys(env)) if (/^(GITHUB_|ACTIONS_|RUNNER_|INPUT_)/.test(name)) delete env[name];
  const child = spawn(act, await options(world, run, home, wanted), { cwd: join(home, "work"), env, stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => kill(run.word);
  run.stop.addEventListener("abort", stop);
  process.once("exit", stop);
  const said = [];
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => heard(world, run, wanted, jobs, line, said));
  const [code] = await Promise.all([new Promise((done) => child.once("close", done)), new Promise((done) => lines.once("close", done))]);
  stop();
  process.off("exit", stop);
  const failed = [...jobs.values()].some((job) => job.conclusion === "failure");
  return code !== 0 && !failed ? said.join("\n") || `act ended with ${code}` : undefined;
}

// act gives each step a process group of its own: all that carry the run's word are ended, act first.
function kill(word) {
  for (const id of processes(word)) {
    try {
      process.kill(id, "SIGKILL");
    } catch {
      // it ended by itself
    }
  }
}

export function processes(word) {
  const carries = (id) => {
    try {
      return readFileSync(`/proc/${id}/environ`, "latin1").includes(`/runner/${word}`);
    } catch {
      return false;
    }
  };
  const ids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return ids.sort((one, other) => one - other).filter(carries);
}

async function options(world, run, home, wanted) {
  const { inputs, repository, event, workflow, attempt } = run;
  const labels = new Set(wanted.flatMap((leg) => leg.labels));
  const environments = new Set(wanted.map((leg) => leg.environment).filter(Boolean));
  const secrets = Object.assign({}, opened(repository), ...[...environments].map((name) => opened(repository, name)));
  // As YAML, of which JSON is a part: in a .env file act would take `$` for a variable.
  const secretFile = join(home, "secrets.yml");
  writeFileSync(secretFile, JSON.stringify(secrets), { mode: 0o600 });
  writeFileSync(
    join(home, "event.json"),
    JSON.stringify({
      ref: `refs/heads/${run.branch}`,
      inputs,
      repository: { full_name: `${repository.owner}/${repository.name}`, default_branch: repository.default_branch },
    }),
  );
  const env = {
    GITHUB_REPOSITORY: `${repository.owner}/${repository.name}`,
    GITHUB_RUN_ID: run.id,
    GITHUB_RUN_ATTEMPT: attempt,
    GITHUB_RUN_NUMBER: run.number,
    PLIMSOLL_RUNNER: `${world.bases.runner}/runner/${run.word}`,
    PLIMSOLL_GIT: repository.git.path,
    PLIMSOLL_ACTIONS: ACTIONS,
  };
  return [
    event,
    "--workflows",
    workflow.path,
    "--eventpath",
    join(home, "event.json"),
    "--json",
    "--no-cache-server",
    "--no-skip-checkout",
    "--pull=false",
    "--env-file",
    "/dev/null",
    "--var-file",
    "/dev/null",
    "--input-file",
    "/dev/null",
    "--secret-file",
    secretFile,
    "--actor",
    run.actor,
    "--artifact-server-path",
    "",
    ...pairs(
      "--platform",
      [...labels].map((label) => [label, "-self-hosted"]),
    ),
    ...pairs("--env", Object.entries(env)),
    ...pairs("--input", event === "workflow_dispatch" ? Object.entries(inputs) : []),
    ...onlyFailed(run, wanted),
    ...(await standIns(run)),
  ];
}

function pairs(option, entries) {
  return entries.flatMap(([name, value]) => [option, `${name}=${value}`]);
}

// Repeating failed legs alone: act chooses them by their place in the matrix.
function onlyFailed(run, wanted) {
  if (run.attempt === 1) return [];
  const chosen = wanted.filter((leg) => leg.matrix).map((leg) => Object.entries(leg.matrix)[0]);
  return chosen.flatMap(([name, value]) => ["--matrix", `${name}:${value}`]);
}

// An action without a stand-in cannot be had: nothing is fetched from outside.
async function standIns(run) {
  const there = readdirSync(ACTIONS).filter((name) => existsSync(join(ACTIONS, name, "action.yml")));
  const used = new Set(
    Object.values(run.file.jobs).flatMap((job) =>
      (job.steps ?? []).map((step) => step.uses).filter((uses) => uses && !uses.startsWith("./")),
    ),
  );
  return [...used].flatMap((uses) => {
    const name = uses.split("@")[0].split("/")[1];
    if (!there.includes(name)) throw new Error(`Unable to resolve action ${uses}: no stand-in of that name`);
    return ["--local-repository", `${uses}=${join(ACTIONS, name)}`];
  });
}

function heard(world, run, wanted, jobs, line, said) {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    return void said.push(line);
  }
  const leg = wanted.find((one) => one.id === event.jobID && same(one.matrix ?? {}, event.matrix ?? {}));
  if (!leg) return;
  if (!jobs.has(leg)) jobs.set(leg, newJob(world, run, leg));
  const job = jobs.get(leg);
  if (job.status === "queued") begin(world, job, leg);
  if (event.raw_output) say(world, job, String(event.msg).replace(/\n$/, ""));
  else stepped(world, job, leg, event);
  // act knows one result for all legs of a matrix: each leg's own is that of its steps.
  if (event.jobResult) endJob(world, job, job.steps.some((step) => step.conclusion === "failure") ? "failure" : "success");
}

function same(one, other) {
  const flat = (value) =>
    JSON.stringify(
      Object.entries(value)
        .map(([name, each]) => [name, String(each)])
        .sort(),
    );
  return flat(one) === flat(other);
}

function begin(world, job, leg) {
  beginJob(world, job);
  for (const name of ["Set up job", ...leg.steps]) job.steps.push({ name, status: "queued" });
}

function stepped(world, job, leg, { step, stepID, stage, stepResult, msg, level }) {
  if (!step || stage === "Pre") return;
  const running = place(job, leg, step, stepID?.[0], stage);
  if (running.status === "queued") Object.assign(running, { status: "in_progress", started_at: world.stamp() });
  if (level === "error") say(world, job, `##[error]${msg}`);
  if (msg.startsWith("⭐")) say(world, job, `##[group]Run ${running.name.replace(/^Run /, "")}`, "##[endgroup]");
  if (stepResult) endStep(world, running, stepResult);
}

// act names a step by its id, or by its place. Post steps and the last one are known only when they begin.
function place(job, leg, step, id, stage) {
  const at = leg.ids.indexOf(id) >= 0 ? leg.ids.indexOf(id) : Number(id);
  if (stage === "Main" && at < leg.ids.length) return job.steps[at + 1];
  const name = stage === "Post" ? `Post ${step}` : step;
  if (!job.steps.some((one) => one.name === name)) job.steps.push({ name, status: "queued" });
  return job.steps.find((one) => one.name === name);
}
