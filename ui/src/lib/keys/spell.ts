// Shortcuts as people read them.
// Owns: their spelling. Must never know: what they do.

const NAMES: Record<string, string> = {
  ArrowUp: "Up",
  ArrowDown: "Down",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  Escape: "Esc",
  " ": "Space",
};
const MAC: Record<string, string> = { $mod: "⌘", Meta: "⌘", Control: "⌃", Alt: "⌥", Shift: "⇧", Enter: "↩" };

export const onMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

/** `$mod+Shift+r` becomes `Ctrl+Shift+R`, on a Mac `⇧⌘R`. A sequence is parted by blanks. */
export function spelled(keys: string, mac = onMac()): string {
  return keys
    .split(" ")
    .map((press) => one(press, mac))
    .join(" ");
}

function one(press: string, mac: boolean): string {
  // `$mod++` is the key plus itself; `[Shift]` may be held or not, which nobody needs to read.
  const all = press.endsWith("++") ? [...press.slice(0, -2).split("+"), "+"] : press.split("+");
  const parts = all.filter((part) => part === "[" || part === "]" || !part.startsWith("["));
  const key = parts.pop() ?? "";
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  if (!mac) return [...parts.map((part) => (part === "$mod" ? "Ctrl" : part)), name].join("+");
  // The order of Apple's own menus.
  const order = ["Control", "Alt", "Shift", "$mod"];
  const signs = parts.sort((a, b) => order.indexOf(a) - order.indexOf(b)).map((part) => MAC[part] ?? part);
  return [...signs, MAC[name] ?? name].join("");
}
