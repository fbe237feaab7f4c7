// The log of one scripted deployment; a very long one is made as it is read.
// Owns: lines by number. Must never know: who reads them.
import { isComplaint } from "./complaint";
import type * as T from "../types";

const FOLD = 4000;

export class Log {
  #lines: T.LogLine[] = [];
  #made = 0;
  #make: (number: number) => T.LogLine = (number) => this.#lines[number - 1]!;

  get count(): number {
    return this.#made + this.#lines.length;
  }

  push(...lines: T.LogLine[]) {
    this.#lines.push(...lines);
  }

  /** So many lines come before all others, made from their number. */
  before(count: number, make: (number: number) => T.LogLine) {
    this.#made = count;
    this.#make = make;
  }

  line(number: number): T.LogLine {
    return number <= this.#made ? this.#make(number) : this.#lines[number - this.#made - 1]!;
  }

  page(from: number, limit: number): T.LogPage {
    const rows: T.LogRow[] = [];
    const end = Math.min(this.count, from + limit - 1);
    for (let number = Math.max(1, from); number <= end; number += 1) rows.push(this.row(number));
    return { rows, total: this.count };
  }

  row(number: number): T.LogRow {
    const line = this.line(number);
    const more_bytes = Math.max(0, line.text.length - FOLD);
    return { number, ...line, text: line.text.slice(0, FOLD), more_bytes, error: isComplaint(line.text) };
  }

  search(text: string): T.LogMatches {
    const wanted = text.toLowerCase();
    return this.#matches((line) => line.toLowerCase().split(wanted).length - 1);
  }

  errors(): T.LogMatches {
    return this.#matches((line) => (isComplaint(line) ? 1 : 0));
  }

  #matches(times: (text: string) => number): T.LogMatches {
    const hits: T.Hit[] = [];
    let total = 0;
    for (let line = 1; line <= this.count; line += 1) {
      const found = times(this.line(line).text.replace(/\u001b\[[0-9;]*m/g, ""));
      total += found;
      if (found > 0) hits.push({ line, times: found });
    }
    return { total, lines: hits.length, hits: hits.slice(0, 20_000) };
  }
}
