// What a deployment's page says in sentences.
// Owns: the wording. Must never know: components.
import { clock, duration } from "$lib/format";
import { builds } from "./builds";
import { roughly } from "./estimate";
import { currentStage, currentStep, type Run } from "./run";
import type { Serving } from "./serving";
import { STAGE_DOING, STAGE_NAMES, stepDoing } from "./stages";
import type { DeploymentKind } from "$lib/host";

/** The name by which people know a release. */
export type Naming = (release: string) => string;

/** What goes on, without times: "building api". */
export function doing(run: Run): string {
  const stage = currentStage(run);
  if (stage === null) return run.startedAt === null ? "starting" : "going on";
  if (stage.stage === "build") return building(run);
  if (stage.stage !== "swap") return STAGE_DOING[stage.stage];
  const step = currentStep(run);
  return step === null ? STAGE_DOING.swap : stepDoing(step.step, step.service);
}

function building(run: Run): string {
  const under = builds(run)
    .filter((build) => build.state === "running")
    .map((build) => build.service);
  if (under.length === 0) return STAGE_DOING.build;
  return under.length <= 2 ? `building ${under.join(" and ")}` : `building ${under.length} services`;
}

/** The header's sentence while it runs: "building api, 1:24 of about 2 m". */
export function runningSentence(run: Run, elapsedMs: number, expectedMs: number | null): string {
  const time = clock(elapsedMs);
  if (expectedMs === null) return `${doing(run)}, ${time}`;
  const about = round(expectedMs);
  return elapsedMs <= expectedMs
    ? `${doing(run)}, ${time} of about ${about}`
    : `${doing(run)}, ${time}, usually ${about}`;
}

/** "2 m" rather than "2 m 00 s". */
export function round(ms: number): string {
  return duration(roughly(ms)).replace(/ 00 s$/, "");
}

/** In a narrow column: "0.4 s", from ten seconds on "1:21". */
export function took(ms: number): string {
  return ms < 9950 ? duration(ms) : clock(Math.round(ms / 1000) * 1000);
}

/** What an estimate is based on, for its tooltip. */
export function basis(runs: number): string {
  if (runs === 0)
    return "No deployment of this project has gone live yet; there is nothing to estimate from.";
  return runs === 1
    ? "From the last deployment that went live."
    : `Median of the last ${runs} deployments that went live, stage by stage.`;
}

/** The header's sentence when it is over: "failed at build, 1 m 58 s"; without a time when its start was not recorded. */
export function endSentence(run: Run, kind: DeploymentKind): string {
  if (run.end === null) return "";
  const took = run.startedAt === null ? null : duration(Math.max(0, run.end.at - run.startedAt));
  const timed = (what: string, joint: string) => (took === null ? what : `${what}${joint}${took}`);
  switch (run.end.status) {
    case "live":
      return kind === "rollback" ? timed("brought back", " in ") : timed("live", " after ");
    case "nothing_to_do":
      return timed("nothing to do", ", checked in ");
    case "rolled_back":
      return timed(`rolled back${where(run)}`, ", ");
    case "cancelled":
      return timed(`cancelled${where(run)}`, ", ");
    case "failed":
      return timed(`failed${where(run)}`, ", ");
  }
}

function where(run: Run): string {
  const stage = run.stages.find((one) => one.state === "failed");
  return stage === undefined ? "" : ` at ${STAGE_NAMES[stage.stage].toLowerCase()}`;
}

/** Which release users get: "41c2e07 serves, unchanged". */
export function servingSentence(serving: Serving, name: Naming, server: string | null): string {
  switch (serving.kind) {
    case "unchanged":
      return `${name(serving.release)} serves, unchanged`;
    case "moving":
      return moving(serving, name);
    case "watched":
      return `${name(serving.release)} serves, not kept yet`;
    case "new":
      return `${name(serving.release)} serves`;
    case "returning":
      return serving.release === null
        ? "the new containers are being removed"
        : `${name(serving.release)} is coming back`;
    case "returned":
      return `${name(serving.release)} serves again`;
    case "nothing":
      return "no release serves yet";
    case "unknown":
      return `what serves is known when ${server ?? "the server"} answers`;
    case "neither":
      return "neither release is proven serving";
  }
}

function moving({ from, to }: { from: string | null; to: string | null }, name: Naming): string {
  const next = to === null ? "the new release" : name(to);
  return from === null ? `${next} is being started` : `${next} is taking over from ${name(from)}`;
}

/** What the polite live region says: step changes and the end, never ticks. */
export function announcement(run: Run, kind: DeploymentKind, serving: string): string {
  if (run.end !== null) return `Deployment ${endSentence(run, kind)}. ${capital(serving)}.`;
  if (run.detached !== null) return `${run.detached}. The server goes on by itself.`;
  return capital(doing(run));
}

/** Begins a sentence; a commit's hash stays as it is. */
export function capital(text: string): string {
  if (/^[0-9a-f]{7}\b/.test(text)) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
