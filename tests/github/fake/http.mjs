// The few words of HTTP that everything here speaks. Knows no GitHub.
import http from "node:http";

export class Refusal extends Error {
  constructor(status, message, headers = {}, more = {}) {
    super(message);
    Object.assign(this, { status, headers, more });
  }
}

// An answer that is more than a 200 with a body.
export class Reply {
  constructor(status, body, headers = {}) {
    Object.assign(this, { status, body, headers });
  }
}

export async function bytes(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

export async function listen(handler, port = 0) {
  const server = http.createServer(handler);
  server.keepAliveTimeout = 60_000;
  await new Promise((done, fail) => server.once("error", fail).listen(port, "127.0.0.1", done));
  return { server, port: server.address().port, url: `http://127.0.0.1:${server.address().port}` };
}

// Routes are [method, "/a/{b}", permissions, handler]; a last {name*} takes slashes too.
export function router(routes) {
  const compiled = routes.map(([method, path, needs, handler]) => ({ method, needs, handler, match: matcher(path) }));
  return (method, path) => {
    for (const route of compiled) {
      const params = route.method === method && route.match(path);
      if (params) return { ...route, params };
    }
  };
}

function matcher(path) {
  const names = [];
  const source = path.replace(/\{(\w+)(\*?)\}/g, (_, name, slashes) => names.push(name) && (slashes ? "(.+)" : "([^/]+)"));
  const expression = new RegExp(`^${source}$`);
  return (text) => {
    const found = expression.exec(text);
    return found && Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1])]));
  };
}

export function answer(response, status, body, headers = {}) {
  const text = body === undefined ? "" : JSON.stringify(body);
  const type = text ? { "content-type": "application/json; charset=utf-8" } : {};
  response.writeHead(status, { ...type, "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}
