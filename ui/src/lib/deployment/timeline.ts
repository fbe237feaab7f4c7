// A deployment as rows of a timeline with a waterfall: stages, builds, the swap's steps and the waterline among them.
// Owns: which rows there are, in which order, and where their bars lie. Must never know: pixels, components.
import { bytes } from "$lib/format";
import { type Amounts, builds } from "./builds";
import { parseBuildStep } from "./buildsteps";
import { type Estimate, expectedMs, stageEstimate } from "./estimate";
import type { Run, StageRun, StepRun } from "./run";
import {
  CANDIDATE,
  DRAIN,
  HOUSEKEEPING,
  MOVES_TRAFFIC,
  PROBE,
  RETIRE,
  SOAK,
  STAGE_NAMES,
  SWAP,
  TURN,
  stepName,
} from "./stages";
import type { Stage } from "./types";

export type RowState = "queued" | "running" | "done" | "skipped" | "failed" | "stopped" | "unknown";

export interface TimelineRow {
  kind: "row";
  /** Stays the same while the row lives. */
  key: string;
  level: 0 | 1 | 2;
  name: string;
  /** Beside the name: "11/17", "cached 14/17". */
  detail: string;
  state: RowState;
  /** Milliseconds since the run began. */
  from: number;
  /** Null while it runs or waits. */
  ms: number | null;
  /** Where it usually ends, since the run began. */
  usually: number | null;
  /** What came of it, for the tooltip. */
  note: string;
  stage: Stage;
  service: string | null;
  /** When it began, to find its lines in the log. */
  at: number | null;
  expandable: boolean;
}

export interface Waterline {
  kind: "waterline";
  key: "waterline";
  passed: boolean;
}

export interface Timeline {
  rows: (TimelineRow | Waterline)[];
  /** The length of the shared time axis. */
  axisMs: number;
}

export interface Looks {
  now: number;
  estimate: Estimate;
  amounts: Amounts;
  /** Keys of rows whose steps are shown. */
  expanded: ReadonlySet<string>;
  /** How long the watch lasts, where known. */
  soakMs: number | null;
}

export function timeline(run: Run, looks: Looks): Timeline {
  const zero = run.startedAt ?? looks.now;
  const elapsed = Math.max(0, (run.end?.at ?? looks.now) - zero);
  const rows: Timeline["rows"] = [];
  let projected = 0;
  for (const stage of run.stages) {
    const row = stageRow(run, stage, zero, projected, looks);
    projected = Math.max(projected, endOf(row, elapsed));
    rows.push(row);
    if (stage.stage === "build") rows.push(...buildRows(run, zero, looks));
    if (stage.stage === "swap") rows.push(...swapRows(run, zero, looks));
  }
  return {
    rows,
    axisMs: Math.max(1000, elapsed, run.end === null ? (expectedMs(run, looks.estimate) ?? 0) : 0),
  };
}

function endOf(row: TimelineRow, elapsed: number): number {
  if (row.state === "running") return Math.max(elapsed, row.usually ?? 0);
  return row.ms === null ? (row.usually ?? row.from) : row.from + row.ms;
}

function stageRow(run: Run, one: StageRun, zero: number, projected: number, looks: Looks): TimelineRow {
  const expected = stageEstimate(run, looks.estimate, one.stage);
  const from = one.startedAt === null ? projected : Math.max(0, one.startedAt - zero);
  return {
    kind: "row",
    key: one.stage,
    level: 0,
    name: STAGE_NAMES[one.stage] ?? one.stage,
    detail: one.state === "running" ? amountOf(one.stage, looks.amounts) : "",
    state: stateOf(run, one),
    from,
    ms: one.state === "queued" || one.state === "skipped" ? null : one.ms,
    usually: expected === null ? null : from + expected,
    note: one.note,
    stage: one.stage,
    service: null,
    at: one.startedAt,
    expandable: false,
  };
}

/** What had not begun when it ended never will; what was cut by the user did not fail. */
function stateOf(run: Run, one: StageRun): RowState {
  if (run.detached !== null && one.state === "running") return "unknown";
  if (run.end === null) return one.state;
  if (one.state === "queued") return "skipped";
  return one.state === "failed" && run.end.status === "cancelled" ? "stopped" : one.state;
}

/** "65 %" of what grows in a stage: its parts added up. */
function amountOf(stage: Stage, amounts: Amounts): string {
  const parts = Object.values(amounts).filter((amount) => amount.stage === stage && amount.unit === "bytes");
  if (parts.length === 0) return "";
  const done = parts.reduce((sum, part) => sum + part.done, 0);
  const total = parts.reduce((sum, part) => sum + (part.total ?? 0), 0);
  if (total === 0 || parts.some((part) => part.total === null)) return bytes(done);
  return `${Math.min(100, Math.floor((done / total) * 100))} %`;
}

