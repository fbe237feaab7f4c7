// Plans, deployments, their history and logs, and the way back.
import type * as T from "../../types";
import { hex, SERVICES, totalOf } from "../make";
import { notFound, understood, type Stage } from "../stage";
import { COMMITS } from "../world";

type Swapped = Pick<T.ServicePlan, "strategy" | "reason">;
const switched = (files: string, addresses = ""): Swapped => ({
  strategy: "blue-green",
  reason: `${files}; switched: the new one starts beside the old one, no request is lost${addresses}`,
});
const SWAPPED: Record<string, Swapped> & { db: Swapped } = {
  web: switched("its files changed", "; it sees clients' addresses in X-Forwarded-For"),
  api: switched("its files changed"),
  worker: {
    strategy: "recreate",
    reason:
      "its files changed; recreated: names no TCP port that a switch could pass on; `expose` in the Compose file names one",
  },
  db: {
    strategy: "recreate",
    reason: "its image is the same; recreated: a database never runs twice on one volume",
  },
};

/** Core asks once it is under way; a no cancels it. */
function asked({ world, runs, questions }: Stage, request: T.DeployRequest, id: string) {
  const consent = world.asks[request.project];
  if (!consent || request.undo === "waived") return;
  const place = `${request.project} in ${request.environment}`;
  const [act, what] =
    consent.to === "take_over"
      ? (["take_over", `what runs as ${place}`] as const)
      : (["go_on", `${place} without a way back`] as const);
  questions
    .consent({ kind: "act", act, what, consequences: consent.consequences })
    .catch(() => runs.cancel(id));
}

export function deploymentActs(stage: Stage) {
  const { world, runs } = stage;
  const head = (project: string) => understood(world, project).head ?? COMMITS.next;
  return {
    deployPlan: (request: T.DeployRequest): T.DeployPlan => {
      const refused = world.refuses[request.project];
      if (refused) throw refused;
      const rows = world.history[request.project] ?? [];
      return {
        project: request.project,
        environment: request.environment,
        server: "hull-1",
        commit: head(request.project),
        serving: world.status.find((status) => status.project === request.project)?.release ?? null,
        platform: "linux/arm64",
        builder: "build VM forge",
        registry: "ecr-eu",
        services: SERVICES.map((service) => ({
          name: service.name,
          image: !service.built
            ? "keep"
            : typeof request.what === "object" && "release" in request.what
              ? "restore"
              : "build",
          ...(SWAPPED[service.name] ?? SWAPPED.db),
          probe: service.probe ?? "running",
        })),
        removed: [],
        release_command: "python3 migrate.py",
        boot_hook: "systemd unit",
        disk: [412_000_000, 31_300_000_000],
        disk_basis: 5,
        estimate: rows.length > 0 ? [totalOf(rows), 5] : null,
        warnings: world.asks[request.project]?.consequences.slice(0, 1) ?? [],
        consent: world.asks[request.project] ?? null,
      };
    },
    deployStart: (request: T.DeployRequest) => {
      const refused = world.refuses[request.project];
      if (refused) throw refused;
      const started = runs.start(
        request.project,
        "deploy",
        head(request.project),
        hex(`${request.project}${Date.now()}`, 12),
      );
      asked(stage, request, started.id);
      return started;
    },
    deployCancel: (id: string) => runs.cancel(id),
    deployDetach: () => null,
    historyList: (project: string, filter: T.HistoryFilter) =>
      (world.history[project] ?? [])
        .filter((row) => filter.status.length === 0 || filter.status.includes(row.status))
        .filter((row) => filter.before === null || row.started < filter.before)
        .slice(0, filter.limit),
    deploymentShow: (id: string) => runs.shown(id),
    deploymentLogs: (id: string, from: number, limit: number) => runs.player(id).log.page(from, limit),
    deploymentLine: (id: string, number: number) => runs.player(id).log.line(number).text,
    deploymentSearch: (id: string, text: string) => runs.player(id).log.search(text),
    deploymentErrors: (id: string) => runs.player(id).log.errors(),
    deploymentLogSave: (id: string) => `/home/maren/${id}.log`,
    releaseRestorable: (project: string) => world.releases[project] ?? [],
    rollbackPlan: (project: string, environment: string, release: string | null): T.RollbackPlan => {
      const releases = world.releases[project] ?? [];
      const to = release ? releases.find((known) => known.id === release) : releases[1];
      if (!to) throw { ...notFound("release to go back to"), code: "not_restorable" as const };
      return {
        project,
        environment,
        from: releases[0] ?? null,
        to,
        warm: false,
        images: ["web", "api"].map((service) => ({
          service,
          from: `sha256:${hex(`${releases[0]?.id}${service}`, 64)}`,
          to: `sha256:${hex(`${to.id}${service}`, 64)}`,
        })),
        compose: [{ service: "worker", keys: ["environment", "deploy"] }],
        variables: { added: [], removed: ["FEATURE_DATES"], changed: ["STRIPE_KEY"] },
        migrations: (world.history[project] ?? []).filter((row) => row.migrated),
        token: JSON.stringify([project, to.id]),
      };
    },
    rollbackStart: (token: T.Token) => {
      const [project, release] = JSON.parse(token) as [string, string];
      const to = (world.releases[project] ?? []).find((known) => known.id === release);
      return runs.start(project, "rollback", to?.commit ?? COMMITS.before, release);
    },
    activityList: (limit: number, before: T.Timestamp | null, project: string | null): T.ActivityRow[] =>
      Object.entries(world.history)
        .flatMap(([project, rows]) => rows.map((deployment) => ({ project, deployment })))
        .filter((row) => project === null || row.project === project)
        .filter((row) => before === null || row.deployment.started < before)
        .sort((a, b) => b.deployment.started.localeCompare(a.deployment.started))
        .slice(0, limit),
  };
}
