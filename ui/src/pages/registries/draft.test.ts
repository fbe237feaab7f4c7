import { expect, test } from "vitest";
import type { RegistryKind } from "$lib/host";
import { RegistryDraft } from "./draft.svelte";
import { registryWords } from "./words";

test("empty fields of a registry are left to their defaults", () => {
  const draft = new RegistryDraft();
  draft.oci = { host: " ghcr.io ", prefix: "ada", user: " ", plainHttp: false };
  expect(draft.kind()).toEqual({
    kind: "oci",
    host: "ghcr.io",
    prefix: "ada",
    user: null,
    plain_http: false,
  });
  draft.form = "ecr";
  expect(draft.kind()).toMatchObject({ kind: "ecr", region: null, profile: null });
});

test("a registry is told by where it is and who logs in", () => {
  const draft = new RegistryDraft();
  draft.oci = { host: "ghcr.io", prefix: "ada", user: "ada", plainHttp: true };
  expect(registryWords(draft.kind())).toBe("ghcr.io/ada, as ada, plain HTTP");
  draft.form = "ecr";
  draft.ecr.region = "eu-west-1";
  expect(registryWords(draft.kind())).toBe("Amazon ECR, eu-west-1");
});

test("the draft of a registry that is there amounts to it again", () => {
  const kinds: RegistryKind[] = [
    { kind: "oci", host: "ghcr.io", prefix: "ada", user: null, plain_http: true },
    { kind: "ecr", region: "eu-west-1", profile: null, prefix: "", endpoint: "https://ecr.example" },
  ];
  for (const kind of kinds) {
    expect(RegistryDraft.of({ id: "1", name: "one", kind, added: "" }).kind()).toEqual(kind);
  }
});
