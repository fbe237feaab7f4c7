// A world in which much is not as it should be: a changed key, missing programs, a folder that is gone, a sick service.
import type * as T from "../../types";
import { calmWorld, type World } from "../world";

const FINDINGS: T.Finding[] = [
  {
    severity: "advice",
    code: "no_healthcheck",
    place: { file: "compose.yaml", line: 31, column: 3 },
    text: "nothing says when worker is ready",
    remedy: "Give it a health check, or a probe in plimsoll.toml.",
  },
  {
    severity: "error",
    code: "unknown_dependency",
    place: { file: "compose.yaml", line: 18, column: 7 },
    text: "api depends on `database`, which is not in the file",
    remedy: "Did you mean `db`?",
  },
  {
    severity: "warning",
    code: "unpinned_image",
    place: { file: "compose.yaml", line: 40, column: 5 },
    text: "db keeps state and its image `postgres` has no fixed tag",
    remedy: "Write `postgres:16`.",
  },
];

export function roughWorld(): World {
  const world = calmWorld();
  world.checks["mast-2"] = {
    code: "host_key_changed",
    title: "mast-2 shows another key than before",
    detail: "pinned ssh-ed25519 SHA256:9mRk2Yz1cQ8vZ0bJ, offered ssh-ed25519 SHA256:tt0Qw8Lx",
    hint: "Compare the fingerprints, then trust the new one.",
  };
  const forge = world.checks.forge;
  if (forge && "facts" in forge) {
    world.checks.forge = {
      ...forge,
      facts: {
        ...forge.facts,
        compose: null,
        buildx: null,
        curl: null,
        boot_hook: null,
        clock_offset_ms: -95_000,
      },
      missing_to_serve: [
        {
          what: "Docker Compose 2.20 or newer",
          why: "releases are started with it",
          remedy: "sudo apt-get update && sudo apt-get install -y docker-compose-plugin",
          required: true,
        },
        {
          what: "a way to start something after a reboot",
          why: "a swap that a reboot interrupts would stay as it is",
          remedy: null,
          required: false,
        },
      ],
      missing_to_build: [
        {
          what: "Docker buildx 0.13 or newer",
          why: "images are built with it",
          remedy: "sudo apt-get update && sudo apt-get install -y docker-buildx-plugin",
          required: true,
        },
      ],
    };
  }
  const [shop, blog] = world.projects;
  if (blog) blog.unreadable = "the folder is gone";
  if (shop) world.understood.shop = { ...world.understood.shop!, findings: FINDINGS };
  const status = world.status[0];
  const [web, api, worker] = status?.services ?? [];
  if (web) web.restarts = 3;
  if (api) Object.assign(api, { health: "unhealthy", matches: false });
  if (worker) Object.assign(worker, { state: "exited", memory: null });
  if (status) status.pending = ["STRIPE_KEY"];
  return world;
}
