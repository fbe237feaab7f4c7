// Plain functions as a host answers: later, and with copies, as over the real border.
type Acts = Record<string, (...args: never[]) => unknown>;
export type Answered<A extends Acts> = {
  [K in keyof A]: (...args: Parameters<A[K]>) => Promise<Awaited<ReturnType<A[K]>>>;
};

export function answered<A extends Acts>(acts: A): Answered<A> {
  const later =
    (act: (...args: never[]) => unknown) =>
    async (...args: never[]) =>
      structuredClone(await act(...args));
  const all = Object.entries(acts).map(([name, act]) => [name, later(act)]);
  return Object.fromEntries(all) as unknown as Answered<A>;
}
