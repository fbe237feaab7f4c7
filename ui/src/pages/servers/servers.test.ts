import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import ServerChecked from "./ServerChecked.svelte";
import ServerPage from "./ServerPage.svelte";
import Servers from "./Servers.svelte";

test("a changed key stops everything: nothing else is asked of that machine", async () => {
  const host = fakeHost("rough");
  const load = vi.spyOn(host, "serversLoad");
  const trust = vi.spyOn(host, "serversTrust");
  show(ServerPage, { name: "mast-2" }, host);
  await screen.findByRole("heading", { name: "mast-2 shows another key than before" });
  load.mockClear();
  expect(screen.queryByRole("heading", { name: "Containers" })).toBeNull();
  expect(trust).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByRole("button", { name: "Compare keys…" }));
  // Core is asked without a fingerprint: it shows both and waits for the answer.
  expect(trust).toHaveBeenCalledWith("mast-2");
  await waitFor(async () =>
    expect((await host.questionsOpen())[0]?.asked).toMatchObject({ type: "confirm" }),
  );
  expect(load).not.toHaveBeenCalled();
});

test("what a server lacks comes with its remedy, ready to copy", async () => {
  const host = fakeHost("rough");
  const copy = vi.spyOn(host, "copyText");
  show(ServerPage, { name: "forge" }, host);
  const remedy = "sudo apt-get update && sudo apt-get install -y docker-buildx-plugin";
  await screen.findByText(remedy);
  const buttons = screen.getAllByRole("button", { name: "Copy the command for forge" });
  await fireEvent.click(buttons.at(-1)!);
  expect(copy).toHaveBeenCalledWith(remedy);
});

test("a server that is gone while its page is open keeps what was known of it", async () => {
  const host = fakeHost("calm");
  show(ServerPage, { name: "hull-1" }, host);
  await screen.findByText("shop-web-1");
  vi.spyOn(host, "serversCheck").mockRejectedValue({
    code: "host_unreachable",
    title: "hull-1 does not answer on port 22",
    detail: "timed out",
    hint: "Check it.",
  });
  await fireEvent.click(screen.getByRole("button", { name: "Check" }));
  await screen.findByRole("heading", { name: "hull-1 does not answer on port 22" });
  expect(screen.getByText("Amazon Linux 2023")).toBeTruthy();
  expect(screen.getByText("What follows may have changed since.")).toBeTruthy();
});

test("a server that does not answer says when it last did", async () => {
  localStorage.setItem("seen:server-mast-2", String(Date.now() - 3 * 60_000));
  show(Servers, {}, fakeHost("calm"));
  await screen.findByText("last seen 3 min ago");
  await waitFor(() => expect(Number(localStorage.getItem("seen:server-hull-1"))).toBeGreaterThan(0));
  localStorage.clear();
});

test("core asks before a container is restarted, and a no is no problem", async () => {
  const host = fakeHost("calm");
  const restart = vi.spyOn(host, "containerRestart");
  show(ServerPage, { name: "hull-1" }, host);
  const button = await screen.findByRole("button", { name: "Restart shop-web-1" });
  await fireEvent.click(button);
  const [open] = await vi.waitFor(async () => {
    const open = await host.questionsOpen();
    expect(open[0]?.asked).toMatchObject({ question: { kind: "act", act: "restart" } });
    return open;
  });
  await host.questionAnswer(open!.id, { said: "no" });
  await expect(restart.mock.results[0]?.value).rejects.toMatchObject({ code: "consent_missing" });
  await waitFor(() => expect(button.textContent).toContain("Restart"));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("one server out of reach hides no other", async () => {
  show(Servers, {}, fakeHost("calm"));
  const row = (await screen.findByText("does not answer on port 22")).closest("li");
  expect(row?.textContent).toContain("mast-2");
  expect(await screen.findByRole("meter", { name: "Disk of hull-1" })).toBeTruthy();
});

test("a check stores what it found, and is not asked again for that", async () => {
  const host = fakeHost("calm");
  const check = vi.spyOn(host, "serversCheck");
  let told = 0;
  host.onChanged(() => (told += 1));
  show(ServerChecked, { name: "hull-1" }, host);
  await waitFor(() => expect(told).toBe(1));
  await fireEvent.click(await screen.findByRole("button", { name: "Check again" }));
  await waitFor(() => expect(told).toBe(2));
  expect(check).toHaveBeenCalledTimes(2);
});

test("a server gets another address by core's own act, and keeps its name", async () => {
  const host = fakeHost("calm");
  const edit = vi.spyOn(host, "serversEdit");
  const rename = vi.spyOn(host, "serversRename");
  show(ServerPage, { name: "hull-1" }, host);
  await waitFor(() =>
    expect(screen.getByRole("button", { name: "Edit…" })).not.toHaveProperty("ariaDisabled", "true"),
  );
  await fireEvent.click(screen.getByRole("button", { name: "Edit…" }));
  const address = await screen.findByLabelText("Address");
  await fireEvent.input(address, { target: { value: "two words" } });
  expect(await screen.findByText("A host holds no blanks and no shell characters.")).toBeTruthy();
  await fireEvent.input(address, { target: { value: "ec2-user@new-hull" } });
  await fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(edit).toHaveBeenCalledWith("hull-1", "ec2-user@new-hull", null));
  expect(rename).not.toHaveBeenCalled();
});
