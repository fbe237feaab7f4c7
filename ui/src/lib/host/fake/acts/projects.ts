// Projects and their settings.
import type * as T from "../../types";
import { never, project } from "../make";
import { consent, notFound, understood, type Stage } from "../stage";

export function projectActs({ world, questions, changes }: Stage) {
  const row = (name: string): T.ProjectRow => {
    const found = world.projects.find((row) => row.project.name === name);
    if (!found) throw notFound(`project ${name}`);
    return found;
  };
  const acts = {
    projectsList: () => world.projects,
    projectsAdd: (path: string, name: string | null) => {
      const called = name ?? path.split("/").filter(Boolean).at(-1) ?? "project";
      const refused = refusal(world.folders[path], path);
      if (refused) throw refused;
      if (world.projects.some((row) => row.project.name === called)) throw exists(called);
      world.projects.push({
        project: project(called, path),
        environments: [],
        builder: null,
        latest: null,
        serving: [],
        recent_ms: [],
        unreadable: null,
      });
      world.understood[called] = { ...understood(world, called), settings_written: true };
      world.status.push(never(called));
      changes.tell("projects");
      return understood(world, called);
    },
    projectsShow: (name: string) => understood(world, row(name).project.name),
    projectsCheck: (name: string) => understood(world, name).findings,
    projectsRename: (from: string, to: string) => {
      const renamed = row(from);
      renamed.project = { ...renamed.project, name: to };
      changes.tell("projects", `project:${from}`);
      return renamed.project;
    },
    projectsRemove: async (name: string) => {
      await questions.consent({
        kind: "delete",
        what: `the project ${name}`,
        typed: name,
        consequences: [
          "Its folder, its images and what runs on its servers stay.",
          "Its history and logs on this laptop go.",
        ],
      });
      world.projects = world.projects.filter((row) => row.project.name !== name);
      changes.tell("projects", `project:${name}`);
      return name;
    },
    settingsRead: (project: string) => understood(world, project).settings,
    settingsWrite: (project: string, settings: T.Settings) => {
      world.understood[project] = { ...understood(world, project), settings };
      const written = world.projects.find((row) => row.project.name === project);
      if (written)
        written.environments = Object.entries(settings.environments).map(([name, { server }]) => [
          name,
          server,
        ]);
      changes.tell("projects", `project:${project}`);
      return settings;
    },
    sampleTry: async () => {
      await consent(questions, "start", "the sample's registry on this machine");
      return acts.projectsAdd("/home/maren/.local/share/plimsoll/sample/shop", "sample-shop");
    },
    sampleRemove: () => acts.projectsRemove("sample-shop"),
  };
  return acts;
}

/** What core says of a folder that is no project. */
function refusal(what: string | undefined, path: string): T.Problem | undefined {
  const unusable = (title: string, detail: string, hint: string): T.Problem => ({
    code: "repository_unusable",
    title,
    detail,
    hint,
  });
  switch (what) {
    case "project":
      return undefined;
    case "no repository":
      return unusable(
        "The folder is not in a git repository",
        `${path} has no .git above it`,
        "Run `git init` there and commit the project.",
      );
    case "no compose file":
      return {
        code: "compose_invalid",
        title: "The Compose file cannot be deployed",
        detail:
          "there is no Compose file: none of compose.yaml, compose.yml, docker-compose.yaml, docker-compose.yml",
        hint: "Add a Compose file to the folder, or name one in plimsoll.toml.",
      };
    case "rebase":
      return unusable(
        "The repository is in the middle of something",
        "a rebase is in progress",
        "Finish or abort the rebase, or name a commit with `--commit`.",
      );
    default:
      return unusable(
        "The project's folder is gone",
        `${path}: No such file or directory`,
        "Restore it, or remove the project and add it again.",
      );
  }
}

const exists = (name: string): T.Problem => ({
  code: "already_exists",
  title: `There is a project called ${name} already`,
  detail: "names are unique on this laptop",
  hint: "Give this one another name.",
});
