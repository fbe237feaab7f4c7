// What was learnt about a server, in rows of words. Missing parts are said to be missing, never guessed.
// Owns: those words and units. Must never know: how they are laid out.
import { bytes, bytesExactly, grouped } from "$lib/format";
import type { ServerFacts } from "$lib/host";

export interface FactRow {
  name: string;
  value: string;
  /** The exact figure, for a tooltip. */
  exactly?: string;
  missing: boolean;
}

const UNKNOWN = "not found";

export function factRows(facts: ServerFacts): FactRow[] {
  const rows = [
    text("System", facts.os),
    text("Platform", facts.platform),
    text("Cores", facts.cores === null ? null : String(facts.cores)),
    amounts("Memory", facts.memory_available, facts.memory_total),
    disk(facts),
    text("Inodes", pair(facts.inodes_free, facts.inodes_total, grouped)),
    text("Docker Engine", facts.engine === null ? null : `${facts.engine}${access(facts)}`),
    text("Docker Compose", facts.compose),
    text("buildx", facts.buildx),
    text("git", facts.git),
    text("curl", facts.curl),
    text("Clock", facts.clock_offset_ms === null ? null : clock(facts.clock_offset_ms)),
    { name: "Reboot", value: reboot(facts), missing: facts.boot_hook === null },
  ];
  if (facts.ec2_type !== null) rows.splice(1, 0, text("EC2", ec2(facts)));
  return rows;
}

/** `t4g.small · eu-west-1`, or the platform where there is no EC2. */
export function machineWords(facts: ServerFacts): string {
  return facts.ec2_type === null ? (facts.platform ?? "") : (ec2(facts) ?? "");
}

function text(name: string, value: string | null): FactRow {
  return { name, value: value ?? UNKNOWN, missing: value === null };
}

function amounts(name: string, free: number | null, total: number | null): FactRow {
  const row = text(name, pair(free, total, bytes));
  return row.missing ? row : { ...row, exactly: pair(free, total, bytesExactly) ?? "" };
}

function pair(free: number | null, total: number | null, show: (amount: number) => string): string | null {
  return free === null || total === null ? null : `${show(free)} free of ${show(total)}`;
}

function disk(facts: ServerFacts): FactRow {
  const row = amounts("Disk", facts.disk_free, facts.disk_total);
  const root = facts.data_root === null ? "" : `, under ${facts.data_root}`;
  return { ...row, value: row.value + root };
}

function access(facts: ServerFacts): string {
  if (facts.docker === null) return ", does not answer";
  return facts.docker === "sudo" ? ", through sudo" : "";
}

function clock(offset: number): string {
  const amount = Math.abs(offset);
  const shown = amount < 1000 ? `${amount} ms` : `${(amount / 1000).toFixed(1)} s`;
  return amount === 0
    ? "agrees with this machine"
    : `${shown} ${offset < 0 ? "behind" : "ahead of"} this machine`;
}

function ec2(facts: ServerFacts): string | null {
  return facts.ec2_region === null ? facts.ec2_type : `${facts.ec2_type} · ${facts.ec2_region}`;
}

function reboot(facts: ServerFacts): string {
  switch (facts.boot_hook) {
    case "systemd_system":
      return "a swap survives one (systemd)";
    case "systemd_user":
      return "a swap survives one (systemd user unit)";
    case "cron":
      return "a swap survives one (cron)";
    case null:
      return "a swap would not survive one";
  }
}
