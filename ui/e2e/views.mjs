// Every page in every world it looks different in.

const ALL = ["empty", "first-run", "calm", "deploying", "failed", "rolled-back", "huge", "offline", "rough"];
const WITH_SHOP = ALL.filter((scenario) => scenario !== "empty" && scenario !== "first-run");
const view = (name, path, scenarios, setup) => scenarios.map((scenario) => ({ name, path, scenario, setup }));

/** Those one works in all day. */
export const MAIN = [
  "projects",
  "project",
  "variables",
  "project-settings",
  "deployment-live",
  "deployment-running",
  "deployment-failed",
  "servers",
  "server",
  "registries",
  "activity",
  "settings",
  "setup",
];

const press = (keys) => async (page) => {
  await page.keyboard.press(keys);
  await page.waitForSelector("[role=dialog]");
};

/** Presses a button that opens a dialog. */
const open = (name) => async (page) => {
  await click(page, name);
  await page.waitForSelector("[role=dialog]");
};
const question = (page) => page.waitForSelector("[role=dialog]");
const click = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** The first run as far as a new server's fingerprint. */
const toFingerprint = async (page) => {
  await page.getByLabel("Folder").fill("/home/maren/code/shop");
  await click(page, "Read project");
  await click(page, "Continue");
  await page.getByLabel("From ~/.ssh/config").selectOption("hull-1");
  await click(page, "Connect");
  await page.getByText(/SHA256:/).waitFor();
};
/** A project that has everything, opened again at one of its steps. */
const toStep = (step) => async (page) => {
  await click(page, "shop");
  await page.getByRole("button", { name: step }).click();
  await page.locator("main [aria-busy=true]:not(button)").waitFor({ state: "detached" });
};

export const VIEWS = [
  ...view("projects", "/projects", ALL),
  ...view("project", "/projects/shop", WITH_SHOP),
  ...view("project", "/projects/shop", ["hostile", "two-places"]),
  ...view("project-gone", "/projects/shop", ["gone"], (page) =>
    page.getByText("does not say", { exact: false }).waitFor(),
  ),
  ...view("project-vanished", "/projects/blog", ["rough"]),
  ...view("project-refused", "/projects/shop", ["disk-full", "laptop-full", "rebase"], async (page) => {
    await click(page, "Preview plan");
    await page.getByRole("heading", { level: 2, name: /full|middle/ }).waitFor();
  }),
  ...view("project-stop", "/projects/shop", ["calm"], async (page) => {
    await click(page, "More about shop");
    await page.getByRole("menuitem", { name: "Stop services…" }).click();
    await page.waitForSelector("[role=dialog]");
  }),
  ...view("project-menu", "/projects", ["calm"], async (page) => {
    await page.locator("main a[data-row]").first().focus();
    await page.keyboard.press("Shift+F10");
    await page.waitForSelector("[role=menu]");
  }),
  ...view("variables", "/projects/shop/variables", ["calm", "offline", "two-places"]),
  ...view("variables-import", "/projects/shop/variables", ["calm"], open("Import .env…")),
  ...view("project-settings", "/projects/shop/settings", ["calm", "huge", "rough", "two-places"]),
  ...view("project-settings-left", "/projects/shop/settings", ["calm"], async (page) => {
    await page.getByLabel("Profiles").fill("debug");
    await page.evaluate(() => (location.hash = "#/servers"));
    await page.waitForSelector("[role=dialog]");
  }),
  ...view("deployment-live", "/deployments/0199-live", ["calm", "huge"]),
  ...view("deployment-running", "/deployments/0199-running", ["deploying", "swapping", "lost"]),
  ...view("deployment-stop", "/deployments/0199-running", ["deploying", "swapping"], press("Control+.")),
  ...view("deployment-ended", "/deployments/0199-ended", ["build-failed", "cancelled", "kept-out"]),
  ...view("deployment-rollback", "/deployments/0199-back", ["calm"], async (page) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("roll back again");
    await page.keyboard.press("Enter");
    await page.getByText("Not undone:").waitFor();
  }),
  ...view("log-as-text", "/deployments/0199-live", ["calm"], async (page) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("read log as text");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=dialog] pre");
  }),
  ...view("deployment-failed", "/deployments/0199-broken", ["failed"]),
  ...view("deployment-rolled-back", "/deployments/0199-rolled", ["rolled-back"]),
  ...view("deployment-missing", "/deployments/none", ["calm"]),
  ...view("servers", "/servers", ["first-run", "calm", "huge", "offline"]),
  ...view("server", "/servers/hull-1", ["calm", "offline"]),
  ...view("server-hostile", "/servers/hull-1", ["hostile"], async (page) => {
    await page.getByRole("button", { name: /^Show the log of web/ }).click();
    await page.getByText("not what it seems", { exact: false }).waitFor();
  }),
  ...view("server-gone", "/servers/hull-1", ["gone"], async (page) => {
    await page.getByText("shop-web-1").waitFor();
    await page.getByRole("heading", { name: "hull-1 does not answer on port 22" }).first().waitFor();
  }),
  ...view("server-add", "/servers", ["calm"], open("Add server")),
  ...view("server-edit", "/servers/hull-1", ["calm"], open("Edit…")),
  ...view("server-restart", "/servers/hull-1", ["calm"], open("Restart shop-web-1")),
  ...view("server-unready", "/servers/forge", ["rough"]),
  ...view("server-changed-key", "/servers/mast-2", ["rough"]),
  ...view("registries", "/registries", ["first-run", "calm"]),
  ...view("activity", "/activity", ["first-run", "calm", "rolled-back"]),
  ...view("registry-add", "/registries", ["calm"], open("Add registry")),
  ...view("settings", "/settings", ["calm", "no-tray"]),
  ...view("settings-keychain", "/settings", ["keychain-locked", "keychain-absent"], (page) =>
    page.getByText("kept in memory", { exact: false }).scrollIntoViewIfNeeded(),
  ),
  ...view("shortcuts", "/settings", ["calm"], async (page) => {
    await open("Change shortcuts…")(page);
    await click(page, "Change Go to servers");
    await page.keyboard.press("Control+k");
    await page.getByText("belongs to", { exact: false }).waitFor();
  }),
  ...view("notice", "/projects", ["restored"]),
  ...view("question", "/servers", ["asked-new-key", "asked-command", "asked-delete"], question),
  ...view("setup", "/setup", ["first-run", "calm"]),
  ...view("setup-understood", "/setup", ["calm"], (page) => click(page, "shop")),
  ...view("setup-fingerprint", "/setup", ["first-run"], toFingerprint),
  ...view("setup-registry", "/setup", ["calm"], toStep(/3 Registry/)),
  ...view("setup-builder", "/setup", ["calm"], toStep(/4 Builder/)),
  ...view("setup-deploy", "/setup", ["calm"], toStep(/5 Deploy/)),
  ...view("gallery", "/gallery", ["calm"]).map((gallery) => ({ ...gallery, height: 2100 })),
  ...view("missing", "/nowhere", ["calm"]),
  ...view("palette", "/projects", ["calm"], press("Control+k")),
  ...view("help", "/projects", ["calm"], press("?")),
];
