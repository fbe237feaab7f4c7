// GitHub's objects, made from the examples in its own description and told the names they stand for. Knows no state but what is given.
import { example } from "./description.mjs";

const CAP = { owner: "octocat", name: "Hello-World" };

export function like(name, world, repository, fields = {}) {
  const found = JSON.parse(renamed(name, world, repository ?? CAP));
  return Array.isArray(found) ? found : { ...found, ...fields };
}

// The examples speak of a few repositories and of GitHub's own addresses. Each is told its names once.
const told = new Map();

function renamed(name, { bases }, { owner, name: repository }) {
  const key = [name, owner, repository, bases.api, bases.login].join(" ");
  if (!told.has(key)) {
    const text = JSON.stringify(example(name))
      .replace(/octocat\/Hello-World|octo-org\/octo-repo|octocat\/hello-world|github\/hello-world/g, `${owner}/${repository}`)
      .replaceAll("https://api.github.com", bases.api)
      .replaceAll("https://github.com", bases.login);
    told.set(key, text);
  }
  return told.get(key);
}

export function userShape(world, login) {
  return {
    ...like("workflow-run", world).actor,
    login,
    id: number(login),
    url: `${world.bases.api}/users/${login}`,
    html_url: `${world.bases.login}/${login}`,
  };
}

function number(text) {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 100_000_007, 7);
}

export function repositoryShape(world, repository) {
  const { template_repository, parent, source, organization, ...shape } = like("full-repository-default-response", world, repository);
  return { ...shape, ...about(world, repository), default_branch: repository.default_branch, language: null };
}

function about(world, repository) {
  return {
    id: repository.id,
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    owner: userShape(world, repository.owner),
    private: repository.private,
    created_at: repository.created_at,
  };
}

export function runShape(world, run) {
  const shape = like("workflow-run", world, run.repository);
  const base = `${world.bases.api}/repos/${run.repository.owner}/${run.repository.name}/actions`;
  const mine = { ...shape.repository, ...about(world, run.repository) };
  return {
    ...shape,
    id: run.id,
    name: run.name,
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.workflow.path,
    run_number: run.number,
    event: run.event,
    display_title: run.title,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: run.workflow.id,
    created_at: run.created_at,
    updated_at: run.updated_at,
    run_started_at: run.started_at,
    run_attempt: run.attempt,
    referenced_workflows: [],
    actor: userShape(world, run.actor),
    triggering_actor: userShape(world, run.triggered_by),
    repository: mine,
    head_repository: mine,
    url: `${base}/runs/${run.id}`,
    jobs_url: `${base}/runs/${run.id}/jobs`,
    html_url: `${world.bases.login}/${run.repository.owner}/${run.repository.name}/actions/runs/${run.id}`,
    head_commit: { ...shape.head_commit, id: run.sha, message: run.message },
  };
}

export function jobShape(world, run, job) {
  const base = `${world.bases.api}/repos/${run.repository.owner}/${run.repository.name}`;
  return {
    id: job.id,
    run_id: run.id,
    run_url: `${base}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: `CR_${job.id}`,
    head_sha: run.sha,
    head_branch: run.branch,
    workflow_name: run.name,
    name: job.name,
    url: `${base}/actions/jobs/${job.id}`,
    html_url: `${world.bases.login}/${run.repository.owner}/${run.repository.name}/actions/runs/${run.id}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: job.created_at,
    started_at: job.started_at ?? job.created_at,
    completed_at: job.completed_at,
    steps: job.steps.map(stepShape),
    check_run_url: `${base}/check-runs/${job.id}`,
    labels: job.labels,
    runner_id: job.runner ? 1 : null,
    runner_name: job.runner ?? null,
    runner_group_id: job.runner ? 2 : null,
    runner_group_name: job.runner ? "GitHub Actions" : null,
  };
}

function stepShape(step, at) {
  const { name, status, conclusion = null, started_at = null, completed_at = null } = step;
  return { name, status, conclusion, number: at + 1, started_at, completed_at };
}
