// Where a notification or the tray leads.
// Owns: the way from such a place to a page. Must never know: pages.
import type { Goto, Host, Stop } from "$lib/host";
import type { Router } from "$lib/state/router.svelte";

/** Goes where somebody asked to go before this page was there, and whenever somebody asks. */
export function follow(host: Host, router: Router): Stop {
  const take = () =>
    void host.gotoTake().then(
      (place) => place && go(place, router),
      () => undefined,
    );
  take();
  return host.onGoing(take);
}

function go(place: Goto, router: Router) {
  if (place.to === "deployment") return router.go({ page: "deployment", id: place.id });
  if (place.to === "roll_back") router.wish = { project: place.name, ask: "roll_back" };
  router.go({ page: "project", name: place.name, tab: "overview" });
}
