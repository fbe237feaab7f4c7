// F6: from region to region.
// Owns: their order. Must never know: what they contain.

const REGIONS = 'nav[aria-label="Main"], header, main, [data-region]';
const STOPS = 'a[href], button:not([disabled]), input, select, textarea, [tabindex]:not([tabindex="-1"])';

/** Moves the focus to the first stop of the next region that has one. */
export function nextRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>(REGIONS)].filter((region) => stop(region));
  const inside = regions.filter((region) => region.contains(document.activeElement)).at(-1);
  const at = inside ? regions.indexOf(inside) : step === 1 ? -1 : 0;
  const next = regions[(at + step + regions.length) % regions.length];
  if (next) stop(next)?.focus();
}

function stop(region: HTMLElement): HTMLElement | null {
  if (region.matches(STOPS)) return region;
  const current = region.querySelector<HTMLElement>('[aria-current="page"]');
  return current ?? region.querySelector<HTMLElement>(STOPS);
}
