// One run of a group at a time. A run that waits is cancelled by a newer one of its group; a running one only where the file says so.
// Groups of whole workflows alone. Knows not how a run goes.
import { fill } from "./expression.mjs";

// True when it is the run's turn, false when it was cancelled while it waited.
export async function turn(world, run) {
  const said = run.file.concurrency;
  if (!said) return true;
  run.group = fill(said.group ?? said, run.contexts).toLowerCase();
  const others = [...world.runs.values()].filter((one) => one !== run && one.repository === run.repository && one.group === run.group);
  const unfinished = others.filter((one) => one.status !== "completed");
  for (const one of unfinished) if (one.status === "pending" || said["cancel-in-progress"] === true) one.cancel();
  if (!unfinished.length) return true;
  run.status = "pending";
  const cancelled = new Promise((done) => run.stop.addEventListener("abort", done));
  await Promise.race([Promise.all(unfinished.map((one) => one.ended)), cancelled]);
  return !run.stop.aborted;
}
