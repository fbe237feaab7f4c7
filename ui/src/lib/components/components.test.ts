import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import type { Command } from "$lib/keys/commands.svelte";
import { show } from "$lib/testing";
import LoadLine from "./LoadLine.svelte";
import ProblemCard from "./ProblemCard.svelte";
import StatusDot from "./StatusDot.svelte";
import StepTimeline from "./StepTimeline.svelte";
import Asking from "./test/Asking.svelte";
import List from "./test/List.svelte";
import Palette from "./test/Palette.svelte";
import Pressed from "./test/Pressed.svelte";

const button = (name: string | RegExp) => screen.getByRole("button", { name });

test("a busy button says so and ignores a second press", async () => {
  let done = () => {};
  const press = vi.fn(() => new Promise<void>((resolve) => (done = resolve)));
  show(Pressed, { press });
  await fireEvent.click(button("Deploy"));
  expect(button("Deploying…").getAttribute("aria-busy")).toBe("true");
  await fireEvent.click(button("Deploying…"));
  expect(press).toHaveBeenCalledTimes(1);
  done();
  await waitFor(() => expect(button("Deploy").hasAttribute("aria-busy")).toBe(false));
});

test("a disabled button takes the focus but not the press", async () => {
  const press = vi.fn(() => Promise.resolve());
  show(Pressed, { press, disabled: "It has no server yet" });
  button("Deploy").focus();
  expect(document.activeElement).toBe(button("Deploy"));
  await fireEvent.click(button("Deploy"));
  expect(press).not.toHaveBeenCalled();
});

test("a typed confirmation waits for the name", async () => {
  const act = vi.fn(() => Promise.resolve());
  show(Asking, { act, typed: "shop" });
  await fireEvent.click(button("Open it"));
  const field = await screen.findByLabelText("Type shop to go on");
  await waitFor(() => expect(document.activeElement).toBe(field));
  await fireEvent.click(button("Delete shop"));
  expect(act).not.toHaveBeenCalled();
  await fireEvent.input(field, { target: { value: "shop" } });
  await fireEvent.click(button("Delete shop"));
  expect(act).toHaveBeenCalledTimes(1);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("without a name Cancel has the focus, and what fails is said in the dialog", async () => {
  const problem = {
    code: "host_unreachable",
    title: "hull-1 does not answer",
    detail: "timeout",
    hint: "Check.",
  };
  show(Asking, { act: () => Promise.reject(problem) });
  await fireEvent.click(button("Open it"));
  await waitFor(() => expect(document.activeElement).toBe(button("Cancel")));
  await fireEvent.click(button("Delete shop"));
  await screen.findByText("hull-1 does not answer");
  expect(screen.getByRole("dialog")).toBeTruthy();
});

test("keys walk a list", async () => {
  show(List, { titles: ["alpha", "beta", "gamma", "beetle"] });
  const [first] = screen.getAllByRole("link");
  first?.focus();
  const press = async (key: string) => {
    await fireEvent.keyDown(document.activeElement ?? document.body, { key });
    return document.activeElement?.textContent;
  };
  expect(await press("ArrowDown")).toBe("beta");
  expect(await press("k")).toBe("alpha");
  expect(await press("ArrowUp")).toBe("alpha");
  expect(await press("End")).toBe("beetle");
  expect(await press("Home")).toBe("alpha");
  expect(await press("g")).toBe("gamma");
});

test("the palette finds, walks and runs", async () => {
  const ran: string[] = [];
  const command = (label: string, more: Partial<Command> = {}): Command => ({
    id: label,
    label,
    section: "Projects",
    run: () => ran.push(label),
    ...more,
  });
  show(Palette, {
    commands: [
      command("Open shop"),
      command("Deploy shop", { open: () => ran.push("opened") }),
      command("Deploy blog", { disabled: "has no server yet" }),
    ],
  });
  const field = await screen.findByRole("combobox");
  await fireEvent.input(field, { target: { value: "nonsense" } });
  await screen.findByText(/No command matches/);
  await fireEvent.input(field, { target: { value: "deploy" } });
  const options = await screen.findAllByRole("option");
  expect(options.map((option) => option.getAttribute("aria-selected"))).toEqual(["true", "false"]);
  await fireEvent.keyDown(field, { key: "ArrowDown" });
  await fireEvent.keyDown(field, { key: "Enter" });
  expect(screen.getByRole("combobox")).toBeTruthy();
  await fireEvent.keyDown(field, { key: "ArrowUp" });
  await fireEvent.keyDown(field, { key: "Enter", ctrlKey: true });
  await waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
  expect(ran).toEqual(["opened"]);
});

test("text of others stays text", () => {
  const cause = "<img src=x onerror=alert(1)> \u001b[31m \u202Eevil";
  const { container } = show(ProblemCard, { title: "It failed", cause });
  expect(container.querySelector("img")).toBeNull();
  expect(container.querySelector("code")?.textContent).toBe(cause);
});

test("a dot alone has its word, beside a word it has none", () => {
  const { unmount } = show(StatusDot, { dot: "failed", label: "failed" });
  expect(screen.getByRole("img", { name: "failed" })).toBeTruthy();
  unmount();
  show(StatusDot, { dot: "failed" });
  expect(screen.queryByRole("img")).toBeNull();
});

test("the gauge reads itself out", () => {
  const load = {
    parts: [{ name: "Images", category: "images" as const, amount: 51.7e9 }],
    capacity: 60e9,
    limit: 48e9,
  };
  show(LoadLine, { label: "hull-1, disk", load });
  const meter = screen.getByRole("meter", { name: "hull-1, disk" });
  expect(meter.getAttribute("aria-valuetext")).toBe(
    "51.7 GB used of 60.0 GB, line 48.0 GB. Over the line by 3.70 GB",
  );
});

test("the timeline marks the current step and draws the waterline once", async () => {
  const onselect = vi.fn();
  const step = (id: string, more = {}) => ({
    id,
    name: id,
    dot: "queued" as const,
    word: "waiting",
    depth: 0 as const,
    ...more,
  });
  show(StepTimeline, {
    steps: [
      step("build", { dot: "running", word: "running", start: 0, ms: 81_000, current: true }),
      step("swap", { waterline: true }),
    ],
    onselect,
  });
  const [build] = screen.getAllByRole("button");
  expect(build?.closest("li")?.getAttribute("aria-current")).toBe("step");
  expect(build?.textContent).toContain("1:21");
  expect(screen.getAllByText("below this line, traffic moves")).toHaveLength(1);
  build?.focus();
  await fireEvent.keyDown(document.activeElement ?? document.body, { key: "ArrowDown" });
  await fireEvent.click(document.activeElement ?? document.body);
  expect(onselect).toHaveBeenCalledWith("swap");
});
