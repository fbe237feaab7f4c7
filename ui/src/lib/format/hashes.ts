// Long names in little room.

/** The first seven characters of a commit or release. */
export function shortHash(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 7);
}

/** Cuts in the middle, where tags and paths differ least: `ghcr.io/…/api:3f9ab12`. */
export function middle(text: string, most: number): string {
  const signs = [...text];
  if (signs.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${signs.slice(0, head).join("")}…${signs.slice(signs.length - (most - 1 - head)).join("")}`;
}
