// A deployment as plain text, to be pasted into an issue or a chat.
// Owns: what a report holds. Must never know: the clipboard.
import type { Deployment } from "./types";
import { gapMeasured } from "./gap";
import type { Timeline } from "./timeline";
import { took } from "./words";

export interface ReportParts {
  deployment: Deployment;
  project: string;
  server: string | null;
  headline: string;
  serving: string;
  timeline: Timeline;
  notes: readonly string[];
  /** The last lines before the end, where it failed. */
  lines: readonly string[];
}

export function report(parts: ReportParts): string {
  const { deployment, project, server } = parts;
  const { commit, problem } = deployment;
  const text = [
    `${project}, ${deployment.environment.name}${server === null ? "" : ` on ${server}`}: ${parts.headline}`,
    `Serving: ${parts.serving}`,
    commit === null
      ? ""
      : `Commit: ${commit.id.slice(0, 7)} ${commit.subject}${commit.branch === null ? "" : ` (${commit.branch})`}`,
    `Deployment: ${deployment.id}, started ${deployment.started}`,
    deployment.gap_ms === null ? "" : `Seen at the public URL: ${gapMeasured(deployment.gap_ms)}`,
    "",
    ...parts.timeline.rows.map(row),
  ];
  if (problem !== null) text.push("", `${problem.title} (${problem.code})`, problem.detail, problem.hint);
  if (parts.notes.length > 0) text.push("", "Notes", ...parts.notes.map((note) => `- ${note}`));
  if (parts.lines.length > 0) text.push("", "Last lines", ...parts.lines);
  return `${text.filter((line, index) => line !== "" || text[index - 1] !== "").join("\n")}\n`;
}

function row(one: Timeline["rows"][number]): string {
  if (one.kind === "waterline") return "         ---- below this line, traffic moves ----";
  const name = `${"  ".repeat(one.level)}${one.name}${one.detail === "" ? "" : ` (${one.detail})`}`;
  const time = one.ms === null ? "" : took(one.ms);
  return `${one.state.padEnd(8)} ${name.padEnd(32)} ${time.padStart(6)}  ${one.note}`.trimEnd();
}
