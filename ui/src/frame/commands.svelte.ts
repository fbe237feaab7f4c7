// What can be done anywhere in the window.
// Owns: those commands and their keys. Must never know: what a single page offers.
import { asProblem, useHost } from "$lib/host";
import { theCommands, type Command } from "$lib/keys/commands.svelte";
import type { ShortcutId } from "$lib/keys/shortcuts";
import { href, type Route } from "$lib/router";
import { query } from "$lib/state/query.svelte";
import { usePreferences } from "$lib/state/preferences.svelte";
import { useRouter } from "$lib/state/router.svelte";
import { deployHead } from "$pages/project/request";
import { nextRegion } from "./regions";

const PLACES: [string, Route, ShortcutId | undefined, string][] = [
  ["Projects", { page: "projects" }, "go-projects", "home"],
  ["Servers", { page: "servers" }, "go-servers", "machines hosts"],
  ["Registries", { page: "registries" }, "go-registries", "images builders"],
  ["Activity", { page: "activity" }, "go-activity", "log problems"],
  ["Settings", { page: "settings" }, "go-settings", "preferences theme zoom"],
  ["Set up", { page: "setup" }, undefined, "first run wizard add project"],
];

/** Only while a component is being created. */
export function frameCommands(show: { palette: () => void; help: () => void }): void {
  const router = useRouter();
  const preferences = usePreferences();
  const host = useHost();
  const projects = query(() => ({ key: "projects", tags: ["projects"], fetch: (h) => h.projectsList() }));

  const places = PLACES.map(([name, route, shortcut, also]): Command => ({
    id: `go-${route.page}`,
    label: `Go to ${name.toLowerCase()}`,
    section: "Go to",
    shortcut,
    also,
    run: () => router.go(route),
  }));
  const view = viewCommands(preferences, router, show);

  async function deploy(project: string, environment: string) {
    try {
      const { id } = await host.deployStart(deployHead(project, environment));
      router.go({ page: "deployment", id });
    } catch (thrown) {
      if (asProblem(thrown).code === "consent_missing") return;
      // The project's page shows why it cannot be deployed.
      router.go({ page: "project", name: project, tab: "overview" });
    }
  }

  const all = (): Command[] => {
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
          { id: `open:${project.name}`, label: `Open ${project.name}`, section: "Projects", run: open },
          {
            id: `deploy:${project.name}`,
            label: `Deploy ${project.name}`,
            section: "Projects",
            disabled: row.environments.length === 0 && "has no server yet",
            run: () =>
              router.leaving(() => void deploy(project.name, row.environments[0]?.[0] ?? "production")),
            open,
          },
        ];
      }),
      ...places,
      ...view,
    ];
  };
  const commands = theCommands();
  $effect(() => commands.setWindow(all()));
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
      shortcut: "palette",
      hidden: true,
      run: show.palette,
    },
    {
      id: "help",
      label: "Show all shortcuts",
      section: "View",
      shortcut: "help",
      also: "keyboard help",
      run: show.help,
    },
    {
      id: "sidebar",
      label: "Show or hide the sidebar",
      section: "View",
      shortcut: "sidebar",
      run: () => (preferences.sidebar = !preferences.sidebar),
    },
    {
      id: "region",
      label: "Go to the next region",
      section: "View",
      shortcut: "region",
      hidden: true,
      run: () => nextRegion(1),
    },
    {
      id: "region-back",
      label: "Go to the region before",
      section: "View",
      shortcut: "region-back",
      hidden: true,
      run: () => nextRegion(-1),
    },
    { id: "back", label: "Go back", section: "Go to", shortcut: "back", run: () => router.back() },
    {
      id: "forward",
      label: "Go forward",
      section: "Go to",
      shortcut: "forward",
      run: () => router.forward(),
    },
    theme("system", "Follow the system's theme"),
    theme("light", "Use the light theme"),
    theme("dark", "Use the dark theme"),
    {
      id: "zoom-in",
      label: "Zoom in",
      section: "View",
      shortcut: "zoom-in",
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
      shortcut: "zoom-out",
      run: () => void preferences.zoomBy(-1),
    },
    {
      id: "zoom-normal",
      label: "Zoom to 100 %",
      section: "View",
      shortcut: "zoom-normal",
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
