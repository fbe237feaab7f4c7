// The nine stages and the runner's steps: their order, their names for people.

import type { Stage } from "./types";

export const STAGES: readonly Stage[] = [
  "resolve",
  "preflight",
  "source",
  "build",
  "gate",
  "stage",
  "pull",
  "swap",
  "record",
];

export const STAGE_NAMES: Record<Stage, string> = {
  resolve: "Resolve",
  preflight: "Preflight",
  source: "Source",
  build: "Build",
  gate: "Gate",
  stage: "Stage",
  pull: "Pull",
  swap: "Swap",
  record: "Record",
};

/** What a stage is doing, for the sentence in the header. */
export const STAGE_DOING: Record<Stage, string> = {
  resolve: "reading the commit",
  preflight: "checking the server",
  source: "sending the source",
  build: "building",
  gate: "checking the images",
  stage: "laying out the release",
  pull: "pulling the images",
  swap: "swapping",
  record: "recording",
};

/** The runner's steps as core names them in its events. */
export const ARM = "arm boot hook";
export const RELEASE_COMMAND = "release command";
/** Stops the old one, then starts the new one. */
export const SWAP = "swap";
/** The new one starts beside the old one, behind a switch. */
export const CANDIDATE = "start new";
/** Every switch turns to the new one. */
export const TURN = "switch over";
/** After the soak: what still hangs on the old one may end; it serves again with one turn until then. */
export const DRAIN = "drain old";
export const STOP = "stop";
export const PROBE = "probe";
export const VERIFY = "verify images";
export const SOAK = "soak";
export const COMMIT = "commit";
export const RETIRE = "stop old";
export const RETAIN = "prune old releases";
export const RESTORE = "restore";
export const PROVE = "prove the old release";
export const DISARM = "disarm boot hook";

/** Steps that make no difference to users: shown only when they fail or take long. */
export const HOUSEKEEPING: ReadonlySet<string> = new Set([ARM, COMMIT, RETAIN, DISARM]);

/** From the first of these on, what users get is changing: the waterline lies just above. */
export const MOVES_TRAFFIC: ReadonlySet<string> = new Set([SWAP, STOP, TURN]);

/** The way back has begun. */
export const GOES_BACK: ReadonlySet<string> = new Set([RESTORE, PROVE]);

const STEP_NAMES: Record<string, string> = {
  [SWAP]: "start",
  [CANDIDATE]: "start",
  [TURN]: "switch",
  [DRAIN]: "drain old",
  [VERIFY]: "verify images",
  [PROVE]: "prove old release",
};

/** A step of the swap as the timeline names it: "start api", "probe", "soak". */
export function stepName(step: string, service: string | null): string {
  const name = STEP_NAMES[step] ?? step;
  if (step === RELEASE_COMMAND) return name;
  return service === null ? name : `${name} ${service}`;
}

const DOING: Record<string, string> = {
  [RELEASE_COMMAND]: "running the release command",
  [SWAP]: "starting",
  [CANDIDATE]: "starting",
  [TURN]: "switching over",
  [DRAIN]: "draining the old",
  [STOP]: "stopping",
  [PROBE]: "probing",
  [VERIFY]: "verifying images",
  [SOAK]: "watching",
  [COMMIT]: "making it the current release",
  [RETIRE]: "stopping the old",
  [RETAIN]: "pruning old releases",
  [RESTORE]: "bringing back",
  [PROVE]: "proving the old release",
};

/** What a step of the swap is doing, for the sentence in the header. */
export function stepDoing(step: string, service: string | null): string {
  const doing = DOING[step] ?? step;
  return service === null ? doing : `${doing} ${service}`;
}
