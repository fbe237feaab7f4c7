// What a deployment's page knows, put together from its record, its events and its project's settings.
// Owns: the derived facts that several parts of the page show. Must never know: components.
import { estimateOf, expectedMs, type Estimate } from "$lib/deployment/estimate";
import type { Run } from "$lib/deployment/run";
import { servingOf, type Serving } from "$lib/deployment/serving";
import { announcement, basis, endSentence, runningSentence, servingSentence } from "$lib/deployment/words";
import { shortHash } from "$lib/format";
import type { Commit, DeploymentShown, EnvironmentSettings } from "$lib/host";
import { useNow } from "$lib/state/now.svelte";

export class Facts {
  #shown: () => DeploymentShown;
  #run: () => Run;
  #place: () => EnvironmentSettings | undefined;
  #now = useNow();

  constructor(shown: () => DeploymentShown, run: () => Run, place: () => EnvironmentSettings | undefined) {
    this.#shown = shown;
    this.#run = run;
    this.#place = place;
  }

  readonly shown = $derived.by(() => this.#shown());
  readonly run = $derived.by(() => this.#run());
  readonly deployment = $derived.by(() => this.shown.deployment);
  readonly over = $derived.by(() => this.run.end !== null || this.deployment.status !== "running");
  readonly commit: Commit | null = $derived.by(() => this.run.commit ?? this.deployment.commit);
  readonly title = $derived.by(() => (this.commit === null ? "Deployment" : shortHash(this.commit.id)));
  readonly server = $derived.by(() => this.#place()?.server ?? null);
  readonly soakMs = $derived.by(() => {
    const soak = this.#place()?.soak;
    return soak === undefined ? null : soak.secs * 1000;
  });
  readonly estimate: Estimate = $derived.by(() => estimateOf(this.shown));
  readonly expected = $derived.by(() => expectedMs(this.run, this.estimate));
  readonly basis = $derived.by(() => basis(this.estimate.runs));
  readonly problem = $derived.by(() => this.run.end?.problem ?? this.deployment.problem);

  /** Milliseconds; ticks while it runs. */
  get now(): number {
    return this.over
      ? (this.run.end?.at ?? Date.parse(this.deployment.finished ?? this.deployment.started))
      : this.#now.second;
  }

  get elapsed(): number {
    return Math.max(0, this.now - (this.run.startedAt ?? Date.parse(this.deployment.started)));
  }

  get headline(): string {
    if (this.run.detached !== null) return "contact lost, the server goes on";
    if (this.over) return endSentence(this.run, this.deployment.kind);
    return runningSentence(this.run, this.elapsed, this.expected);
  }

  readonly serving: Serving = $derived.by(() => servingOf(this.run, this.deployment.previous));

  /** What serves this second: from history that may be another release by now. */
  readonly servingWords = $derived.by(() => {
    const now = this.shown.serving;
    const words = servingSentence(this.serving, this.name, this.server);
    if (!this.over || now === null) return words;
    const told = "release" in this.serving ? this.serving.release : null;
    return told === now.id || this.serving.kind === "neither" ? words : `${this.name(now.id)} serves now`;
  });

  readonly announcement = $derived.by(() => announcement(this.run, this.deployment.kind, this.servingWords));

  readonly emptyLog = $derived.by(() => {
    if (this.shown.thrown_away) return "This log was thrown away: logs are kept for 90 days or 500 MB.";
    return this.over ? "Nothing was printed." : "Nothing was printed yet.";
  });

  /** People know a release by its commit. */
  name = (release: string): string => {
    const { deployment, previous, serving } = this.shown;
    if (release === (this.run.release ?? deployment.release) && this.commit !== null)
      return shortHash(this.commit.id);
    const known = [previous, serving].find((one) => one?.id === release);
    return shortHash(known?.commit?.id ?? release);
  };
}
