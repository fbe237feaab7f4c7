// Problems as core really has them, each beside another of the same code.
// Owns: their list; that core still says so is tested where its source can be read. Must never know: how they are shown.
import type { Code } from "$lib/host";

/** Code, where core says it, its hint there, and which links it has for a project and a server. */
export const CASES: [Code, string, string, string[]][] = [
  [
    "engine_down",
    "api/sample/engine.rs",
    "Start Docker and try the sample again, or add a server and deploy the sample there.",
    ["Check the server"],
  ],
  ["engine_down", "api/sample/engine.rs", "Free one of them, then try again.", ["Check the server"]],
  [
    "credentials_missing",
    "registry/problem.rs",
    "Give the password with `plimsoll registry add … --password-stdin`; for ECR log in with `aws sso login` or set AWS_PROFILE.",
    ["Open registries"],
  ],
  [
    "credentials_missing",
    "secrets/error.rs",
    "Log in again with `docker login`, or give the password to Plimsoll.",
    ["Open registries"],
  ],
  [
    "database_damaged",
    "store/error.rs",
    "Start Plimsoll again: it keeps the damaged file aside and restores the last good backup.",
    [],
  ],
  [
    "registry_refused",
    "registry/problem.rs",
    "Wait a while, or add {host} with a login (`plimsoll registry add`): logged in, it allows more.",
    ["Open registries"],
  ],
  ["locked", "src-tauri/src/state.rs", "Try again as soon as it has started.", ["Open the project"]],
  ["locked", "api/variables.rs", "Set them again.", ["Open the project"]],
  ["locked", "api/sample/mod.rs", "Wait for its end, then try again.", ["Open the project"]],
  [
    "not_restorable",
    "deploy/rollback.rs",
    "Name one of these; an older commit can be deployed again.",
    ["Open history"],
  ],
  ["not_found", "api/variables.rs", "See what is set with `plimsoll env list`.", []],
  ["not_found", "deploy/resolve.rs", "Name one of these.", []],
  ["not_found", "api/log.rs", "Open the log anew.", []],
  [
    "unsupported",
    "src-tauri/src/commands/update.rs",
    "Try again later, or install it by hand; nothing was changed.",
    ["Open project settings"],
  ],
];
