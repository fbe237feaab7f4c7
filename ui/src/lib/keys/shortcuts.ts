// The acts that have a key of their own, and what the user made of those keys.
// Owns: that list, the usual keys, and which keys are free. Must never know: what an act does or where it is stored.

interface Shortcut {
  label: string;
  /** As tinykeys writes them. */
  keys: string;
}

export const SHORTCUTS = {
  palette: { label: "Show commands", keys: "$mod+k" },
  help: { label: "Show all shortcuts", keys: "[Shift]+?" },
  "go-projects": { label: "Go to projects", keys: "$mod+1" },
  "go-servers": { label: "Go to servers", keys: "$mod+2" },
  "go-registries": { label: "Go to registries", keys: "$mod+3" },
  "go-activity": { label: "Go to activity", keys: "$mod+4" },
  "go-settings": { label: "Go to settings", keys: "$mod+," },
  back: { label: "Go back", keys: "$mod+[" },
  forward: { label: "Go forward", keys: "$mod+]" },
  region: { label: "Go to the next region", keys: "F6" },
  "region-back": { label: "Go to the region before", keys: "Shift+F6" },
  sidebar: { label: "Show or hide the sidebar", keys: "$mod+b" },
  "zoom-in": { label: "Zoom in", keys: "$mod+=" },
  "zoom-out": { label: "Zoom out", keys: "$mod+-" },
  "zoom-normal": { label: "Zoom to 100 %", keys: "$mod+0" },
  deploy: { label: "Deploy, or deploy again", keys: "$mod+Enter" },
  "roll-back": { label: "Roll back", keys: "$mod+Shift+r" },
  stop: { label: "Stop a deployment, or undo it", keys: "$mod+." },
  measure: { label: "Ask the server again", keys: "$mod+r" },
  filter: { label: "Filter the list", keys: "/" },
  find: { label: "Find in log", keys: "$mod+f" },
  "next-error": { label: "Next error of the log", keys: "F8" },
  "previous-error": { label: "Previous error of the log", keys: "Shift+F8" },
  wrap: { label: "Wrap long lines", keys: "w" },
  times: { label: "Show times in log", keys: "t" },
  log: { label: "Go to log", keys: "l" },
  steps: { label: "Go to steps", keys: "s" },
} as const satisfies Record<string, Shortcut>;

export type ShortcutId = keyof typeof SHORTCUTS;
/** Act and key, as the preferences keep them; an empty key is none. */
export type Changed = readonly (readonly [string, string])[];

export const IDS = Object.keys(SHORTCUTS) as ShortcutId[];

/** The key of an act now; none where the user took it away. */
export function keysOf(id: ShortcutId, changed: Changed): string | undefined {
  const own = changed.find(([act]) => act === id);
  return (own ? own[1] : SHORTCUTS[id].keys) || undefined;
}

/** The act that has these keys already. */
export function taken(keys: string, changed: Changed): ShortcutId | undefined {
  return IDS.find((id) => plain(keysOf(id, changed) ?? "") === plain(keys));
}

/** What differs from the usual after this change; an act that had the keys before has none. */
export function remapped(id: ShortcutId, keys: string, changed: Changed): [string, string][] {
  const loser = taken(keys, changed);
  const others = changed
    .filter(([act]) => act !== id && act !== loser)
    .map(([act, key]): [string, string] => [act, key]);
  if (loser !== undefined && loser !== id && keys !== "") others.push([loser, ""]);
  return plain(SHORTCUTS[id].keys) === plain(keys) ? others : [...others, [id, keys]];
}

/** Why these keys cannot be an act's own, in words; `null` if they can. */
export function reserved(keys: string): string | null {
  const press = plain(keys);
  if (/^(\$mod\+)([acvxz]|shift\+z)$/.test(press)) return "They copy, paste and undo text.";
  if (/^[jk]$/.test(press)) return "J and K walk in lists.";
  if (
    /^(shift\+)?(tab|enter|escape| |arrow\w+|home|end|page\w+|backspace|delete|f10|contextmenu)$/.test(press)
  )
    return "The system and every list use it.";
  return null;
}

/** A press as tinykeys writes it; `null` while only modifiers are held. */
export function keysPressed(event: KeyboardEvent, mac: boolean): string | null {
  if (["Control", "Meta", "Shift", "Alt", "AltGraph", "Dead", "Process", "Unidentified"].includes(event.key))
    return null;
  const letter = /^\p{L}$/u.test(event.key);
  const sign = event.key.length === 1 && !letter;
  const parts = [
    (mac ? event.metaKey : event.ctrlKey) && "$mod",
    mac && event.ctrlKey && "Control",
    event.altKey && "Alt",
    // A sign that needs Shift on this keyboard may not need it on another.
    event.shiftKey && (sign ? "[Shift]" : "Shift"),
    letter ? event.key.toLowerCase() : event.key,
  ];
  return parts.filter(Boolean).join("+");
}

/** Two spellings of one press are one. */
function plain(keys: string): string {
  return keys.replace("[Shift]+", "").toLowerCase();
}
