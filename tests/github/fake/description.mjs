// GitHub's own description of its API: the part of it that is played here, made strict, and mended where it says less than
// GitHub does. Knows nothing of the state that is played.
import { readFileSync } from "node:fs";
import { require } from "./tools.mjs";

const R = "/repos/{owner}/{repo}";
const A = R + "/actions";
const PATHS = [
  "/user",
  "/user/repos",
  "/rate_limit",
  "/users/{username}/settings/billing/usage",
  "/organizations/{org}/settings/billing/usage",
  R,
  R + "/commits/{ref}",
  R + "/contents/{path}",
  R + "/git/refs",
  R + "/git/ref/{ref}",
  R + "/pulls",
  R + "/rules/branches/{branch}",
  R + "/environments/{environment_name}",
  R + "/check-runs/{check_run_id}/annotations",
  R + "/environments/{environment_name}/secrets",
  R + "/environments/{environment_name}/secrets/public-key",
  R + "/environments/{environment_name}/secrets/{secret_name}",
  A + "/oidc/customization/sub",
  A + "/secrets",
  A + "/secrets/public-key",
  A + "/secrets/{secret_name}",
  A + "/workflows",
  A + "/workflows/{workflow_id}",
  A + "/workflows/{workflow_id}/enable",
  A + "/workflows/{workflow_id}/dispatches",
  A + "/workflows/{workflow_id}/runs",
  A + "/runs",
  A + "/runs/{run_id}",
  A + "/runs/{run_id}/jobs",
  A + "/runs/{run_id}/attempts/{attempt_number}",
  A + "/runs/{run_id}/attempts/{attempt_number}/jobs",
  A + "/runs/{run_id}/cancel",
  A + "/runs/{run_id}/force-cancel",
  A + "/runs/{run_id}/rerun",
  A + "/runs/{run_id}/rerun-failed-jobs",
  A + "/runs/{run_id}/artifacts",
  A + "/jobs/{job_id}",
];

const whole = JSON.parse(readFileSync(require.resolve("@octokit/openapi/generated/api.github.com.json"), "utf8"));

export function example(name) {
  return structuredClone(whole.components.examples[name].value);
}

export function reduced() {
  const paths = Object.fromEntries(PATHS.map((path) => [path, structuredClone(whole.paths[path])]));
  const out = { openapi: whole.openapi, info: whole.info, servers: [{ url: "/" }], paths, components: {} };
  collect(out);
  // Said to be one date; GitHub takes a range of its search syntax, like `>=2026-01-01T00:00:00Z`.
  delete out.components.parameters.created.schema.format;
  for (const operation of operations(out)) {
    answersLeftOut(operation);
    noUnknownBodyKeys(operation);
  }
  mediaType(out);
  return out;
}

function operations(description) {
  return Object.values(description.paths).flatMap((path) => Object.values(path).filter((value) => value.responses));
}

function collect(out) {
  const seen = new Set();
  const todo = [out.paths];
  while (todo.length) {
    const node = todo.pop();
    if (!node || typeof node !== "object") continue;
    if (typeof node.$ref === "string" && !seen.has(node.$ref)) {
      seen.add(node.$ref);
      const [, , section, name] = node.$ref.split("/");
      out.components[section] ??= {};
      out.components[section][name] = structuredClone(whole.components[section][name]);
      todo.push(out.components[section][name]);
    }
    todo.push(...Object.values(node));
  }
}

// The description leaves out, for most operations, what GitHub answers to a wrong token, a missing permission, a missing thing,
// and when asked too often. A 304 is named for a few reads only.
function answersLeftOut(operation) {
  const error = {
    description: "left out of the description",
    content: { "application/json": { schema: { type: "object", required: ["message"], properties: { message: { type: "string" } } } } },
  };
  for (const status of ["400", "401", "403", "404", "409", "422", "429"]) operation.responses[status] = error;
  operation.responses["304"] = { description: "Not modified" };
}

// GitHub takes and forgets a key it does not know. A test wants to hear of it.
function noUnknownBodyKeys(operation) {
  const schema = operation.requestBody?.content?.["application/json"]?.schema;
  if (schema?.type === "object") schema.additionalProperties ??= false;
}

// Described as application/json; sent, as is asked for, with GitHub's own name too.
function mediaType(node) {
  if (!node || typeof node !== "object") return;
  const content = node.content;
  if (content?.["application/json"]) content["application/vnd.github+json"] ??= content["application/json"];
  Object.values(node).forEach(mediaType);
}
