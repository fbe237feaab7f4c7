import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import MoreActs from "./MoreActs.svelte";
import NameAndEnd from "./NameAndEnd.svelte";

const names = async (host: ReturnType<typeof fakeHost>) =>
  (await host.projectsList()).map((row) => row.project.name);

test("a project is removed only after a yes to core's own question", async () => {
  const host = fakeHost("calm");
  show(NameAndEnd, { name: "shop" }, host);
  await fireEvent.click(screen.getByRole("button", { name: "Remove project…" }));
  const [question] = await vi.waitFor(async () => {
    const open = await host.questionsOpen();
    expect(open).toHaveLength(1);
    return open;
  });
  expect(await names(host)).toContain("shop");
  await host.questionAnswer(question!.id, { said: "no" });
  await waitFor(() => expect(screen.getByRole("button", { name: "Remove project…" })).toBeTruthy());
  expect(await names(host)).toContain("shop");
  expect(screen.queryByText("Nothing was deleted"), "a no is an answer, not a problem").toBeNull();

  await fireEvent.click(screen.getByRole("button", { name: "Remove project…" }));
  const [again] = await vi.waitFor(async () => {
    const open = await host.questionsOpen();
    expect(open).toHaveLength(1);
    return open;
  });
  await host.questionAnswer(again!.id, { said: "yes" });
  await vi.waitFor(async () => expect(await names(host)).not.toContain("shop"));
});

test("stopping goes on only after a yes to core's own question", async () => {
  const host = fakeHost("calm");
  const services = (await host.statusRead("shop"))[0]!.services;
  show(
    MoreActs,
    {
      project: "shop",
      environment: "production",
      services,
      noWayBack: false,
      rollBack: () => {},
      problem: undefined,
    },
    host,
  );
  await fireEvent.keyDown(screen.getByRole("button", { name: "More about shop" }), { key: "Enter" });
  await fireEvent.click(await screen.findByRole("menuitem", { name: /Stop services/ }));
  await vi.waitFor(async () => {
    const [open] = await host.questionsOpen();
    expect(open?.asked).toMatchObject({ type: "confirm", question: { kind: "act", act: "stop" } });
  });
});
