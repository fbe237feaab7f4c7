// Each lever: what a client meets, and that the effect behind it is what the lever says.
import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { WORKFLOW, addresses, ask, dispatch, ended, expect, get, lever, repository, until, world } from "./client.mjs";

const lost = (promise) => assert.rejects(promise, /hang up|ECONNRESET|aborted|terminated|Parse Error/);
const runs = (repo) => get(`${repo.path}/actions/runs`).then((list) => list.total_count);
const fault = async (fields, act) => {
  await lever("POST", "/faults", fields);
  try {
    return await act();
  } finally {
    await lever("DELETE", "/faults");
  }
};

test("an answer is lost before or after the effect, whole, cut, late or turned into a 502", async () => {
  const repo = await repository();
  const order = () => ask("POST", `${repo.path}/actions/workflows/plimsoll-production.yml/dispatches`, { body: { ref: "main" } });
  const path = "/dispatches$";
  await fault({ path, kind: "reset" }, () => lost(order()));
  assert.equal(await runs(repo), 0);
  let had = 0;
  for (const kind of ["drop", "half-header", "half-body"]) {
    await fault({ path, kind, times: 1 }, () => lost(order()));
    assert.equal(await runs(repo), ++had, kind);
  }
  const late = await fault({ path, kind: "then-status", status: 502 }, order);
  assert.deepEqual([late.status, await runs(repo)], [502, ++had]);
  const refused = await fault({ path, kind: "status", status: 503, headers: { "retry-after": "7" } }, order);
  assert.deepEqual([refused.status, refused.headers["retry-after"], await runs(repo)], [503, "7", had]);
  const began = Date.now();
  await fault({ path, kind: "late", ms: 300 }, order);
  assert.ok(Date.now() - began >= 300);
});

test("a validator belongs to a token and an address; a 304 is free; a proxy may swallow them", async () => {
  const repo = await repository();
  const url = `${repo.path}/actions/runs?per_page=20`;
  await lever("POST", "/tokens", { token: "another", login: "octo" });
  const first = await expect(200, "GET", url);
  const match = { headers: { "if-none-match": first.headers.etag } };
  const left = async () => Number((await expect(200, "GET", "/rate_limit")).headers["x-ratelimit-remaining"]);
  const before = await left();
  const same = await expect(304, "GET", url, match);
  assert.equal(same.raw.length, 0);
  assert.equal(await left(), before);
  await expect(200, "GET", url, { ...match, token: "another" });
  await fault({ path: "/actions/runs", kind: "no-etag" }, async () =>
    assert.equal((await expect(200, "GET", url, match)).headers.etag, undefined),
  );
  assert.equal(await left(), before - 1);
  await dispatch(repo);
  await expect(200, "GET", url, match);
});

test("a step that moves does not change the run; its jobs change", async () => {
  const repo = await repository({
    player: {
      kind: "script",
      script: {
        jobs: [
          {
            name: "build",
            steps: [
              { name: "one", ms: 50 },
              { name: "two", ms: 60_000 },
            ],
          },
        ],
      },
    },
  });
  const id = await dispatch(repo);
  const tag = async (url) => (await expect(200, "GET", url)).headers.etag;
  const jobs = `${repo.path}/actions/runs/${id}/attempts/1/jobs`;
  const [run, first] = [await tag(`${repo.path}/actions/runs/${id}`), await tag(jobs)];
  await until(() => world.runs.get(id).jobs[0].steps[1].status === "in_progress");
  assert.equal(await tag(`${repo.path}/actions/runs/${id}`), run);
  assert.notEqual(await tag(jobs), first);
});

test("the limit ends, with its headers; a secondary limit is a lever", async () => {
  await lever("POST", "/tokens", { token: "small", login: "octo", limit: 2 });
  await get("/user", { token: "small" });
  await get("/user", { token: "small" });
  const { headers, body } = await expect(403, "GET", "/user", { token: "small" });
  assert.deepEqual([headers["x-ratelimit-remaining"], body.message.startsWith("API rate limit exceeded")], ["0", true]);
  assert.ok(Number(headers["x-ratelimit-reset"]) > Date.now() / 1000);
  const message = "You have exceeded a secondary rate limit";
  const second = await fault({ kind: "status", status: 429, headers: { "retry-after": "60" }, body: { message } }, () =>
    ask("GET", "/user"),
  );
  assert.deepEqual([second.status, second.body.message], [429, message]);
});

