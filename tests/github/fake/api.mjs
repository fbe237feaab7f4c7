// The API behind Prism: who asks, may they, how often, and which resource answers. Knows no resource itself.
import { routes as artifacts } from "./artifacts.mjs";
import { routes as contents } from "./contents.mjs";
import { Refusal, Reply, answer, bytes, router } from "./http.mjs";
import { routes as jobs } from "./jobs.mjs";
import { counted, etag, matches, mayAsk, rateHeaders } from "./limits.mjs";
import { header, mustAllow } from "./permissions.mjs";
import { mayRead, routes as repositories } from "./repositories.mjs";
import { routes as runs } from "./runs.mjs";
import { routes as secrets } from "./secrets.mjs";
import { routes as workflows } from "./workflows.mjs";

const VERSIONS = ["2022-11-28", "2026-03-10"];
const route = router([...repositories, ...contents, ...workflows, ...runs, ...jobs, ...artifacts, ...secrets]);

export function api(world) {
  return async (request, response) => {
    const call = {
      world,
      at: Date.now(),
      method: request.method,
      url: new URL(request.url, "http://x"),
      request,
      headers: { date: world.now().toUTCString() },
    };
    let said;
    try {
      said = await one(call);
    } catch (error) {
      said = refused(error);
    }
    send(call, said, response);
  };
}

async function one(call) {
  const { world, request, url } = call;
  if (!request.headers["user-agent"])
    throw new Refusal(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header");
  call.version = request.headers["x-github-api-version"] ?? "2022-11-28";
  if (!VERSIONS.includes(call.version)) throw new Refusal(400, `Version ${call.version} of the API is not supported`);
  call.headers["x-github-api-version-selected"] = call.version;
  call.token = who(world, request);
  mayAsk(world, call.token);
  const found = route(request.method, url.pathname);
  if (!found) throw new Refusal(404, "Not Found");
  Object.assign(call, { params: found.params, query: url.searchParams, body: parsed(await bytes(request)) });
  place(call);
  const needs = typeof found.needs === "function" ? found.needs(call) : found.needs;
  Object.assign(call.headers, header(call.token, needs));
  mustAllow(call.token, needs);
  return shaped(await found.handler(call));
}

function who(world, request) {
  const [, access] = /^(?:Bearer|token) (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!access) throw new Refusal(401, "Requires authentication");
  const token = world.tokens.get(access);
  if (!token || token.revoked || Date.now() > (token.expires ?? Infinity)) throw new Refusal(401, "Bad credentials");
  return token;
}

function parsed(body) {
  if (!body.length) return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, "Problems parsing JSON");
  }
}

function place(call) {
  const { world, params, token } = call;
  if (!params.repo) return;
  call.repository = world.find(params.owner, params.repo);
  if (!call.repository) moved(call);
  if (!mayRead(token, call.repository)) throw new Refusal(404, "Not Found");
  if (params.run) call.run = world.run(call.repository, params.run);
}

// A former name: reads are told 301, what changes something 307.
function moved({ world, params, method, url }) {
  const repository = world.movedTo(params.owner, params.repo);
  if (!repository) throw new Refusal(404, "Not Found");
  const rest = url.pathname
    .split("/")
    .slice(4)
    .map((part) => `/${part}`)
    .join("");
  const location = `${world.bases.api}/repositories/${repository.id}${rest}${url.search}`;
  const read = method === "GET" || method === "HEAD";
  throw new Refusal(read ? 301 : 307, read ? "Moved Permanently" : "Temporary Redirect", { location }, { url: location });
}

function shaped(said) {
  if (said instanceof Reply) return said;
  return said === undefined ? new Reply(204) : new Reply(200, said);
}

function refused(error) {
  if (!(error instanceof Refusal)) return { status: 500, body: { message: String(error?.stack ?? error) } };
  const body = { message: error.message, documentation_url: "https://docs.github.com/rest", status: String(error.status), ...error.more };
  return { status: error.status, headers: error.headers, body };
}

function send(call, said, response) {
  const { world, token, request, url } = call;
  let { status, body } = said;
  const headers = { ...call.headers, ...said.headers };
  if (token && status === 200 && request.method === "GET") {
    headers.etag = etag(token, url.pathname + url.search, JSON.stringify(body));
    headers["cache-control"] = "private, max-age=60, s-maxage=60";
    if (matches(request.headers["if-none-match"], headers.etag)) [status, body] = [304, undefined];
  }
  const free = status === 304 || url.pathname === "/rate_limit";
  if (token && !free) counted(token);
  if (token) Object.assign(headers, rateHeaders(token));
  world.requests.push({
    at: call.at,
    method: request.method,
    url: url.pathname + url.search,
    token: token?.name,
    status,
    counted: Boolean(token) && !free,
  });
  if (world.requests.length > 50_000) world.requests.splice(0, 10_000);
  answer(response, status, body, headers);
}
