// A host without a machine: scripted worlds for a plain browser and for tests.
// Owns: how acts change a scripted world. Must never know: the screens.
import type { Host, Stop } from "../host";
import type * as T from "../types";
import { COMMITS } from "./world";
import {
  project as made,
  server as madeServer,
  settings as madeSettings,
  SERVICES,
  FACTS,
  hex,
  deployment,
  history,
  USUAL,
} from "./make";
import { Player } from "./player";
import { Questions } from "./questions";
import { past, SCENARIOS, type Scenario } from "./scenarios";
import { script } from "./script";

const notFound = (what: string): T.Problem => ({
  code: "not_found",
  title: `There is no ${what}`,
  detail: "it may have been removed or renamed",
  hint: "Open the list and choose another.",
});

export function fakeHost(name: string): Host {
  const scenario = (SCENARIOS[name] ?? SCENARIOS.calm!)();
  return new Fake(scenario).host();
}

class Fake {
  #scenario: Scenario;
  #listeners = new Set<(tags: string[]) => void>();
  #questions = new Questions();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    for (const [id, player] of Object.entries(scenario.players)) this.#go(id, player);
  }

  get #world() {
    return this.#scenario.world;
  }

  #go(id: string, player: Player) {
    if (this.#scenario.speed > 0) player.play(this.#scenario.speed, (last) => this.#ended(id, last));
  }

  #changed(...tags: string[]) {
    for (const listener of this.#listeners) listener(tags);
  }

  #row(id: string): T.HistoryRow {
    const row = Object.values(this.#world.history)
      .flat()
      .find((row) => row.id === id);
    if (!row) throw notFound(`deployment ${id}`);
    return row;
  }

  #ended(id: string, last: T.StepEvent) {
    if (last.type !== "finished") return;
    const row = this.#row(id);
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
    if (last.status === "live")
      for (const other of this.#world.history[name] ?? []) other.serving = other === row;
    this.#changed("projects", `project:${name}`, `deployment:${id}`, "activity");
  }

  #start(project: string, kind: T.DeploymentKind, commit: T.Commit, release: string): T.DeployStarted {
    const running = this.#world.status.find((status) => status.project === project)?.running;
    if (running) return { id: running.id, joined: true };
    const id = `0199-${Date.now().toString(16)}`;
    const status = this.#world.status.find((status) => status.project === project);
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
    this.#changed("projects", `project:${project}`, "activity");
    return { id, joined: false };
  }

  #player(id: string): Player {
    const player = this.#scenario.players[id];
    if (player) return player;
    return (this.#scenario.players[id] = past(this.#row(id)));
  }

  /** Before traffic moves a run stops; after, it goes back. */
  #cancel(id: string) {
    const player = this.#player(id);
    player.stop();
    if (player.events.some((event) => event.type === "step_started" && event.step === "swap")) {
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
  }

  #shown(id: string): T.DeploymentShown {
    const { restorable, serving, stages, ...deployment } = this.#row(id);
    const player = this.#player(id);
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
      estimates: USUAL.map(([stage, ms]) => [stage, { ms, based_on: [ms, ms, ms, ms, ms] }]),
      previous: summary(deployment.previous),
      serving: summary(rows.find((row) => row.serving)?.release),
      first_error: deployment.problem === null ? null : (player.log.errors().hits[0]?.line ?? null),
    };
  }

  #act(act: T.Act, what: string): Promise<void> {
    const consequences = ["The release, its volumes and its variables stay as they are."];
    return this.#questions.consent({ kind: "act", act, what, consequences });
  }

  host(): Host {
    const world = this.#world;
    const understood = (name: string) => world.understood[name] ?? this.#invent(name);
    const check = (name: string): T.ServerCheck => {
      const known = world.checks[name];
      if (known && "code" in known) throw known;
      const server = world.servers.find((server) => server.name === name);
      if (!server) throw notFound(`server ${name}`);
      return (
        known ?? {
          server,
          fingerprint: `SHA256:${hex(name, 43)}`,
          latency_ms: 31,
          facts: FACTS,
          missing_to_serve: [],
          missing_to_build: [],
        }
      );
    };
    const acts = {
      projectsList: () => world.projects,
      projectsAdd: (path: string, name: string | null) => {
        const called = name ?? path.split("/").filter(Boolean).at(-1) ?? "project";
        world.projects.push({
          project: made(called, path),
          environments: [],
          builder: null,
          latest: null,
          serving: [],
          recent_ms: [],
          unreadable: null,
        });
        world.understood[called] = { ...this.#invent(called), settings_written: true };
        world.status.push({
          project: called,
          environment: "production",
          server: "hull-1",
          url: null,
          release: null,
          commit: null,
          since: null,
          services: [],
          ahead: [],
          pending: [],
          running: null,
          problem: null,
        });
        this.#changed("projects");
        return understood(called);
      },
      projectsShow: (name: string) => {
        if (!world.projects.some((row) => row.project.name === name)) throw notFound(`project ${name}`);
        return understood(name);
      },
      projectsCheck: (name: string) => understood(name).findings,
      projectsRename: (from: string, to: string) => {
        const row = world.projects.find((row) => row.project.name === from);
        if (!row) throw notFound(`project ${from}`);
        row.project = { ...row.project, name: to };
        this.#changed("projects", `project:${from}`);
        return row.project;
      },
      projectsRemove: async (name: string) => {
        await this.#questions.consent({
          kind: "delete",
          what: `the project ${name}`,
          typed: name,
          consequences: [
            "Its folder, its images and what runs on its servers stay.",
            "Its history and logs on this laptop go.",
          ],
        });
        world.projects = world.projects.filter((row) => row.project.name !== name);
        this.#changed("projects", `project:${name}`);
        return name;
      },
      settingsRead: (project: string) => understood(project).settings,
      settingsWrite: (project: string, settings: T.Settings) => {
        world.understood[project] = { ...understood(project), settings };
        const row = world.projects.find((row) => row.project.name === project);
        if (row)
          row.environments = Object.entries(settings.environments).map(([name, { server }]) => [
            name,
            server,
          ]);
        this.#changed("projects", `project:${project}`);
        return settings;
      },
      serversList: (): T.ServerRow[] =>
        world.servers.map((server) => {
          const known = world.checks[server.name];
          const uses = (of: (row: T.ProjectRow) => boolean) =>
            world.projects.filter(of).map((row) => row.project.name);
          return {
            ...server,
            facts: known && "facts" in known ? known.facts : null,
            serves: uses((row) => row.environments.some(([, on]) => on === server.name)),
            builds: uses((row) => row.builder === server.name),
          };
        }),
      serversAdd: (name: string, destination: string) => {
        const server = madeServer(name, destination.split("@").at(-1));
        world.servers.push(server);
        this.#changed("servers");
        return server;
      },
      serversCheck: (name: string) => {
        const found = check(name);
        // What a check finds is stored, and told as every change of a server is.
        setTimeout(() => this.#changed("servers"));
        return found;
      },
      serversEdit: (name: string, destination: string) => {
        const server = world.servers.find((server) => server.name === name);
        if (!server) throw notFound(`server ${name}`);
        server.destination = madeServer(name, destination.split("@").at(-1)).destination;
        this.#changed("servers");
        return server;
      },
      serversTrust: async (name: string): Promise<T.Trusted> => {
        const server = world.servers.find((server) => server.name === name);
        if (!server) throw notFound(`server ${name}`);
        const [before, now] = [hex(`${name} before`, 43), hex(name, 43)].map((key) => `SHA256:${key}`);
        await this.#questions.consent({
          kind: "changed_host_key",
          server: name,
          pinned: `ssh-ed25519 ${before}`,
          offered: `ssh-ed25519 ${now}`,
        });
        delete world.checks[name];
        this.#changed("servers", `server:${name}`);
        return { server, before: before ?? null, now: now ?? "" };
      },
      serversRename: (from: string, to: string) => {
        const server = world.servers.find((server) => server.name === from);
        if (!server) throw notFound(`server ${from}`);
        server.name = to;
        this.#changed("servers");
        return server;
      },
      serversRemove: async (name: string) => {
        await this.#questions.consent({
          kind: "delete",
          what: `the server ${name}`,
          typed: name,
          consequences: ["What runs on it goes on running.", "Its pinned host key is forgotten."],
        });
        world.servers = world.servers.filter((server) => server.name !== name);
        this.#changed("servers");
        return name;
      },
      serversScan: (destination: string): T.HostKey => ({
        host: destination.split("@").at(-1) ?? destination,
        port: 22,
        algorithm: "ssh-ed25519",
        fingerprint: `SHA256:${hex(destination, 43)}`,
        known: false,
        pinned: [],
        token: `token-${destination}`,
      }),
      serversSshHosts: () => world.sshHosts,
      serversContainers: (name: string) => world.containers[name] ?? [],
      serversLoad: (name: string) => {
        const load = world.loads[name];
        if (load) return load;
        check(name);
        return {
          cpu_percent: 5,
          load_average: 0.1,
          memory_used: 4e8,
          memory_total: 2e9,
          disk_used: 9e9,
          disk_total: 3e10,
          uptime_s: 86_400,
        };
      },
      registriesList: () => world.registries,
      registriesAdd: (name: string, kind: T.RegistryKind) => {
        const registry = { id: `registry-${name}`, name, kind, added: new Date().toISOString() };
        world.registries.push(registry);
        this.#changed("registries");
        return { registry, note: null };
      },
      registriesRemove: async (name: string) => {
        await this.#questions.consent({
          kind: "delete",
          what: `the registry ${name}`,
          typed: null,
          consequences: ["Images in it stay; its password is forgotten."],
        });
        world.registries = world.registries.filter((registry) => registry.name !== name);
        this.#changed("registries");
        return name;
      },
      registriesCheck: (name: string) => {
        const registry = world.registries.find((registry) => registry.name === name);
        if (!registry) throw notFound(`registry ${name}`);
        return registry;
      },
      registriesEdit: (name: string, kind: T.RegistryKind) => {
        const registry = acts.registriesCheck(name);
        registry.kind = kind;
        this.#changed("registries");
        return { registry, note: null };
      },
      registriesSetPassword: (name: string) => ({ registry: acts.registriesCheck(name), note: null }),
      containerRestart: async (server: string, container: string) => {
        await this.#act("restart", `${container} on ${server}`);
        return null;
      },
      deployPlan: (request: T.DeployRequest): T.DeployPlan => ({
        project: request.project,
        environment: request.environment,
        server: "hull-1",
        commit: understood(request.project).head ?? COMMITS.next,
        serving: world.status.find((status) => status.project === request.project)?.release ?? null,
        platform: "linux/arm64",
        builder: "build VM forge",
        registry: "ecr-eu",
        services: SERVICES.map((service) => ({
          name: service.name,
          image: service.built ? "build" : "keep",
          strategy: "recreate",
          reason: service.built ? "its files changed" : "unchanged",
          probe: service.probe ?? "running",
        })),
        removed: [],
        release_command: "python3 migrate.py",
        boot_hook: "systemd unit",
        disk: [412_000_000, 31_300_000_000],
        disk_basis: 10,
        estimate: [112_000, 10],
        warnings: [],
      }),
      deployStart: (request: T.DeployRequest) =>
        this.#start(
          request.project,
          "deploy",
          understood(request.project).head ?? COMMITS.next,
          hex(`${request.project}${Date.now()}`, 12),
        ),
      deployCancel: (id: string) => {
        this.#cancel(id);
        return null;
      },
      deployDetach: () => null,
      historyList: (project: string, filter: T.HistoryFilter) =>
        (world.history[project] ?? [])
          .filter((row) => filter.status.length === 0 || filter.status.includes(row.status))
          .filter((row) => filter.before === null || row.started < filter.before)
          .slice(0, filter.limit),
      deploymentShow: (id: string): T.DeploymentShown => this.#shown(id),
      deploymentLogs: (id: string, from: number, limit: number) => this.#player(id).log.page(from, limit),
      deploymentLine: (id: string, number: number) => this.#player(id).log.line(number).text,
      deploymentSearch: (id: string, text: string) => this.#player(id).log.search(text),
      deploymentErrors: (id: string) => this.#player(id).log.errors(),
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
        return this.#start(project, "rollback", to?.commit ?? COMMITS.before, release);
      },
      variablesList: (project: string) => world.variables[project] ?? [],
      variablesReveal: (_p: string, _e: string, _scope: T.Scope, name: string) => world.values[name] ?? "",
      variablesSet: (project: string, _e: string, scope: T.Scope, values: [string, string][]) => {
        const kept = (world.variables[project] ?? []).filter(
          (v) => !values.some(([name]) => name === v.name),
        );
        for (const [name, value] of values) world.values[name] = value;
        world.variables[project] = [
          ...kept,
          ...values.map(([name]) => ({ name, scope, pending: true })),
        ].sort((a, b) => a.name.localeCompare(b.name));
        this.#changed(`project:${project}`);
        return world.variables[project];
      },
      variablesUnset: async (project: string, environment: string, _scope: T.Scope, names: string[]) => {
        await this.#act("unset", `${names.join(", ")} of ${project} in ${environment}`);
        world.variables[project] = (world.variables[project] ?? []).filter((v) => !names.includes(v.name));
        this.#changed(`project:${project}`);
        return world.variables[project];
      },
      variablesImport: (
        project: string,
        environment: string,
        scope: T.Scope,
        content: string,
      ): T.Variable[] =>
        acts.variablesSet(
          project,
          environment,
          scope,
          content
            .split("\n")
            .filter((line) => line.includes("="))
            .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
        ),
      statusRead: (project: string | null) =>
        world.status.filter((status) => project === null || status.project === project),
      runningRestart: async (project: string, environment: string) => {
        await this.#act("restart", `${project} in ${environment}`);
        return world.status.find((status) => status.project === project)?.services ?? [];
      },
      runningStop: async (project: string, environment: string) => {
        await this.#act("stop", `${project} in ${environment}`);
        return world.status.find((status) => status.project === project)?.services ?? [];
      },
      runningStart: (project: string) =>
        world.status.find((status) => status.project === project)?.services ?? [],
      activityList: (limit: number, before: T.Timestamp | null, project: string | null): T.ActivityRow[] =>
        Object.entries(world.history)
          .flatMap(([project, rows]) => rows.map((deployment) => ({ project, deployment })))
          .filter((row) => project === null || row.project === project)
          .filter((row) => before === null || row.deployment.started < before)
          .sort((a, b) => b.deployment.started.localeCompare(a.deployment.started))
          .slice(0, limit),
      appSettingsRead: () => world.settings,
      appSettingsWrite: (settings: T.AppSettings) => {
        world.settings = settings;
        this.#changed("app-settings");
        return settings;
      },
      appFacts: () => world.facts,
      appDiagnostics: () => `Plimsoll ${world.facts.version}\n${world.facts.platform}`,
      sampleTry: async () => {
        await this.#act("start", "the sample's registry on this machine");
        return acts.projectsAdd("/home/maren/plimsoll-sample/shop", "sample-shop");
      },
      sampleRemove: () => acts.projectsRemove("sample-shop"),
      browseFolder: () => "/home/maren/code/shop",
      openUrl: () => null,
      updateCheck: (): T.NewerVersion | null => null,
      updateInstall: (): string[] => [],
      openFolder: () => null,
      openDataFolder: () => null,
      copyText: (text: string) => {
        void navigator.clipboard?.writeText(text).catch(() => undefined);
        return null;
      },
    };
    const asking = {
      questionsOpen: () => this.#questions.open(),
      questionAnswer: (id: number, said: T.Said) => this.#questions.answer(id, said),
      gotoTake: (): T.Goto | null => null,
    };
    return { ...answered(acts), ...answered(asking), ...this.#streams() };
  }

  #invent(name: string): T.Understood {
    const row = this.#world.projects.find((row) => row.project.name === name);
    return {
      project: row?.project ?? made(name),
      head: COMMITS.next,
      compose_files: ["compose.yaml"],
      services: SERVICES,
      settings: madeSettings("hull-1", "forge", null),
      settings_written: false,
      findings: [],
    };
  }

  #streams(): Pick<
    Host,
    "deployWatch" | "containerLogs" | "onChanged" | "onQuestions" | "onGoing" | "onTrouble" | "setZoom"
  > {
    return {
      onQuestions: (on) => this.#questions.listen(on),
      onGoing: () => () => undefined,
      onTrouble: () => () => undefined,
      // A browser zooms by itself; here the page is scaled.
      setZoom: (percent) => {
        document.documentElement.style.setProperty("zoom", String(percent / 100));
        return Promise.resolve(null);
      },
      deployWatch: (id, from, on) => this.#player(id).watch(from, on),
      containerLogs: (_server, container, on): Stop => {
        let at = 0;
        const timer = setInterval(() => {
          on([
            {
              service: container,
              at: new Date().toISOString(),
              stderr: false,
              text: `GET /health 200 ${(at += 1)}`,
            },
          ]);
        }, 1000);
        return () => clearInterval(timer);
      },
      onChanged: (on) => {
        this.#listeners.add(on);
        return () => this.#listeners.delete(on);
      },
    };
  }
}

type Acts = Record<string, (...args: never[]) => unknown>;
type Answered<A extends Acts> = {
  [K in keyof A]: (...args: Parameters<A[K]>) => Promise<Awaited<ReturnType<A[K]>>>;
};

/** Answers arrive later and as copies, as over the real border. */
function answered<A extends Acts>(acts: A): Answered<A> {
  const later =
    (act: (...args: never[]) => unknown) =>
    async (...args: never[]) =>
      structuredClone(await act(...args));
  const all = Object.entries(acts).map(([name, act]) => [name, later(act)]);
  return Object.fromEntries(all) as unknown as Answered<A>;
}
