import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import VariablesTab from "./VariablesTab.svelte";

const VALUE = "postgres://shop@db/shop";
const props = { name: "shop", environment: "production" };
const button = (name: string | RegExp) => screen.getByRole("button", { name });

test("a value is neither fetched nor shown before somebody asks for it, and gone when hidden", async () => {
  const host = fakeHost("calm");
  const reveal = vi.spyOn(host, "variablesReveal");
  const { container } = show(VariablesTab, props, host);
  await screen.findByText("DATABASE_URL");
  expect(reveal).not.toHaveBeenCalled();
  await fireEvent.click(button("Show DATABASE_URL"));
  await screen.findByText(VALUE);
  expect(reveal).toHaveBeenCalledTimes(1);
  expect(container.textContent).not.toContain("hunter2");
  await fireEvent.click(button("Hide DATABASE_URL"));
  expect(container.innerHTML).not.toContain(VALUE);
});

test("what applies only at the next deployment is marked", async () => {
  show(VariablesTab, props);
  const row = (await screen.findByText("STRIPE_KEY")).closest("tr")!;
  expect(within(row).getByText("pending")).toBeTruthy();
  expect(within(screen.getByText("DATABASE_URL").closest("tr")!).queryByText("pending")).toBeNull();
});

test("a name that no shell takes is refused before it is sent", async () => {
  const host = fakeHost("calm");
  const set = vi.spyOn(host, "variablesSet");
  show(VariablesTab, props, host);
  await screen.findByText("DATABASE_URL");
  await fireEvent.click(button("Set variable"));
  const form = screen.getByLabelText("Value").closest("form")!;
  await fireEvent.input(screen.getByLabelText("Name"), { target: { value: "1-bad" } });
  await fireEvent.submit(form);
  expect(screen.getByText(/Letters, digits and _/)).toBeTruthy();
  await fireEvent.input(screen.getByLabelText("Name"), { target: { value: "GREETING" } });
  await fireEvent.input(screen.getByLabelText("Value"), { target: { value: "a\nb" } });
  await fireEvent.submit(form);
  await screen.findByText("GREETING");
  expect(set).toHaveBeenCalledWith("shop", "production", "run", [["GREETING", "a\nb"]]);
});

test("a variable is removed only after a yes to core's own question", async () => {
  const host = fakeHost("calm");
  show(VariablesTab, props, host);
  await screen.findByText("SECRET_KEY");
  await fireEvent.click(button("Remove SECRET_KEY"));
  const question = await vi.waitFor(async () => {
    const [open] = await host.questionsOpen();
    expect(open?.asked).toMatchObject({ question: { kind: "act", act: "unset" } });
    return open!;
  });
  expect(screen.getByText("SECRET_KEY")).toBeTruthy();
  await host.questionAnswer(question.id, { said: "yes" });
  await waitFor(() => expect(screen.queryByText("SECRET_KEY")).toBeNull());
});

test("the filter narrows by name and says when nothing is left", async () => {
  show(VariablesTab, props);
  await screen.findByText("DATABASE_URL");
  await fireEvent.input(screen.getByLabelText("Filter variables"), { target: { value: "key" } });
  expect(screen.queryByText("DATABASE_URL")).toBeNull();
  expect(screen.getByText("SECRET_KEY")).toBeTruthy();
  await fireEvent.input(screen.getByLabelText("Filter variables"), { target: { value: "zzz" } });
  expect(screen.getByText(/No variable matches/)).toBeTruthy();
});

test("Ctrl+Enter sets a new variable, as it saves a changed one", async () => {
  const host = fakeHost("calm");
  const set = vi.spyOn(host, "variablesSet");
  show(VariablesTab, props, host);
  await screen.findByText("DATABASE_URL");
  await fireEvent.click(button("Set variable"));
  await fireEvent.input(screen.getByLabelText("Name"), { target: { value: "GREETING" } });
  await fireEvent.input(screen.getByLabelText("Value"), { target: { value: "ahoy" } });
  await fireEvent.keyDown(screen.getByLabelText("Value"), { key: "Enter" });
  expect(set).not.toHaveBeenCalled();
  await fireEvent.keyDown(screen.getByLabelText("Value"), { key: "Enter", ctrlKey: true });
  await screen.findByText("GREETING");
  expect(set).toHaveBeenCalledWith("shop", "production", "run", [["GREETING", "ahoy"]]);
});
