// What every act of a scripted host works with.
import type * as T from "../types";
import type { Changes } from "./changes";
import { project, SERVICES, settings } from "./make";
import type { Questions } from "./questions";
import type { Runs } from "./runs";
import { COMMITS, type World } from "./world";

export interface Stage {
  world: World;
  questions: Questions;
  changes: Changes;
  runs: Runs;
}

export const notFound = (what: string): T.Problem => ({
  code: "not_found",
  title: `There is no ${what}`,
  detail: "it may have been removed or renamed",
  hint: "Open the list and choose another.",
});

const NOTICED: Partial<Record<T.Act, string>> = {
  restart: "It stops and starts: its users may see a gap of some seconds.",
  stop: "Its users get no answer from it until it is started again.",
};

/** Core's question before something that people may notice. */
export function consent(questions: Questions, act: T.Act, what: string): Promise<void> {
  const first = NOTICED[act];
  const consequences = [
    ...(first ? [first] : []),
    "The release, its volumes and its variables stay as they are.",
  ];
  return questions.consent({ kind: "act", act, what, consequences });
}

/** What is understood of a project; made up where the world says nothing. */
export function understood(world: World, name: string): T.Understood {
  const row = world.projects.find((row) => row.project.name === name);
  return (
    world.understood[name] ?? {
      project: row?.project ?? project(name),
      head: COMMITS.next,
      compose_files: ["compose.yaml"],
      services: SERVICES,
      settings: settings("hull-1", "forge", null),
      settings_written: false,
      findings: [],
    }
  );
}
