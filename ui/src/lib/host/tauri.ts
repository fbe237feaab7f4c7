// The real host: every act is the Tauri command of the same name, typed by core itself.
import { Channel } from "@tauri-apps/api/core";
import { commands, events } from "$lib/bindings";
import { asProblem, type Host, type Stop } from "./host";
import type { Problem } from "./types";

/** A stream of one command, ended on the other side too. */
function stream<M>(
  open: (channel: Channel<M>) => Promise<unknown>,
  on: (message: M) => void,
  failed: (problem: Problem) => void = () => undefined,
): Stop {
  let listening = true;
  const channel = new Channel<M>((message) => {
    if (listening) on(message);
  });
  void open(channel).catch((thrown: unknown) => listening && failed(asProblem(thrown)));
  return () => {
    if (listening) void commands.streamStop(channel.id).catch(() => undefined);
    listening = false;
  };
}

function hear(listening: Promise<() => void>): Stop {
  return () => void listening.then((stop) => stop());
}

export function tauriHost(): Host {
  return {
    ...commands,
    deployWatch: (id, from, on) => stream((channel) => commands.deployWatch(id, from, channel), on),
    deploymentSearch: (id, text) => commands.deploymentSearch(id, text, true),
    containerLogs: (server, container, on, failed) =>
      stream((channel) => commands.containerLogs(server, container, channel), on, failed),
    onQuestions: (on) => hear(events.questionsChanged.listen(on)),
    onGoing: (on) => hear(events.going.listen(on)),
    onTrouble: (on) => hear(events.trouble.listen((event) => on(event.payload.problem))),
    onChanged: (on) => hear(events.changed.listen((event) => on(event.payload))),
  };
}
