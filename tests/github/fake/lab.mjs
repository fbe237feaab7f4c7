// The levers: what a test does to this GitHub, and what it asks about it afterwards. No client of GitHub may use them.
import { KINDS } from "./faults.mjs";
import { Refusal, answer, bytes, router } from "./http.mjs";
import { find as jobOf } from "./jobs.mjs";
import { finish, keepArtifact } from "./player.mjs";
import { pushed, start } from "./runs.mjs";
import { opened } from "./secrets.mjs";
import { known, parsed } from "./workflows.mjs";

const REPO = "/lab/repos/{owner}/{repo}";
const SETTINGS = ["player", "lag", "private", "immutable_subject", "environments", "default_branch"];

const route = router([
  [
    "POST",
    "/lab/repos",
    [],
    async ({ world, body }) => {
      const { owner, name, ...more } = body;
      return about(await world.repository(owner, name, more));
    },
  ],
  ["GET", REPO, [], ({ repository }) => about(repository)],
  [
    "PATCH",
    REPO,
    [],
    ({ repository, body }) => {
      only(body, SETTINGS);
      return about(Object.assign(repository, body));
    },
  ],
  [
    "POST",
    `${REPO}/rename`,
    [],
    ({ world, repository, body }) => {
      world.renamed.set(`${repository.owner}/${repository.name}`.toLowerCase(), repository.id);
      return about(Object.assign(repository, body));
    },
  ],
  ["POST", `${REPO}/protect`, [], ({ repository, body }) => void repository.rules.push({ type: "pull_request", ...body })],
  ["POST", `${REPO}/disable`, [], ({ repository, body }) => void repository.disabled.add(body.path)],
  // What the hook of the bare repository tells after a real push.
  [
    "POST",
    "/lab/pushed/{id}",
    [],
    async ({ world, params, body }) => {
      const repository = world.repositories.get(Number(params.id));
      await pushed(world, repository, body.branch, repository.owner);
    },
  ],
  [
    "POST",
    `${REPO}/commit`,
    [],
    async ({ world, repository, body }) => {
      let commit;
      for (const [file, text] of Object.entries(body.files))
        ({ commit } = await repository.git.put(body.branch ?? repository.default_branch, file, text, body.message ?? "A change"));
      if (body.pushed) await pushed(world, repository, body.branch ?? repository.default_branch, body.actor ?? repository.owner);
      return { commit };
    },
  ],
  [
    "POST",
    `${REPO}/merge`,
    [],
    async ({ world, repository, body }) => {
      await repository.git.branch(body.base, await repository.git.head(body.head));
      for (const pull of repository.pulls) if (pull.head === body.head) pull.state = "closed";
      await pushed(world, repository, body.base, repository.owner);
    },
  ],
  ["POST", `${REPO}/runs`, [], startElsewhere],
  ["GET", `${REPO}/secrets`, [], ({ repository, query }) => opened(repository, query.get("environment") ?? undefined)],
  ["GET", "/lab/runs", [], ({ world }) => [...world.runs.values()].map(summary)],
  ["GET", "/lab/runs/{run}", [], ({ run }) => summary(run)],
  [
    "GET",
    "/lab/runs/{run}/ended",
    [],
    async ({ run }) => {
      await run.ended;
      return summary(run);
    },
  ],
  [
    "POST",
    "/lab/runs/{run}/complete",
    [],
    async ({ world, run, body }) => {
      run.cancel();
      await run.ended;
      for (const job of run.jobs) if (job.attempt === run.attempt) job.conclusion = body.conclusion ?? "success";
      finish(world, run, body.conclusion ?? "success");
      return summary(run);
    },
  ],
  [
    "POST",
    "/lab/runs/{run}/cancel",
    [],
    ({ run, body }) => {
      run.triggered_by = body.by ?? run.triggered_by;
      run.cancel();
    },
  ],
  ["POST", "/lab/runs/{run}/artifacts", [], ({ world, run, body }) => ({ id: keepArtifact(world, run, body.name, body.files).id })],
  ["DELETE", "/lab/runs/{run}", [], ({ world, run }) => void world.runs.delete(run.id)],
  ["POST", "/lab/jobs/{job}/log", [], ({ world, params, body }) => void (jobOf(world, undefined, params.job).job.fault = body)],
  [
    "POST",
    "/lab/tokens",
    [],
    ({ world, body }) => {
      const { token, login, ...more } = body;
      world.token(token, login, more);
    },
  ],
  [
    "PATCH",
    "/lab/tokens/{token}",
    [],
    ({ world, params, body }) => {
      const token = world.tokens.get(params.token);
      if (!token) throw new Refusal(404, "no such token");
      Object.assign(token, body);
    },
  ],
  ["GET", "/lab/device", [], ({ world }) => [...world.devices.values()].map(({ user, decision }) => ({ user_code: user, decision }))],
  ["PATCH", "/lab/device", [], ({ world, body }) => Object.assign(world.device, body)],
  [
    "POST",
    "/lab/device/{user}",
    [],
    ({ world, params, body }) => {
      const device = [...world.devices.values()].find((one) => one.user === params.user);
      if (!device) throw new Refusal(404, "no such code");
      const { decision, login = "octo", ...more } = body;
      Object.assign(device, { decision, login, more });
    },
  ],
  ["POST", "/lab/roles", [], ({ world, body }) => void world.roles.set(body.arn, body)],
  ["PATCH", "/lab/clock", [], ({ world, body }) => void (world.offset = body.offset_ms)],
  ["PUT", "/lab/usage", [], ({ world, body }) => void (world.usage = body)],
  [
    "POST",
    "/lab/faults",
    [],
    ({ world, body }) => {
      if (!KINDS.includes(body.kind)) throw new Refusal(400, `one of ${KINDS.join(", ")}`);
      world.faults.push(body);
      return { fault: world.faults.length - 1 };
    },
  ],
  ["GET", "/lab/faults", [], ({ world }) => world.faults],
  ["DELETE", "/lab/faults", [], ({ world }) => void (world.faults = [])],
  ["GET", "/lab/requests", [], ({ world }) => world.requests],
  ["DELETE", "/lab/requests", [], ({ world }) => void (world.requests = [])],
  ["GET", "/lab/violations", [], ({ world }) => world.violations],
  ["DELETE", "/lab/violations", [], ({ world }) => void (world.violations = [])],
]);

