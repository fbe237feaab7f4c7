// Registries.
import type * as T from "../../types";
import { notFound, type Stage } from "../stage";

export function registryActs({ world, questions, changes }: Stage) {
  const check = (name: string): T.Registry => {
    const registry = world.registries.find((registry) => registry.name === name);
    if (!registry) throw notFound(`registry ${name}`);
    return registry;
  };
  return {
    registriesList: () => world.registries,
    registriesAdd: (name: string, kind: T.RegistryKind) => {
      const registry = { id: `registry-${name}`, name, kind, added: new Date().toISOString() };
      world.registries.push(registry);
      changes.tell("registries");
      return { registry, note: null };
    },
    registriesRemove: async (name: string) => {
      await questions.consent({
        kind: "delete",
        what: `the registry ${name}`,
        typed: null,
        consequences: ["Images in it stay; its password is forgotten."],
      });
      world.registries = world.registries.filter((registry) => registry.name !== name);
      changes.tell("registries");
      return name;
    },
    registriesCheck: check,
    registriesEdit: (name: string, kind: T.RegistryKind) => {
      const registry = check(name);
      registry.kind = kind;
      changes.tell("registries");
      return { registry, note: null };
    },
    registriesSetPassword: (name: string) => ({ registry: check(name), note: null }),
  };
}
