// Servers and the containers on them.
import type { Host, Stop } from "../../host";
import type * as T from "../../types";
import { FACTS, hex, server } from "../make";
import { consent, notFound, type Stage } from "../stage";

export function machineActs({ world, questions, changes }: Stage) {
  const known = (name: string): T.Server => {
    const found = world.servers.find((server) => server.name === name);
    if (!found) throw notFound(`server ${name}`);
    return found;
  };
  const check = (name: string): T.ServerCheck => {
    const found = world.checks[name];
    if (found && "code" in found) throw found;
    return found ?? { ...NEW, server: known(name), fingerprint: `SHA256:${hex(name, 43)}` };
  };
  return {
    serversList: (): T.ServerRow[] =>
      world.servers.map((server) => {
        const found = world.checks[server.name];
        const uses = (of: (row: T.ProjectRow) => boolean) =>
          world.projects.filter(of).map((row) => row.project.name);
        return {
          ...server,
          facts: found && "facts" in found ? found.facts : null,
          serves: uses((row) => row.environments.some(([, on]) => on === server.name)),
          builds: uses((row) => row.builder === server.name),
        };
      }),
    serversAdd: (name: string, destination: string) => {
      const added = server(name, destination.split("@").at(-1));
      world.servers.push(added);
      changes.tell("servers");
      return added;
    },
    serversCheck: (name: string) => {
      const found = check(name);
      // What a check finds is stored, and told as every change of a server is.
      setTimeout(() => changes.tell("servers"));
      return found;
    },
    serversEdit: (name: string, destination: string) => {
      const moved = known(name);
      moved.destination = server(name, destination.split("@").at(-1)).destination;
      changes.tell("servers");
      return moved;
    },
    serversTrust: async (name: string): Promise<T.Trusted> => {
      const server = known(name);
      const [before, now] = [hex(`${name} before`, 43), hex(name, 43)].map((key) => `SHA256:${key}`);
      await questions.consent({
        kind: "changed_host_key",
        server: name,
        pinned: `ssh-ed25519 ${before}`,
        offered: `ssh-ed25519 ${now}`,
      });
      delete world.checks[name];
      changes.tell("servers", `server:${name}`);
      return { server, before: before ?? null, now: now ?? "" };
    },
    serversRename: (from: string, to: string) => {
      const renamed = known(from);
      renamed.name = to;
      changes.tell("servers");
      return renamed;
    },
    serversRemove: async (name: string) => {
      await questions.consent({
        kind: "delete",
        what: `the server ${name}`,
        typed: name,
        consequences: ["What runs on it goes on running.", "Its pinned host key is forgotten."],
      });
      world.servers = world.servers.filter((server) => server.name !== name);
      changes.tell("servers");
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
    serversContainers: (name: string) => {
      check(name);
      return world.containers[name] ?? [];
    },
    serversLoad: (name: string): T.ServerLoad => {
      const load = world.loads[name];
      if (load) return load;
      check(name);
      return IDLE;
    },
    containerRestart: async (server: string, container: string) => {
      const found = world.containers[server]?.find(({ id }) => id === container);
      await consent(questions, "restart", `${found?.name ?? container} on ${server}`);
      return null;
    },
  };
}

/** What a container prints, line by line. */
export function containerLogs({ world }: Stage): Host["containerLogs"] {
  return (_server, container, on): Stop => {
    const line = (text: string, stderr = false): T.ContainerLine => ({
      service: container,
      at: new Date().toISOString(),
      stderr,
      text,
    });
    const before = world.printed[container] ?? [];
    if (before.length > 0) queueMicrotask(() => on(before.map((text) => line(text))));
    let at = 0;
    const timer = setInterval(() => on([line(`GET /health 200 ${(at += 1)}`)]), 1000);
    return () => clearInterval(timer);
  };
}

/** A machine that was just added. */
const NEW: Omit<T.ServerCheck, "server" | "fingerprint"> = {
  latency_ms: 31,
  facts: FACTS,
  missing_to_serve: [],
  missing_to_build: [],
};
const IDLE: T.ServerLoad = {
  cpu_percent: 5,
  load_average: 0.1,
  memory_used: 4e8,
  memory_total: 2e9,
  disk_used: 9e9,
  disk_total: 3e10,
  uptime_s: 86_400,
};
