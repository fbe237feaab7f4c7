// Moments, as seen from now.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** `just now`, `4 min ago`, `2 h ago`, `yesterday 16:20`, `17 Nov 09:12`, `17 Nov 2025 09:12`. */
export function when(moment: string | number, now = Date.now()): string {
  const at = new Date(moment);
  const age = now - at.getTime();
  if (Number.isNaN(age)) return "at an unknown time";
  // Clocks of two machines differ a little: the near future is now.
  if (age < 45_000 && age > -MINUTE) return "just now";
  if (age >= 0 && age < HOUR) return `${Math.max(1, Math.floor(age / MINUTE))} min ago`;
  const days = daysBetween(at, new Date(now));
  if (age >= 0 && days === 0) return `${Math.floor(age / HOUR)} h ago`;
  if (age >= 0 && days === 1)
    return age < 6 * HOUR ? `${Math.floor(age / HOUR)} h ago` : `yesterday ${hours.format(at)}`;
  const sameYear = at.getFullYear() === new Date(now).getFullYear();
  return `${(sameYear ? day : dayAndYear).format(at)} ${hours.format(at)}`;
}

/** The full stamp, for a tooltip. */
export function whenExactly(moment: string | number): string {
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? "unknown" : full.format(at);
}

function daysBetween(from: Date, to: Date): number {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((midnight(to) - midnight(from)) / DAY);
}
