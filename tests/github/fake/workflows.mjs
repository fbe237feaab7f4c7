// Workflow files as GitHub reads them: which there are, whether and with what they may be dispatched, which jobs they have.
// Knows nothing of how a run goes.
import { posix } from "node:path";
import { fill } from "./expression.mjs";
import { Refusal } from "./http.mjs";
import { start } from "./runs.mjs";
import { like } from "./shapes.mjs";
import { require } from "./tools.mjs";

const YAML = require("yaml");
const FOLDER = ".github/workflows";

export const routes = [
  [
    "GET",
    "/repos/{owner}/{repo}/actions/workflows",
    [{ actions: "read" }],
    async ({ world, repository }) => {
      const found = await known(world, repository);
      return { total_count: found.length, workflows: found.map((one) => shape(world, repository, one)) };
    },
  ],
  [
    "GET",
    "/repos/{owner}/{repo}/actions/workflows/{workflow}",
    [{ actions: "read" }],
    async ({ world, repository, params }) => shape(world, repository, await workflow(world, repository, params.workflow)),
  ],
  [
    "PUT",
    "/repos/{owner}/{repo}/actions/workflows/{workflow}/enable",
    [{ actions: "write" }],
    async ({ world, repository, params }) => {
      repository.disabled.delete((await workflow(world, repository, params.workflow)).path);
    },
  ],
  ["POST", "/repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches", [{ actions: "write" }], dispatch],
];

// A workflow exists once its file is on the default branch. A commit is read once.
export async function known(world, repository) {
  const commit = await repository.git.head(repository.default_branch);
  if (!commit) return [];
  if (repository.read?.commit !== commit) repository.read = { commit, found: readAt(world, repository, commit) };
  return repository.read.found;
}

async function readAt(world, repository, commit) {
  const paths = (await repository.git.files(commit, FOLDER)).filter((path) => /\.ya?ml$/.test(path));
  return Promise.all(paths.map((path) => remember(world, repository, path, commit)));
}

async function remember(world, repository, path, commit) {
  const file = await parsed(repository, path, commit).catch(() => ({}));
  const one = repository.workflows.get(path) ?? { id: world.id() % 1_000_000_000, path, runs: 0, created_at: world.stamp() };
  one.name = typeof file.name === "string" ? file.name : path;
  repository.workflows.set(path, one);
  return one;
}

export async function workflow(world, repository, name) {
  const found = (await known(world, repository)).find((one) => String(one.id) === name || posix.basename(one.path) === name);
  if (!found) throw new Refusal(404, "Not Found");
  return found;
}

const files = new Map();

export async function parsed(repository, path, commit) {
  const blob = await repository.git.blob(commit, path);
  if (blob && !files.has(blob)) files.set(blob, YAML.parse(String(await repository.git.read(blob))));
  return files.get(blob);
}

async function dispatch({ world, repository, params, body, token, version }) {
  const one = await workflow(world, repository, params.workflow);
  const sha = await repository.git.commit(body.ref);
  if (!sha) throw new Refusal(422, `No ref found for: ${body.ref}`);
  if (repository.disabled.has(one.path)) throw new Refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
  const file = await parsed(repository, one.path, sha);
  const inputs = accepted(triggers(file).workflow_dispatch, body.inputs ?? {});
  const branch = body.ref.replace(/^refs\/(heads|tags)\//, "");
  const run = await start(world, repository, { workflow: one, file, event: "workflow_dispatch", branch, sha, inputs, actor: token.login });
  if (version < "2026-03-10" && !body.return_run_details) return undefined;
  const base = `${repository.owner}/${repository.name}/actions/runs/${run.id}`;
  return { workflow_run_id: run.id, run_url: `${world.bases.api}/repos/${base}`, html_url: `${world.bases.login}/${base}` };
}

export function triggers(file) {
  const on = file?.on ?? file?.true ?? {};
  if (typeof on === "string") return { [on]: {} };
  return Array.isArray(on)
    ? Object.fromEntries(on.map((name) => [name, {}]))
    : Object.fromEntries(Object.entries(on).map(([name, value]) => [name, value ?? {}]));
}

function accepted(trigger, given) {
  if (!trigger) throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
  const wanted = trigger.inputs ?? {};
  const odd = Object.keys(given).filter((name) => !(name in wanted));
  if (odd.length) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(odd)}`);
  const missing = Object.keys(wanted).find((name) => wanted[name]?.required && wanted[name].default === undefined && !given[name]);
  if (missing) throw new Refusal(422, `Required input '${missing}' not provided`);
  return Object.fromEntries(Object.entries(wanted).map(([name, input]) => [name, typed(input, given[name] ?? input?.default ?? "")]));
}

function typed(input, value) {
  return input?.type === "boolean" ? value === true || value === "true" : value;
}

// The jobs of a file with their matrix legs.
export function legs(file, contexts) {
  return Object.entries(file.jobs ?? {}).flatMap(([id, job]) =>
    combinations(job.strategy?.matrix).map((matrix) => ({
      id,
      matrix,
      needs: [job.needs ?? []].flat(),
      labels: [job["runs-on"]].flat().map(String),
      steps: (job.steps ?? []).map((step) => stepName(step, { ...contexts, matrix })),
      ids: (job.steps ?? []).map((step) => step.id),
      permissions: job.permissions ?? file.permissions ?? {},
      environment: job.environment?.name ?? job.environment,
      name: job.name ? fill(job.name, { ...contexts, matrix: matrix ?? {} }) : matrix ? `${id} (${Object.values(matrix).join(", ")})` : id,
    })),
  );
}

function stepName(step, contexts) {
  return step.name ? fill(step.name, contexts) : `Run ${step.uses ?? fill(String(step.run).split("\n")[0], contexts)}`;
}

function combinations(matrix) {
  if (!matrix) return [undefined];
  const { include = [], exclude, ...axes } = matrix;
  const grid = Object.entries(axes).reduce(
    (rows, [name, list]) => rows.flatMap((row) => list.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
  return Object.keys(axes).length ? [...grid, ...include] : include;
}

function shape(world, repository, one) {
  const state = repository.disabled.has(one.path) ? "disabled_inactivity" : "active";
  return {
    ...like("workflow", world, repository),
    id: one.id,
    name: one.name,
    path: one.path,
    state,
    created_at: one.created_at,
    updated_at: one.created_at,
  };
}
