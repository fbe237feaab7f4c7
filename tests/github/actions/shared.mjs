// What all stand-ins share: inputs as the real action's description lists them, outputs, programs. act copies each action's folder
// alone, so they find this file by PLIMSOLL_ACTIONS. Knows no action.
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

// GitHub warns of an input that an action does not have, and goes on without it. Here it ends the step.
export function inputs(folder) {
  const text = readFileSync(join(folder, "action.yml"), "utf8");
  const known = text
    .split(/^inputs:\n/m)[1]
    .split(/^\w/m)[0]
    .match(/^ {2}[\w-]+(?=:)/gm)
    .map((name) => name.trim());
  const given = Object.keys(process.env)
    .filter((name) => name.startsWith("INPUT_"))
    .map((name) => name.slice(6));
  const odd = given.filter((name) => !known.some((one) => one.toUpperCase() === name));
  if (odd.length)
    fail(
      `Unexpected input(s) '${odd.map((name) => name.toLowerCase()).join("', '")}', valid inputs are [${known.map((name) => `'${name}'`).join(", ")}]`,
    );
  return Object.fromEntries(known.map((name) => [name, (process.env[`INPUT_${name.toUpperCase()}`] ?? "").trim()]));
}

export function fail(message) {
  console.log(`::error::${message}`);
  process.exit(1);
}

export function output(name, value) {
  appendFileSync(process.env.GITHUB_OUTPUT, `${name}=${value}\n`);
}

export function environment(values) {
  for (const [name, value] of Object.entries(values)) appendFileSync(process.env.GITHUB_ENV, `${name}=${value}\n`);
}

export function mask(value) {
  if (value) console.log(`::add-mask::${value}`);
}

export function run(program, args, { input, ...options } = {}) {
  console.log(`[command]${program} ${args.join(" ")}`);
  const { status, error } = spawnSync(program, args, {
    input,
    stdio: [input === undefined ? "ignore" : "pipe", "inherit", "inherit"],
    ...options,
  });
  if (status !== 0) fail(`${program} ${error?.message ?? `ended with ${status}`}`);
}

export function lines(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

export async function runner(path, body) {
  const options = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const reply = await fetch(`${process.env.PLIMSOLL_RUNNER}/${path}`, { ...options, signal: AbortSignal.timeout(30_000) });
  const said = await reply.json();
  if (!reply.ok) fail(said.message);
  return said;
}
