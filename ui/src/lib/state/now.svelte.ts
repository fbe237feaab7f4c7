// The present moment, for what ticks.
// Owns: one timer a rate, running only while somebody reads it. Must never know: what is shown.
import { createSubscriber } from "svelte/reactivity";

class Now {
  #second = ticking(1_000);
  #minute = ticking(30_000);

  /** Milliseconds since 1970, renewed each second. */
  get second(): number {
    return this.#second();
  }
  /** Renewed twice a minute. */
  get minute(): number {
    return this.#minute();
  }
}

function ticking(every: number): () => number {
  const subscribe = createSubscriber((update) => {
    const timer = setInterval(update, every);
    return () => clearInterval(timer);
  });
  return () => {
    subscribe();
    return Date.now();
  };
}

const now = new Now();

export const useNow = (): Now => now;
