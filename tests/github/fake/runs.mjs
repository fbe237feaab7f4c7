// Runs: how one begins, what a list shows of it, how it is cancelled, repeated, deleted. Who plays it is the player's matter.
import { fill } from "./expression.mjs";
import { Refusal, Reply } from "./http.mjs";
import { play } from "./player.mjs";
import { runShape } from "./shapes.mjs";
import { parsed, workflow } from "./workflows.mjs";

const A = "/repos/{owner}/{repo}/actions";
const read = [{ actions: "read" }];
const write = [{ actions: "write" }];

export const routes = [
  ["GET", `${A}/runs`, read, ({ world, repository, query }) => list(world, repository, query)],
  [
    "GET",
    `${A}/workflows/{workflow}/runs`,
    read,
    async ({ world, repository, query, params }) => {
      const one = await workflow(world, repository, params.workflow);
      return list(world, repository, query, (run) => run.workflow === one);
    },
  ],
  ["GET", `${A}/runs/{run}`, read, ({ world, run }) => runShape(world, run)],
  [
    "GET",
    `${A}/runs/{run}/attempts/{attempt}`,
    read,
    ({ world, run, params }) => {
      if (Number(params.attempt) !== run.attempt) throw new Refusal(404, "Not Found");
      return runShape(world, run);
    },
  ],
  ["DELETE", `${A}/runs/{run}`, write, ({ world, run }) => void world.runs.delete(run.id)],
  ["POST", `${A}/runs/{run}/cancel`, write, ({ world, run }) => cancelled(world, run)],
  ["POST", `${A}/runs/{run}/force-cancel`, write, ({ world, run }) => cancelled(world, run)],
  ["POST", `${A}/runs/{run}/rerun`, write, ({ world, run, token }) => repeated(world, run, token.login, () => true)],
  [
    "POST",
    `${A}/runs/{run}/rerun-failed-jobs`,
    write,
    ({ world, run, token }) => repeated(world, run, token.login, (job) => job.conclusion !== "success"),
  ],
];

export async function start(world, repository, { workflow: one, file, event, branch, sha, inputs = {}, actor }) {
  const about = await repository.git.about(sha);
  const at = world.stamp();
  const contexts = {
    inputs,
    github: {
      sha,
      ref_name: branch,
      ref: `refs/heads/${branch}`,
      actor,
      event_name: event,
      repository: `${repository.owner}/${repository.name}`,
    },
  };
  const run = {
    id: world.id(),
    repository,
    workflow: one,
    file,
    contexts,
    event,
    branch,
    sha,
    inputs,
    actor,
    triggered_by: actor,
    name: file.name ?? one.path,
    title: (file["run-name"] && fill(file["run-name"], contexts)) || (event === "push" ? about.message : (file.name ?? one.path)),
    message: about.message,
    number: ++one.runs,
    attempt: 1,
    status: "queued",
    conclusion: null,
    jobs: [],
    artifacts: [],
    created_at: at,
    updated_at: at,
    started_at: at,
    visible: world.now().getTime() + repository.lag,
  };
  world.runs.set(run.id, run);
  play(world, run, () => true);
  return run;
}

// What a push starts: each workflow of the commit that wants this branch.
export async function pushed(world, repository, branch, actor) {
  const sha = await repository.git.head(branch);
  const { known, triggers } = await import("./workflows.mjs");
  const started = [];
  for (const one of await known(world, repository)) {
    const file = await parsed(repository, one.path, sha);
    const on = file && triggers(file).push;
    if (on && (!on.branches || on.branches.includes(branch)))
      started.push(await start(world, repository, { workflow: one, file, event: "push", branch, sha, actor }));
  }
  return started;
}

function list(world, repository, query, wanted = () => true) {
  const now = world.now().getTime();
  const all = [...world.runs.values()]
    .filter((run) => run.repository === repository && run.visible <= now && wanted(run) && asked(run, query))
    .reverse();
  const size = Math.min(Number(query.get("per_page") ?? 30), 100);
  const page = Number(query.get("page") ?? 1);
  return { total_count: all.length, workflow_runs: all.slice((page - 1) * size, page * size).map((run) => runShape(world, run)) };
}

function asked(run, query) {
  const is = (name, value) => !query.has(name) || query.get(name) === value;
  const status = query.get("status");
  if (!is("event", run.event) || !is("branch", run.branch) || !is("head_sha", run.sha) || !is("actor", run.actor)) return false;
  if (status && status !== run.status && status !== run.conclusion) return false;
  return within(query.get("created"), run.created_at);
}

// `>=T`, `<=T`, `>T`, `<T`, `A..B`, or a day.
function within(range, at) {
  if (!range) return true;
  const time = (text) => (text === "*" ? undefined : Date.parse(text));
  const now = Date.parse(at);
  const [, sign, one] = /^([<>]=?)?(.*)$/.exec(range);
  if (one.includes("..")) {
    const [from, to] = one.split("..").map(time);
    return (from === undefined || now >= from) && (to === undefined || now <= to);
  }
  return { ">=": now >= time(one), ">": now > time(one), "<=": now <= time(one), "<": now < time(one) }[sign] ?? at.startsWith(one);
}

export function cancelled(world, run) {
  if (run.status === "completed") throw new Refusal(409, "Cannot cancel a workflow run that is completed.");
  run.cancel();
  return new Reply(202, {});
}

function repeated(world, run, login, again) {
  if (run.status !== "completed") throw new Refusal(403, "This workflow is already running");
  run.attempt += 1;
  run.triggered_by = login;
  Object.assign(run, { status: "queued", conclusion: null, started_at: world.stamp(), updated_at: world.stamp() });
  play(world, run, again);
  return new Reply(201, {});
}
