// Who may do what. A route's needs are sets of permissions, of which one suffices. Knows no resource.
import { Refusal } from "./http.mjs";

export function header(token, sets) {
  if (token.kind === "fine-grained") return { "x-accepted-github-permissions": sets.map(words).join("; ") };
  return { "x-oauth-scopes": (token.scopes ?? []).join(", "), "x-accepted-oauth-scopes": scopesFor(sets).join(", ") };
}

export function mustAllow(token, sets) {
  const allowed =
    token.kind === "fine-grained"
      ? sets.some((set) => covers(token.permissions, set))
      : scopesFor(sets).every((scope) => (token.scopes ?? []).includes(scope));
  if (allowed || sets.length === 0) return;
  const who = token.kind === "fine-grained" ? "personal access token" : "integration";
  throw new Refusal(403, `Resource not accessible by ${who}`, header(token, sets));
}

function covers(has, set) {
  return Object.entries(set).every(([name, level]) => has[name] === level || has[name] === "write");
}

function words(set) {
  return Object.entries(set)
    .map(([name, level]) => `${name}=${level}`)
    .join(",");
}

function scopesFor(sets) {
  const names = sets.flatMap((set) => Object.keys(set));
  const wanted = names.filter((name) => name !== "metadata" && name !== "plan");
  return [...new Set(wanted.map((name) => (name === "workflows" ? "workflow" : name === "plan" ? "user" : "repo")))];
}
