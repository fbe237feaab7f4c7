// Where the focus goes when a dialog opens and when it closes, and how much was typed in it.
// Owns: those choices. Must never know: what a dialog asks.

const TEXT =
  "input:not([type=hidden],[type=file],[type=radio],[type=checkbox],[type=button],[type=submit]):not(:disabled), textarea:not(:disabled)";
const FIELD = "select:not(:disabled), input:not([type=hidden]):not(:disabled)";
/** More than this is work that nobody wants to type again. */
const MUCH = 40;

/** The field one types in, else another field, else the safe button: in a footer that is the first one. */
export function firstStop(body: HTMLElement | undefined, foot: HTMLElement | undefined): HTMLElement | null {
  return (
    body?.querySelector<HTMLElement>(TEXT) ??
    body?.querySelector<HTMLElement>(FIELD) ??
    foot?.querySelector<HTMLElement>("button, a[href]") ??
    null
  );
}

/** Whether more than a few words stand in these fields. */
export function muchIsTyped(fields: Iterable<EventTarget>): boolean {
  let length = 0;
  for (const field of fields) {
    if (field instanceof HTMLElement && field.isConnected && field.matches(TEXT))
      length += (field as HTMLInputElement | HTMLTextAreaElement).value.length;
  }
  return length > MUCH;
}

/** What has the focus now; of a menu, which goes before the dialog comes, the button that opened it. */
export function openerNow(): HTMLElement | null {
  const active = document.activeElement;
  const menu = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const opener = menu ? document.getElementById(menu) : active;
  return opener instanceof HTMLElement && opener !== document.body ? opener : null;
}
