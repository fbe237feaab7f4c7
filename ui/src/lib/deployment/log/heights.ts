// Where every line stands, in rows: prefix sums over chunks, and over the lines of those chunks that are loaded.
// Owns: exact places for what is loaded, the best known ones for the rest. Must never know: pixels, text.

/** Lines of one chunk, and of one question to the host. */
export const CHUNK = 1000;

export class Heights {
  #count = 0;
  /** Rows of each chunk. */
  #totals: number[] = [];
  /** Rows before each chunk; valid up to #sound. */
  #before: number[] = [0];
  #sound = 0;
  /** Rows before each line of a loaded chunk, and at the end all of them. */
  #inside = new Map<number, Uint32Array>();

  /** Lines in all. */
  get count(): number {
    return this.#count;
  }

  /** Rows in all. */
  get rows(): number {
    return this.#prefix(this.#totals.length);
  }

  /** The log has grown: unknown lines count as one row. */
  grow(count: number): void {
    if (count <= this.#count) return;
    const first = Math.floor(this.#count / CHUNK);
    this.#count = count;
    const chunks = Math.ceil(count / CHUNK);
    for (let chunk = first; chunk < chunks; chunk += 1) {
      const lines = Math.min(CHUNK, count - chunk * CHUNK);
      const known = this.#inside.get(chunk);
      const loaded = known === undefined ? 0 : known.length - 1;
      this.#set(chunk, (known?.[loaded] ?? 0) + lines - loaded);
    }
  }

  /** The rows of a chunk's lines, from its first line on; may be fewer lines than the chunk has. */
  load(chunk: number, rows: readonly number[]): void {
    const inside = new Uint32Array(rows.length + 1);
    for (let line = 0; line < rows.length; line += 1)
      inside[line + 1] = (inside[line] ?? 0) + (rows[line] ?? 0);
    this.#inside.set(chunk, inside);
    const unknown = Math.min(CHUNK, this.#count - chunk * CHUNK) - rows.length;
    this.#set(chunk, (inside[rows.length] ?? 0) + Math.max(0, unknown));
  }

  /** A chunk left memory: its height stays known. */
  unload(chunk: number): void {
    this.#inside.delete(chunk);
  }

  /** The shape has changed: nothing is known any more. */
  forget(): void {
    this.#inside.clear();
    this.#totals = [];
    this.#sound = 0;
    const count = this.#count;
    this.#count = 0;
    this.grow(count);
  }

  /** The row at which a line (1, 2, …) begins. */
  rowOf(line: number): number {
    const at = Math.max(0, Math.min(this.#count, line - 1));
    const chunk = Math.floor(at / CHUNK);
    return this.#prefix(chunk) + this.#rowsBefore(chunk, at - chunk * CHUNK);
  }

  /** The line (1, 2, …) that covers a row, and how far into it the row is. */
  lineAt(row: number): { line: number; into: number } {
    if (this.#count === 0) return { line: 1, into: 0 };
    const wanted = Math.max(0, Math.min(this.rows - 1, Math.floor(row)));
    const chunk = this.#chunkAt(wanted);
    const rest = wanted - this.#prefix(chunk);
    const inside = this.#inside.get(chunk);
    const index = inside === undefined ? this.#spread(chunk, rest) : indexIn(inside, rest);
    const line = Math.min(this.#count, chunk * CHUNK + index + 1);
    return { line, into: wanted - this.rowOf(line) };
  }

  #spread(chunk: number, rest: number): number {
    const lines = Math.min(CHUNK, this.#count - chunk * CHUNK);
    return Math.min(lines - 1, Math.floor((rest * lines) / (this.#totals[chunk] ?? lines)));
  }

  #rowsBefore(chunk: number, index: number): number {
    const inside = this.#inside.get(chunk);
    if (inside !== undefined) {
      const loaded = inside.length - 1;
      return index <= loaded ? (inside[index] ?? 0) : (inside[loaded] ?? 0) + index - loaded;
    }
    const lines = Math.min(CHUNK, this.#count - chunk * CHUNK);
    return lines === 0 ? 0 : Math.ceil((index * (this.#totals[chunk] ?? 0)) / lines);
  }

  #set(chunk: number, rows: number): void {
    if (this.#totals[chunk] === rows) return;
    this.#totals[chunk] = rows;
    this.#sound = Math.min(this.#sound, chunk);
  }

  /** Rows before a chunk. */
  #prefix(chunk: number): number {
    while (this.#sound < chunk) {
      this.#before[this.#sound + 1] = (this.#before[this.#sound] ?? 0) + (this.#totals[this.#sound] ?? 0);
      this.#sound += 1;
    }
    return this.#before[chunk] ?? 0;
  }

  #chunkAt(row: number): number {
    let low = 0;
    let high = this.#totals.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#prefix(middle) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The line whose rows hold this one; past the last loaded line every line is one row. */
function indexIn(inside: Uint32Array, row: number): number {
  const loaded = inside.length - 1;
  const all = inside[loaded] ?? 0;
  if (row >= all) return loaded + (row - all);
  let low = 0;
  let high = loaded - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((inside[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
