// Deployments as they were recorded from real runs: what `plimsoll deploy --json` printed, one event a line.
import type { StepEvent } from "$lib/host";
import detached from "./recorded/detached.jsonl?raw";
import diskFull from "./recorded/disk-full.jsonl?raw";
import live from "./recorded/live.jsonl?raw";
import nothingToDo from "./recorded/nothing-to-do.jsonl?raw";
import rollback from "./recorded/rollback.jsonl?raw";

const events = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as StepEvent);

export const RECORDED = {
  "recorded: live": () => events(live),
  "recorded: rollback": () => events(rollback),
  "recorded: detached": () => events(detached),
  "recorded: disk full": () => events(diskFull),
  "recorded: nothing to do": () => events(nothingToDo),
};
