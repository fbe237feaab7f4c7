// The names that buildx gives to steps: `[api builder 2/5] RUN make`. Mirrors core's build/progress/name.rs, so that
// history shows the same counts as the live progress did.

export interface BuildStepName {
  /** The stage of the Dockerfile; empty for the only or last one. */
  stage: string;
  /** Which step of how many. */
  position: { step: number; of: number } | null;
  /** What it does, without the brackets. */
  text: string;
}

export function parseBuildStep(name: string, service: string | null): BuildStepName {
  const close = name.startsWith("[") ? name.indexOf("]") : -1;
  if (close < 0) return { stage: "", position: null, text: name };
  const words = name
    .slice(1, close)
    .split(" ")
    .filter((word) => word !== "");
  if (service !== null && words[0] === service) words.shift();
  const position = positionOf(words.at(-1) ?? "");
  const stage = position !== null && words.length > 1 ? (words[0] ?? "") : "";
  return { stage, position, text: name.slice(close + 1).trim() };
}

function positionOf(word: string): { step: number; of: number } | null {
  const match = /^(\d+)\/(\d+)$/.exec(word);
  return match === null ? null : { step: Number(match[1]), of: Number(match[2]) };
}
