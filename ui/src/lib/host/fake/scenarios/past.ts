// Deployments that are over: what they said, and how long that took.
// Owns: that both agree, on every page. Must never know: which worlds there are.
import { DAY } from "../make";
import { Player } from "../player";
import { script, type Beat, type Fails } from "../script";
import type { World } from "../world";
import type * as T from "../../types";

/** A deployment that is over, with all it said. */
export function past(row: T.HistoryRow): Player {
  return new Player(beatsOf(row), Date.parse(row.started)).skip(DAY);
}

function beatsOf(row: T.HistoryRow): Beat[] {
  const { id, kind, commit, previous } = row;
  if (!commit) return [];
  return script({ id, kind, commit, release: row.release ?? "", previous, failsAt: failure(row) });
}

function failure({ status, problem }: T.HistoryRow): Fails | undefined {
  if (status === "cancelled") return { stage: "build", problem: null, status };
  if (!problem) return undefined;
  return { stage: problem.code === "build_failed" ? "build" : "swap", problem, status };
}

/** Every record ends when its script does. */
export function settle(world: World) {
  const rows = Object.values(world.history).flat();
  for (const row of rows) {
    if (row.status !== "running")
      row.finished = new Date(Date.parse(row.started) + lengthOf(row)).toISOString();
  }
  const settled = new Map(rows.map((row) => [row.id, row.finished]));
  for (const { latest, serving } of world.projects) {
    for (const one of [...serving, ...(latest ? [latest] : [])])
      one.finished = settled.get(one.id) ?? one.finished;
  }
  for (const status of world.status) {
    const live = (world.history[status.project] ?? []).find((row) => row.release === status.release);
    if (live && status.release) status.since = live.finished;
  }
}

const lengths = new Map<string, number>();

function lengthOf(row: T.HistoryRow): number {
  const key = `${row.kind} ${failure(row)?.stage} ${row.problem?.code}`;
  const known = lengths.get(key) ?? beatsOf(row).reduce((sum, beat) => sum + beat.after, 0);
  lengths.set(key, known);
  return known;
}
