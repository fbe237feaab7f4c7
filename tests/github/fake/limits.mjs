// What is counted, how much is left, and the validators. Per token; an answer 304 costs nothing. Knows no resource.
import { createHash } from "node:crypto";
import { Refusal } from "./http.mjs";

export function mayAsk(world, token) {
  const now = Math.floor(world.now() / 1000);
  if (now >= token.reset) Object.assign(token, { used: 0, reset: now + 3600 });
  if (token.used < token.limit) return;
  throw new Refusal(403, `API rate limit exceeded for user ID ${token.name}.`);
}

export function counted(token) {
  token.used = Math.min(token.used + 1, token.limit);
}

export function rateHeaders(token) {
  const { limit, used, reset } = token;
  return {
    "x-ratelimit-limit": limit,
    "x-ratelimit-remaining": limit - used,
    "x-ratelimit-used": used,
    "x-ratelimit-reset": reset,
    "x-ratelimit-resource": "core",
  };
}

// Of one token and one address: another token has other validators for the same content.
export function etag(token, url, text) {
  return `W/"${createHash("sha256").update(`${token.access}\n${url}\n${text}`).digest("hex")}"`;
}

export function matches(header, tag) {
  return (header ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === tag.replace(/^W\//, ""));
}
