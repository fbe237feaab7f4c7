// Where a text occurs in a line, as the host's search counts it: the case of ASCII letters does not matter.

export interface Occurrence {
  from: number;
  to: number;
}

export function occurrences(text: string, wanted: string): Occurrence[] {
  if (wanted === "") return [];
  const [inside, looked] = [lower(text), lower(wanted)];
  const found: Occurrence[] = [];
  for (let at = inside.indexOf(looked); at >= 0; at = inside.indexOf(looked, at + looked.length)) {
    found.push({ from: at, to: at + looked.length });
  }
  return found;
}

/** Keeps every character's length, which toLowerCase does not. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
