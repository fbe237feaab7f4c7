// What GitHub gives to the actions of a running job: artifacts, and a subject for a role. Only a run's own secret word opens it.
import { Refusal, answer, bytes } from "./http.mjs";
import { keepArtifact } from "./player.mjs";
import { subjectPrefix } from "./repositories.mjs";
import { legs } from "./workflows.mjs";

export async function runner(world, request, response) {
  const [, , word, what] = request.url.split("/");
  const run = [...world.runs.values()].find((one) => one.word && one.word === word);
  const handler = { artifacts, credentials }[what];
  if (!run || !handler) throw new Refusal(404, "no such run");
  const text = String(await bytes(request));
  answer(response, 200, handler(world, run, text ? JSON.parse(text) : undefined));
}

function artifacts(world, run, body) {
  if (!body) return run.artifacts.map(({ name, files }) => ({ name, files: encoded(files) }));
  if (run.artifacts.some((one) => one.name === body.name) && !body.overwrite)
    throw new Refusal(409, `an artifact named ${body.name} exists`);
  const files = Object.fromEntries(Object.entries(body.files).map(([path, value]) => [path, Buffer.from(value, "base64")]));
  return { id: keepArtifact(world, run, body.name, files).id };
}

function encoded(files) {
  return Object.fromEntries(Object.entries(files).map(([path, value]) => [path, value.toString("base64")]));
}

// AWS's side of OIDC: the job must be allowed a token, and the role's policy must name its subject.
function credentials(world, run, { job, role, audience }) {
  const leg = legs(run.file, run.contexts).find((one) => one.id === job);
  if (leg?.permissions?.["id-token"] !== "write")
    throw new Refusal(403, "Credentials could not be loaded: did you mean to set the `id-token` permission?");
  const known = world.roles.get(role);
  if (!known) throw new Refusal(403, `Could not assume role with OIDC: No OpenIDConnect provider or role ${role}`);
  const rest = leg.environment ? `environment:${leg.environment}` : `ref:refs/heads/${run.branch}`;
  const claims = { sub: `${subjectPrefix(run.repository)}:${rest}`, aud: audience };
  if (!known.trust.Statement.some((statement) => allows(statement.Condition ?? {}, claims)))
    throw new Refusal(403, `Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity (${claims.sub})`);
  return { claims, env: known.env ?? {} };
}

function allows(condition, claims) {
  const equal = Object.entries(condition.StringEquals ?? {}).every(([key, value]) => [value].flat().includes(claims[key.split(":").pop()]));
  const like = Object.entries(condition.StringLike ?? {}).every(([key, value]) =>
    [value].flat().some((pattern) => glob(pattern).test(claims[key.split(":").pop()])),
  );
  return equal && like;
}

function glob(pattern) {
  return new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
}
