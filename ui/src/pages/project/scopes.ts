// For whom a variable is, in words.
import type { Scope } from "$lib/host";

export const SCOPES: { value: Scope; label: string }[] = [
  { value: "run", label: "Running services" },
  { value: "build", label: "The build" },
];
