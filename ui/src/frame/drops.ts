// What is dragged onto the window from outside.
// Owns: that it never opens in place of the app. Must never know: pages.
import type { Stop } from "$lib/host";

/** Refuses files and links everywhere; text may still be dragged into a field. */
export function refuseDrops(window: Window): Stop {
  const refuse = (event: DragEvent) => {
    const { dataTransfer, target } = event;
    const files = dataTransfer?.types.includes("Files") ?? true;
    if (!files && target instanceof Element && target.closest("input, textarea")) return;
    event.preventDefault();
    if (dataTransfer) dataTransfer.dropEffect = "none";
  };
  const events = ["dragenter", "dragover", "drop"] as const;
  for (const name of events) window.addEventListener(name, refuse);
  return () => events.forEach((name) => window.removeEventListener(name, refuse));
}
