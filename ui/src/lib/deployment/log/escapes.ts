// Escape sequences in output: colours are kept, everything else is dropped.
// Owns: which sequences there are. Must never know: how colours look.

const ESC = "\x1b";
// Titles, links (OSC 8) and other strings that a terminal would act on; ended by a bell or by ESC and a backslash.
const STRINGS = /\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)/g;
const CONTROLS = /\x1b\[[0-?]*[ -/]*[@-~]/g;
const COLOUR = /^\x1b\[[0-9;:]*m$/;
const COLOURS = /\x1b\[[0-9;]*m/g;
const OTHERS = /\x1b(?!\[[0-9;]*m)(?:[()][0-9A-Za-z]|[ -~])?/g;

/** Only colours are left of all escape sequences. */
export function keepColours(text: string): string {
  if (!text.includes(ESC)) return text;
  return text
    .replace(STRINGS, "")
    .replace(CONTROLS, (sequence) => (COLOUR.test(sequence) ? sequence.replaceAll(":", ";") : ""))
    .replace(OTHERS, "");
}

/** Nothing is left of them. */
export function dropColours(text: string): string {
  return text.includes(ESC) ? text.replace(COLOURS, "") : text;
}
