// Who uses a server, in words.
import { count } from "$lib/format";

/** `3 projects: shop, blog, notes · builds shop`; nothing for a server nobody uses. */
export function usesWords({ serves, builds }: { serves: string[]; builds: string[] }): string {
  const parts = [
    serves.length > 0 ? `${count(serves.length, "project")}: ${few(serves)}` : "",
    builds.length > 0 ? `builds ${few(builds)}` : "",
  ];
  return parts.filter(Boolean).join(" · ") || "no project uses it";
}

function few(names: readonly string[], most = 3): string {
  return names.length <= most
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
