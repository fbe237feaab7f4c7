// What the first run has achieved and what was typed on the way, so that neither Back nor leaving loses anything.
// Owns: that state, one per window. Must never know: how a step looks; secrets (those live in their field alone).
import type { Host, Settings, Understood } from "$lib/host";
import { RegistryDraft } from "$pages/registries/draft.svelte";
import { after, before, mayOpen, NOTHING, type Achieved, type Step } from "./steps";

/** Names that this laptop knows. */
export interface Known {
  servers: string[];
  registries: string[];
}

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

  registry = new RegistryDraft();

  builderDestination = $state("");
  builderName = $state("");

  /** What is marked in a step and not yet written; undefined marks what was achieved. */
  marked = $state<Partial<Record<Step, string>>>({});
  /** Where its password is, when the keychain could not keep it. */
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

  /** Goes on with a project: what its settings name counts as done where this laptop knows it. */
  take(understood: Understood, known: Known): void {
    this.understood = understood;
    const { settings, project } = understood;
    const place = Object.values(settings.environments)[0];
    const builder = builderKey(settings);
    this.publicUrl = place?.url ?? "";
    this.achieve({
      project: project.name,
      server: only(place?.server, known.servers),
      registry: only(settings.registry, known.registries),
      builder: settings.builder?.kind === "build-vm" ? only(builder, known.servers) : builder,
    });
  }

  /** Another project; what was set up beside it stays. */
  leaveProject(): void {
    this.achieve({ project: null });
    this.understood = undefined;
    this.folder = "";
    this.projectName = "";
    this.step = "project";
  }
}

/** The name a builder goes by: its server's, or its kind. */
export function builderKey({ builder }: Settings): string | null {
  if (builder === null) return null;
  return builder.kind === "build-vm" ? builder.server : builder.kind;
}

function only(name: string | null | undefined, known: readonly string[]): string | null {
  return name !== null && name !== undefined && known.includes(name) ? name : null;
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