test("a missing permission is named; a revoked token is refused in mid-run; another's repository is not there", async () => {
  const repo = await repository({ player: { kind: "script", script: { step_ms: 60_000 } } });
  await lever("POST", "/tokens", { token: "reader", login: "octo", permissions: { metadata: "read", actions: "read" } });
  const url = `${repo.path}/actions/workflows/plimsoll-production.yml/dispatches`;
  const refused = await expect(403, "POST", url, { token: "reader", body: { ref: "main" } });
  assert.equal(refused.headers["x-accepted-github-permissions"], "actions=write");
  const file = await expect(403, "PUT", `${repo.path}/contents/.github/workflows/x.yml`, {
    token: "reader",
    body: { message: "x", content: "eA==" },
  });
  assert.equal(file.headers["x-accepted-github-permissions"], "contents=write,workflows=write");
  await lever("POST", "/tokens", { token: "oauth", login: "octo", kind: "oauth", scopes: ["user"] });
  assert.equal((await expect(403, "POST", url, { token: "oauth", body: { ref: "main" } })).headers["x-accepted-oauth-scopes"], "repo");
  const id = await dispatch(repo);
  await get(`${repo.path}/actions/runs/${id}`, { token: "reader" });
  await lever("PATCH", "/tokens/reader", { revoked: true });
  await expect(401, "GET", `${repo.path}/actions/runs/${id}`, { token: "reader" });
  await lever("POST", "/tokens", { token: "elsewhere", login: "octo", repositories: ["octo/other"] });
  await expect(404, "GET", repo.path, { token: "elsewhere" });
});

test("a renamed repository leads on by its id: 301 for a read, 307 for what changes something", async () => {
  const repo = await repository();
  const name = `${repo.name}-renamed`;
  await lever("POST", `${repo.lab}/rename`, { name });
  const { headers, status } = await ask("GET", `${repo.path}/actions/runs?per_page=20`);
  assert.equal(status, 301);
  assert.equal(headers.location, `${addresses.api}/repositories/${repo.id}/actions/runs?per_page=20`);
  assert.equal((await get(headers.location)).total_count, 0);
  assert.equal((await get(`/repositories/${repo.id}`)).name, name);
  await expect(307, "POST", `${repo.path}/actions/workflows/plimsoll-production.yml/dispatches`, { body: { ref: "main" } });
});

test("a protected branch says its rule and takes no file", async () => {
  const repo = await repository();
  await lever("POST", `${repo.lab}/protect`, { branch: "main" });
  assert.equal((await get(`${repo.path}/rules/branches/main`))[0].type, "pull_request");
  const put = await expect(409, "PUT", `${repo.path}/contents/NEW`, { body: { message: "x", content: "eA==", branch: "main" } });
  assert.match(put.body.message, /Changes must be made through a pull request/);
});

test("lists lag, the clock is off, a run is deleted or cancelled or completed elsewhere", async () => {
  const repo = await repository({ lag: 400, player: { kind: "script", script: { step_ms: 60_000 } } });
  const id = await dispatch(repo);
  assert.equal(await runs(repo), 0);
  await get(`${repo.path}/actions/runs/${id}`);
  await lever("PATCH", "/clock", { offset_ms: 1_200_000 });
  const { headers } = await expect(200, "GET", "/user");
  await lever("PATCH", "/clock", { offset_ms: 0 });
  assert.ok(Date.parse(headers.date) - Date.now() > 1_100_000);
  await until(() => world.runs.get(id).visible <= Date.now());
  assert.equal(await runs(repo), 1);
  await lever("POST", `/runs/${id}/cancel`, { by: "mallory" });
  await ended(id);
  const run = await get(`${repo.path}/actions/runs/${id}`);
  assert.deepEqual([run.conclusion, run.triggering_actor.login], ["cancelled", "mallory"]);
  await lever("DELETE", `/runs/${id}`);
  await expect(404, "GET", `${repo.path}/actions/runs/${id}`);
  const other = await lever("POST", `${repo.lab}/runs`, { workflow: "plimsoll-production.yml", actor: "mona" });
  await lever("POST", `/runs/${other.id}/complete`, { conclusion: "success" });
  assert.equal((await get(`${repo.path}/actions/runs/${other.id}`)).conclusion, "success");
});

