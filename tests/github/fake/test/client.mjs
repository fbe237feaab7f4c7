// A plain client and one GitHub for all tests of this folder. Knows the wire, nothing behind it.
import assert from "node:assert/strict";
import http from "node:http";
import { after } from "node:test";
import { up } from "../up.mjs";

export const { addresses, down, world } = await up();
after(down);

// Answers are taken as they come: no redirect is followed. `fetch` would add and follow.
export function ask(method, url, { body, headers = {}, token = addresses.token, version = "2026-03-10" } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sent = {
    accept: "application/vnd.github+json",
    "user-agent": "plimsoll-test",
    ...(version ? { "x-github-api-version": version } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(text ? { "content-type": "application/json", "content-length": Buffer.byteLength(text) } : {}),
    ...headers,
  };
  return new Promise((done, fail) => {
    const request = http.request(url.startsWith("http") ? url : addresses.api + url, { method, headers: sent }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.once("error", fail);
      response.once("end", () => {
        const raw = Buffer.concat(parts);
        const json = (response.headers["content-type"] ?? "").includes("json");
        done({ status: response.statusCode, headers: response.headers, raw, body: json && raw.length ? JSON.parse(raw) : undefined });
      });
    });
    request.once("error", fail);
    request.end(text);
  });
}

export async function expect(status, method, url, options) {
  const reply = await ask(method, url, options);
  assert.equal(reply.status, status, `${method} ${url}: ${reply.status} ${reply.raw.toString().slice(0, 800)}`);
  return reply;
}

export const get = (url, options) => expect(200, "GET", url, options).then((reply) => reply.body);
export const lever = (method, path, body) =>
  expect(200, method, `${addresses.lab}${path}`, { body, token: null, version: null }).then((reply) => reply.body);
export const ended = (run) => lever("GET", `/runs/${run}/ended`);

// Until it is so; asks the fake's own memory, which costs no request.
export async function until(so) {
  for (const end = Date.now() + 20_000; !so();) {
    assert.ok(Date.now() < end, `not within 20 s: ${so}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

let count = 0;

export const WORKFLOW = `name: plimsoll production
run-name: \${{ inputs.nonce && format('plimsoll production {0}', inputs.nonce) || format('plimsoll production {0}', github.sha) }}
on:
  workflow_dispatch:
    inputs:
      commit: { type: string, default: "" }
      nonce: { type: string, default: "" }
  push:
    branches: [main]
permissions: {}
jobs:
  build:
    name: build \${{ matrix.service }}
    runs-on: ubuntu-24.04-arm
    strategy: { fail-fast: false, matrix: { include: [{ service: api }, { service: web }] } }
    steps: [{ name: Build, run: echo build }, { name: Push, run: echo push }]
  gate:
    name: gate
    needs: [build]
    runs-on: ubuntu-24.04
    steps: [{ name: All siblings are there, run: echo gate }]
`;

// A repository of its own for each test, with the workflow on main.
export async function repository(more = {}, files = {}) {
  count += 1;
  const name = `shop-${count}`;
  const made = await lever("POST", "/repos", { owner: "octo", name, ...more });
  const { commit } = await lever("POST", `/repos/octo/${name}/commit`, {
    files: { ".github/workflows/plimsoll-production.yml": WORKFLOW, "README.md": "# shop\n", ...files },
  });
  return { ...made, commit, path: `/repos/octo/${name}`, lab: `/repos/octo/${name}` };
}

export async function dispatch(repo, inputs = {}, ref = "main") {
  const reply = await expect(200, "POST", `${repo.path}/actions/workflows/plimsoll-production.yml/dispatches`, { body: { ref, inputs } });
  return reply.body.workflow_run_id;
}
