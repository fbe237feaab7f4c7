import { expect, test } from "vitest";
import type { Host, Understood } from "$lib/host";
import { Setup, setupOf } from "./setup.svelte";

const understood: Understood = {
  project: { id: "1", name: "shop", path: "/code/shop", added: "2026-11-20T10:00:00Z" },
  head: null,
  compose_files: ["compose.yml"],
  services: [],
  settings: {
    compose_files: [],
    profiles: [],
    builder: { kind: "build-vm", server: "vm" },
    registry: null,
    environments: {},
    services: {},
    release_command: null,
  },
  settings_written: true,
  findings: [],
};

const known = { servers: ["vm"], registries: [] };

test("Back keeps what was typed and what was achieved", () => {
  const setup = new Setup();
  setup.take(understood, known);
  setup.open("registry");
  setup.registry.oci.host = "ghcr.io";
  setup.registry.oci.user = "ada";
  expect(setup.back()).toBe(true);
  expect(setup.step).toBe("server");
  setup.next();
  expect(setup.step).toBe("registry");
  expect(setup.registry.oci).toMatchObject({ host: "ghcr.io", user: "ada" });
  expect(setup.achieved.project).toBe("shop");
});

test("leaving the first run and coming back finds it as it was", () => {
  const host = {} as Host;
  setupOf(host).take(understood, known);
  setupOf(host).open("builder");
  expect(setupOf(host).step).toBe("builder");
  expect(setupOf({} as Host).step).toBe("project");
});

test("what the settings name already counts as done", () => {
  const setup = new Setup();
  setup.take(understood, known);
  expect(setup.achieved).toEqual({ project: "shop", server: null, registry: null, builder: "vm" });
  setup.take(understood, { servers: [], registries: [] });
  expect(setup.achieved.builder, "a name that only another laptop knows").toBeNull();
});
