// Which release users get this second, as far as a deployment's events tell.
// Owns: that judgement. Must never know: how it is said.
import type { Run } from "./run";
import { DRAIN, SOAK } from "./stages";

export type Serving =
  /** What served before serves; nothing was touched. */
  | { kind: "unchanged"; release: string }
  /** Traffic moves from the old to the new one. */
  | { kind: "moving"; from: string | null; to: string | null }
  /** The new one serves and is still being watched. */
  | { kind: "watched"; release: string }
  /** The new one serves. */
  | { kind: "new"; release: string }
  /** The old one is being brought back. */
  | { kind: "returning"; release: string | null }
  /** The old one serves again. */
  | { kind: "returned"; release: string }
  /** No release of this project runs there. */
  | { kind: "nothing" }
  /** Nobody can say until the server answers. */
  | { kind: "unknown" }
  /** The way back failed too. */
  | { kind: "neither" };

/** `previous` is what the record says served before, where no event has said it yet. */
export function servingOf(run: Run, previous: string | null): Serving {
  const old = run.previous ?? previous;
  const before: Serving = old === null ? { kind: "nothing" } : { kind: "unchanged", release: old };
  if (run.end !== null) return atTheEnd(run, old, before);
  // Once the runner works, only the server knows how far it has come.
  if (run.detached !== null) return { kind: "unknown" };
  if (run.committed && run.release !== null) return { kind: "new", release: run.release };
  // A new one that never got traffic is taken away without anybody noticing.
  if (!run.moved) return before;
  if (run.goingBack) return { kind: "returning", release: old };
  const watched = run.steps.some(
    ({ step, state }) => (step === SOAK || step === DRAIN) && state === "running",
  );
  if (watched && run.release !== null) return { kind: "watched", release: run.release };
  return { kind: "moving", from: old, to: run.release };
}

function atTheEnd(run: Run, old: string | null, before: Serving): Serving {
  const { status, release, problem } = run.end ?? { status: "failed", release: null, problem: null };
  if (status === "live" || status === "nothing_to_do") {
    const serves = release ?? run.release;
    return serves === null ? { kind: "unknown" } : { kind: "new", release: serves };
  }
  if (problem?.code === "rollback_failed") return { kind: "neither" };
  if (!run.moved) return before;
  return old === null ? { kind: "nothing" } : { kind: "returned", release: old };
}
