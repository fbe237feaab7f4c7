import { expect, test } from "vitest";
import { destinationProblem, destinationText, suggestedName } from "./destination";

test("destinations are shown as they are typed", () => {
  expect(destinationText({ ssh: { user: "ubuntu", host: "web", port: 2222 } })).toBe("ubuntu@web:2222");
  expect(destinationText({ ssh: { user: null, host: "fe80::1", port: null } })).toBe("[fe80::1]");
  expect(destinationText("local")).toBe("local");
});

test("a name is suggested where the host has one", () => {
  expect(suggestedName("ec2-user@hull-1.example.com:22")).toBe("hull-1");
  expect(suggestedName("ubuntu@1.2.3.4")).toBe("");
});

test("what ssh refuses is refused while it is typed", () => {
  for (const text of ["", "-oProxyCommand=x", "a b", "$(id)", "u@h;id"])
    expect(destinationProblem(text), text).not.toBeNull();
  for (const text of ["hull-1", "ubuntu@[::1]:22"]) expect(destinationProblem(text), text).toBeNull();
});
