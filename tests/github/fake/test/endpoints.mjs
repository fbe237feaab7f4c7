// Each endpoint, through the door and Prism, as a client sees it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { require } from "../tools.mjs";
import { addresses, ask, dispatch, ended, expect, get, lever, repository } from "./client.mjs";

test("the account, its repositories and what GitHub says of one", async () => {
  const repo = await repository();
  assert.equal((await get("/user")).login, "octo");
  assert.ok((await get("/user/repos")).some((one) => one.id === repo.id));
  const one = await get(repo.path);
  assert.deepEqual([one.id, one.full_name, one.default_branch, one.private], [repo.id, `octo/${repo.name}`, "main", true]);
  assert.match(
    (await get(`${repo.path}/actions/oidc/customization/sub`)).sub_claim_prefix,
    new RegExp(`^repo:octo@\\d+/${repo.name}@${repo.id}$`),
  );
  assert.equal((await get(`${repo.path}/environments/production`)).name, "production");
  await expect(404, "GET", `${repo.path}/environments/nowhere`);
  await expect(404, "GET", "/repos/octo/nothing");
});

test("a file is read, written on a new branch and proposed", async () => {
  const repo = await repository();
  const path = `${repo.path}/contents/.github/workflows/plimsoll-production.yml`;
  const file = await get(`${path}?ref=main`);
  assert.match(Buffer.from(file.content, "base64").toString(), /^name: plimsoll production/);
  const head = await get(`${repo.path}/git/ref/heads/main`);
  assert.equal(head.object.sha, repo.commit);
  await expect(201, "POST", `${repo.path}/git/refs`, { body: { ref: "refs/heads/plimsoll/workflow-production", sha: repo.commit } });
  await expect(422, "POST", `${repo.path}/git/refs`, { body: { ref: "refs/heads/plimsoll/workflow-production", sha: repo.commit } });
  const body = {
    message: "Another workflow",
    content: Buffer.from("name: x\n").toString("base64"),
    branch: "plimsoll/workflow-production",
  };
  await expect(422, "PUT", path, { body });
  await expect(409, "PUT", path, { body: { ...body, sha: "0".repeat(40) } });
  const put = await expect(200, "PUT", path, { body: { ...body, sha: file.sha } });
  const branch = await get(`${repo.path}/git/ref/heads/plimsoll/workflow-production`);
  assert.equal(put.body.commit.sha, branch.object.sha);
  assert.equal((await get(`${repo.path}/commits/${branch.object.sha}`)).commit.message, "Another workflow");
  await expect(422, "GET", `${repo.path}/commits/${"0".repeat(40)}`);
  const pull = { title: "Workflow", head: "plimsoll/workflow-production", base: "main" };
  const made = await expect(201, "POST", `${repo.path}/pulls`, { body: pull });
  assert.match(made.body.html_url, /\/pull\/1$/);
  await expect(422, "POST", `${repo.path}/pulls`, { body: pull });
  assert.equal((await get(`${repo.path}/pulls?state=open`))[0].number, 1);
});

test("a dispatch answers with its run, named by its nonce, and the run goes to its end", async () => {
  const repo = await repository();
  const nonce = "k3f9a1c2e77b0d1f3c41";
  const id = await dispatch(repo, { nonce });
  const run = await get(`${repo.path}/actions/runs/${id}`);
  assert.equal(run.display_title, `plimsoll production ${nonce}`);
  const done = await ended(id);
  assert.equal(done.conclusion, "success", done.trouble);
  const { jobs } = await get(`${repo.path}/actions/runs/${id}/attempts/1/jobs?per_page=100`);
  assert.deepEqual(
    jobs.map((job) => [job.name, job.conclusion, job.steps.map((step) => step.name)]),
    [
      ["build api", "success", ["Build", "Push"]],
      ["build web", "success", ["Build", "Push"]],
      ["gate", "success", ["All siblings are there"]],
    ],
  );
  assert.deepEqual(jobs[0].labels, ["ubuntu-24.04-arm"]);
  const since = new Date(Date.parse(run.created_at) - 120_000).toISOString();
  const found = await get(
    `${repo.path}/actions/workflows/plimsoll-production.yml/runs?event=workflow_dispatch&created=%3E%3D${since}&per_page=100`,
  );
  assert.deepEqual(
    found.workflow_runs.map((one) => one.id),
    [id],
  );
  assert.equal((await get(`${repo.path}/actions/runs?per_page=20`)).total_count, 1);
  assert.equal((await get(`${repo.path}/actions/workflows`)).workflows[0].state, "active");
});

