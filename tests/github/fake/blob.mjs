// The host of logs and archives: a signed address for a minute, no Authorization. Knows the faults of a log.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { find as artifactOf } from "./artifacts.mjs";
import { Refusal, answer } from "./http.mjs";
import { find as jobOf } from "./jobs.mjs";

export function blob(world) {
  return async (request, response) => {
    try {
      const url = new URL(request.url, "http://x");
      const [, kind, id] = url.pathname.split("/");
      if (request.headers.authorization) throw new Refusal(400, "InvalidAuthenticationInfo");
      if (Number(url.searchParams.get("se")) < world.now().getTime() || Number(url.searchParams.get("sig")) !== id * 7919)
        throw new Refusal(403, "AuthenticationFailed");
      if (kind === "artifacts") return send(response, "application/zip", artifactOf(world, id).artifact.zip);
      await log(jobOf(world, undefined, id).job, response);
    } catch (error) {
      if (!response.headersSent) answer(response, error.status ?? 500, { message: error.message });
      else response.destroy();
    }
  };
}

function send(response, type, content) {
  response.writeHead(200, { "content-type": type, "content-length": content.length });
  response.end(content);
}

async function log(job, response) {
  const fault = job.fault ?? {};
  if (fault.bytes) return long(response, fault.bytes);
  const text = Buffer.from("\ufeff" + job.log.join(""));
  if (fault.truncate_at === undefined) return send(response, "text/plain; charset=utf-8", text);
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-length": text.length });
  response.write(text.subarray(0, fault.truncate_at), () => response.destroy());
  if (fault.once) delete job.fault;
}

// As many bytes as wanted, made while they are sent; who goes away is no error here.
async function long(response, wanted) {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-length": wanted });
  await pipeline(Readable.from(lines(wanted)), response).catch(() => {});
}

function* lines(wanted) {
  const block = Buffer.from(
    "2026-01-01T00:00:00.0000000Z a line of a log that has no end in sight, and goes on and on and on\n".repeat(8192),
  );
  for (let left = wanted; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block;
}
