// Core's questions in words.
// Owns: title, sentences and buttons of each kind. Must never know: how they are shown.
import type { Act, Asked } from "$lib/host";

export interface Worded {
  title: string;
  sentences: string[];
  /** What is compared or read letter by letter. */
  facts: [string, string][];
  verb: string;
  danger: boolean;
  /** Label of the text that is asked for. */
  text?: string;
  /** What has to be typed before the verb can be pressed: only where what goes does not come back. */
  typed?: string;
}

const VERBS: Record<Act, string> = {
  start: "Start",
  restart: "Restart",
  stop: "Stop",
  unset: "Remove",
  roll_back: "Roll back",
  take_over: "Take over",
  go_on: "Go on with",
};

export function worded(asked: Asked): Worded {
  if (asked.type === "secret") {
    return {
      title: asked.prompt,
      sentences: ["It is kept in memory until Plimsoll ends."],
      facts: [],
      verb: "Go on",
      danger: false,
      text: asked.prompt,
    };
  }
  const { question } = asked;
  switch (question.kind) {
    case "new_host_key":
      return {
        title: `Is this ${question.server}?`,
        sentences: [
          `${question.server} shows its key for the first time. Compare the fingerprint with what the machine's console or your provider shows.`,
        ],
        facts: [
          ["Fingerprint", question.fingerprint],
          ["Type", question.algorithm],
        ],
        verb: "Trust this key",
        danger: false,
      };
    case "changed_host_key":
      return {
        title: `${question.server} shows another key than before`,
        sentences: [
          "This happens when a machine was installed anew. It also happens when somebody answers in its place.",
        ],
        facts: [
          ["Before", question.pinned],
          ["Now", question.offered],
        ],
        verb: "Trust the new key",
        danger: true,
      };
    case "ssh_command":
      return {
        title: "Let your ssh configuration run a command?",
        sentences: [
          "It runs on this computer each time Plimsoll connects. You are asked again when it changes.",
        ],
        facts: [["Command", question.command]],
        verb: "Allow this command",
        danger: false,
      };
    case "delete":
      return {
        title: `Remove ${question.what}?`,
        sentences: question.consequences,
        facts: [],
        verb: "Remove",
        danger: true,
        typed: question.typed ?? undefined,
      };
    case "act":
      return {
        title: `${VERBS[question.act]} ${question.what}?`,
        sentences: question.consequences,
        facts: [],
        verb: question.act === "go_on" ? "Go on" : VERBS[question.act],
        danger: ["stop", "unset", "go_on"].includes(question.act),
      };
  }
}
