// Plays a scripted deployment, or all of it at once for one that is over.
// Owns: what a watcher is sent and when. Must never know: what the script says.
import type { Stop } from "../host";
import type * as T from "../types";
import { Log } from "./log";
import type { Beat } from "./script";

type Watcher = (message: T.WatchMessage) => void;

export class Player {
  events: T.StepEvent[] = [];
  log = new Log();
  #beats: Beat[];
  #at: number;
  #watchers = new Set<Watcher>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(beats: Beat[], startedAt: number) {
    this.#beats = [...beats];
    this.#at = startedAt;
  }

  /** Does at once what lies within the next so many milliseconds of the script. */
  skip(ms: number): this {
    const until = this.#at + ms;
    for (let beat = this.#beats[0]; beat && this.#at + beat.after <= until; beat = this.#beats[0])
      this.#next(beat);
    return this;
  }

  /** Goes on in real time, `speed` times as fast. */
  play(speed: number, ended: (last: T.StepEvent) => void): this {
    const beat = this.#beats[0];
    if (!beat) return this;
    this.#timer = setTimeout(() => {
      this.#next(beat);
      const last = this.events.at(-1);
      if (last?.type === "finished") ended(last);
      else this.play(speed, ended);
    }, beat.after / speed);
    return this;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#beats = [];
  }

  /** Something else is still to come. */
  go(beats: Beat[]) {
    this.#beats = [...beats];
  }

  /** Something happens now that the script did not foresee. */
  tell(beat: Beat) {
    this.#next(beat);
  }

  /** Ends the run now. */
  finish(status: T.Status, problem: T.Problem | null) {
    this.stop();
    this.#next({ after: 0, event: { type: "finished", status, release: null, problem } });
  }

  watch(from: number, on: Watcher): Stop {
    queueMicrotask(() => {
      on({ type: "snapshot", events: this.events.slice(from), line_count: this.log.count, here: true });
      this.#watchers.add(on);
    });
    return () => this.#watchers.delete(on);
  }

  #next(beat: Beat) {
    if (this.#beats[0] === beat) this.#beats.shift();
    this.#at += beat.after;
    const message = this.#message(beat);
    for (const watcher of this.#watchers) watcher(message);
  }

  #message(beat: Beat): T.WatchMessage {
    const at = new Date(this.#at).toISOString();
    if ("event" in beat) {
      const event = { index: this.events.length, at, ...beat.event };
      this.events.push(event);
      return { type: "events", events: [event] };
    }
    if ("progress" in beat) return { type: "progress", progress: [beat.progress] };
    const from = this.log.count + 1;
    this.log.push(...beat.lines.map((line) => ({ at, ...line })));
    return { type: "lines", rows: beat.lines.map((_, index) => this.log.row(from + index)) };
  }
}
