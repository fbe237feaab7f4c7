// Numbers in sentences.

/** Digits in groups from 10,000 on. */
export function grouped(n: number): string {
  return Math.abs(n) < 10_000 ? String(n) : n.toLocaleString("en-GB");
}

/** The noun alone: `plural(2, "service")` is `services`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return n === 1 ? one : many;
}

/** `no services`, `1 service`, `12,000 services`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n === 0 ? "no" : grouped(n)} ${plural(n, one, many)}`;
}
