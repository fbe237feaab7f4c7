// Core's hints in the words of the window: what core says with a command line, said with the page that does the same.
// Owns: that translation. Must never know: codes, or which problem a hint belongs to.

/** From the longest turn of phrase to the shortest; what has no command line in it stays as it is. */
const TURNS: readonly (readonly [RegExp, string])[] = [
  [/Run it on a terminal, or with --yes\./, "Do it again, and answer the question."],
  [/Run it on a terminal to be asked, or add the key/, "Add the key"],
  [/ \(without a terminal with `--host-key` and that fingerprint\)/, ""],
  [/run `plimsoll server trust NAME`/, "trust it on the server's page"],
  [/accept it with `--host-key [^`]*`/, "trust it on the server's page"],
  [/, or name a commit with `--commit`/, ""],
  [/, or pass --builder build-vm:NAME/, ""],
  [/is added with --plain-http/, "is added as one that speaks plain HTTP"],
  [/ \(`--plain-http`\)/, ""],
  [/with `--region`/, "with its region"],
  [/with `--password-stdin`/, "in the registry's form"],
  [/Deploy with --yes/, "Deploy, and say yes when asked,"],
  [/`plimsoll deploy PROJECT --commit REF`/, "check it out, then press Deploy"],
  [/Build them again with `plimsoll deploy`/, "Deploy again, which builds them"],
  [/with `plimsoll sample up`/, "with “Try the sample”"],
  [
    /`plimsoll resume` or `plimsoll status` reads how it ended/,
    "Plimsoll reads how it ended as soon as it answers",
  ],
  [
    /run `plimsoll resume` when it can be reached again/,
    "Plimsoll reads how it ended when it can be reached again",
  ],
  [
    /Run `plimsoll resume`; it finishes or undoes the swap/,
    "Plimsoll finishes or undoes it as soon as the server answers",
  ],
  [/the next `plimsoll resume`/, "Plimsoll reaches the server again"],
  [/`plimsoll resume`/, "Plimsoll"],
  [/with `plimsoll status` what/, "on the project's page what"],
  [/Look at `plimsoll status`/, "Look at the project's page"],
  [/check with `plimsoll status`/, "look at the project's page"],
  [/`plimsoll status`/, "the project's page"],
  [/(?:with|in) `plimsoll history[^`]*`/, "in History"],
  [/with `plimsoll server show ([^`]*)`/, "on the page of $1"],
  [/`plimsoll server check` on the builder/, "the check on the builder's page"],
  [/Run `plimsoll server check ([^`]*)` for/, "See the page of $1 for"],
  [/with `plimsoll server check ([^`]*)`/, "on the page of $1"],
  [/`plimsoll server check` says/, "the check on its page says"],
  [/with `plimsoll server add[^`]*`/, "under Servers"],
  [/with `plimsoll registry add[^`]*`/, "under Registries"],
  [/\(`plimsoll registry add`\)/, "(under Registries)"],
  [/from `plimsoll registry list`/, "that is listed under Registries"],
  [/from `plimsoll server list`/, "that is listed under Servers"],
  [/with `plimsoll env (?:list|set)[^`]*`/, "under Variables"],
  [/Set it for builds: plimsoll env set --build (\S+)/, "Set $1 for builds, under Variables."],
  [/: plimsoll env set \S.*$/, ", under Variables."],
  [/put its variables in with: plimsoll env import \S.*$/, "import it under Variables."],
  [/Run `plimsoll project check`/, "Look at the check in the project's settings"],
  [/`plimsoll project check` names/, "the check in the project's settings names"],
  [/the log above/, "the log"],
  [/run it again/, "try again"],
  [/Run it again/, "Try again"],
];

/** A hint, or the remedy of a finding, for somebody who has a window and no terminal. */
export function inTheWindow(hint: string): string {
  return TURNS.reduce((said, [turn, instead]) => said.replace(turn, instead), hint);
}
