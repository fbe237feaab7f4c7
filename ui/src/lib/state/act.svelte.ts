// One thing a button does: busy while it is done, its problem kept until it is tried again.
// Owns: those two. Must never know: what is done or where the problem is shown.
import { asProblem, type Problem } from "$lib/host";

export class Act<Given extends unknown[], Made> {
  busy = $state(false);
  problem = $state.raw<Problem>();
  #does: (...given: Given) => Promise<Made>;

  constructor(does: (...given: Given) => Promise<Made>) {
    this.#does = does;
  }

  /** Whether it went well; `made` gets what came of it. A second press while it runs does nothing. */
  async run(given: Given, made: (result: Made) => void = () => {}): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = undefined;
    try {
      made(await this.#does(...given));
      return true;
    } catch (thrown) {
      const problem = asProblem(thrown);
      // A no to core's question is an answer, not a problem.
      if (problem.code !== "consent_missing") this.problem = problem;
      return false;
    } finally {
      this.busy = false;
    }
  }

  forget(): void {
    this.problem = undefined;
  }
}

/** `const save = act((text: string) => host.save(text));` then `await save.run([text])`. */
export function act<Given extends unknown[], Made>(
  does: (...given: Given) => Promise<Made>,
): Act<Given, Made> {
  return new Act(does);
}
