// What runs now, and its variables.
import type * as T from "../../types";
import { consent, type Stage } from "../stage";

export function runningActs({ world, questions, changes }: Stage) {
  const asked = async (act: T.Act, project: string, environment: string) => {
    await consent(questions, act, `${project} in ${environment}`);
    return services(project);
  };
  const services = (project: string) =>
    world.status.find((status) => status.project === project)?.services ?? [];
  const set = (project: string, _environment: string, scope: T.Scope, values: [string, string][]) => {
    const kept = (world.variables[project] ?? []).filter((v) => !values.some(([name]) => name === v.name));
    for (const [name, value] of values) world.values[name] = value;
    const made = values.map(([name]): T.Variable => ({ name, scope, pending: true }));
    const all = [...kept, ...made].sort((a, b) => a.name.localeCompare(b.name));
    world.variables[project] = all;
    changes.tell(`project:${project}`);
    return all;
  };
  return {
    statusRead: (project: string | null) =>
      world.status.filter((status) => project === null || status.project === project),
    runningRestart: (project: string, environment: string) => asked("restart", project, environment),
    runningStop: (project: string, environment: string) => asked("stop", project, environment),
    runningStart: services,
    variablesList: (project: string) => world.variables[project] ?? [],
    variablesReveal: (_p: string, _e: string, _scope: T.Scope, name: string) => world.values[name] ?? "",
    variablesSet: set,
    variablesUnset: async (project: string, environment: string, _scope: T.Scope, names: string[]) => {
      await consent(questions, "unset", `${names.join(", ")} of ${project} in ${environment}`);
      const left = (world.variables[project] ?? []).filter((v) => !names.includes(v.name));
      world.variables[project] = left;
      changes.tell(`project:${project}`);
      return left;
    },
    variablesImport: (project: string, environment: string, scope: T.Scope, content: string) =>
      set(
        project,
        environment,
        scope,
        content
          .split("\n")
          .filter((line) => line.includes("="))
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      ),
  };
}
