// The log of one deployment with everything a pane does to it: look, find, walk through errors, select.
// Owns: putting these together over the host's answers. Must never know: the DOM.
import type { Host } from "$lib/host";
import type { LogRow } from "../types";
import { occurrences } from "./find";
import { ErrorLines, Finder, type Match } from "./finder.svelte";
import { Selection } from "./selection.svelte";
import { LogView } from "./view.svelte";

/** Milliseconds between two counts of the matches while lines come. */
const RECOUNT = 1000;

export class DeploymentLog {
  readonly view: LogView;
  readonly finder: Finder;
  readonly errors: ErrorLines;
  readonly selection = new Selection();
  #host: Host;
  #id: string;
  #recount: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, id: string) {
    this.#host = host;
    this.#id = id;
    const matcher = {
      search: (text: string) => host.deploymentSearch(id, text),
      errors: () => host.deploymentErrors(id),
    };
    this.view = new LogView({
      page: async (from, limit) => (await host.deploymentLogs(id, from, limit)).rows,
      line: (number) => host.deploymentLine(id, number),
    });
    this.finder = new Finder(matcher);
    this.errors = new ErrorLines(matcher);
  }

  /** The host says how many lines there are. */
  grow(count: number): void {
    this.view.grow(count);
  }

  append(rows: readonly LogRow[]): void {
    this.view.append(rows);
    this.errors.add(rows);
    this.#recount ??= setTimeout(() => void this.#countAgain(), RECOUNT);
  }

  close(): void {
    clearTimeout(this.#recount);
  }

  async find(text: string): Promise<void> {
    if (text !== "") this.view.pause();
    this.#show(await this.finder.search(text, this.view.top?.number ?? 1));
  }

  step(by: 1 | -1): void {
    this.#show(this.finder.step(by));
  }

  /** Goes on from the marked line, or from the view's upper edge. */
  nextError(by: 1 | -1): void {
    const here = this.view.marked ?? this.view.top?.number ?? 0;
    const line = this.errors.step(here, by);
    if (line !== null) this.goTo(line);
  }

  /** Shows a line and marks it. */
  goTo(number: number): void {
    this.view.reveal(number);
    this.view.marked = number;
  }

  /** The first line that was printed at a moment or later, by asking for single lines. */
  async lineSince(at: number, source: string | null): Promise<number | null> {
    let [low, high] = [1, this.view.count + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      const line = await this.#timeOf(middle);
      if (line === null || line >= at) high = middle;
      else low = middle + 1;
    }
    return low > this.view.count ? null : this.#firstOf(source, low);
  }

  save(): Promise<string | null> {
    return this.#host.deploymentLogSave(this.#id);
  }

  /** Matches are counted in the whole log, which has grown. */
  async #countAgain(): Promise<void> {
    await this.finder.again().catch(() => undefined);
    this.#recount = undefined;
  }

  async #timeOf(number: number): Promise<number | null> {
    const here = this.view.model.line(number);
    if (here !== undefined) return here.at;
    const [row] = (await this.#host.deploymentLogs(this.#id, number, 1)).rows;
    return row === undefined ? null : Date.parse(row.at);
  }

  /** Services print side by side: the next line of this one, if it comes soon. */
  async #firstOf(source: string | null, from: number): Promise<number> {
    if (source === null) return from;
    const { rows } = await this.#host.deploymentLogs(this.#id, from, 1000);
    return rows.find((row) => row.source === source)?.number ?? from;
  }

  #show(match: Match | null): void {
    if (match === null) return;
    const line = this.view.model.line(match.line);
    const found = line === undefined ? undefined : occurrences(line.text, this.finder.text)[match.nth];
    this.view.reveal(match.line, found?.from ?? 0);
  }
}
