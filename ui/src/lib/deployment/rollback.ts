// What a rollback changes, in words.
// Owns: that wording. Must never know: dialogs.
import { plural, when } from "$lib/format";
import type { Deployment, Release, RollbackPlan } from "$lib/host";

export interface Change {
  what: "Images" | "Compose file" | "Variables";
  /** Nothing in it: unchanged. */
  rows: { name: string; change: string }[];
}

export function hash(release: Pick<Release, "commit">): string {
  return release.commit.id.slice(0, 7);
}

export function changes(plan: RollbackPlan): Change[] {
  const images = plan.images.map(({ service, from, to }) => ({ name: service, change: image(from, to) }));
  const compose = plan.compose.map(({ service, keys }) => ({ name: service, change: keys.join(", ") }));
  const { added, changed, removed } = plan.variables;
  const variables = [
    ...changed.map((name) => ({ name, change: "gets the value it had" })),
    ...added.map((name) => ({ name, change: "is set again" })),
    ...removed.map((name) => ({ name, change: "goes" })),
  ];
  return [
    { what: "Images", rows: images },
    { what: "Compose file", rows: compose },
    { what: "Variables", rows: variables },
  ];
}

function image(from: string | null, to: string | null): string {
  if (to === null) return "goes, its volumes stay";
  return from === null ? `comes back as ${digest(to)}` : `${digest(from)} → ${digest(to)}`;
}

const digest = (text: string) => text.replace(/^sha256:/, "").slice(0, 12);

/** Migrations stay: the older code meets the newer database. */
export function migrationsSentence(migrations: readonly Deployment[]): string {
  const last = migrations[0];
  const ran = `${migrations.length} release ${plural(migrations.length, "command")} ran since`;
  const which =
    last === undefined ? "" : `, the last with ${name(last)} ${when(last.finished ?? last.started)}`;
  return `${ran}${which}. What ${migrations.length === 1 ? "it" : "they"} changed in the database stays; check that the older release can work with it.`;
}

const name = ({ commit, release }: Deployment) => commit?.id.slice(0, 7) ?? release ?? "another release";
