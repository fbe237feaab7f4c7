// The deployments of a scripted world: how they begin, go on and end.
// Owns: their players, and what their end changes. Must never know: the screens.
import type * as T from "../types";
import type { Changes } from "./changes";
import { deployment, history, usualOf } from "./make";
import { Player } from "./player";
import { past, type Scenario } from "./scenarios";
import { script } from "./script";
import { notFound } from "./stage";

export class Runs {
  #scenario: Scenario;
  #changes: Changes;

  constructor(scenario: Scenario, changes: Changes) {
    this.#scenario = scenario;
    this.#changes = changes;
    if (scenario.speed === 0) return;
    for (const [id, player] of Object.entries(scenario.players))
      player.play(scenario.speed, (last) => this.#ended(id, last));
  }

  get #world() {
    return this.#scenario.world;
  }

  row(id: string): T.HistoryRow {
    const row = Object.values(this.#world.history)
      .flat()
      .find((row) => row.id === id);
    if (!row) throw notFound(`deployment ${id}`);
    return row;
  }

  player(id: string): Player {
    const player = this.#scenario.players[id];
    if (player) return player;
    return (this.#scenario.players[id] = past(this.row(id)));
  }

  start(project: string, kind: T.DeploymentKind, commit: T.Commit, release: string): T.DeployStarted {
    const status = this.#world.status.find((status) => status.project === project);
    if (status?.running) return { id: status.running.id, joined: true };
    const id = `0199-${Date.now().toString(16)}`;
    const run = deployment(id, project, {
      kind,
      commit,
      release,
      previous: status?.release ?? null,
      status: "running",
      started: new Date().toISOString(),
      finished: null,
      gap_ms: null,
    });
    (this.#world.history[project] ??= []).unshift(history(run, { restorable: false, stages: [] }));
    if (status) status.running = run;
    const row = this.#world.projects.find((row) => row.project.name === project);
    if (row) row.latest = run;
    const player = new Player(script({ id, kind, commit, release, previous: run.previous }), Date.now());
    this.#scenario.players[id] = player;
    player.play(this.#scenario.speed || 4, (last) => this.#ended(id, last));
    this.#changes.tell("projects", `project:${project}`, "activity");
    return { id, joined: false };
  }

  /** Before traffic moves a run stops; after, it goes back. */
  cancel(id: string): null {
    const player = this.player(id);
    player.stop();
    const moves = ["swap", "switch over"];
    if (player.events.some((event) => event.type === "step_started" && moves.includes(event.step))) {
      for (const [step, service] of [["restore", "api"] as const, ["prove the old release", null] as const]) {
        player.tell({ after: 10, event: { type: "step_started", stage: "swap", step, service } });
        const ended = { stage: "swap", step, service, ms: 800, ok: true, note: "" } as const;
        player.tell({ after: 800, event: { type: "step_finished", ...ended } });
      }
    }
    const open = player.events.findLast((event) => event.type === "stage_started");
    if (open) player.tell({ after: 50, event: { type: "stage_failed", stage: open.stage, ms: 1000 } });
    player.finish("cancelled", null);
    this.#ended(id, player.events.at(-1)!);
    return null;
  }

  shown(id: string): T.DeploymentShown {
    const { restorable, serving, stages, ...deployment } = this.row(id);
    const player = this.player(id);
    const project = deployment.environment.project.replace("project-", "");
    const rows = this.#world.history[project] ?? [];
    const summary = (release: string | null | undefined): T.ReleaseSummary | null => {
      const commit = rows.find((row) => row.release === release)?.commit ?? null;
      return release ? { id: release, commit, images: {} } : null;
    };
    return {
      deployment,
      project,
      events: player.events,
      lines: player.log.count,
      thrown_away: false,
      estimates: usualOf(rows).map(([stage, ms]) => [stage, { ms, based_on: [ms, ms, ms, ms, ms] }]),
      previous: summary(deployment.previous),
      serving: summary(rows.find((row) => row.serving)?.release),
      first_error: deployment.problem === null ? null : (player.log.errors().hits[0]?.line ?? null),
    };
  }

  #ended(id: string, last: T.StepEvent) {
    if (last.type !== "finished") return;
    const row = this.row(id);
    const name = row.environment.project.replace("project-", "");
    Object.assign(row, { status: last.status, problem: last.problem, finished: last.at });
    const status = this.#world.status.find((status) => status.project === name);
    if (status) {
      status.running = null;
      if (last.status === "live")
        Object.assign(status, { release: row.release, commit: row.commit, since: last.at, ahead: [] });
    }
    const project = this.#world.projects.find((row) => row.project.name === name);
    if (project) project.latest = { ...row };
    if (last.status === "live") {
      for (const other of this.#world.history[name] ?? []) other.serving = other === row;
      if (project) project.serving = [row];
    }
    this.#changes.tell("projects", `project:${name}`, `deployment:${id}`, "activity");
  }
}
