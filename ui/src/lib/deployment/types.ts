// The shapes of a deployment, as core serializes them and the host passes them on.
export type {
  Commit,
  Deployment,
  DeploymentShown,
  LogRow,
  Problem,
  Progress,
  Stage,
  Status,
  StepEvent,
  WatchMessage,
} from "$lib/host";
