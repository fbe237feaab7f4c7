// A deployment's rows as the timeline component draws them.
// Owns: that translation. Must never know: how rows come about.
import type { Dot } from "$lib/components/status";
import type { TimelineStep } from "$lib/components/timeline";
import type { RowState, Timeline, TimelineRow } from "$lib/deployment/timeline";

const DOTS: Record<RowState, [Dot, string]> = {
  queued: ["queued", "waiting"],
  running: ["running", "running"],
  done: ["live", "done"],
  skipped: ["skipped", "skipped"],
  failed: ["failed", "failed"],
  stopped: ["stopped", "stopped"],
  unknown: ["unknown", "unknown"],
};

/** `elapsed` is how long the whole run has taken so far. */
export function stepsOf(rows: Timeline["rows"], elapsed: number): TimelineStep[] {
  const current = rows.findLast((row) => row.kind === "row" && row.state === "running")?.key;
  let waterline = false;
  return rows.flatMap((row): TimelineStep[] => {
    if (row.kind === "waterline") {
      waterline = true;
      return [];
    }
    const step = { ...stepOf(row, elapsed), current: row.key === current, waterline };
    waterline = false;
    return [step];
  });
}

function stepOf(row: TimelineRow, elapsed: number): TimelineStep {
  const [dot, word] = DOTS[row.state];
  return {
    id: row.key,
    name: row.name,
    note: row.detail,
    title: row.note === "" ? row.name : `${row.name}: ${row.note}`,
    dot,
    word,
    depth: row.level,
    start: row.state === "skipped" ? undefined : row.from,
    ms: row.state === "running" ? Math.max(0, elapsed - row.from) : (row.ms ?? undefined),
    usual: row.usually === null || row.state === "skipped" ? undefined : row.usually - row.from,
    expandable: row.expandable,
  };
}
