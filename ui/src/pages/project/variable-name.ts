// Names that an environment variable may have.

const ALLOWED = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Why a name cannot be used, in words; `null` if it can. */
export function nameProblem(name: string, taken: readonly string[] = []): string | null {
  if (name === "") return "A variable needs a name.";
  if (!ALLOWED.test(name)) return "Letters, digits and _ are allowed, not beginning with a digit.";
  if (taken.includes(name)) return `${name} is set already; change it in its row.`;
  return null;
}
