// Which lines speak of an error: the same guess as core's.
const BEGINNING =
  /^(?:error|fatal|panic:|exception|traceback \(most recent call last\)|npm err!|failed to |err |fail:)/;
const ANYWHERE =
  / error: | error\[|\[error\]| fatal: |level=error|level=fatal|"level":"error"|panicked at| did not complete successfully|exception: | error |error:/;
const INNOCENT = / 0 error|no error|error: 0|without error|errors: 0/;
const CANDIDATE = /[efp]/i;
/** A complaint begins early in its line; what follows is quoted text. */
const LOOKED_AT = 400;
/** BuildKit's `#14 71.20 `. */
const PREFIX = /^#\d*\s*[\d.]*\s*/;

export function isComplaint(text: string): boolean {
  const head = text.slice(0, LOOKED_AT).replace(/\u001b\[[0-9;]*m/g, "");
  if (!CANDIDATE.test(head)) return false;
  const lower = head.toLowerCase().trimStart();
  if (INNOCENT.test(lower)) return false;
  return BEGINNING.test(lower.replace(PREFIX, "")) || ANYWHERE.test(lower);
}
