// Which commands a few typed letters mean.
// Owns: the order of matches. Must never know: the palette.
import type { Command } from "./commands.svelte";

/** Commands that match, best first; with nothing typed those run last come first. */
export function ranked(commands: Command[], typed: string, recent: string[]): Command[] {
  const wanted = typed.trim().toLowerCase();
  const recency = (command: Command) => {
    const at = recent.indexOf(command.id);
    return at < 0 ? recent.length : at;
  };
  return commands
    .map((command) => ({ command, score: wanted ? score(command, wanted) : 1 }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || recency(a.command) - recency(b.command))
    .map(({ command }) => command);
}

/** 4 whole start, 3 start of words in order, 2 inside, 1 other words or scattered letters; 0 no match. */
function score(command: Command, wanted: string): number {
  const label = command.label.toLowerCase();
  if (label.startsWith(wanted)) return 4;
  const words = label.split(/[^\p{L}\p{N}]+/u);
  if (startsInOrder(words, wanted.split(/\s+/))) return 3;
  if (label.includes(wanted)) return 2;
  if (command.also?.toLowerCase().includes(wanted)) return 1;
  return scattered(label, wanted.replace(/\s+/g, "")) ? 0.5 : 0;
}

function startsInOrder(words: string[], wanted: string[]): boolean {
  let from = 0;
  return wanted.every((start) => {
    const at = words.findIndex((word, index) => index >= from && word.startsWith(start));
    from = at + 1;
    return at >= 0;
  });
}

/** All letters in their order, from the start of some word. */
function scattered(label: string, letters: string): boolean {
  if (letters.length < 3) return false;
  let at = 0;
  for (const letter of label) if (letter === letters[at]) at += 1;
  return at === letters.length;
}
