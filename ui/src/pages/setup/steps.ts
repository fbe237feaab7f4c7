// The way of the first run, as data: which steps there are, which are done, which may be opened.
// Must never know: how a step looks or how the host does its work.

export const STEPS = ["project", "server", "registry", "builder", "deploy"] as const;
export type Step = (typeof STEPS)[number];

/** What the steps have achieved so far, by the names under which it is kept; `null` is not yet. */
export interface Achieved {
  project: string | null;
  server: string | null;
  registry: string | null;
  builder: string | null;
}

export const NOTHING: Achieved = { project: null, server: null, registry: null, builder: null };

export const STEP_TITLES: Record<Step, string> = {
  project: "Project",
  server: "Server",
  registry: "Registry",
  builder: "Builder",
  deploy: "Deploy",
};

/** A step is open as soon as the project is known: the others stand on their own and can be done in any order. */
export function mayOpen(step: Step, achieved: Achieved): boolean {
  return step === "project" || achieved.project !== null;
}

export function isDone(step: Step, achieved: Achieved): boolean {
  return step !== "deploy" && achieved[step] !== null;
}

/** What is still missing before a deployment can start. */
export function missing(achieved: Achieved): Step[] {
  return STEPS.filter((step) => step !== "deploy" && !isDone(step, achieved));
}

export function after(step: Step): Step {
  return STEPS[Math.min(STEPS.indexOf(step) + 1, STEPS.length - 1)] ?? "deploy";
}

/** The step before; `null` before the first one, where Back leaves the first run. */
export function before(step: Step): Step | null {
  return STEPS[STEPS.indexOf(step) - 1] ?? null;
}
