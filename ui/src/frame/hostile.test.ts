// Names and output of others are text, on every page.
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import App from "../App.svelte";
import "../test-pages";
import { fakeHost } from "$lib/host/fake";
import { MARKUP, TURNED } from "$lib/host/fake/scenarios/hostile";

vi.setConfig({ testTimeout: 60_000 });
afterEach(cleanup);

async function open(path: string, ready = MARKUP) {
  location.hash = `#${path}`;
  const { container } = render(App, { host: fakeHost("hostile") });
  await waitFor(() => expect(container.textContent).toContain(ready));
  return container;
}

test.each(["/projects", "/projects/shop", "/deployments/0199-live", "/servers/hull-1"])(
  "%s shows markup, escapes and turned text as they are",
  async (path) => {
    const container = await open(path, path.includes("deployments") ? "live after" : MARKUP);
    expect(container.querySelector("img, main b, [onerror]")).toBeNull();
    expect("ran" in globalThis).toBe(false);
    // What turns the direction of writing does so for itself alone.
    const turned = [...container.querySelectorAll("main *, header *")].filter(
      (element) => element.children.length === 0 && element.textContent?.includes(TURNED),
    );
    for (const element of turned)
      expect(
        element.closest("bdi, .title, .label, .second, .meta, h1, [title]"),
        element.outerHTML,
      ).not.toBeNull();
  },
);

test("a container may print a line of a megabyte and bytes that are no text", async () => {
  await open("/servers/hull-1");
  await fireEvent.click(screen.getByRole("button", { name: /^Show the log of web/ }));
  const log = await screen.findByRole("log");
  await waitFor(() => expect(log.textContent).toContain("not what it seems"));
  expect(log.querySelector("img, script, a, b")).toBeNull();
  expect(Math.max(...[...log.children].map((line) => line.textContent?.length ?? 0))).toBeLessThan(5000);
  expect(log.textContent).not.toContain("\u001b");
});