function buildRows(run: Run, zero: number, looks: Looks): TimelineRow[] {
  return builds(run, looks.amounts).flatMap((build) => {
    const key = `build/${build.service}`;
    const row: TimelineRow = {
      kind: "row",
      key,
      level: 1,
      name: build.service,
      detail: countOf(build),
      state: build.state === "failed" && run.end?.status === "cancelled" ? "stopped" : build.state,
      from: Math.max(0, build.startedAt - zero),
      ms: build.ms,
      usually: null,
      note: build.doing ?? "",
      stage: "build",
      service: build.service,
      at: build.startedAt,
      expandable: true,
    };
    return looks.expanded.has(key) ? [row, ...buildSteps(run, build.service, zero)] : [row];
  });
}

function countOf({
  done,
  total,
  cached,
  state,
}: {
  done: number;
  total: number | null;
  cached: number;
  state: string;
}): string {
  if (total === null) return "";
  if (state === "done" && cached === total) return "cached";
  if (state === "done") return cached === 0 ? "" : `cached ${cached}/${total}`;
  return `${done}/${total}`;
}

function buildSteps(run: Run, service: string, zero: number): TimelineRow[] {
  return run.steps.flatMap((step, index) => {
    if (step.stage !== "build" || step.service !== service) return [];
    const { text } = parseBuildStep(step.step, service);
    return [
      {
        ...stepRow(run, step, index, zero),
        level: 2 as const,
        name: text === "" ? step.step : text,
        note: step.step,
      },
    ];
  });
}

/** Above the waterline what users do not notice, below it what moves traffic; both are there before they happen. */
function swapRows(run: Run, zero: number, looks: Looks): Timeline["rows"] {
  const rows: Timeline["rows"] = [];
  let passed = false;
  const line: Waterline = { kind: "waterline", key: "waterline", passed: run.moved };
  run.steps.forEach((step, index) => {
    if (step.stage !== "swap" || !isShown(step)) return;
    if (!passed && MOVES_TRAFFIC.has(step.step)) {
      passed = true;
      rows.push(line);
    }
    rows.push(stepRow(run, step, index, zero));
  });
  if (!passed) rows.push(line);
  if (run.end === null) rows.push(...toCome(run, looks));
  return rows;
}

function isShown(step: StepRun): boolean {
  return !HOUSEKEEPING.has(step.step) || step.state === "failed";
}

function stepRow(run: Run, step: StepRun, index: number, zero: number): TimelineRow {
  const stopped = step.state === "failed" && run.end?.status === "cancelled" && !run.goingBack;
  const unknown = step.state === "running" && run.detached !== null;
  return {
    kind: "row",
    key: `${step.stage}/${index}`,
    level: 1,
    name: stepName(step.step, step.service),
    detail: "",
    state: stopped ? "stopped" : unknown ? "unknown" : step.state,
    from: Math.max(0, step.startedAt - zero),
    ms: step.ms,
    usually: null,
    note: noteOf(step),
    stage: step.stage,
    service: step.service,
    at: step.startedAt,
    expandable: false,
  };
}

/** The runner notes only the colour of a switched service. */
function noteOf({ step, state, note }: StepRun): string {
  if (state !== "done" || note === "") return note;
  if (step === CANDIDATE) return `beside the old one, as ${note}`;
  return step === DRAIN ? `${note} drained` : step === RETIRE ? `${note} stopped` : note;
}

/** The steps that every swap has, until they begin; an undo has no use for them. */
function toCome(run: Run, looks: Looks): TimelineRow[] {
  if (run.goingBack || run.committed) return [];
  const begun = new Set(run.steps.filter((step) => step.stage === "swap").map((step) => step.step));
  const soak = looks.soakMs === null ? "soak" : `soak ${Math.round(looks.soakMs / 1000)} s`;
  // Once something starts beside the old one, traffic moves with the switches.
  const coming: [string, string][] = [
    begun.has(CANDIDATE) ? [TURN, stepName(TURN, null)] : [SWAP, stepName(SWAP, null)],
    [PROBE, "probe"],
    [SOAK, soak],
  ];
  // A later step that has begun says that the ones before it are over.
  const from = coming.findLastIndex(([step]) => begun.has(step)) + 1;
  return coming.slice(from).map(([step, name]) => ({
    kind: "row",
    key: `coming/${step}`,
    level: 1,
    name,
    detail: "",
    state: "queued",
    from: 0,
    ms: null,
    usually: null,
    note: "",
    stage: "swap",
    service: null,
    at: null,
    expandable: false,
  }));
}