test("a dispatch is refused for an unknown branch, an unknown input, a file without the trigger, a workflow switched off", async () => {
  const repo = await repository({}, { ".github/workflows/plain.yml": "on: push\njobs: {}\n" });
  const to = (file, body) => ask("POST", `${repo.path}/actions/workflows/${file}/dispatches`, { body });
  const told = async (file, body) => (({ status, body: said }) => [status, said.message])(await to(file, body));
  const file = "plimsoll-production.yml";
  assert.deepEqual(await told("none.yml", { ref: "main" }), [404, "Not Found"]);
  assert.deepEqual(await told(file, { ref: "gone" }), [422, "No ref found for: gone"]);
  assert.deepEqual(await told(file, { ref: "main", inputs: { odd: "1" } }), [422, 'Unexpected inputs provided: ["odd"]']);
  assert.deepEqual(await told("plain.yml", { ref: "main" }), [422, "Workflow does not have 'workflow_dispatch' trigger"]);
  await lever("POST", `${repo.lab}/disable`, { path: `.github/workflows/${file}` });
  assert.equal((await get(`${repo.path}/actions/workflows/${file}`)).state, "disabled_inactivity");
  assert.equal((await to(file, { ref: "main" })).status, 422);
  await expect(204, "PUT", `${repo.path}/actions/workflows/${file}/enable`);
  await expect(204, "POST", `${repo.path}/actions/workflows/${file}/dispatches`, { body: { ref: "main" }, version: "2022-11-28" });
});

