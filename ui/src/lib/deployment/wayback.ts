// How an older release comes back: by a turn of the switches where the old one still runs, else by a start.
// Owns: that judgement and its wording. Must never know: components.
import { listed } from "$lib/format";
import type { RollbackPlan, ServicePlan } from "$lib/host";
import type { Run } from "./run";
import { CANDIDATE, STOP, SWAP } from "./stages";

export interface WayBack {
  /** They still run: traffic turns back to them. */
  turn: string[];
  /** They were stopped and start again. */
  start: string[];
}

/** The way back of a swap that is under way. */
export function wayBackOf(run: Run): WayBack {
  const services = (...steps: string[]) => [
    ...new Set(
      run.steps
        .filter(({ stage, step }) => stage === "swap" && steps.includes(step))
        .flatMap(({ service }) => service ?? []),
    ),
  ];
  return { turn: services(CANDIDATE), start: services(SWAP, STOP) };
}

/** In a dialog, while the old release is there. */
export function wayBackSentence({ turn, start }: WayBack): string {
  if (turn.length === 0) {
    const what = start.length === 0 ? "what was stopped" : listed(start);
    return `The way back is a start: ${what} ${verb(start, "starts", "start")} again from the old images.`;
  }
  const run = verb(turn, "runs", "run");
  if (start.length === 0)
    return `The way back is a turn: the old ${listed(turn)} still ${run}, and traffic goes back at once.`;
  return `The way back is a turn for ${listed(turn)}, which still ${run}, and a start for ${listed(start)}.`;
}

/** In a plan, before anything has moved; nothing where nothing changes. */
export function wayBackPlanned(services: readonly ServicePlan[]): string | undefined {
  const { turn, start } = byStrategy(services.filter(({ image }) => image !== "keep"));
  if (turn.length === 0 && start.length === 0) return undefined;
  if (turn.length === 0)
    return `a start: ${listed(start)} ${verb(start, "starts", "start")} again from the old images`;
  if (start.length === 0) return "a turn, at once, until the soak ends; after that a start";
  return `until the soak ends a turn for ${listed(turn)} and a start for ${listed(start)}; after that a start for all`;
}

/** What bringing back a release does to the services that change. */
export function comesBack(
  plan: Pick<RollbackPlan, "images" | "compose" | "warm">,
  services: readonly ServicePlan[],
): string {
  const images = plan.images.filter(({ to }) => to !== null);
  const changing = new Set([...images, ...plan.compose].map(({ service }) => service));
  const { turn, start } = byStrategy(services.filter(({ name }) => changing.has(name)));
  const still = `${listed(turn)} still ${verb(turn, "runs", "run")}: traffic turns back at once and no request is lost`;
  const beside = `${listed(turn)} ${verb(turn, "starts", "start")} beside what serves, then traffic turns and no request is lost`;
  const again = `${listed(start)} ${verb(start, "stops and starts", "stop and start")} again`;
  return (
    [turn.length > 0 && (plan.warm ? still : beside), start.length > 0 && again].filter(Boolean).join("; ") ||
    "nothing of it runs any more"
  );
}

function byStrategy(services: readonly ServicePlan[]): WayBack {
  const of = (wanted: ServicePlan["strategy"]) =>
    services.filter(({ strategy }) => strategy === wanted).map(({ name }) => name);
  return { turn: of("blue-green"), start: of("recreate") };
}

const verb = (names: readonly string[], one: string, many: string) => (names.length > 1 ? many : one);
