// A registry while it is typed in. Its password is not part of it.
// Owns: the fields and what they amount to. Must never know: how they look.
import type { Registry, RegistryKind } from "$lib/host";

export class RegistryDraft {
  form = $state<"oci" | "ecr">("oci");
  name = $state("");
  oci = $state({ host: "", prefix: "", user: "", plainHttp: false });
  ecr = $state({ region: "", profile: "", prefix: "" });
  /** Where ECR's own API is, if elsewhere; nothing that is typed here. */
  #endpoint: string | null = null;

  /** The draft of one that is there. */
  static of({ name, kind }: Registry): RegistryDraft {
    const draft = new RegistryDraft();
    draft.name = name;
    draft.form = kind.kind;
    if (kind.kind === "oci") {
      const { host, prefix, user, plain_http } = kind;
      draft.oci = { host, prefix, user: user ?? "", plainHttp: plain_http };
    } else {
      const { region, profile, prefix } = kind;
      draft.ecr = { region: region ?? "", profile: profile ?? "", prefix };
      draft.#endpoint = kind.endpoint;
    }
    return draft;
  }

  wrongHost(): string | null {
    const lacks = this.form === "oci" && this.oci.host.trim() === "";
    return lacks ? "A registry has a host, for example ghcr.io." : null;
  }

  /** A name to begin with: the host's own, or the region's. */
  suggested(): string {
    if (this.form === "ecr") return this.ecr.region.trim() === "" ? "ecr" : `ecr-${this.ecr.region.trim()}`;
    return this.oci.host.trim().split(":")[0] ?? "";
  }

  kind(): RegistryKind {
    const given = (text: string) => (text.trim() === "" ? null : text.trim());
    if (this.form === "ecr") {
      const { region, profile, prefix } = this.ecr;
      return {
        kind: "ecr",
        region: given(region),
        profile: given(profile),
        prefix: prefix.trim(),
        endpoint: this.#endpoint,
      };
    }
    const { host, prefix, user, plainHttp } = this.oci;
    return {
      kind: "oci",
      host: host.trim(),
      prefix: prefix.trim(),
      user: given(user),
      plain_http: plainHttp,
    };
  }
}
