// Addresses inside the window: `#/projects/shop`.
// Owns: the list of pages and their addresses. Must never know: what a page shows.

export type ProjectTab = "overview" | "variables" | "settings";

export type Route =
  | { page: "projects" }
  | { page: "project"; name: string; tab: ProjectTab }
  | { page: "deployment"; id: string }
  | { page: "servers" }
  | { page: "server"; name: string }
  | { page: "registries" }
  | { page: "activity" }
  | { page: "settings" }
  | { page: "setup" }
  | { page: "gallery" }
  | { page: "missing"; path: string };

const TABS: readonly string[] = ["overview", "variables", "settings"] satisfies ProjectTab[];
const PLAIN = ["projects", "servers", "registries", "activity", "settings", "setup", "gallery"] as const;

/** The address of a route, for `href`. */
export function href(route: Route): string {
  const name = (text: string) => encodeURIComponent(text);
  switch (route.page) {
    case "project":
      return `#/projects/${name(route.name)}${route.tab === "overview" ? "" : `/${route.tab}`}`;
    case "deployment":
      return `#/deployments/${name(route.id)}`;
    case "server":
      return `#/servers/${name(route.name)}`;
    case "missing":
      return `#${route.path}`;
    default:
      return `#/${route.page}`;
  }
}

/** The route of an address; no address is the projects page. */
export function parse(hash: string): Route {
  const path = hash.replace(/^#/, "").split("?")[0] ?? "";
  const parts = path.split("/").filter(Boolean).map(decoded);
  const [first, second, third] = parts;
  if (first === undefined) return { page: "projects" };
  if (first === "projects" && second !== undefined && parts.length <= 3) {
    const tab = third ?? "overview";
    if (TABS.includes(tab)) return { page: "project", name: second, tab: tab as ProjectTab };
  }
  if (first === "deployments" && second !== undefined && parts.length === 2) {
    return { page: "deployment", id: second };
  }
  if (first === "servers" && second !== undefined && parts.length === 2) {
    return { page: "server", name: second };
  }
  const plain = PLAIN.find((page) => page === first);
  if (plain && parts.length === 1) return { page: plain };
  return { page: "missing", path };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
