// Plays a run: gives it jobs, moves their steps, ends it. Which steps there are and how long they take is said by a script,
// by the workflow's file, or by act. Knows no HTTP.
import { setTimeout as sleep } from "node:timers/promises";
import { byAct } from "./act.mjs";
import { turn } from "./concurrency.mjs";
import { pack } from "./zip.mjs";
import { legs } from "./workflows.mjs";

export function play(world, run, again) {
  const stop = new AbortController();
  run.cancel = () => stop.abort("cancelled");
  run.stop = stop.signal;
  run.ended = whole(world, run, again).catch((error) => {
    run.trouble = String(error?.stack ?? error);
    finish(world, run, "failure");
  });
}

async function whole(world, run, again) {
  if (!(await turn(world, run))) return finish(world, run, "cancelled");
  const player = run.repository.player;
  const before = run.jobs.filter((job) => job.attempt === run.attempt - 1);
  const kept = before.filter((job) => !again(job) && job.conclusion === "success");
  for (const job of kept) run.jobs.push({ ...job, id: world.id(), attempt: run.attempt });
  if (player.kind === "act")
    return byAct(
      world,
      run,
      kept.map((job) => job.name),
    );
  await byScript(world, run, scriptOf(player, run), new Set(kept.map((job) => job.name)));
}

// Without a script each job of the file succeeds, a step taking `step_ms`. A script per attempt is a list.
function scriptOf(player, run) {
  const script = Array.isArray(player.script) ? player.script[Math.min(run.attempt, player.script.length) - 1] : (player.script ?? {});
  const ms = script.step_ms ?? 20;
  const jobs = script.jobs ?? legs(run.file, run.contexts).map((leg) => ({ ...leg, steps: leg.steps.map((name) => ({ name, ms })) }));
  return { queued_ms: 0, artifacts: [], ...script, jobs };
}

async function byScript(world, run, script, kept) {
  await sleep(script.queued_ms, undefined, { signal: run.stop }).catch(() => {});
  const wanted = script.jobs.filter((job) => !kept.has(job.name));
  if (run.stop.aborted) return finish(world, run, "cancelled");
  if (script.never_starts) return waitForCancel(world, run, wanted);
  if (script.no_minutes) return noMinutes(world, run, wanted);
  touch(world, run, { status: "in_progress" });
  const done = new Map();
  const after = (job) =>
    Promise.all(
      (job.needs ?? []).flatMap((need) => script.jobs.filter((one) => (one.id ?? one.name) === need).map((one) => done.get(one))),
    );
  for (const job of script.jobs) {
    done.set(
      job,
      kept.has(job.name)
        ? Promise.resolve("success")
        : after(job).then((ends) => (ends.every((end) => end === "success") ? oneJob(world, run, job) : skip(world, run, job))),
    );
  }
  const ends = await Promise.all(done.values());
  for (const artifact of script.artifacts) keepArtifact(world, run, artifact.name, artifact.files);
  finish(world, run, verdict(run, ends));
}

export function verdict(run, ends) {
  if (run.stop.aborted) return "cancelled";
  return ends.some((end) => end === "failure" || end === "cancelled") ? "failure" : "success";
}

async function waitForCancel(world, run, jobs) {
  const waiting = jobs.filter((job) => !(job.needs ?? []).length).map((job) => newJob(world, run, job));
  await new Promise((done) => run.stop.addEventListener("abort", done));
  for (const job of waiting) endJob(world, job, "cancelled");
  finish(world, run, "cancelled");
}

// What GitHub shows when an account has no minutes left: failed at once, no step, no runner, one annotation.
function noMinutes(world, run, jobs) {
  for (const one of jobs.filter((job) => !(job.needs ?? []).length)) {
    const job = newJob(world, run, one);
    job.annotation =
      "The job was not started because recent account payments have failed or your spending limit needs to be increased. Please check the 'Billing & plans' section in your settings";
    endJob(world, job, "failure");
  }
  finish(world, run, "failure");
}

export function newJob(world, run, { name, labels = ["ubuntu-24.04"] }) {
  const at = world.stamp();
  const job = {
    id: world.id(),
    attempt: run.attempt,
    name,
    labels,
    status: "queued",
    conclusion: null,
    created_at: at,
    started_at: null,
    completed_at: null,
    steps: [],
    log: [],
  };
  run.jobs.push(job);
  return job;
}

async function oneJob(world, run, plan) {
  const job = newJob(world, run, plan);
  if (plan.starts_ms) await sleep(plan.starts_ms, undefined, { signal: run.stop }).catch(() => {});
  if (run.stop.aborted) return endJob(world, job, "cancelled");
  beginJob(world, job);
  for (const { name } of plan.steps) job.steps.push({ name, status: "queued" });
  const failed = await steps(world, run, job, plan.steps);
  return endJob(world, job, run.stop.aborted ? "cancelled" : failed ? "failure" : "success");
}

async function steps(world, run, job, plans) {
  let failed = false;
  for (const [at, plan] of plans.entries()) {
    const step = job.steps[at];
    if (failed || run.stop.aborted) {
      endStep(world, step, run.stop.aborted ? "cancelled" : "skipped");
      continue;
    }
    Object.assign(step, { status: "in_progress", started_at: world.stamp() });
    say(world, job, `##[group]Run ${plan.name}`, "##[endgroup]", ...(plan.log ?? plan.name).split("\n"));
    await sleep(plan.ms ?? 20, undefined, { signal: run.stop }).catch(() => {});
    endStep(world, step, run.stop.aborted ? "cancelled" : (plan.conclusion ?? "success"));
    failed ||= plan.conclusion === "failure";
  }
  return failed;
}

export function beginJob(world, job) {
  Object.assign(job, { status: "in_progress", started_at: world.stamp(), runner: "GitHub Actions 1" });
}

export function endStep(world, step, conclusion) {
  Object.assign(step, { status: "completed", conclusion, started_at: step.started_at ?? world.stamp(), completed_at: world.stamp() });
}

// A step that never began was skipped, unless the whole was cancelled.
export function endJob(world, job, conclusion) {
  for (const step of job.steps) {
    if (step.status !== "completed")
      endStep(world, step, conclusion === "cancelled" ? "cancelled" : step.started_at ? conclusion : "skipped");
  }
  Object.assign(job, { status: "completed", conclusion, completed_at: world.stamp() });
  return conclusion;
}

export function skip(world, run, plan) {
  return endJob(world, newJob(world, run, plan), "skipped");
}

export function say(world, job, ...lines) {
  for (const line of lines) job.log.push(`${world.now().toISOString().replace("Z", "0000Z")} ${line}\n`);
}

// The run's own object changes with the run, never with a step.
export function touch(world, run, fields) {
  Object.assign(run, fields, { updated_at: world.stamp() });
}

export function finish(world, run, conclusion) {
  touch(world, run, { status: "completed", conclusion });
  run.completed_ms = Date.now();
}

export function keepArtifact(world, run, name, files) {
  const contents = Object.entries(files).map(([path, value]) => [
    path,
    Buffer.isBuffer(value) ? value : Buffer.from(value.replaceAll("$COMMIT", run.inputs.commit || run.sha)),
  ]);
  const artifact = { id: world.id(), name, files: Object.fromEntries(contents), zip: pack(contents), created_at: world.stamp() };
  run.artifacts = [...run.artifacts.filter((one) => one.name !== name), artifact];
  return artifact;
}
