// The scripted host behaves as the real one where pages depend on it.
import { expect, test } from "vitest";
import { fakeHost } from ".";

test.each([
  ["/home/maren/Downloads", "repository_unusable"],
  ["/home/maren/code/dotfiles", "compose_invalid"],
  ["/home/maren/code/notes", "repository_unusable"],
  ["/nowhere", "repository_unusable"],
  ["/home/maren/code/shop", "already_exists"],
])("%s is no new project: %s", async (path, code) => {
  const host = fakeHost("calm");
  await expect(host.projectsAdd(path, null)).rejects.toMatchObject({ code });
  expect(await host.projectsList()).toHaveLength(2);
});

test.each(["calm", "failed", "rolled-back", "build-failed", "cancelled"])(
  "in %s the record of every deployment ends when its events do",
  async (scenario) => {
    const host = fakeHost(scenario);
    const rows = await host.historyList("shop", { environment: null, status: [], limit: 50, before: null });
    for (const row of rows) {
      const { events } = await host.deploymentShow(row.id);
      expect(events.at(-1)?.at, row.id).toBe(row.finished);
    }
    const [stands] = await host.statusRead("shop");
    expect(stands?.since).toBe(rows.find((row) => row.release === stands?.release)?.finished);
  },
);
