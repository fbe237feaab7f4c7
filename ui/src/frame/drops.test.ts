import { afterEach, expect, test } from "vitest";
import { refuseDrops } from "./drops";

afterEach(() => document.body.replaceChildren());

function dragged(name: string, types: string[], onto: Element): { prevented: boolean; effect: string } {
  const event = new Event(name, { bubbles: true, cancelable: true });
  const dataTransfer = { types, dropEffect: "copy" };
  Object.assign(event, { dataTransfer });
  onto.dispatchEvent(event);
  return { prevented: event.defaultPrevented, effect: dataTransfer.dropEffect };
}

test.each(["dragenter", "dragover", "drop"])("%s of a file or a link opens nothing", (name) => {
  const field = document.body.appendChild(document.createElement("input"));
  const stop = refuseDrops(window);
  for (const onto of [document.body, field])
    expect(dragged(name, ["Files"], onto)).toEqual({ prevented: true, effect: "none" });
  expect(dragged(name, ["text/uri-list"], document.body).prevented).toBe(true);
  expect(dragged(name, ["text/plain"], field), "text goes into a field").toEqual({
    prevented: false,
    effect: "copy",
  });
  stop();
  expect(dragged(name, ["Files"], document.body).prevented).toBe(false);
});
