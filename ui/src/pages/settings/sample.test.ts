import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import Sample from "./Sample.svelte";

const answer = async (host: ReturnType<typeof fakeHost>) => {
  const [open] = await vi.waitFor(async () => {
    const open = await host.questionsOpen();
    expect(open).toHaveLength(1);
    return open;
  });
  await host.questionAnswer(open!.id, { said: "yes" });
};

test("the sample can be taken away while it is there, after core's question", async () => {
  const host = fakeHost("calm");
  const { data_folder } = await host.appFacts();
  show(Sample, { folder: data_folder }, host);
  await waitFor(async () => expect(await host.projectsList()).not.toHaveLength(0));
  expect(screen.queryByRole("button")).toBeNull();
  const tried = host.sampleTry();
  await answer(host);
  const { project } = await tried;
  await fireEvent.click(await screen.findByRole("button", { name: "Remove the sample…" }));
  await answer(host);
  await waitFor(() => expect(screen.queryByRole("button")).toBeNull());
  expect((await host.projectsList()).map((row) => row.project.name)).not.toContain(project.name);
});
