// Amounts of bytes: decimal, three significant digits.

const UNITS = ["kB", "MB", "GB", "TB"] as const;

/** `41.2 GB`, `700 MB`, `999 B`. */
export function bytes(amount: number): string {
  if (amount < 1000) return `${Math.round(amount)} B`;
  let value = amount / 1000;
  let unit = 0;
  while (value >= 999.5 && unit + 1 < UNITS.length) {
    value /= 1000;
    unit += 1;
  }
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(decimals)} ${UNITS[unit]}`;
}

/** For tooltips: `41,200,000,000 bytes (38.4 GiB)`. */
export function bytesExactly(amount: number): string {
  const exact = `${amount.toLocaleString("en-GB")} bytes`;
  return amount < 1024 ** 2
    ? exact
    : `${exact} (${(amount / 1024 ** 3).toFixed(amount < 1024 ** 3 ? 3 : 1)} GiB)`;
}
