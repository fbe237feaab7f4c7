// What goes wrong between a client and GitHub: lost, cut and late answers, refusals, a proxy without validators. Knows no resource.
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "./http.mjs";

// { path: expression, method?, times?, skip?, kind, ms?, status?, headers?, body? }. `times` unset lasts until it is taken away.
// before the effect: reset, hang, status.  after it: drop, half-header, half-body, late, then-status.  always: delay, no-etag
const BEFORE = ["reset", "hang", "status"];
const AFTER = ["drop", "half-header", "half-body", "late", "then-status"];
export const KINDS = [...BEFORE, ...AFTER, "delay", "no-etag"];

export function faultFor(world, request) {
  const hit = world.faults.find(
    (fault) => fault.times !== 0 && (!fault.method || fault.method === request.method) && new RegExp(fault.path ?? "").test(request.url),
  );
  if (!hit) return;
  if (hit.skip > 0) return void (hit.skip -= 1);
  if (hit.times !== undefined) hit.times -= 1;
  hit.hits = (hit.hits ?? 0) + 1;
  return hit;
}

// True when the request goes no further.
export async function before(fault, request, response) {
  if (fault?.kind === "delay") await sleep(fault.ms ?? 1000);
  if (!BEFORE.includes(fault?.kind)) return false;
  request.resume();
  if (fault.kind === "hang") await sleep(fault.ms ?? 60_000);
  if (fault.kind === "status") answer(response, fault.status, fault.body ?? { message: "Server Error" }, fault.headers);
  else response.destroy();
  return true;
}

// True when nothing more is to be sent.
export async function after(fault, status, headers, body, response) {
  if (!AFTER.includes(fault?.kind)) return false;
  if (fault.kind === "late") await sleep(fault.ms ?? 60_000);
  if (fault.kind === "late") return false;
  if (fault.kind === "then-status") answer(response, fault.status ?? 502, fault.body ?? { message: "Server Error" }, fault.headers);
  else cut(fault.kind, status, headers, body, response);
  return true;
}

function cut(kind, status, headers, body, response) {
  const head = `HTTP/1.1 ${status} X\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
  const whole = {
    drop: "",
    "half-header": head.slice(0, head.length / 2),
    "half-body": head + String(body).slice(0, Math.floor(body.length / 2)),
  }[kind];
  response.socket.end(whole, () => response.socket.destroy());
}
