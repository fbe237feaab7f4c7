// What can be done anywhere in the window.
// Owns: those commands and their keys. Must never know: what a single page offers.
import { useHost } from "$lib/host";
import { useCommands, type Command } from "$lib/keys/commands.svelte";
import { href, type Route } from "$lib/router";
import { query } from "$lib/state/query.svelte";
import { usePreferences } from "$lib/state/preferences.svelte";
import { useRouter } from "$lib/state/router.svelte";
import { nextRegion } from "./regions";

const PLACES: [string, Route, string, string][] = [
  ["Projects", { page: "projects" }, "$mod+1", "home"],
  ["Servers", { page: "servers" }, "$mod+2", "machines hosts"],
  ["Registries", { page: "registries" }, "$mod+3", "images builders"],
  ["Activity", { page: "activity" }, "$mod+4", "log problems"],
  ["Settings", { page: "settings" }, "$mod+,", "preferences theme zoom"],
  ["Set up", { page: "setup" }, "", "first run wizard"],
];

/** Only while a component is being created. */
export function frameCommands(show: { palette: () => void; help: () => void }): void {
  const router = useRouter();
  const preferences = usePreferences();
  const host = useHost();
  const projects = query(() => ({ key: "projects", tags: ["projects"], fetch: (h) => h.projectsList() }));

  const places = PLACES.map(([name, route, keys, also]): Command => ({
    id: `go-${route.page}`,
    label: `Go to ${name.toLowerCase()}`,
    section: "Go to",
    keys: keys || undefined,
    also,
    run: () => router.go(route),
  }));
  const view = viewCommands(preferences, router, show);

  async function deploy(project: string, environment: string) {
    const request = {
      project,
      environment,
      what: { commit: "HEAD" },
      services: [],
      refresh: [],
      builder: null,
    };
    try {
      router.go({ page: "deployment", id: (await host.deployStart(request)).id });
    } catch {
      // The project's page shows why it cannot be deployed.
      router.go({ page: "project", name: project, tab: "overview" });
    }
  }

  useCommands(() => {
    const rows = projects.data ?? [];
    return [
      ...rows.flatMap((row): Command[] => {
        const { latest, project } = row;
        const open = () => (location.hash = href({ page: "project", name: project.name, tab: "overview" }));
        const going = latest && (latest.status === "running" || latest.status === "failed");
        return [
          ...(going
            ? [
                {
                  id: `continue-${project.id}`,
                  label: `Open deployment of ${project.name}, ${latest.status}`,
                  section: "Continue" as const,
                  run: () => router.go({ page: "deployment", id: latest.id }),
                },
              ]
            : []),
          { id: `open-${project.id}`, label: `Open ${project.name}`, section: "Projects", run: open },
          {
            id: `deploy-${project.id}`,
            label: `Deploy ${project.name}`,
            section: "Projects",
            disabled: row.environments.length === 0 && "has no server yet",
            run: () => void deploy(project.name, row.environments[0]?.[0] ?? "production"),
            open,
          },
        ];
      }),
      ...places,
      ...view,
    ];
  });
}

function viewCommands(
  preferences: ReturnType<typeof usePreferences>,
  router: ReturnType<typeof useRouter>,
  show: { palette: () => void; help: () => void },
): Command[] {
  const theme = (theme: "system" | "light" | "dark", label: string): Command => ({
    id: `theme-${theme}`,
    label,
    section: "View",
    also: "theme appearance",
    run: () => void preferences.change({ theme }),
  });
  return [
    {
      id: "palette",
      label: "Show commands",
      section: "View",
      keys: "$mod+k",
      hidden: true,
      run: show.palette,
    },
    {
      id: "help",
      label: "Show all shortcuts",
      section: "View",
      keys: "[Shift]+?",
      also: "keyboard help",
      run: show.help,
    },
    {
      id: "sidebar",
      label: "Show or hide the sidebar",
      section: "View",
      keys: "$mod+b",
      run: () => (preferences.sidebar = !preferences.sidebar),
    },
    {
      id: "region",
      label: "Go to the next region",
      section: "View",
      keys: "F6",
      hidden: true,
      run: () => nextRegion(1),
    },
    {
      id: "region-back",
      label: "Go to the region before",
      section: "View",
      keys: "Shift+F6",
      hidden: true,
      run: () => nextRegion(-1),
    },
    { id: "back", label: "Go back", section: "Go to", keys: "$mod+[", run: () => router.back() },
    { id: "forward", label: "Go forward", section: "Go to", keys: "$mod+]", run: () => router.forward() },
    theme("system", "Follow the system's theme"),
    theme("light", "Use the light theme"),
    theme("dark", "Use the dark theme"),
    {
      id: "zoom-in",
      label: "Zoom in",
      section: "View",
      keys: "$mod+=",
      run: () => void preferences.zoomBy(1),
    },
    {
      id: "zoom-in-2",
      label: "Zoom in",
      section: "View",
      keys: "$mod+[Shift]++",
      hidden: true,
      run: () => void preferences.zoomBy(1),
    },
    {
      id: "zoom-out",
      label: "Zoom out",
      section: "View",
      keys: "$mod+-",
      run: () => void preferences.zoomBy(-1),
    },
    {
      id: "zoom-normal",
      label: "Zoom to 100 %",
      section: "View",
      keys: "$mod+0",
      run: () => void preferences.change({ zoom: 100 }),
    },
    {
      id: "gallery",
      label: "Open the component gallery",
      section: "View",
      run: () => router.go({ page: "gallery" }),
    },
  ];
}
