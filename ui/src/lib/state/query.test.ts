import { screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import { Answers } from "./query.svelte";
import Asker from "./test/Asker.svelte";

function hostWith(list: () => Promise<never[]>) {
  let changed: (tags: string[]) => void = () => {};
  const host = {
    ...fakeHost("calm"),
    serversList: vi.fn(list),
    onChanged: (on: (tags: string[]) => void) => {
      changed = on;
      return () => {};
    },
  };
  return { host, changed: (...tags: string[]) => changed(tags) };
}

test("two readers ask once, a changed tag asks again, another does not", async () => {
  const { host, changed } = hostWith(() => Promise.resolve([]));
  show(Asker, {}, host);
  await waitFor(() => expect(screen.getAllByText("0 servers")).toHaveLength(2));
  expect(host.serversList).toHaveBeenCalledTimes(1);
  changed("projects");
  expect(host.serversList).toHaveBeenCalledTimes(1);
  changed("servers");
  expect(host.serversList).toHaveBeenCalledTimes(2);
});

test("the last good answer stays when the next one fails", async () => {
  let fails = false;
  const problem = { code: "timed_out", title: "It took too long", detail: "", hint: "" };
  const { host, changed } = hostWith(() => (fails ? Promise.reject(problem) : Promise.resolve([])));
  show(Asker, {}, host);
  await waitFor(() => expect(screen.getAllByText("0 servers")).toHaveLength(2));
  fails = true;
  changed("servers");
  await waitFor(() => expect(screen.getAllByText("It took too long")).toHaveLength(2));
  expect(screen.getAllByText("0 servers")).toHaveLength(2);
});

test("of two answers to one question the later question's holds", async () => {
  const answers: ((rows: never[]) => void)[] = [];
  const { host, changed } = hostWith(() => new Promise((resolve) => answers.push(resolve)));
  show(Asker, {}, host);
  await waitFor(() => expect(answers).toHaveLength(1));
  changed("servers");
  answers[1]?.([]);
  await waitFor(() => expect(screen.getAllByText("0 servers")).toHaveLength(2));
  answers[0]?.([{}, {}] as never[]);
  await Promise.resolve();
  expect(screen.getAllByText("0 servers")).toHaveLength(2);
});

test.each([
  ["an answer is old after its time", 11_000, 2],
  ["and fresh before", 9_000, 1],
  ["one from before the clock was set back may be of any age", -86_400_000, 2],
])("%s", async (_, later, asked) => {
  const now = vi.spyOn(Date, "now").mockReturnValue(1_800_000_000_000);
  const fetch = vi.fn(() => Promise.resolve(1));
  const answers = new Answers(fakeHost("calm"));
  const answer = answers.of({ key: "load", tags: [], fresh: 10_000, fetch });
  answers.read(answer)();
  await waitFor(() => expect(answer.answered).toBeDefined());
  now.mockReturnValue(1_800_000_000_000 + later);
  answers.read(answer)();
  expect(fetch).toHaveBeenCalledTimes(asked);
  answers.close();
  now.mockRestore();
});

test("what was asked ahead is not asked again by the first reader", async () => {
  const { host } = hostWith(() => Promise.resolve([]));
  const answers = new Answers(host);
  const servers = { key: "servers", tags: ["servers"], fetch: () => host.serversList() };
  answers.ahead(servers);
  answers.ahead(servers);
  const answer = answers.of(servers);
  const stop = answers.read(answer);
  expect(host.serversList).toHaveBeenCalledTimes(1);
  await waitFor(() => expect(answer.data).toEqual([]));
  stop();
  answers.close();
});
