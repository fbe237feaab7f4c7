// A host without a machine: scripted worlds for a plain browser and for tests.
// Owns: what the parts of such a host share. Must never know: the screens.
import type { Host } from "../host";
import { appActs } from "./acts/app";
import { deploymentActs } from "./acts/deployments";
import { containerLogs, machineActs } from "./acts/machines";
import { projectActs } from "./acts/projects";
import { registryActs } from "./acts/registries";
import { runningActs } from "./acts/running";
import { answered } from "./answered";
import { Changes } from "./changes";
import { Questions } from "./questions";
import { Runs } from "./runs";
import { SCENARIOS } from "./scenarios";
import type { Stage } from "./stage";

export function fakeHost(name: string): Host {
  const scenario = (SCENARIOS[name] ?? SCENARIOS.calm!)();
  const changes = new Changes();
  const runs = new Runs(scenario, changes);
  const stage: Stage = { world: scenario.world, questions: new Questions(), changes, runs };
  scenario.later?.(stage);
  return {
    ...answered(projectActs(stage)),
    ...answered(machineActs(stage)),
    ...answered(registryActs(stage)),
    ...answered(deploymentActs(stage)),
    ...answered(runningActs(stage)),
    ...answered(appActs(stage)),
    deployWatch: (id, from, on) => runs.player(id).watch(from, on),
    containerLogs: containerLogs(stage),
    onQuestions: (on) => stage.questions.listen(on),
    onGoing: () => () => undefined,
    onTrouble: () => () => undefined,
    onChanged: (on) => changes.listen(on),
  };
}
