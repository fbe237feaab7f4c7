// Where the window is.
// Owns: the current route and its history. Must never know: pages.
import { getContext, setContext } from "svelte";
import { href, parse, type Route } from "$lib/router";

export class Router {
  route = $state.raw<Route>(parse(location.hash));
  /** Grows with every navigation, also to the same page: who wants to know that the user moved reads it. */
  moves = $state(0);

  /** What the page of a project shall ask as soon as it is there; the page takes it. */
  wish = $state<{ project: string; ask: "roll_back" }>();

  /** Asked before the page is left: false keeps it, and tells whoever guards what somebody wanted. */
  #guard: ((then: () => void) => boolean) | undefined;

  constructor() {
    addEventListener("hashchange", this.#read);
  }

  close() {
    removeEventListener("hashchange", this.#read);
  }

  go(route: Route) {
    location.hash = href(route);
  }

  /** Goes there without asking who guards the page: there is nothing left to lose on it. */
  leave(route: Route) {
    this.#guard = undefined;
    this.go(route);
  }

  /** Does what begins here and goes on elsewhere, as soon as whoever guards the page lets it: asked before, not after. */
  leaving(then: () => void) {
    if (!this.#guard || this.#guard(then)) then();
  }

  back() {
    history.back();
  }

  forward() {
    history.forward();
  }

  /** Until the returned function is called, `guard` decides about every way out. */
  hold(guard: (then: () => void) => boolean): () => void {
    this.#guard = guard;
    return () => {
      if (this.#guard === guard) this.#guard = undefined;
    };
  }

  #read = () => {
    const to = parse(location.hash);
    if (this.#guard && href(to) !== href(this.route) && !this.#guard(() => this.go(to))) {
      // The address says where one still is.
      history.replaceState(null, "", href(this.route));
      return;
    }
    this.route = to;
    this.moves += 1;
  };
}

const KEY = Symbol("router");

export function provideRouter(router: Router): Router {
  return setContext(KEY, router);
}

/** Only while a component is being created. */
export function useRouter(): Router {
  return getContext<Router>(KEY);
}
