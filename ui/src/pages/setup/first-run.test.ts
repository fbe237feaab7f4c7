import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { fakeHost } from "$lib/host/fake";
import { show } from "$lib/testing";
import Setup from "./Setup.svelte";

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const type = (label: string | RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });

/** Whatever the step, there is a press that leads on or out of it. */
function noDeadEnd() {
  const ways = [/^Back$|^Leave setup$/, /^Continue$|^Do this later$|^Deploy$|^Choose the /];
  const open = ways.flatMap((name) =>
    screen.queryAllByRole("button", { name }).filter((way) => way.getAttribute("aria-disabled") !== "true"),
  );
  expect(
    open.length,
    `a way out of step ${document.querySelector("[aria-current=step]")?.textContent}`,
  ).toBeGreaterThan(0);
}

async function readProject() {
  await type("Folder", "/home/maren/code/shop");
  await fireEvent.click(button("Read project"));
  await screen.findByRole("button", { name: "Continue" });
}

test("from a folder to the first deployment, and nothing is added before its key was trusted", async () => {
  const host = fakeHost("first-run");
  const added = vi.spyOn(host, "serversAdd");
  show(Setup, {}, host);
  noDeadEnd();
  await readProject();
  expect(screen.getByRole("rowheader", { name: "web" })).toBeTruthy();
  await fireEvent.click(button("Continue"));

  await fireEvent.change(await screen.findByLabelText("From ~/.ssh/config"), { target: { value: "hull-1" } });
  await fireEvent.click(button("Connect"));
  await screen.findByText(/SHA256:/);
  expect(added).not.toHaveBeenCalled();
  await fireEvent.click(button("Trust and add"));
  await screen.findByText(/is ready to serve/);
  noDeadEnd();
  await fireEvent.click(await screen.findByRole("button", { name: "Continue" }));

  await type("Host", "ghcr.io");
  await type("User", "maren");
  await type("Password or token", "s3cret");
  await fireEvent.click(button("Add registry"));
  await fireEvent.click(await screen.findByRole("button", { name: "Continue" }));

  await fireEvent.click(await screen.findByRole("button", { name: "Build on this computer" }));
  await fireEvent.click(await screen.findByRole("button", { name: "Continue" }));

  await screen.findByRole("region", { name: "Plan" });
  await fireEvent.click(button("Deploy"));
  await waitFor(() => expect(location.hash).toMatch(/^#\/deployments\//));
});

test("every step can be left for later; the last one says what is missing and leads there", async () => {
  show(Setup, {}, fakeHost("first-run"));
  await readProject();
  await fireEvent.click(button("Continue"));
  for (let step = 0; step < 3; step += 1) {
    noDeadEnd();
    await fireEvent.click(button(/^Continue$|^Do this later$/));
  }
  noDeadEnd();
  expect(screen.queryByRole("button", { name: "Deploy" })).toBeNull();
  await fireEvent.click(button("Choose the registry"));
  expect(screen.getByRole("heading", { name: "Where do images go?" })).toBeTruthy();
});

test("Back loses nothing that was typed", async () => {
  show(Setup, {}, fakeHost("first-run"));
  await readProject();
  await fireEvent.click(button("Continue"));
  await screen.findByLabelText("Host");
  await type("Host", "ubuntu@203.0.113.50");
  await fireEvent.click(button("Back"));
  await fireEvent.click(button("Continue"));
  expect((await screen.findByLabelText<HTMLInputElement>("Host")).value).toBe("ubuntu@203.0.113.50");
});

test("a folder that cannot be read says why and leaves the way open", async () => {
  const host = fakeHost("first-run");
  const problem = {
    code: "repository_unusable",
    title: "The repository is in the middle of a rebase",
    detail: "git says so",
    hint: "Finish it.",
  };
  vi.spyOn(host, "projectsAdd").mockRejectedValue(problem);
  show(Setup, {}, host);
  await type("Folder", "/home/maren/code/shop");
  await fireEvent.click(button("Read project"));
  await screen.findByRole("heading", { name: problem.title });
  noDeadEnd();
  expect(screen.getByLabelText<HTMLInputElement>("Folder").value).toBe("/home/maren/code/shop");
});

test("the sample without Docker says core's own way on, and is tried again where it failed", async () => {
  const host = fakeHost("first-run");
  const problem = {
    code: "engine_down",
    title: "Docker does not answer on this machine",
    detail: "neither its socket nor `sudo docker` does",
    hint: "Start Docker and try the sample again, or add a server and deploy the sample there: the project stays.",
  };
  const tried = vi.spyOn(host, "sampleTry").mockRejectedValue(problem);
  show(Setup, {}, host);
  await fireEvent.click(button("Try the sample"));
  await screen.findByText(problem.hint);
  expect(screen.queryByRole("link", { name: /server/i })).toBeNull();
  await fireEvent.click(button("Try again"));
  await waitFor(() => expect(tried).toHaveBeenCalledTimes(2));
  await screen.findByText(problem.hint);
  // Another way is gone on: the failure of the first one is over.
  await readProject();
  expect(screen.queryByText(problem.hint)).toBeNull();
});

test("an ECR without credentials says how one logs in there, and stays in the step", async () => {
  const host = fakeHost("first-run");
  const problem = {
    code: "credentials_missing",
    title: "No credentials are known for 1.dkr.ecr.eu-west-1.amazonaws.com",
    detail: "no profile, no role",
    hint: "Give the password with `plimsoll registry add … --password-stdin`; for ECR log in with `aws sso login` or set AWS_PROFILE.",
  };
  vi.spyOn(host, "registriesAdd").mockRejectedValue(problem);
  location.hash = "#/setup";
  show(Setup, {}, host);
  await readProject();
  await fireEvent.click(button("Continue"));
  await fireEvent.click(await screen.findByRole("button", { name: "Do this later" }));
  await type("Host", "ghcr.io");
  await type("User", "maren");
  await type("Password or token", "s3cret");
  await fireEvent.click(button("Add registry"));
  await screen.findByText(/for ECR log in with `aws sso login` or set AWS_PROFILE/);
  expect(screen.queryByRole("link", { name: "Open registries" })).toBeNull();
});

test("a closed folder dialog changes nothing", async () => {
  const host = fakeHost("first-run");
  vi.spyOn(host, "browseFolder").mockResolvedValue(null);
  const add = vi.spyOn(host, "projectsAdd");
  show(Setup, {}, host);
  await fireEvent.click(button("Choose folder…"));
  await waitFor(() => expect(button("Choose folder…").hasAttribute("aria-busy")).toBe(false));
  expect(add).not.toHaveBeenCalled();
});
