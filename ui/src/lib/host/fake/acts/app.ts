// The app itself, the desktop around it, and core's questions.
import type * as T from "../../types";
import type { Stage } from "../stage";

export function appActs({ world, questions, changes }: Stage) {
  return {
    appSettingsRead: () => world.settings,
    appSettingsWrite: (settings: T.AppSettings) => {
      world.settings = settings;
      changes.tell("app-settings");
      return settings;
    },
    appFacts: () => world.facts,
    appDiagnostics: () => `Plimsoll ${world.facts.version}\n${world.facts.platform}`,
    browseFolder: () => "/home/maren/code/shop",
    openUrl: () => null,
    updateCheck: (): T.NewerVersion | null => null,
    updateInstall: (): string[] => [],
    openFolder: () => null,
    openDataFolder: () => null,
    copyText: (text: string) => {
      void navigator.clipboard?.writeText(text).catch(() => undefined);
      return null;
    },
    // A browser zooms by itself; here the page is scaled.
    setZoom: (percent: number) => {
      document.documentElement.style.setProperty("zoom", String(percent / 100));
      return null;
    },
    questionsOpen: () => questions.open(),
    questionAnswer: (id: number, said: T.Said) => questions.answer(id, said),
    gotoTake: (): T.Goto | null => null,
  };
}
