// The device flow and the renewal of its tokens. A renewal works once. Knows no repository.
import { randomBytes } from "node:crypto";
import { Refusal, bytes } from "./http.mjs";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

export async function login(world, request, response) {
  const path = new URL(request.url, "http://x").pathname;
  const form = fields(request, await bytes(request));
  const found = { "/login/device/code": code, "/login/oauth/access_token": token }[path];
  if (!found || request.method !== "POST") throw new Refusal(404, "Not Found");
  const said = found(world, form);
  const json = (request.headers.accept ?? "").includes("json");
  response.writeHead(200, {
    "content-type": json ? "application/json; charset=utf-8" : "application/x-www-form-urlencoded; charset=utf-8",
  });
  response.end(json ? JSON.stringify(said) : new URLSearchParams(said).toString());
}

function fields(request, body) {
  if ((request.headers["content-type"] ?? "").includes("json")) return JSON.parse(body);
  return Object.fromEntries(new URLSearchParams(String(body)));
}

function code(world, { client_id, scope = "" }) {
  if (client_id !== world.device.client) return { error: "Not Found" };
  const letters = () => [...randomBytes(4)].map((byte) => "BCDFGHJKLMNPQRSTVWXZ"[byte % 20]).join("");
  const device = {
    code: randomBytes(20).toString("hex"),
    user: `${letters()}-${letters()}`,
    scope,
    interval: world.device.interval,
    asked: 0,
    expires: Date.now() + world.device.expires_in * 1000,
  };
  world.devices.set(device.code, device);
  return {
    device_code: device.code,
    user_code: device.user,
    verification_uri: `${world.bases.login}/login/device`,
    expires_in: world.device.expires_in,
    interval: device.interval,
  };
}

function token(world, form) {
  if (form.client_id !== world.device.client)
    return no("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
  if (form.grant_type === "refresh_token") return renewed(world, form.refresh_token);
  if (form.grant_type !== GRANT) return no("unsupported_grant_type", "The grant type is not supported.");
  const device = world.devices.get(form.device_code);
  if (!device) return no("incorrect_device_code", "The device_code provided is not valid.");
  return decided(world, device);
}

function decided(world, device) {
  const early = Date.now() - device.asked < device.interval * 1000 - 100;
  device.asked = Date.now();
  if (device.decision === "expire" || Date.now() > device.expires) return no("expired_token", "This 'device_code' has expired.");
  if (early) {
    device.interval += 5 * Math.min(1, world.device.interval / 5);
    return { ...no("slow_down", "Too many requests have been made in the same timeframe."), interval: device.interval };
  }
  if (device.decision === "deny") return no("access_denied", "The authorization request was denied.");
  if (device.decision !== "allow") return no("authorization_pending", "The authorization request is still pending.");
  world.devices.delete(device.code);
  return issued(world, device.login, device.more);
}

function issued(world, user, more) {
  const seconds = world.device.token_seconds;
  const access = `ghu_${randomBytes(18).toString("hex")}`;
  world.token(access, user, { ...more, ...(seconds ? { expires: Date.now() + seconds * 1000 } : {}) });
  if (!seconds) return { access_token: access, token_type: "bearer", scope: "" };
  const refresh = `ghr_${randomBytes(30).toString("hex")}`;
  world.refreshes.set(refresh, { user, more, access });
  return {
    access_token: access,
    expires_in: seconds,
    refresh_token: refresh,
    refresh_token_expires_in: 15_897_600,
    token_type: "bearer",
    scope: "",
  };
}

function renewed(world, refresh) {
  const kept = world.refreshes.get(refresh);
  if (!kept) return no("bad_refresh_token", "The refresh token passed is incorrect or expired.");
  world.refreshes.delete(refresh);
  world.tokens.delete(kept.access);
  return issued(world, kept.user, kept.more);
}

function no(error, error_description) {
  return {
    error,
    error_description,
    error_uri: "https://docs.github.com/developers/apps/authorizing-oauth-apps#error-codes-for-the-device-flow",
  };
}
