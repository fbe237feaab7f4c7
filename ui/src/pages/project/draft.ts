// plimsoll.toml as a form: durations as seconds, lists as lines; and back.
// Owns: that translation. Must never know: how the form looks or how the file is written (core keeps its comments).
import type { Duration, ServiceSettings, Settings } from "$lib/host";

export const NO_SERVICE_SETTINGS: ServiceSettings = {
  probe: null,
  deadline: null,
  strategy: null,
  drain: null,
  overlap: false,
};

export function seconds(duration: Duration): number {
  return duration.secs + duration.nanos / 1e9;
}

export function duration(seconds: number): Duration {
  const secs = Math.floor(seconds);
  return { secs, nanos: Math.round((seconds - secs) * 1e9) };
}

/** One entry per line or comma; blanks around it do not count. */
export function listOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((entry) => entry.trim())
    .filter(Boolean);
}

/** Words of a command: blanks part them, double quotes keep them together. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"|[^\s"]+/g)) {
    words.push(match[1] === undefined ? match[0] : match[1].replace(/\\(.)/g, "$1"));
  }
  return words;
}

export function commandText(words: readonly string[]): string {
  return words
    .map((word) => (/^[^\s"\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`))
    .join(" ");
}

/** Whether two settings say the same; the order of keys does not count. */
export function same(a: Settings, b: Settings): boolean {
  return stable(a) === stable(b);
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function without<V>(record: Record<string, V>, key: string): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

/** Why a text is no name of an environment, in words; `null` if it is one. */
export function environmentNameProblem(name: string, taken: readonly string[]): string | null {
  if (taken.includes(name)) return `There is an environment called ${name} already.`;
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/.test(name))
    return "Letters, digits, _ and - are allowed, not beginning with -.";
  return null;
}
