import { fireEvent, screen } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import Projects from "./Projects.svelte";

const links = () => [...document.querySelectorAll("a[data-row]")];

test("200 projects page at 100, and the filter looks at all of them", async () => {
  show(Projects, {}, fakeHost("huge"));
  await screen.findByLabelText("Projects");
  expect(links()).toHaveLength(100);
  await fireEvent.click(screen.getByText("Show 100 more"));
  expect(links()).toHaveLength(200);
  await fireEvent.input(screen.getByLabelText("Filter projects"), { target: { value: "project-195" } });
  expect(links().map((link) => link.textContent)).toEqual(["project-195"]);
  await fireEvent.input(screen.getByLabelText("Filter projects"), {
    target: { value: "nothing of that name" },
  });
  expect(screen.getByText(/No project matches/)).toBeTruthy();
  await fireEvent.click(screen.getByText("Show all 200"));
  expect(links().length).toBeGreaterThanOrEqual(100);
});

test("markup in a name is text", async () => {
  const { container } = show(Projects, {}, fakeHost("huge"));
  await screen.findByLabelText("Projects");
  expect(container.querySelector("li b")).toBeNull();
  expect(links().some((link) => link.textContent?.startsWith("<b>bold</b>"))).toBe(true);
});

test("a deployment that does not start says why below its row", async () => {
  const host = fakeHost("calm");
  const problem = { code: "locked", title: "Ben is deploying here", detail: "since 12:04", hint: "Wait." };
  vi.spyOn(host, "deployStart").mockRejectedValue(problem);
  show(Projects, {}, host);
  await fireEvent.click(await screen.findByRole("button", { name: "Deploy shop" }));
  await screen.findByRole("heading", { name: problem.title });
  expect(links()).toHaveLength(2);
});

test("nothing there yet leads to the first project", async () => {
  show(Projects, {}, fakeHost("empty"));
  expect((await screen.findByRole("link", { name: "Set up the first project" })).getAttribute("href")).toBe(
    "#/setup",
  );
});
