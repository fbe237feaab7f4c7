// What the first run has achieved and what was typed on the way, so that neither Back nor leaving loses anything.
// Owns: that state, one per window. Must never know: how a step looks; secrets (those live in their field alone).
import type { Host, HostKey, RegistryKind, ServerCheck, Understood } from "$lib/host";
import { after, before, mayOpen, NOTHING, type Achieved, type Step } from "./steps";

export type RegistryForm = "oci" | "ecr";

export class Setup {
  step = $state<Step>("project");
  achieved = $state.raw<Achieved>(NOTHING);

  /** The folder as chosen or typed, and what was understood of it. */
  folder = $state("");
  projectName = $state("");
  understood = $state.raw<Understood>();

  destination = $state("");
  serverName = $state("");
  publicUrl = $state("");
  offered = $state.raw<HostKey>();
  check = $state.raw<ServerCheck>();

  registryForm = $state<RegistryForm>("oci");
  registryName = $state("");
  registryNote = $state<string | null>(null);
  oci = $state({ host: "", prefix: "", user: "", plainHttp: false });
  ecr = $state({ region: "", profile: "", prefix: "" });

  open(step: Step): void {
    if (mayOpen(step, this.achieved)) this.step = step;
  }

  next(): void {
    this.open(after(this.step));
  }

  /** False where there is no step before: Back then leaves the first run. */
  back(): boolean {
    const step = before(this.step);
    if (step === null) return false;
    this.step = step;
    return true;
  }

  achieve(part: Partial<Achieved>): void {
    this.achieved = { ...this.achieved, ...part };
  }

  /** Goes on with a project that exists: what its settings name already counts as done. */
  take(understood: Understood): void {
    this.understood = understood;
    const { settings, project } = understood;
    const place = Object.values(settings.environments)[0];
    this.publicUrl = place?.url ?? this.publicUrl;
    this.achieve({
      project: project.name,
      server: place?.server ?? this.achieved.server,
      registry: settings.registry ?? this.achieved.registry,
      builder: builderKey(understood) ?? this.achieved.builder,
    });
  }

  registryKind(): RegistryKind {
    const given = (text: string) => (text.trim() === "" ? null : text.trim());
    if (this.registryForm === "ecr") {
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

function builderKey(understood: Understood): string | null {
  const { builder } = understood.settings;
  if (builder === null) return null;
  return builder.kind === "build-vm" ? builder.server : builder.kind;
}

const kept = new WeakMap<Host, Setup>();

/** The window's own; the host stands for the window. */
export function setupOf(host: Host): Setup {
  let setup = kept.get(host);
  if (!setup) {
    setup = new Setup();
    kept.set(host, setup);
  }
  return setup;
}
