import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import Questions from "../../frame/Questions.svelte";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import PlanView from "./PlanView.svelte";
import { deployHead } from "./request";

async function asked() {
  const host = fakeHost("runs-already");
  show(Questions, {}, host);
  const { id } = await host.deployStart(deployHead("shop", "production"));
  await screen.findByRole("dialog", { name: "Take over what runs as shop in production?" });
  screen.getByText(/volumes and networks stay as they are/);
  screen.getByText(/there is nothing to go back to/);
  const status = async () => (await host.deploymentShow(id)).deployment.status;
  return { host, status };
}

test("what runs already is taken over after a yes", async () => {
  const { host, status } = await asked();
  await fireEvent.click(screen.getByRole("button", { name: "Take over" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(await host.questionsOpen()).toEqual([]);
  expect(await status()).toBe("running");
});

test("a no cancels the deployment", async () => {
  const { status } = await asked();
  await fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(async () => expect(await status()).toBe("cancelled"));
});

test("the plan says that it will be asked about", async () => {
  const host = fakeHost("runs-already");
  const plan = await host.deployPlan(deployHead("shop", "production"));
  show(PlanView, { plan }, host);
  screen.getByText("You are asked once more before anything is taken over.");
});
