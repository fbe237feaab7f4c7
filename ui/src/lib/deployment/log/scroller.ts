// Where the view stands in a log that may be taller than any browser lets an element be.
// Owns: the place in virtual pixels, and the scroll position that stands for it. Must never know: the DOM.

/** Browsers clip elements from about 17 million pixels on; far below that, zoomed, is safe. */
const TALLEST = 4_000_000;
/** So near to an end one pixel of the element is one pixel of the log. */
const END = 500_000;

export class Scroller {
  /** Of the whole log, in virtual pixels. */
  height = 0;
  /** Of the view. */
  view = 0;
  /** The place of the view's upper edge, in virtual pixels. */
  top = 0;
  /** The scroll position that the element has. */
  position = 0;

  /** How tall the scrolled element is made. */
  get extent(): number {
    return Math.min(this.height, TALLEST);
  }

  get bottom(): number {
    return Math.max(0, this.height - this.view);
  }

  get atEnd(): boolean {
    return this.top >= this.bottom - 1;
  }

  /** The user scrolled the element: a short way is taken as it is, a long one in proportion. */
  scrolled(position: number): void {
    const moved = position - this.position;
    this.position = position;
    if (this.extent === this.height) this.top = position;
    else if (Math.abs(moved) <= this.view * 2) this.top += moved;
    else this.top = along(position, this.#last, this.bottom);
    this.top = clamp(this.top, 0, this.bottom);
  }

  /** Goes to a place; says which scroll position the element has to take. */
  to(top: number): number {
    this.top = clamp(top, 0, this.bottom);
    this.position = this.settled;
    return this.position;
  }

  /** The scroll position that fits the place; short ways let them drift apart. */
  get settled(): number {
    return along(this.top, this.bottom, this.#last);
  }

  /** The element ends, or nearly, where the log does not, or the other way round. */
  get strained(): boolean {
    if (this.extent === this.height || Math.abs(this.position - this.settled) <= 1) return false;
    const room = this.view * 2;
    const near = this.position < room || this.position > this.#last - room;
    return near || this.top === 0 || this.top === this.bottom;
  }

  get #last(): number {
    return Math.max(0, this.extent - this.view);
  }
}

/** Equal pixels near both ends, in proportion between them. */
function along(value: number, from: number, to: number): number {
  if (value <= END) return value;
  if (from - value <= END) return to - (from - value);
  return END + ((value - END) / (from - 2 * END)) * (to - 2 * END);
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