test("of a group one runs and one waits; a newer one takes the place of the one that waits", async () => {
  const text = WORKFLOW.replace("permissions: {}", "permissions: {}\nconcurrency: { group: only-one }");
  const player = { kind: "script", script: { step_ms: 60_000 } };
  const repo = await repository({ player }, { ".github/workflows/plimsoll-production.yml": text });
  const [first, second, third] = [await dispatch(repo), await dispatch(repo), await dispatch(repo)];
  assert.equal((await ended(second)).conclusion, "cancelled");
  const status = async (id) => (await get(`${repo.path}/actions/runs/${id}`)).status;
  assert.deepEqual([await status(first), await status(third)], ["in_progress", "pending"]);
  await expect(202, "POST", `${repo.path}/actions/runs/${first}/cancel`);
  await ended(first);
  await until(() => world.runs.get(third).status === "in_progress");
  await expect(202, "POST", `${repo.path}/actions/runs/${third}/cancel`);
});

test("a job never starts; an account without minutes fails at once without a step", async () => {
  const repo = await repository({ player: { kind: "script", script: { never_starts: true } } });
  const id = await dispatch(repo);
  const { jobs } = await get(`${repo.path}/actions/runs/${id}/jobs`);
  assert.deepEqual(
    jobs.map((job) => [job.status, job.runner_name]),
    [
      ["queued", null],
      ["queued", null],
    ],
  );
  await expect(202, "POST", `${repo.path}/actions/runs/${id}/cancel`);
  await lever("PATCH", repo.lab, { player: { kind: "script", script: { no_minutes: true } } });
  const poor = await dispatch(repo);
  await ended(poor);
  const [job] = (await get(`${repo.path}/actions/runs/${poor}/jobs`)).jobs;
  assert.deepEqual([job.conclusion, job.steps, job.runner_name], ["failure", [], null]);
  assert.match((await get(`${repo.path}/check-runs/${job.id}/annotations`))[0].message, /spending limit/);
});

test("a log is cut, is gone, or has 2 GiB", async () => {
  const repo = await repository();
  const id = await dispatch(repo);
  await ended(id);
  const [job] = (await get(`${repo.path}/actions/runs/${id}/jobs`)).jobs;
  const address = async () => (await expect(302, "GET", `${repo.path}/actions/jobs/${job.id}/logs`)).headers.location;
  await lever("POST", `/jobs/${job.id}/log`, { truncate_at: 30 });
  await lost(ask("GET", await address(), { token: null }));
  await lever("POST", `/jobs/${job.id}/log`, { bytes: 2 ** 31 });
  const url = await address();
  const seen = await new Promise((done, fail) => {
    http
      .get(url, (response) => {
        let bytes = 0;
        response.on("data", (part) => {
          bytes += part.length;
          if (bytes > 50_000_000) response.destroy();
        });
        response.once("close", () => done([response.headers["content-length"], bytes > 50_000_000]));
      })
      .once("error", fail);
  });
  assert.deepEqual(seen, [String(2 ** 31), true]);
  await lever("POST", `/jobs/${job.id}/log`, { gone: true });
  await expect(410, "GET", `${repo.path}/actions/jobs/${job.id}/logs`);
});

test("Prism refuses what the description does not know, of the client and of the fake", async () => {
  const repo = await repository();
  assert.deepEqual(await lever("GET", "/violations"), []);
  const odd = await ask("POST", `${repo.path}/actions/workflows/plimsoll-production.yml/dispatches`, { body: { reff: "main" } });
  assert.equal(odd.status, 422);
  assert.match(JSON.stringify(await lever("GET", "/violations")), /reff|required/);
  await lever("DELETE", "/violations");
  const run = world.runs.get(await dispatch(repo));
  const { workflow } = run;
  run.workflow = { ...workflow, id: "seven" };
  const wrong = await ask("GET", `${repo.path}/actions/runs/${run.id}`);
  run.workflow = workflow;
  assert.equal(wrong.status, 500);
  assert.match(JSON.stringify(await lever("GET", "/violations")), /workflow_id/);
  await lever("DELETE", "/violations");
});
