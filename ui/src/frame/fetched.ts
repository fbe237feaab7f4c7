// Parts of the window that the start does not need.
// Owns: that each is fetched once, and is there without waiting from then on. Must never know: which parts there are.

/** A part that is fetched when it is first asked for. One that could not be fetched is fetched again. */
export function fetched<T>(fetch: () => Promise<{ default: T }>): () => T | Promise<T> {
  let part: T | Promise<T> | undefined;
  return () =>
    (part ??= fetch().then(
      (module) => (part = module.default),
      (thrown: unknown) => {
        part = undefined;
        throw thrown;
      },
    ));
}
