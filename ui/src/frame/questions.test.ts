import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import Questions from "./Questions.svelte";

const remove = () => screen.getByRole("button", { name: "Remove" });

test("what does not come back goes only after its name was typed", async () => {
  const host = fakeHost("calm");
  const answer = vi.spyOn(host, "questionAnswer");
  show(Questions, {}, host);
  const removal = host.serversRemove("mast-2");
  const field = await screen.findByLabelText("Type mast-2 to go on");
  await waitFor(() => expect(document.activeElement).toBe(field));
  await fireEvent.click(remove());
  await fireEvent.input(field, { target: { value: "mast" } });
  await fireEvent.click(remove());
  expect(answer).not.toHaveBeenCalled();
  await fireEvent.input(field, { target: { value: "mast-2" } });
  await fireEvent.click(remove());
  await removal;
  expect((await host.serversList()).map((server) => server.name)).not.toContain("mast-2");
});

test("what can be added again is asked for without typing, with the focus on Cancel", async () => {
  const host = fakeHost("calm");
  show(Questions, {}, host);
  const removal = host.registriesRemove("ecr-eu");
  const cancel = await screen.findByRole("button", { name: "Cancel" });
  await waitFor(() => expect(document.activeElement).toBe(cancel));
  await fireEvent.click(remove());
  await removal;
  expect(await host.registriesList()).toEqual([]);
});

test("a press that was meant for one question does not answer the next, which begins on Cancel", async () => {
  const host = fakeHost("calm");
  const answer = vi.spyOn(host, "questionAnswer");
  show(Questions, {}, host);
  const first = host.registriesRemove("ecr-eu");
  await screen.findByRole("dialog", { name: "Remove the registry ecr-eu?" });
  const second = host.registriesRemove("ghcr");
  await vi.waitFor(async () => expect(await host.questionsOpen()).toHaveLength(2));
  await fireEvent.click(remove());
  await screen.findByRole("dialog", { name: "Remove the registry ghcr?" });
  await fireEvent.click(remove());
  await first;
  expect(answer, "the second press was not for this one").toHaveBeenCalledTimes(1);
  const cancel = screen.getByRole("button", { name: "Cancel" });
  await waitFor(() => expect(document.activeElement).toBe(cancel));
  const now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => now + 1000);
  await fireEvent.click(cancel);
  await expect(second).rejects.toMatchObject({ code: "consent_missing" });
  vi.restoreAllMocks();
});