test("a failed leg is repeated alone; logs and artifacts are fetched from another host", async () => {
  const script = (web) => ({
    jobs: [
      { name: "build api", steps: [{ name: "Push", log: "pushed\nα api" }] },
      { name: "build web", steps: [{ name: "Push", conclusion: web }, { name: "Note" }] },
    ],
    artifacts: [{ name: "plimsoll", files: { "plimsoll.json": '{"commit":"$COMMIT"}' } }],
  });
  const repo = await repository({ player: { kind: "script", script: [script("failure"), script("success")] } });
  const id = await dispatch(repo);
  assert.equal((await ended(id)).conclusion, "failure");
  const before = await get(`${repo.path}/actions/runs/${id}/jobs`);
  assert.deepEqual(
    before.jobs[1].steps.map((step) => step.conclusion),
    ["failure", "skipped"],
  );
  await expect(201, "POST", `${repo.path}/actions/runs/${id}/rerun-failed-jobs`);
  assert.equal((await ended(id)).conclusion, "success");
  assert.equal((await get(`${repo.path}/actions/runs/${id}`)).run_attempt, 2);
  const { jobs } = await get(`${repo.path}/actions/runs/${id}/attempts/2/jobs`);
  assert.deepEqual(
    jobs.map((job) => job.conclusion),
    ["success", "success"],
  );
  assert.equal(jobs[0].started_at, before.jobs[0].started_at);
  const { headers } = await expect(302, "GET", `${repo.path}/actions/jobs/${jobs[0].id}/logs`);
  await expect(400, "GET", headers.location);
  const log = await expect(200, "GET", headers.location, { token: null });
  assert.match(log.raw.toString(), /^\ufeff\d{4}-.*##\[group\]Run Push\n[^]*Z α api\n$/);
  const { artifacts } = await get(`${repo.path}/actions/runs/${id}/artifacts`);
  const archive = await expect(302, "GET", `${repo.path}/actions/artifacts/${artifacts[0].id}/zip`);
  const zip = await expect(200, "GET", archive.headers.location, { token: null });
  assert.equal(zip.raw.length, artifacts[0].size_in_bytes);
  const { execFileSync } = await import("node:child_process");
  const unpack =
    "import io,sys,zipfile;z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()));assert z.testzip() is None;print(z.read('plimsoll.json').decode())";
  assert.equal(execFileSync("python3", ["-c", unpack], { input: zip.raw }).toString().trim(), `{"commit":"${repo.commit}"}`);
});

test("a run is cancelled once, and deleted", async () => {
  const repo = await repository({ player: { kind: "script", script: { step_ms: 60_000 } } });
  const id = await dispatch(repo);
  await expect(202, "POST", `${repo.path}/actions/runs/${id}/cancel`);
  assert.equal((await ended(id)).conclusion, "cancelled");
  await expect(409, "POST", `${repo.path}/actions/runs/${id}/force-cancel`);
  await expect(204, "DELETE", `${repo.path}/actions/runs/${id}`);
  await expect(404, "GET", `${repo.path}/actions/runs/${id}`);
});

test("secrets are opened with libsodium; a value sealed for another key is refused", async () => {
  const repo = await repository();
  const sodium = require("libsodium-wrappers");
  const base64 = sodium.base64_variants.ORIGINAL;
  const seal = (key, value) => sodium.to_base64(sodium.crypto_box_seal(value, sodium.from_base64(key, base64)), base64);
  for (const place of [`${repo.path}/actions/secrets`, `${repo.path}/environments/production/secrets`]) {
    const { key, key_id } = await get(`${place}/public-key`);
    const body = { encrypted_value: seal(key, "hunter2 ü"), key_id };
    await expect(201, "PUT", `${place}/PLIMSOLL_X`, { body });
    await expect(204, "PUT", `${place}/PLIMSOLL_X`, { body });
    await expect(422, "PUT", `${place}/PLIMSOLL_Y`, {
      body: { ...body, encrypted_value: seal(sodium.to_base64(sodium.crypto_box_keypair().publicKey, base64), "x") },
    });
    assert.deepEqual(
      (await get(place)).secrets.map((one) => one.name),
      ["PLIMSOLL_X"],
    );
  }
  assert.deepEqual(await lever("GET", `${repo.lab}/secrets?environment=production`), { PLIMSOLL_X: "hunter2 ü" });
  await expect(204, "DELETE", `${repo.path}/actions/secrets/PLIMSOLL_X`);
});

test("minutes and the limit are told to who may see them", async () => {
  const item = {
    date: "2026-11-01",
    product: "Actions",
    sku: "Actions Linux",
    quantity: 120,
    unitType: "minutes",
    pricePerUnit: 0.008,
    grossAmount: 0.96,
    discountAmount: 0,
    netAmount: 0.96,
  };
  await lever("PUT", "/usage", [item]);
  assert.equal((await get("/users/octo/settings/billing/usage?year=2026&month=11")).usageItems[0].quantity, 120);
  assert.equal((await get("/rate_limit")).resources.core.limit, 5000);
});

test("the device flow: pending, too fast, allowed, renewed once, denied, expired", async () => {
  await lever("PATCH", "/device", { interval: 0.2, token_seconds: 3600 });
  const post = (path, body) =>
    expect(200, "POST", `${addresses.login}${path}`, { body, headers: { accept: "application/json" } }).then((reply) => reply.body);
  const begin = () => post("/login/device/code", { client_id: addresses.client_id });
  const poll = (code) =>
    post("/login/oauth/access_token", {
      client_id: addresses.client_id,
      device_code: code,
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    });
  const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const first = await begin();
  assert.equal((await poll(first.device_code)).error, "authorization_pending");
  const slow = await poll(first.device_code);
  assert.equal(slow.error, "slow_down");
  await lever("POST", `/device/${first.user_code}`, { decision: "allow", login: "mona" });
  await wait(slow.interval);
  const token = await poll(first.device_code);
  assert.equal((await get("/user", { token: token.access_token })).login, "mona");
  const renew = () =>
    post("/login/oauth/access_token", { client_id: addresses.client_id, grant_type: "refresh_token", refresh_token: token.refresh_token });
  assert.equal((await get("/user", { token: (await renew()).access_token })).login, "mona");
  assert.equal((await renew()).error, "bad_refresh_token");
  await expect(401, "GET", "/user", { token: token.access_token });
  for (const [decision, error] of [
    ["deny", "access_denied"],
    ["expire", "expired_token"],
  ]) {
    const { user_code, device_code } = await begin();
    await lever("POST", `/device/${user_code}`, { decision });
    assert.equal((await poll(device_code)).error, error);
  }
});
