// The one address a client knows. Leads to Prism and the API behind it, past Prism where the description says less than GitHub does,
// and lets go wrong what the lab wants. Knows no resource.
//   past Prism: /login/* (not of the API), job logs, zip archives and former names of repositories (a redirect, which Prism would
//   follow itself), /lab/* and /runner/* (not GitHub's). /repositories/{id}/... is not in the description: led to the name it has now.
import http from "node:http";
import { login } from "./device.mjs";
import { after, before, faultFor } from "./faults.mjs";
import { Refusal, answer, bytes } from "./http.mjs";
import { lab } from "./lab.mjs";
import { runner } from "./runner.mjs";

const PAST = /^\/repos\/[^/]+\/[^/]+\/actions\/(jobs\/[^/]+\/logs|artifacts\/[^/]+\/zip)$/;
// These take slashes in their last part, which Prism matches only when they are escaped.
const DEEP = /^(\/repos\/[^/]+\/[^/]+\/(?:contents|commits|git\/ref|rules\/branches)\/)(.+)$/;
const HOP = ["connection", "keep-alive", "transfer-encoding", "content-length", "host"];

export function door(world, prism, api) {
  // A connection each: a kept one may be closed by Prism just when it is used again.
  const agent = new http.Agent({ keepAlive: false });
  const pass = (request, response) => forward(world, agent, prism, api, request, response);
  return async (request, response) => {
    try {
      if (request.url.startsWith("/lab/")) return await lab(world, request, response);
      if (request.url.startsWith("/runner/")) return await runner(world, request, response);
      await pass(request, response);
    } catch (error) {
      request.resume();
      if (!response.headersSent)
        answer(response, error instanceof Refusal ? error.status : 500, {
          message: error instanceof Refusal ? error.message : String(error?.stack ?? error),
        });
    }
  };
}

async function forward(world, agent, prism, api, request, response) {
  const fault = faultFor(world, request);
  if (await before(fault, request, response)) return;
  if (request.url.startsWith("/login/")) return fault ? cutLogin(world, fault, request, response) : login(world, request, response);
  const path = named(world, request.url);
  const headers = { ...request.headers };
  if (fault?.kind === "no-etag") delete headers["if-none-match"];
  const body = await bytes(request);
  const reply = await ask(agent, redirects(world, path) ? api : prism, request.method, escaped(path), headers, body);
  violated(world, request, reply);
  const sent = Object.fromEntries(Object.entries(reply.headers).filter(([name]) => !HOP.includes(name)));
  if (fault?.kind === "no-etag") delete sent.etag;
  sent["content-length"] = reply.body.length;
  if (await after(fault, reply.status, sent, reply.body, response)) return;
  if (reply.status === 304) delete sent["content-length"];
  response.writeHead(reply.status, sent);
  response.end(reply.body);
}

// The effect is had, the answer is not.
async function cutLogin(world, fault, request, response) {
  const kept = {
    writeHead: (status, headers) => Object.assign(kept, { status, headers }),
    end: (body) => Object.assign(kept, { body: Buffer.from(body) }),
  };
  await login(world, request, kept);
  const headers = { ...kept.headers, "content-length": kept.body.length };
  if (await after(fault, kept.status, headers, kept.body, response)) return;
  response.writeHead(kept.status, headers);
  response.end(kept.body);
}

function ask(agent, base, method, path, headers, body) {
  return new Promise((done, fail) => {
    const { host, ...rest } = headers;
    delete rest["transfer-encoding"];
    const request = http.request(
      new URL(path, base),
      { agent, method, headers: { ...rest, ...(body.length ? { "content-length": body.length } : {}) } },
      async (reply) => {
        done({ status: reply.statusCode, headers: reply.headers, body: await bytes(reply) });
      },
    );
    request.once("error", fail);
    request.end(body);
  });
}

function redirects(world, url) {
  const path = url.split("?")[0];
  const [, kind, owner, name] = path.split("/");
  return PAST.test(path) || (kind === "repos" && !world.find(owner, name) && Boolean(world.movedTo(owner, name)));
}

function named(world, url) {
  return url.replace(/^\/repositories\/(\d+)/, (all, id) => {
    const repository = world.repositories.get(Number(id));
    return repository ? `/repos/${repository.owner}/${repository.name}` : all;
  });
}

function escaped(url) {
  const [path, query] = url.split("?");
  const deep = path.replace(DEEP, (_, start, rest) => start + rest.replaceAll("/", "%2F"));
  return query === undefined ? deep : `${deep}?${query}`;
}

// What Prism finds wrong, of the client or of the fake, is kept for the test to ask about.
function violated(world, request, reply) {
  const said = String(reply.headers["content-type"] ?? "").includes("problem+json") ? String(reply.body) : reply.headers["sl-violations"];
  if (said) world.violations.push({ method: request.method, url: request.url, said: String(said).slice(0, 2000) });
}
