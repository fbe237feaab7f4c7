// The load line's geometry and words.
// Owns: where things lie between nothing and the capacity, and what the foot says. Must never know: colours.
import { bytes } from "$lib/format";

export interface Load {
  /** What is used, by category, in the order shown. */
  parts: { name: string; category: Category; amount: number }[];
  capacity: number;
  /** The user's own line. */
  limit: number;
  /** A day; undefined until it has been measured for 24 hours. */
  growth?: number;
}
export type Category = "images" | "cache" | "volume" | "logs" | "other";
export type LoadState = "calm" | "near" | "over" | "measuring";

const DAY = 86_400_000;
const AHEAD = 14;
const YEAR = 365;

export const usedOf = (load: Load): number => load.parts.reduce((sum, part) => sum + part.amount, 0);

export function stateOf(load: Load): LoadState {
  const used = usedOf(load);
  if (used > load.limit) return "over";
  if (used >= 0.9 * load.limit || daysTo(load.limit, load) <= AHEAD) return "near";
  return load.growth === undefined ? "measuring" : "calm";
}

/** Days until so much is used; infinite when it does not grow. */
export function daysTo(amount: number, load: Load): number {
  if (!load.growth || load.growth <= 0) return Infinity;
  return Math.max(0, (amount - usedOf(load)) / load.growth);
}

/** Shares of the track, 0 to 1: the parts, the growth of the next days, the mark. */
export function geometry(load: Load) {
  const share = (amount: number) => Math.min(1, Math.max(0, amount / load.capacity));
  let at = 0;
  const parts = load.parts.map((part) => {
    const from = share(at);
    at += part.amount;
    return { ...part, from, width: share(at) - from };
  });
  const used = share(at);
  const limit = share(load.limit);
  return {
    parts,
    used,
    limit,
    growth: load.growth ? Math.min(1 - used, share(Math.max(0, load.growth) * AHEAD)) : 0,
    over: Math.max(0, used - limit),
  };
}

/** The sentence below the gauge. */
export function foot(load: Load, now = Date.now()): string {
  const state = stateOf(load);
  const over = usedOf(load) - load.limit;
  const full = daysTo(load.capacity, load);
  if (state === "over")
    return said([`Over the line by ${bytes(over)}`, full <= YEAR && `disk full ${date(full, now)}`]);
  if (load.growth === undefined) return "Growth is known after 24 hours of measuring";
  const line = daysTo(load.limit, load);
  return said([
    `${load.growth < 0 ? "−" : "+"}${bytes(Math.abs(load.growth))} a day`,
    state === "calm" && `${bytes(-over)} of freeboard`,
    line <= YEAR ? `reaches the line ${date(line, now)}` : "does not reach the line within a year",
    state === "near" && full <= YEAR && `disk full ${date(full, now)}`,
  ]);
}

const said = (parts: (string | false)[]) => parts.filter(Boolean).join(" · ");
const shown = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

function date(days: number, now: number): string {
  const whole = Math.round(days);
  const on = shown.format(now + days * DAY).replace(",", "");
  return whole < 1 ? `${on}, today` : `${on}, in ${whole} ${whole === 1 ? "day" : "days"}`;
}
