// Answers of the host, kept by key, asked again when a tag they depend on has changed.
// Owns: the cache. Must never know: which acts there are.
import { getContext, setContext, untrack } from "svelte";
import { asProblem, type Host, type Problem, type Stop } from "$lib/host";

/** What a component wants to know. */
export interface Question<T> {
  key: string;
  tags: string[];
  fetch: (host: Host) => Promise<T>;
  /** What nobody tells of: an answer older than so many milliseconds is asked for again when it is looked at. */
  fresh?: number;
}

class Answer {
  data = $state.raw<unknown>();
  problem = $state.raw<Problem>();
  /** When the fetch now running began; undefined when none runs. */
  asking = $state<number>();
  answered = $state<number>();
  /** When the answer that is kept was given. */
  known = $state<number>();
  readers = 0;
  stale = true;
  tags: string[] = [];
  fresh = Infinity;
  fetch: (host: Host) => Promise<unknown> = () => Promise.resolve();
  #turn = 0;

  async ask(host: Host): Promise<void> {
    const turn = ++this.#turn;
    this.stale = false;
    this.asking = Date.now();
    try {
      const data = await this.fetch(host);
      if (turn !== this.#turn) return;
      this.data = data;
      this.known = Date.now();
      this.problem = undefined;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.problem = asProblem(thrown);
    }
    this.asking = undefined;
    this.answered = Date.now();
  }
}

/** One per window. */
export class Answers {
  #host: Host;
  #kept = new Map<string, Answer>();
  #stop: Stop;

  constructor(host: Host) {
    this.#host = host;
    this.#stop = host.onChanged((tags) => this.invalidate(tags));
  }

  close() {
    this.#stop();
  }

  /** Asks again for whatever depends on one of these tags, now if somebody looks at it, else when next looked at. */
  invalidate(tags: string[]) {
    for (const answer of this.#kept.values()) {
      if (!answer.tags.some((tag) => tags.includes(tag))) continue;
      answer.stale = true;
      if (answer.readers > 0) void answer.ask(this.#host);
    }
  }

  of(question: Question<unknown>): Answer {
    let answer = this.#kept.get(question.key);
    if (!answer) {
      answer = new Answer();
      this.#kept.set(question.key, answer);
    }
    answer.tags = question.tags;
    answer.fetch = question.fetch;
    answer.fresh = question.fresh ?? Infinity;
    return answer;
  }

  /** Asks before anybody looks: for what the first picture shows. */
  ahead(question: Question<unknown>) {
    const answer = this.of(question);
    if (answer.stale && answer.asking === undefined) void answer.ask(this.#host);
  }

  read(answer: Answer): Stop {
    answer.readers += 1;
    const age = Date.now() - (answer.answered ?? 0);
    // An answer from the future is one from before the clock was set back: nobody knows how old it is.
    const old = age > answer.fresh || (age < 0 && answer.fresh !== Infinity);
    if ((answer.stale || old) && answer.asking === undefined) void answer.ask(this.#host);
    return () => {
      answer.readers -= 1;
    };
  }

  again(answer: Answer): Promise<void> {
    return answer.ask(this.#host);
  }
}

const KEY = Symbol("answers");

export function provideAnswers(host: Host): Answers {
  return setContext(KEY, new Answers(host));
}

export interface Query<T> {
  /** The last good answer, kept while a newer one is asked for or when that fails. */
  readonly data: T | undefined;
  readonly problem: Problem | undefined;
  /** Milliseconds since 1970 when the question now open was asked. */
  readonly asking: number | undefined;
  readonly answered: number | undefined;
  /** When `data` was answered: older than `answered` when the last question failed. */
  readonly known: number | undefined;
  refetch(): Promise<void>;
}

/**
 * Asks the host while this component lives. The question may depend on runes; when its key changes, another answer
 * is shown: `const projects = query(() => ({ key: "projects", tags: ["projects"], fetch: (h) => h.projectsList() }))`.
 */
export function query<T>(question: () => Question<T>): Query<T> {
  const answers = getContext<Answers>(KEY);
  const answer = $derived(answers.of(question()));
  $effect.pre(() => {
    const read = answer;
    return untrack(() => answers.read(read));
  });
  return {
    get data() {
      return answer.data as T | undefined;
    },
    get problem() {
      return answer.problem;
    },
    get asking() {
      return answer.asking;
    },
    get answered() {
      return answer.answered;
    },
    get known() {
      return answer.known;
    },
    refetch: () => answers.again(answer),
  };
}
