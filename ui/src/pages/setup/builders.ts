// Who may build, as choices.
// Owns: which are offered and why one is not. Must never know: how a build goes.
import type { BuilderChoice, ServerRow } from "$lib/host";
import { destinationWords } from "$pages/servers/destination";

export const LOCAL = "local";
/** No server can be called this: it stands for one that is still to be added. */
export const NEW = "";

export interface BuilderOption {
  value: string;
  label: string;
  more?: string;
  disabled?: string | false;
}

export function choiceOf(key: string): BuilderChoice {
  if (key === LOCAL || key === "github-actions") return { kind: key };
  return { kind: "build-vm", server: key };
}

/** Every server but the one that serves, this computer, and a server still to be added. */
export function optionsFor(servers: readonly ServerRow[], serving: string | null): BuilderOption[] {
  const machines = servers
    .filter((row) => row.destination !== "local")
    .map((row) => ({
      value: row.name,
      label: row.name,
      more: destinationWords(row.destination),
      disabled: row.name === serving && "it serves this project",
    }));
  return [
    ...machines,
    { value: LOCAL, label: "This computer", more: "costs its disk, memory and time" },
    { value: NEW, label: "Another machine", more: "a build server, from ~/.ssh/config or typed" },
    { value: "github-actions", label: "GitHub Actions", disabled: "not available in this version" },
  ];
}
