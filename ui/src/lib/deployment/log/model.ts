// A log of any length: pages come from the host as they are looked at, at most a window of them stays in memory.
// Owns: which lines are here, and asking for the others. Must never know: rows, pixels, the DOM.
import type { LogRow } from "../types";
import { CHUNK } from "./heights";
import { type Line, lineOf } from "./line";

/** Lines kept in memory. */
export const WINDOW = 50_000;
const CHUNKS = WINDOW / CHUNK;
/** Questions to the host at one time. */
const ABREAST = 2;

export interface LogPages {
  /** Lines from a number (1, 2, …) on; fewer at the end. */
  page(from: number, limit: number): Promise<LogRow[]>;
  /** One line in full. */
  line(number: number): Promise<string>;
}

export interface LogChange {
  /** Chunks whose lines came, or became more. */
  chunks: number[];
  /** Chunks that left memory. */
  gone: number[];
  /** The log became longer. */
  grown: boolean;
}

export class LogModel {
  #count = 0;
  #chunks = new Map<number, Line[]>();
  #pages: LogPages;
  #onChange: (change: LogChange) => void;
  #asked = new Set<number>();
  #wanted: number[] = [];
  #looking = 0;
  /** Why lines could not be read; cleared by the next answer. */
  problem: unknown = null;

  constructor(pages: LogPages, onChange: (change: LogChange) => void) {
    this.#pages = pages;
    this.#onChange = onChange;
  }

  /** Lines in all, loaded or not. */
  get count(): number {
    return this.#count;
  }

  line(number: number): Line | undefined {
    const chunk = Math.floor((number - 1) / CHUNK);
    return this.#chunks.get(chunk)?.[number - 1 - chunk * CHUNK];
  }

  chunk(index: number): readonly Line[] | undefined {
    return this.#chunks.get(index);
  }

  /** The whole log is in memory. */
  get whole(): boolean {
    const chunks = Math.ceil(this.#count / CHUNK);
    for (let chunk = 0; chunk < chunks; chunk += 1) if (!this.#complete(chunk)) return false;
    return true;
  }

  /** The host says how long the log is. */
  grow(count: number): void {
    if (count <= this.#count) return;
    this.#count = count;
    this.#onChange({ chunks: [], gone: [], grown: true });
  }

  /** Lines arrive as they are printed; known ones are ignored, a gap is read from the host when it is looked at. */
  append(rows: readonly LogRow[]): void {
    const touched = new Set<number>();
    let last = this.#count;
    for (const row of rows) {
      last = Math.max(last, row.number);
      const chunk = Math.floor((row.number - 1) / CHUNK);
      const first = chunk * CHUNK + 1;
      const known = this.#chunks.get(chunk) ?? (row.number === first ? this.#open(chunk) : undefined);
      if (known === undefined || known.length !== row.number - first) continue;
      known.push(lineOf(row));
      touched.add(chunk);
    }
    const grown = last > this.#count;
    this.#count = last;
    if (grown || touched.size > 0) this.#onChange({ chunks: [...touched], gone: this.#evict(), grown });
  }

  /** Asks for what the host kept back of a long line. */
  async unfold(number: number): Promise<void> {
    const chunk = Math.floor((number - 1) / CHUNK);
    const text = await this.#pages.line(number);
    const lines = this.#chunks.get(chunk);
    const line = this.line(number);
    if (lines === undefined || line === undefined) return;
    lines[number - 1 - chunk * CHUNK] = whole(line, text);
    this.#onChange({ chunks: [chunk], gone: [], grown: false });
  }

  /** These lines are looked at: what is missing is asked for, nearest first; older wishes are dropped. */
  want(from: number, to: number): void {
    this.#looking = Math.floor((from - 1) / CHUNK);
    this.#wanted = [];
    const last = Math.floor((Math.min(to, this.#count) - 1) / CHUNK);
    for (let chunk = Math.max(0, this.#looking); chunk <= last; chunk += 1) {
      if (!this.#complete(chunk) && !this.#asked.has(chunk)) this.#wanted.push(chunk);
    }
    this.#ask();
  }

  /** Plain text of a range, asked from the host where it is not here. */
  async text(from: number, to: number): Promise<string[]> {
    const texts: string[] = [];
    for (let number = from; number <= to;) {
      const here = this.line(number);
      const lines =
        here === undefined
          ? (await this.#pages.page(number, Math.min(CHUNK, to - number + 1))).map(lineOf)
          : [here];
      if (lines.length === 0) break;
      for (const line of lines) texts.push(await this.#wholeText(line));
      number += lines.length;
    }
    return texts;
  }

  async #wholeText(line: Line): Promise<string> {
    return line.moreBytes === 0 ? line.text : whole(line, await this.#pages.line(line.number)).text;
  }

  #open(chunk: number): Line[] {
    const lines: Line[] = [];
    this.#chunks.set(chunk, lines);
    return lines;
  }

  #complete(chunk: number): boolean {
    const here = this.#chunks.get(chunk)?.length ?? 0;
    return here >= Math.min(CHUNK, this.#count - chunk * CHUNK);
  }

  #ask(): void {
    while (this.#asked.size < ABREAST) {
      const chunk = this.#wanted.shift();
      if (chunk === undefined) return;
      this.#asked.add(chunk);
      void this.#read(chunk).finally(() => {
        this.#asked.delete(chunk);
        this.#ask();
      });
    }
  }

  async #read(chunk: number): Promise<void> {
    try {
      const lines = await this.#pages.page(chunk * CHUNK + 1, CHUNK);
      this.problem = null;
      const here = this.#chunks.get(chunk)?.length ?? 0;
      if (lines.length <= here) return;
      this.#chunks.set(chunk, lines.slice(0, CHUNK).map(lineOf));
      this.#count = Math.max(this.#count, chunk * CHUNK + Math.min(lines.length, CHUNK));
      this.#onChange({ chunks: [chunk], gone: this.#evict(), grown: false });
    } catch (thrown) {
      this.problem = thrown;
      this.#wanted = [];
      this.#onChange({ chunks: [], gone: [], grown: false });
    }
  }

  /** What is farthest from where the user looks goes first; the end stays, lines arrive there. */
  #evict(): number[] {
    const gone: number[] = [];
    const last = Math.ceil(this.#count / CHUNK) - 1;
    while (this.#chunks.size > CHUNKS) {
      let farthest = -1;
      for (const chunk of this.#chunks.keys()) {
        if (chunk === last) continue;
        if (farthest < 0 || Math.abs(chunk - this.#looking) > Math.abs(farthest - this.#looking))
          farthest = chunk;
      }
      if (farthest < 0) break;
      this.#chunks.delete(farthest);
      gone.push(farthest);
    }
    return gone;
  }
}

function whole({ number, at, stage, source, error }: Line, text: string): Line {
  return lineOf({ number, at: new Date(at).toISOString(), stage, source, text, more_bytes: 0, error });
}
