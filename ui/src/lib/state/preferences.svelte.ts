// How the user likes this window: theme, zoom, single-letter keys, sidebar.
// Owns: those and their effect on the document. Must never know: where they are stored.
import { getContext, setContext } from "svelte";
import type { AppSettings, Host, Theme } from "$lib/host";

const [LEAST, MOST] = [80, 200];
export const ZOOMS = [80, 90, 100, 110, 125, 150, 175, 200] as const;

export class Preferences {
  #host: Host;
  #stored = $state.raw<AppSettings>();
  #sidebar = $state(localStorage.getItem("sidebar") !== "hidden");
  #width = $state(Number(localStorage.getItem("sidebar-width")) || 216);

  constructor(host: Host) {
    this.#host = host;
  }

  /** Whether the sidebar is shown; of this window alone, so kept with it. */
  get sidebar(): boolean {
    return this.#sidebar;
  }
  set sidebar(shown: boolean) {
    this.#sidebar = shown;
    localStorage.setItem("sidebar", shown ? "shown" : "hidden");
  }
  get width(): number {
    return this.#width;
  }
  set width(width: number) {
    this.#width = width;
    localStorage.setItem("sidebar-width", String(width));
  }
  get theme(): Theme {
    return this.#stored?.theme ?? "system";
  }
  get zoom(): number {
    return within(this.#stored?.zoom ?? 100);
  }
  /** Shortcuts that differ from the usual ones: act, key. */
  get shortcuts(): AppSettings["shortcuts"] {
    return this.#stored?.shortcuts ?? [];
  }
  get singleLetters(): boolean {
    return this.#stored?.single_letters ?? true;
  }

  async read() {
    this.#take(await this.#host.appSettingsRead());
  }

  /** Shown at once, stored after. */
  async change(some: Partial<AppSettings>) {
    const before = this.#stored ?? (await this.#host.appSettingsRead());
    const wanted = { ...before, ...some };
    wanted.zoom = within(wanted.zoom);
    this.#take(wanted);
    this.#take(await this.#host.appSettingsWrite(wanted));
  }

  /** One step up or down the ladder. */
  zoomBy(step: 1 | -1) {
    const at = ZOOMS.findIndex((zoom) => zoom >= this.zoom);
    const next = ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at + step))];
    return this.change({ zoom: next ?? 100 });
  }

  #take(settings: AppSettings) {
    const zoom = within(settings.zoom);
    if (zoom !== this.zoom) void this.#host.setZoom(zoom);
    this.#stored = settings;
    const root = document.documentElement;
    if (settings.theme === "system") delete root.dataset.theme;
    else root.dataset.theme = settings.theme;
  }
}

/** What is stored may be of another version, or edited by hand. */
function within(zoom: number): number {
  return Number.isFinite(zoom) ? Math.min(MOST, Math.max(LEAST, Math.round(zoom))) : 100;
}

const KEY = Symbol("preferences");

export function providePreferences(host: Host): Preferences {
  return setContext(KEY, new Preferences(host));
}

/** Only while a component is being created. */
export function usePreferences(): Preferences {
  return getContext<Preferences>(KEY);
}
