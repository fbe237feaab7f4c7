// Lengths of time.

const pad = (n: number) => String(n).padStart(2, "0");

/** What is over: `0.4 s`, `12 s`, `1 m 24 s`, `1 h 07 m`. */
export function duration(given: number): string {
  const ms = known(given);
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return `${hours} h ${pad(minutes % 60)} m`;
}

/** What still runs, in steps: `0:48`, `1:21`, `1:07:09`. */
export function clock(ms: number): string {
  const seconds = Math.floor(known(ms) / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A clock that was set back, or a moment nobody knows, is no time at all. */
const known = (ms: number): number => (Number.isFinite(ms) ? Math.max(0, ms) : 0);
