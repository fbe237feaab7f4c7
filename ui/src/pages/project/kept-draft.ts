// Settings that were changed and not saved, kept while the window is closed.
// Owns: where they wait. Must never know: the form. They hold no secrets: values of variables are not among them.
import type { Settings } from "$lib/host";

interface Kept {
  /** What the file said when the change began. */
  base: Settings;
  draft: Settings;
}

const key = (project: string) => `draft:${project}`;

export function keepDraft(project: string, kept: Kept): void {
  localStorage.setItem(key(project), JSON.stringify(kept));
}

export function keptDraft(project: string): Kept | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(key(project)) ?? "null") as Kept | null;
    return kept?.base?.environments && kept.draft?.environments ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** The project has another name now. */
export function moveDraft(from: string, to: string): void {
  const kept = keptDraft(from);
  if (kept) keepDraft(to, kept);
  forgetDraft(from);
}

export function forgetDraft(project: string): void {
  localStorage.removeItem(key(project));
}
