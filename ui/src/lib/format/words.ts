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

/** The most names that a sentence bears. */
const NAMES = 4;

/** `web`, `web and api`, `web, api and db`, `web, api, db and 5 more`. */
export function listed(names: readonly string[]): string {
  const all =
    names.length <= NAMES ? [...names] : [...names.slice(0, NAMES - 1), `${names.length - NAMES + 1} more`];
  const last = all.pop() ?? "";
  return all.length === 0 ? last : `${all.join(", ")} and ${last}`;
}
