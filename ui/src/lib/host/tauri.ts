// The real host: every act is the Tauri command of the same name.
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Host, Stop } from "./host";
import type { ContainerLine, WatchMessage } from "./types";

const call = <R>(command: string, args?: Record<string, unknown>) => invoke<R>(command, args);

function stream<M>(command: string, args: Record<string, unknown>, on: (message: M) => void): Stop {
  let open = true;
  const channel = new Channel<M>((message) => {
    if (open) on(message);
  });
  void call(command, { ...args, channel });
  return () => {
    if (open) void call("stream_stop", { channel: channel.id }).catch(() => undefined);
    open = false;
  };
}

function hear(event: string, on: () => void): Stop {
  const listening = listen(event, on);
  return () => void listening.then((stop) => stop());
}

export function tauriHost(): Host {
  return {
    projectsList: () => call("projects_list"),
    projectsAdd: (path, name) => call("projects_add", { path, name }),
    projectsShow: (name) => call("projects_show", { name }),
    projectsCheck: (name) => call("projects_check", { name }),
    projectsRename: (from, to) => call("projects_rename", { from, to }),
    projectsRemove: (name) => call("projects_remove", { name }),
    settingsRead: (project) => call("settings_read", { project }),
    settingsWrite: (project, settings) => call("settings_write", { project, settings }),
    serversList: () => call("servers_list"),
    serversAdd: (name, destination, fingerprint) => call("servers_add", { name, destination, fingerprint }),
    serversCheck: (name) => call("servers_check", { name }),
    serversTrust: (name, fingerprint) => call("servers_trust", { name, fingerprint }),
    serversRename: (from, to) => call("servers_rename", { from, to }),
    serversRemove: (name) => call("servers_remove", { name }),
    serversScan: (destination) => call("servers_scan", { destination }),
    serversSshHosts: () => call("servers_ssh_hosts"),
    serversContainers: (name) => call("servers_containers", { name }),
    serversLoad: (name) => call("servers_load", { name }),
    containerRestart: (server, container) => call("container_restart", { server, container }),
    registriesList: () => call("registries_list"),
    registriesAdd: (name, kind, password) => call("registries_add", { name, kind, password }),
    registriesRemove: (name) => call("registries_remove", { name }),
    registriesCheck: (name) => call("registries_check", { name }),
    registriesSetPassword: (name, password) => call("registries_set_password", { name, password }),
    deployPlan: (request) => call("deploy_plan", { request }),
    deployStart: (request) => call("deploy_start", { request }),
    deployCancel: (id) => call("deploy_cancel", { id }),
    deployDetach: (id) => call("deploy_detach", { id }),
    deployWatch: (id, from, on) => stream<WatchMessage>("deploy_watch", { id, from }, on),
    historyList: (project, filter) => call("history_list", { project, filter }),
    deploymentShow: (id) => call("deployment_show", { id }),
    deploymentLogs: (id, fromLine, limit) => call("deployment_logs", { id, fromLine, limit }),
    deploymentLine: (id, number) => call("deployment_line", { id, number }),
    deploymentSearch: (id, text) => call("deployment_search", { id, text, anyCase: true }),
    deploymentErrors: (id) => call("deployment_errors", { id }),
    deploymentLogSave: (id) => call("deployment_log_save", { id }),
    releaseRestorable: (project, environment) => call("release_restorable", { project, environment }),
    rollbackPlan: (project, environment, release) => call("rollback_plan", { project, environment, release }),
    rollbackStart: (project, environment, release) =>
      call("rollback_start", { project, environment, release }),
    variablesList: (project, environment) => call("variables_list", { project, environment }),
    variablesReveal: (project, environment, name) => call("variables_reveal", { project, environment, name }),
    variablesSet: (project, environment, scope, values) =>
      call("variables_set", { project, environment, scope, values }),
    variablesUnset: (project, environment, scope, names) =>
      call("variables_unset", { project, environment, scope, names }),
    variablesImport: (project, environment, scope, content) =>
      call("variables_import", { project, environment, scope, content }),
    statusRead: (project) => call("status_read", { project }),
    runningRestart: (project, environment, services) =>
      call("running_restart", { project, environment, services }),
    runningStop: (project, environment, services) => call("running_stop", { project, environment, services }),
    runningStart: (project, environment, services) =>
      call("running_start", { project, environment, services }),
    containerLogs: (server, container, on) =>
      stream<ContainerLine[]>("container_logs", { server, container }, on),
    activityList: (limit, before, project) => call("activity_list", { limit, before, project }),
    appSettingsRead: () => call("app_settings_read"),
    appSettingsWrite: (settings) => call("app_settings_write", { settings }),
    appFacts: () => call("app_facts"),
    appDiagnostics: () => call("app_diagnostics"),
    sampleTry: () => call("sample_try"),
    browseFolder: () => call("browse_folder"),
    openUrl: (url) => call("open_url", { url }),
    openFolder: (project) => call("open_folder", { project }),
    openDataFolder: () => call("open_data_folder"),
    copyText: (text) => call("copy_text", { text }),
    setZoom: (percent) => call("set_zoom", { percent }),
    questionsOpen: () => call("questions_open"),
    questionAnswer: (id, said) => call("question_answer", { id, said }),
    onQuestions: (on) => hear("questions-changed", on),
    gotoTake: () => call("goto_take"),
    onGoing: (on) => hear("going", on),
    onChanged(on) {
      const listening = listen<string[]>("changed", (event) => on(event.payload));
      return () => void listening.then((stop) => stop());
    },
  };
}