export async function lab(world, request, response) {
  const url = new URL(request.url, "http://x");
  const found = route(request.method, url.pathname);
  if (!found) throw new Refusal(404, `no lever ${request.method} ${url.pathname}`);
  const text = String(await bytes(request));
  const call = { world, params: found.params, query: url.searchParams, body: text ? JSON.parse(text) : {} };
  const { owner, repo, run } = found.params;
  if (repo) call.repository = world.find(owner, repo);
  if (repo && !call.repository) throw new Refusal(404, `no repository ${owner}/${repo}`);
  if (run) call.run = world.runs.get(Number(run));
  if (run && !call.run) throw new Refusal(404, `no run ${run}`);
  answer(response, 200, (await found.handler(call)) ?? {});
}

function only(body, names) {
  const odd = Object.keys(body).find((name) => !names.includes(name));
  if (odd) throw new Refusal(400, `no setting ${odd}`);
}

async function startElsewhere({ world, repository, body }) {
  const one = (await known(world, repository)).find((each) => each.path.endsWith(`/${body.workflow}`));
  if (!one) throw new Refusal(404, `no workflow ${body.workflow}`);
  const branch = body.branch ?? repository.default_branch;
  const sha = await repository.git.head(branch);
  const file = await parsed(repository, one.path, sha);
  const run = await start(world, repository, {
    workflow: one,
    file,
    event: body.event ?? "push",
    branch,
    sha,
    inputs: body.inputs ?? {},
    actor: body.actor ?? "somebody",
  });
  return summary(run);
}

function about({ id, owner, name, git, lag, player, private: hidden }) {
  return { id, owner, name, git: git.path, lag, player, private: hidden };
}

function summary({ id, title, status, conclusion, attempt, event, inputs, sha, jobs, artifacts, trouble, completed_ms, repository }) {
  const shown = jobs.map((job) => ({
    id: job.id,
    name: job.name,
    attempt: job.attempt,
    status: job.status,
    conclusion: job.conclusion,
    log: job.log.join(""),
    steps: job.steps,
  }));
  return {
    id,
    repository: repository.name,
    title,
    status,
    conclusion,
    attempt,
    event,
    inputs,
    sha,
    jobs: shown,
    artifacts: artifacts.map(({ name }) => name),
    trouble,
    completed_ms,
  };
}
