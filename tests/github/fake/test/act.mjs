// Runs really executed. Docker is a script here that writes down what it is asked; that images are built and pushed is shown in the lab.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { processes } from "../act.mjs";
import { git } from "../git.mjs";
import { addresses, dispatch, ended, expect, get, lever, repository, until, world } from "./client.mjs";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-act-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const SECRET = "hunter2 $HOME '\"ü";
const DIGEST = `sha256:${"ab".repeat(32)}`;
const SCRIPT = `#!/bin/sh
echo "$*" >>'${folder}/docker.log'
case "$*" in login*) cat >>'${folder}/passwords' ;; esac
while [ $# -gt 0 ]; do [ "$1" = --metadata-file ] && echo '{"containerimage.digest":"${DIGEST}"}' >"$2"; shift; done
`;
mkdirSync(join(folder, "bin"));
writeFileSync(join(folder, "bin", "docker"), SCRIPT);
chmodSync(join(folder, "bin", "docker"), 0o755);

const ecr = createServer((request, response) => {
  const ok = request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 Credential=ASIAROLE/");
  const data = [
    {
      authorizationToken: Buffer.from("AWS:from-ecr").toString("base64"),
      proxyEndpoint: "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    },
  ];
  response
    .writeHead(ok ? 200 : 400)
    .end(JSON.stringify(ok ? { authorizationData: data } : { message: "The security token included in the request is invalid." }));
});
await new Promise((done) => ecr.listen(0, "127.0.0.1", done));
after(() => ecr.close());

const ROLE = "arn:aws:iam::123456789012:role/plimsoll-shop-production";
const player = {
  kind: "act",
  env: { PATH: `${folder}/bin:${process.env.PATH}`, AWS_ENDPOINT_URL_ECR: `http://127.0.0.1:${ecr.address().port}` },
};

function file(odd = "") {
  return `name: plimsoll production
run-name: \${{ inputs.nonce && format('plimsoll production {0}', inputs.nonce) || format('plimsoll production {0}', github.sha) }}
on: { workflow_dispatch: { inputs: { commit: { type: string, default: "" }, nonce: { type: string, default: "" } } }, push: { branches: [main] } }
permissions: {}
env: { COMMIT: "\${{ inputs.commit || github.sha }}" }
jobs:
  build:
    name: build \${{ matrix.service }}
    runs-on: ubuntu-24.04
    environment: production
    permissions: { contents: read, id-token: write }
    strategy: { fail-fast: false, matrix: { include: [{ service: api }, { service: web }] } }
    steps:
      - name: Check out
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: { ref: "\${{ env.COMMIT }}", persist-credentials: false${odd} }
      - run: '[ "$(git rev-parse HEAD)" = "$COMMIT" ] && [ ! -e broken-\${{ matrix.service }} ]'
      - name: Log in to AWS
        uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
        with: { role-to-assume: "${ROLE}", aws-region: eu-central-1 }
      - uses: aws-actions/amazon-ecr-login@03f1aad4c6c7ffd436567f42f9384779290529bd # v2.1.7
        id: ecr
      - uses: docker/setup-buildx-action@37fe631027851001ddb9b187196cc803df7f5f0e # v4.3.0
      - name: Build and push
        id: push
        uses: docker/build-push-action@53b7df96c91f9c12dcc8a07bcb9ccacbed38856a # v7.3.0
        with:
          context: .
          file: ./\${{ matrix.service }}/Dockerfile
          platforms: linux/amd64
          build-args: |
            TOKEN=\${{ secrets.PLIMSOLL_BUILD_TOKEN }}
          tags: \${{ steps.ecr.outputs.registry }}/shop-\${{ matrix.service }}:x
          push: true
          provenance: false
          cache-from: type=gha,scope=production-\${{ matrix.service }}
      - name: Note the digest
        env: { SERVICE: "\${{ matrix.service }}", DIGEST: "\${{ steps.push.outputs.digest }}" }
        run: sudo rm -rf /usr/share/dotnet; mkdir -p digests && echo "$DIGEST" >"digests/$SERVICE"
      - uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1
        with: { name: "digest-\${{ matrix.service }}", path: "digests/\${{ matrix.service }}", if-no-files-found: error, overwrite: true }
  gate:
    name: gate
    needs: [build]
    runs-on: ubuntu-24.04
    permissions: {}
    steps:
      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1
        with: { pattern: "digest-*", merge-multiple: true, path: digests }
      - name: All siblings are there
        run: grep -q ${DIGEST} digests/api && grep -q ${DIGEST} digests/web
`;
}

async function shop(more = {}, odd = "") {
  const repo = await repository({ player }, { ".github/workflows/plimsoll-production.yml": file(odd), ...more });
  const { sub_claim_prefix: prefix } = await get(`${repo.path}/actions/oidc/customization/sub`);
  const Condition = {
    StringEquals: {
      "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
      "token.actions.githubusercontent.com:sub": `${prefix}:environment:production`,
    },
  };
  const role = {
    arn: ROLE,
    trust: { Statement: [{ Condition }] },
    env: { AWS_ACCESS_KEY_ID: "ASIAROLE", AWS_SECRET_ACCESS_KEY: "s3cr3t-key" },
  };
  await lever("POST", "/roles", role);
  return { ...repo, role };
}

const shown = (run) =>
  run.jobs
    .filter((job) => job.attempt === run.attempt)
    .map((job) => `${job.name}: ${job.conclusion}`)
    .sort();
const logs = (run) => run.jobs.map((job) => job.log).join("\n");

test("a run is executed: two legs, a role for the very subject, digests to the gate", async () => {
  const repo = await shop();
  const { publicKey, key_id } = await get(`${repo.path}/actions/secrets/public-key`).then((key) => ({ ...key, publicKey: key.key }));
  const { require } = await import("../tools.mjs");
  const sodium = require("libsodium-wrappers");
  const base64 = sodium.base64_variants.ORIGINAL;
  const encrypted_value = sodium.to_base64(sodium.crypto_box_seal(SECRET, sodium.from_base64(publicKey, base64)), base64);
  await expect(201, "PUT", `${repo.path}/actions/secrets/PLIMSOLL_BUILD_TOKEN`, { body: { encrypted_value, key_id } });
  const run = await ended(await dispatch(repo, { commit: repo.commit, nonce: "abc" }));
  assert.equal(run.conclusion, "success", `${run.trouble}\n${logs(run)}`);
  assert.deepEqual(shown(run), ["build api: success", "build web: success", "gate: success"]);
  assert.deepEqual(run.artifacts.sort(), ["digest-api", "digest-web"]);
  const asked = readFileSync(join(folder, "docker.log"), "utf8");
  assert.match(
    asked,
    /buildx build --progress plain --metadata-file \S+ --file \.\/api\/Dockerfile --build-arg TOKEN=hunter2 \$HOME '"ü --tag 123456789012\.dkr\.ecr\.eu-central-1\.amazonaws\.com\/shop-api:x --platform linux\/amd64 --push \./,
  );
  assert.match(readFileSync(join(folder, "passwords"), "utf8"), /from-ecr/);
  assert.match(logs(run), /not done on this machine: sudo rm -rf/);
  assert.doesNotMatch(logs(run), /hunter2|s3cr3t-key|from-ecr/);
  const { jobs } = await get(`${repo.path}/actions/runs/${run.id}/jobs`);
  assert.deepEqual(jobs[0].steps.map((step) => step.name).slice(0, 4), [
    "Set up job",
    "Check out",
    `Run [ "$(git rev-parse HEAD)" = "$COMMIT" ] && [ ! -e broken-api ]`,
    "Log in to AWS",
  ]);
  assert.ok(
    jobs.every((job) => job.steps.every((step) => step.conclusion === "success")),
    JSON.stringify(jobs[0].steps),
  );
});

test("one leg fails, the other is pushed, the gate is skipped; the failed leg alone is repeated", async () => {
  const repo = await shop({ "broken-web": "" });
  const run = await ended(await dispatch(repo));
  assert.deepEqual([run.conclusion, ...shown(run)], ["failure", "build api: success", "build web: failure", "gate: skipped"], logs(run));
  const web = run.jobs.find((job) => job.name === "build web");
  assert.deepEqual([...new Set(web.steps.slice(2).map((step) => step.conclusion))], ["failure", "skipped", "success"]);
  await expect(201, "POST", `${repo.path}/actions/runs/${run.id}/rerun-failed-jobs`);
  const again = await ended(run.id);
  assert.deepEqual(shown(again), ["build api: success", "build web: failure", "gate: skipped"]);
  const log = (attempt, name) => again.jobs.find((job) => job.attempt === attempt && job.name === name).log;
  assert.equal(log(2, "build api"), log(1, "build api"));
  assert.notEqual(log(2, "build web"), log(1, "build web"));
});

test("a wrong input, a role for another subject, an action that is nowhere: the run fails and says why", async () => {
  const odd = await shop({}, ", fetch-deep: 1");
  assert.match(logs(await ended(await dispatch(odd))), /Unexpected input\(s\) 'fetch-deep'/);
  const other = await shop();
  const Condition = { StringEquals: { "token.actions.githubusercontent.com:sub": "repo:octo/shop:environment:production" } };
  await lever("POST", "/roles", { ...other.role, trust: { Statement: [{ Condition }] } });
  assert.match(
    logs(await ended(await dispatch(other))),
    /Not authorized to perform sts:AssumeRoleWithWebIdentity \(repo:octo@\d+\/shop-\d+@\d+:environment:production\)/,
  );
  const nowhere = await repository(
    { player },
    { ".github/workflows/plimsoll-production.yml": file().replaceAll("actions/checkout@", "actions/check-it-out@") },
  );
  assert.match((await ended(await dispatch(nowhere))).trouble, /Unable to resolve action actions\/check-it-out@/);
});

test("a run that is cancelled leaves no process; a real push starts one", async () => {
  const slow = file().replace(/run: '\[.*/, "run: echo $$ >$RUNNER_TEMP/../pid && sleep 3600");
  const repo = await repository({ player }, { ".github/workflows/plimsoll-production.yml": slow });
  const id = await dispatch(repo);
  const working = () => world.runs.get(id).jobs.some((job) => job.steps[2]?.status === "in_progress");
  await until(working);
  await expect(202, "POST", `${repo.path}/actions/runs/${id}/cancel`);
  assert.equal((await ended(id)).conclusion, "cancelled");
  assert.deepEqual(processes(world.runs.get(id).word), []);
  await lever("PATCH", repo.lab, { player: { kind: "script", script: {} } });
  const clone = join(folder, "clone");
  await git(["clone", "--quiet", repo.git, clone]);
  await git(["-C", clone, "commit", "--quiet", "--allow-empty", "-m", "A change"]);
  await git(["-C", clone, "push", "--quiet", "origin", "main"]);
  const head = await git(["-C", clone, "rev-parse", "HEAD"]);
  const [started] = (await get(`${repo.path}/actions/runs?event=push`)).workflow_runs;
  assert.deepEqual([started.head_sha, started.display_title], [head, `plimsoll production ${started.head_sha}`]);
});

test("all of it ends with whoever started it", async () => {
  const code = `const { spawn } = await import("node:child_process");
    const child = spawn(process.execPath, ["${join(import.meta.dirname, "..", "up.mjs")}", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (text) => { console.log(String(text)); process.kill(process.pid, "SIGKILL"); });`;
  let said = "";
  try {
    execFileSync(process.execPath, ["--input-type=module", "-e", code], { timeout: 30_000 });
  } catch (error) {
    said = String(error.stdout);
  }
  const { api, dir } = JSON.parse(said.split("\n")[0]);
  const gone = () =>
    fetch(api).then(
      () => false,
      () => true,
    );
  const until = Date.now() + 10_000;
  while (!(await gone()) && Date.now() < until) await new Promise((done) => setTimeout(done, 50));
  assert.ok(await gone());
  const left = () =>
    execFileSync("sh", ["-c", `ps -eo args | grep -c "[p]rism.mjs ${dir}" || true`])
      .toString()
      .trim();
  while (left() !== "0" && Date.now() < until) await new Promise((done) => setTimeout(done, 50));
  assert.equal(left(), "0");
  assert.notEqual(api, addresses.api);
});
