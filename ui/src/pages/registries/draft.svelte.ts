// A registry while it is typed in. Its password is not part of it.
// Owns: the fields and what they amount to. Must never know: how they look.
import type { RegistryKind } from "$lib/host";

export class RegistryDraft {
  form = $state<"oci" | "ecr">("oci");
  name = $state("");
  oci = $state({ host: "", prefix: "", user: "", plainHttp: false });
  ecr = $state({ region: "", profile: "", prefix: "" });

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
        endpoint: null,
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
