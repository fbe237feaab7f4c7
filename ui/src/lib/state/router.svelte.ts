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

  constructor() {
    addEventListener("hashchange", this.#read);
  }

  close() {
    removeEventListener("hashchange", this.#read);
  }

  go(route: Route) {
    location.hash = href(route);
  }

  back() {
    history.back();
  }

  forward() {
    history.forward();
  }

  #read = () => {
    this.route = parse(location.hash);
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
