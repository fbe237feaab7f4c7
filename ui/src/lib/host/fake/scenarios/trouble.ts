// Worlds in which one thing is wrong, each on a page of its own.
import type * as T from "../../types";
import { calmWorld, type World } from "../world";
import type { Stage } from "../stage";

const changed = (change: (world: World) => void) => () => {
  const world = calmWorld();
  change(world);
  return world;
};

const refusing = (problem: T.Problem) => changed((world) => (world.refuses.shop = problem));

export const TROUBLES = {
  "runs-already": changed(
    (world) =>
      (world.asks.shop = {
        to: "take_over",
        consequences: [
          "shop runs there already and is taken over; volumes and networks stay as they are; web gets a new container and is away meanwhile.",
          "What runs is kept as a release first, where its Compose file is still on the server and says the same: a failure then brings it back. Where it is not, there is nothing to go back to.",
        ],
      }),
  ),
  "no-tray": changed((world) => (world.facts.tray = false)),
  "keychain-locked": changed((world) =>
    Object.assign(world.facts, {
      keychain: false,
      keychain_state: { state: "locked", reason: "the collection “login” is locked" },
    }),
  ),
  "keychain-absent": changed((world) =>
    Object.assign(world.facts, {
      keychain: false,
      keychain_state: {
        state: "absent",
        reason: "org.freedesktop.secrets was not provided by any .service files",
      },
    }),
  ),
  restored: changed(
    (world) =>
      (world.facts.notice =
        "Plimsoll's database was damaged. The backup of today 09:12 was restored; the damaged file is kept beside it."),
  ),
  "disk-full": refusing({
    code: "disk_full",
    title: "hull-1 is full: the pull needs 1.40 GB and 600 MB is free",
    detail: "overlay at /var/lib/docker: 59.4 GB of 60.0 GB used",
    hint: "Free at least 800 MB on hull-1: old images first. Nothing was changed.",
  }),
  "laptop-full": refusing({
    code: "laptop_disk_full",
    title: "This laptop's disk is full",
    detail: "database or disk is full (code 13)",
    hint: "Free some space on this laptop, then run it again.",
  }),
  rebase: refusing({
    code: "repository_unusable",
    title: "The repository is in the middle of something",
    detail: "a rebase is in progress",
    hint: "Finish or abort the rebase, or name a commit with `--commit`.",
  }),
} satisfies Record<string, () => World>;

/** Milliseconds until the machine is gone: time to open its page. */
const SOON = 1200;

/** hull-1 answers when its page is opened, and then no more. */
export function leaves({ world, changes }: Stage) {
  setTimeout(() => {
    const gone: T.Problem = {
      code: "host_unreachable",
      title: "hull-1 does not answer on port 22",
      detail: "connection timed out after 10 s",
      hint: "Start the machine or check its address.",
    };
    world.checks["hull-1"] = gone;
    delete world.loads["hull-1"];
    for (const status of world.status)
      if (status.server === "hull-1") Object.assign(status, { problem: gone, services: [] });
    changes.tell("servers", "server:hull-1", "load:hull-1", "containers:hull-1", "project:shop");
  }, SOON);
}

/** What core asks, by what it asks about. */
export const ASKED = {
  "asked-new-key": {
    kind: "new_host_key",
    server: "hull-2",
    algorithm: "ssh-ed25519",
    fingerprint: "SHA256:9mRk2Yz1cQ8vZ0bJt4nH7sLpXeWfUaGd5oCiK3rTqBw",
  },
  "asked-command": {
    kind: "ssh_command",
    command: "aws ssm start-session --target i-0f3a --document-name AWS-StartSSHSession",
  },
  "asked-delete": {
    kind: "delete",
    what: "the server mast-2",
    typed: "mast-2",
    consequences: ["What runs on it goes on running.", "Its pinned host key is forgotten."],
  },
} satisfies Record<string, T.Question>;
