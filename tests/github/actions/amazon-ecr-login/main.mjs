// A token of ECR and Docker's login with it, at the endpoint that AWS's own tools would take from the environment.
import { createHash, createHmac } from "node:crypto";

const { fail, inputs, mask, output, run } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
const given = inputs(import.meta.dirname);
const { AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session } = process.env;
const endpoint = process.env.AWS_ENDPOINT_URL_ECR || process.env.AWS_ENDPOINT_URL || `https://api.ecr.${region}.amazonaws.com`;
if (!id || !secret) fail("Could not load credentials from any providers");

const body = JSON.stringify(given.registries ? { registryIds: given.registries.split(",") } : {});
const reply = await fetch(endpoint, { method: "POST", headers: signed(body), body, signal: AbortSignal.timeout(30_000) });
const said = await reply.json();
if (!reply.ok) fail(said.message ?? said.__type ?? `ECR answered ${reply.status}`);
for (const { authorizationToken, proxyEndpoint } of said.authorizationData) login(authorizationToken, proxyEndpoint);

function login(token, address) {
  const [user, password] = Buffer.from(token, "base64").toString().split(/:(.*)/s);
  mask(password);
  const registry = process.env.PLIMSOLL_ECR_REGISTRY || address.replace(/^https?:\/\//, "");
  run("docker", ["login", "--username", user, "--password-stdin", registry], { input: password });
  output("registry", registry);
}

// Signature version 4, for one POST to "/".
function signed(text) {
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${at.slice(0, 8)}/${region}/ecr/aws4_request`;
  const target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    host: new URL(endpoint).host,
    "x-amz-date": at,
    ...(session ? { "x-amz-security-token": session } : {}),
    "x-amz-target": target,
  };
  const names = Object.keys(headers).sort();
  const canonical = ["POST", "/", "", ...names.map((name) => `${name}:${headers[name]}`), "", names.join(";"), hash(text)].join("\n");
  const key = [at.slice(0, 8), region, "ecr", "aws4_request"].reduce((one, part) => hmac(one, part), `AWS4${secret}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", at, scope, hash(canonical)].join("\n")).toString("hex");
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function hash(text) {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key, text) {
  return createHmac("sha256", key).update(text).digest();
}
