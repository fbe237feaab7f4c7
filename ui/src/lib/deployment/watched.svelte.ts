// One deployment as it is known at this moment: history first, then whatever is told, without gaps or repetitions.
// Owns: joining snapshot and tail. Must never know: pages.
import type { Host, Stop } from "$lib/host";
import { amountKey, type Amounts } from "./builds";
import { noRun, reduce } from "./reduce";
import type { Run } from "./run";
import type { DeploymentShown, LogRow, StepEvent, WatchMessage } from "./types";

/** A gap that is still there after this long is asked for. */
const PATIENCE = 2000;

/** Who takes the log in. */
interface Lines {
  grow(count: number): void;
  append(rows: readonly LogRow[]): void;
}

export class Watched {
  #host: Host;
  #id: string;
  #lines: Lines;
  #stop: Stop = () => {};
  #watching = false;
  #mending: ReturnType<typeof setTimeout> | undefined;

  run = $state.raw<Run>(noRun());
  amounts = $state.raw<Amounts>({});
  /** Whether this app carries it out; not known before it is watched. */
  here = $state<boolean>();

  constructor(host: Host, id: string, lines: Lines) {
    this.#host = host;
    this.#id = id;
    this.#lines = lines;
  }

  /** What the host knows by now; while it runs, what comes is watched. */
  know(shown: DeploymentShown): void {
    this.#take(shown.events);
    this.#lines.grow(shown.lines);
    if (shown.deployment.status === "running" && this.run.end === null && !this.#watching) this.#watch();
  }

  close(): void {
    clearTimeout(this.#mending);
    this.#stop();
    this.#watching = false;
  }

  #watch(): void {
    this.#stop();
    this.#watching = true;
    this.#stop = this.#host.deployWatch(this.#id, this.run.next, (message) => this.#told(message));
  }

  #told(message: WatchMessage): void {
    switch (message.type) {
      case "snapshot":
        this.#take(message.events);
        this.#lines.grow(message.line_count);
        this.here = message.here;
        break;
      case "events":
        this.#take(message.events);
        break;
      case "lines":
        this.#lines.append(message.rows);
        break;
      case "progress": {
        const fresh = message.progress.map((one) => [amountKey(one.stage, one.subject), one] as const);
        this.amounts = { ...this.amounts, ...Object.fromEntries(fresh) };
        break;
      }
    }
  }

  #take(events: readonly StepEvent[]): void {
    this.run = reduce(this.run, events);
    if (this.run.end !== null) this.amounts = {};
    clearTimeout(this.#mending);
    if (this.run.waiting.length > 0 && this.#watching) {
      this.#mending = setTimeout(() => this.#watch(), PATIENCE);
    }
  }
}
