// The border to the machine: every act the screens can ask for.
// Owns: the list of acts. Must never know: whether Tauri or a script answers.
import type * as T from "./types";

/** Ends a subscription; safe to call twice. */
export type Stop = () => void;

export interface Host {
  projectsList(): Promise<T.ProjectRow[]>;
  projectsAdd(path: string, name: string | null): Promise<T.Understood>;
  projectsShow(name: string): Promise<T.Understood>;
  projectsCheck(name: string): Promise<T.Finding[]>;
  projectsRename(from: string, to: string): Promise<T.Project>;
  projectsRemove(name: string): Promise<string>;
  settingsRead(project: string): Promise<T.Settings>;
  settingsWrite(project: string, settings: T.Settings): Promise<T.Settings>;

  serversList(): Promise<T.ServerRow[]>;
  /** With the token of a scan its key is trusted; without one the person is asked. */
  serversAdd(name: string, destination: string, token: T.Token | null): Promise<T.Server>;
  /** Another address; another key than the pinned one must have been shown, or is asked about. */
  serversEdit(name: string, destination: string, token: T.Token | null): Promise<T.Server>;
  serversCheck(name: string): Promise<T.ServerCheck>;
  /** The person is shown both keys and asked. */
  serversTrust(name: string): Promise<T.Trusted>;
  serversRename(from: string, to: string): Promise<T.Server>;
  serversRemove(name: string): Promise<string>;
  serversScan(destination: string): Promise<T.HostKey>;
  serversSshHosts(): Promise<T.SshHost[]>;
  serversContainers(name: string): Promise<T.Container[]>;
  serversLoad(name: string): Promise<T.ServerLoad>;
  containerRestart(server: string, container: string): Promise<null>;

  registriesList(): Promise<T.Registry[]>;
  registriesAdd(name: string, kind: T.RegistryKind, password: string | null): Promise<T.RegistryAdded>;
  registriesRemove(name: string): Promise<string>;
  registriesCheck(name: string): Promise<T.Registry>;
  /** Without a password the kept one stays. */
  registriesEdit(name: string, kind: T.RegistryKind, password: string | null): Promise<T.RegistryAdded>;
  registriesSetPassword(name: string, password: string): Promise<T.RegistryAdded>;

  deployPlan(request: T.DeployRequest): Promise<T.DeployPlan>;
  deployStart(request: T.DeployRequest): Promise<T.DeployStarted>;
  deployCancel(id: string): Promise<null>;
  deployDetach(id: string): Promise<null>;
  /** Sends a snapshot of everything from event `from` on, then batches until stopped. */
  deployWatch(id: string, from: number, on: (message: T.WatchMessage) => void): Stop;

  historyList(project: string, filter: T.HistoryFilter): Promise<T.HistoryRow[]>;
  deploymentShow(id: string): Promise<T.DeploymentShown>;
  /** Lines from a number (1, 2, …) on. */
  deploymentLogs(id: string, fromLine: number, limit: number): Promise<T.LogPage>;
  /** One line in full. */
  deploymentLine(id: string, number: number): Promise<string>;
  /** Over the whole log, without colours; the case of ASCII letters does not count. */
  deploymentSearch(id: string, text: string): Promise<T.LogMatches>;
  /** Every line that speaks of an error. */
  deploymentErrors(id: string): Promise<T.LogMatches>;
  /** Asks where to, and writes the whole log there; null when the dialog was closed. */
  deploymentLogSave(id: string): Promise<string | null>;
  releaseRestorable(project: string, environment: string): Promise<T.Release[]>;
  rollbackPlan(project: string, environment: string, release: string | null): Promise<T.RollbackPlan>;
  /** Exactly what the plan with this token has shown. */
  rollbackStart(token: T.Token): Promise<T.DeployStarted>;

  variablesList(project: string, environment: string): Promise<T.Variable[]>;
  variablesReveal(project: string, environment: string, scope: T.Scope, name: string): Promise<string>;
  variablesSet(
    project: string,
    environment: string,
    scope: T.Scope,
    values: [string, string][],
  ): Promise<T.Variable[]>;
  variablesUnset(
    project: string,
    environment: string,
    scope: T.Scope,
    names: string[],
  ): Promise<T.Variable[]>;
  variablesImport(
    project: string,
    environment: string,
    scope: T.Scope,
    content: string,
  ): Promise<T.Variable[]>;

  statusRead(project: string | null): Promise<T.EnvironmentStatus[]>;
  runningRestart(project: string, environment: string, services: string[]): Promise<T.ServiceStatus[]>;
  runningStop(project: string, environment: string, services: string[]): Promise<T.ServiceStatus[]>;
  runningStart(project: string, environment: string, services: string[]): Promise<T.ServiceStatus[]>;
  containerLogs(
    server: string,
    container: string,
    on: (lines: T.ContainerLine[]) => void,
    failed: (problem: T.Problem) => void,
  ): Stop;

  activityList(limit: number, before: T.Timestamp | null, project: string | null): Promise<T.ActivityRow[]>;
  appSettingsRead(): Promise<T.AppSettings>;
  appSettingsWrite(settings: T.AppSettings): Promise<T.AppSettings>;
  appFacts(): Promise<T.AppFacts>;
  appDiagnostics(): Promise<string>;
  /** Sets the sample up on this computer's own Docker, after a question. */
  sampleTry(): Promise<T.Understood>;
  /** Takes it away, after a question. */
  sampleRemove(): Promise<string>;
  /** The system's own folder dialog; null when it was closed. */
  browseFolder(): Promise<string | null>;
  /** Only an address that a project declares. */
  openUrl(url: string): Promise<null>;
  openFolder(project: string): Promise<null>;
  openDataFolder(): Promise<null>;
  copyText(text: string): Promise<null>;
  updateCheck(): Promise<T.NewerVersion | null>;
  /** Starts the newer version, or postpones it to the end of these projects' deployments. */
  updateInstall(): Promise<string[]>;
  /** The window's own zoom, in percent. */
  setZoom(percent: number): Promise<null>;

  questionsOpen(): Promise<T.OpenQuestion[]>;
  /** False when it does not wait any more. */
  questionAnswer(id: number, said: T.Said): Promise<boolean>;
  /** The open questions are others now. */
  onQuestions(on: () => void): Stop;
  /** Where the page shall go, once. */
  gotoTake(): Promise<T.Goto | null>;
  /** Somewhere to go waits. */
  onGoing(on: () => void): Stop;

  /** The store of this computer cannot be read; null when it can be again. */
  onTrouble(on: (problem: T.Problem | null) => void): Stop;

  /** Tags of what changed, e.g. `projects`, `project:shop`, `deployment:<id>`, `servers`. */
  onChanged(on: (tags: string[]) => void): Stop;
}

/** Whether something thrown is a Problem; anything else becomes one. */
export function asProblem(thrown: unknown): T.Problem {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "title" in thrown) {
    return thrown as T.Problem;
  }
  return {
    code: "internal",
    title: "Plimsoll has a bug",
    detail: thrown instanceof Error ? thrown.message : String(thrown),
    hint: "Copy diagnostics in Settings and report it.",
  };
}
