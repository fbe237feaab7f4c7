import { cleanup, fireEvent, render, screen, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import App from "../../App.svelte";
import "../../test-pages";
import { fakeHost } from "$lib/host/fake";

// Roles of a whole window take jsdom a while on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanup);

async function open(scenario: string, id: string) {
  location.hash = `#/deployments/${id}`;
  const host = fakeHost(scenario);
  render(App, { host });
  await screen.findByRole("region", { name: "Log" });
  return { host, header: within(await screen.findByRole("banner")) };
}
const step = (name: RegExp) =>
  within(screen.getByRole("list", { name: "Steps" })).getByRole("button", { name });

test("running: what goes on, of how long, what serves, and Stop", async () => {
  const { header } = await open("deploying", "0199-running");
  header.getByRole("heading", { name: "9d2c4e1" });
  header.getByText(/^building api, 1:\d\d of about 2 m 45 s$/);
  header.getByText("3f9ab12 serves, unchanged");
  expect(header.getByText(/^building api/).title).toMatch(/^Median of the last 5 deployments/);
  expect(step(/^api/).textContent).toContain("5/7");
  expect(step(/^web/).textContent).toContain("cached 4/7");
  screen.getByText("below this line, traffic moves");
});

test("stopped before the waterline: nothing has changed", async () => {
  const { header } = await open("deploying", "0199-running");
  await fireEvent.click(header.getByRole("button", { name: /^Stop/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Stop the deployment of 9d2c4e1?" }));
  dialog.getByText(/Nothing has moved yet: 3f9ab12 serves, unchanged/);
  await fireEvent.click(dialog.getByRole("button", { name: "Stop deployment" }));
  await header.findByText(/^cancelled at build/);
  header.getByText("3f9ab12 serves, unchanged");
});

test("the question about stopping has no button that could mean both", async () => {
  const { host, header } = await open("deploying", "0199-running");
  const cancel = vi.spyOn(host, "deployCancel");
  await fireEvent.click(header.getByRole("button", { name: /^Stop/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Stop the deployment of 9d2c4e1?" }));
  expect(dialog.queryByRole("button", { name: "Cancel" })).toBeNull();
  await fireEvent.click(dialog.getByRole("button", { name: "Let it go on" }));
  expect(cancel).not.toHaveBeenCalled();
});

test("what another program carries out is not offered to be stopped here, neither by button nor by key", async () => {
  const fake = fakeHost("deploying");
  const watch = fake.deployWatch;
  const host = {
    ...fake,
    deployWatch: (...[id, from, on]: Parameters<typeof watch>) =>
      watch(id, from, (message) => on(message.type === "snapshot" ? { ...message, here: false } : message)),
  };
  location.hash = "#/deployments/0199-running";
  render(App, { host });
  await screen.findByRole("region", { name: "Log" });
  const header = within(await screen.findByRole("banner"));
  const stop = await header.findByRole("button", { name: /^Stop/ });
  await vi.waitFor(() => expect(stop.getAttribute("aria-disabled")).toBe("true"));
  await fireEvent.click(stop);
  await fireEvent.keyDown(document.body, { key: ".", code: "Period", ctrlKey: true });
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("below the waterline Stop has become Roll back", async () => {
  const { header } = await open("swapping", "0199-running");
  header.getByText("9d2c4e1 serves, not kept yet");
  screen.getByText("traffic has moved");
  await fireEvent.click(header.getByRole("button", { name: /^Roll back/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Roll back to 3f9ab12?" }));
  await fireEvent.click(dialog.getByRole("button", { name: "Roll back" }));
  await header.findByText(/^cancelled at swap/);
  header.getByText("3f9ab12 serves again");
});

test("contact lost: nobody pretends to know, and nothing can be pressed in vain", async () => {
  const { header } = await open("lost", "0199-running");
  header.getByText("contact lost, the server goes on");
  header.getByText("what serves is known when hull-1 answers");
  expect(header.getByRole("button", { name: /^Roll back/ }).getAttribute("aria-disabled")).toBe("true");
  expect(step(/^soak/).textContent).toContain("unknown");
});

test("a failed build: the cause first, what serves, what to press", async () => {
  const { header } = await open("build-failed", "0199-ended");
  header.getByText(/^failed at build, 1 m \d\d s$/);
  const card = within(screen.getByRole("region", { name: "The build of api fails." }));
  card.getByText("cargo build --release: exit code: 101");
  card.getByText("3f9ab12 serves, unchanged.");
  expect(card.getAllByRole("button", { name: /line 70/ })).toHaveLength(2);
  expect(step(/^Swap/).textContent).toContain("skipped");
});

test("rolled back: the old release serves again, and its steps are there", async () => {
  const { header } = await open("rolled-back", "0199-rolled");
  header.getByText(/^rolled back at swap/);
  header.getByText("3f9ab12 serves again");
  step(/^restore api/);
  step(/^prove old release/);
});

test("neither release proven: nothing claims to serve", async () => {
  const { header } = await open("failed", "0199-broken");
  header.getByText("neither release is proven serving");
  screen.getByRole("link", { name: "Open the server" });
});

test("from history: the same page, and what serves now", async () => {
  const { header } = await open("calm", "0199-before");
  header.getByText(/^live after/);
  header.getByText("3f9ab12 serves now");
  header.getByRole("button", { name: "Deploy 41c2e07 again" });
});

test("a report is copied as text", async () => {
  const { host, header } = await open("rolled-back", "0199-rolled");
  const copied = vi.spyOn(host, "copyText");
  await fireEvent.click(header.getByRole("button", { name: "Copy report" }));
  await screen.findByText("Report copied");
  expect(copied.mock.calls[0]?.[0]).toMatch(
    /^shop, production on hull-1: rolled back at swap[^]*DATABASE_URL is not set/,
  );
});

test("rolling back again says what changes and what is not undone", async () => {
  const { header } = await open("calm", "0199-back");
  await fireEvent.click(header.getByRole("button", { name: /^Roll back again/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Roll back shop to 0be51c9?" }));
  dialog.getByText("STRIPE_KEY");
  dialog.getByText("Not undone:");
  await fireEvent.click(dialog.getByRole("button", { name: "Roll back to 0be51c9" }));
  await vi.waitFor(() => expect(location.hash).not.toContain("0199-back"));
});

test("a deployment that is not there says so", async () => {
  location.hash = "#/deployments/none";
  render(App, { host: fakeHost("calm") });
  await screen.findByText(/^There is no deployment none/);
});
