// What only a real browser shows: where the focus goes, and what the keys of the window do.
import assert from "node:assert/strict";

const active = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
const heading = (page) => page.evaluate(() => document.activeElement === document.querySelector("h1"));

const focused = async (page, locator) => {
  const element = await locator.elementHandle();
  await page.waitForFunction((element) => document.activeElement === element, element, { timeout: 4000 });
};

export const KEYS = [
  {
    name: "the first Tab skips to the content",
    async does(page) {
      await page.keyboard.press("Tab");
      assert.equal(await active(page), "Skip to content");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    },
  },
  {
    name: "going somewhere puts the focus on its heading",
    async does(page) {
      await page.keyboard.press("Control+2");
      await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Servers");
      assert.ok(await heading(page));
      await page.keyboard.press("Control+[");
      await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Projects");
    },
  },
  {
    name: "F6 goes round the regions",
    async does(page) {
      const seen = new Set();
      for (let step = 0; step < 6; step += 1) {
        await page.keyboard.press("F6");
        seen.add(
          await page.evaluate(
            () => document.activeElement?.closest("nav,header,main,[data-region]")?.tagName,
          ),
        );
      }
      assert.ok(seen.has("NAV") && seen.has("HEADER") && seen.has("MAIN"), [...seen].join());
    },
  },
  {
    name: "the palette gives the focus back, and runs what was typed",
    async does(page) {
      const opener = page.locator("main a[data-row]").first();
      await opener.focus();
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => document.activeElement?.hasAttribute("data-row"));
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
      await page.keyboard.type("go to act");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Activity");
    },
  },
  {
    name: "letters in a field are text",
    async does(page) {
      await page.keyboard.press("/");
      await page.keyboard.type("?j/");
      assert.equal(await page.evaluate(() => document.activeElement?.value), "?j/");
      assert.equal(await page.locator("[role=dialog]").count(), 0);
    },
  },
  {
    name: "the theme overrides the system's",
    async does(page) {
      const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const before = await colour();
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("dark theme");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
      assert.notEqual(await colour(), before);
    },
  },
  {
    name: "the sidebar hides and its border moves by keys",
    async does(page) {
      const border = page.getByRole("separator", { name: "Width of the sidebar" });
      await border.focus();
      await page.keyboard.press("ArrowRight");
      assert.equal(await border.getAttribute("aria-valuenow"), "232");
      await page.keyboard.press("Control+b");
      await page.waitForSelector('nav[aria-label="Main"]', { state: "detached" });
    },
  },
  {
    name: "an act that deletes asks, and Cancel has the focus",
    path: "/registries",
    async does(page) {
      await page.evaluate(() => location.assign("#/registries"));
      const remove = page.getByRole("button", { name: /Remove/ }).first();
      if ((await remove.count()) === 0) {
        await page.locator("main li.row").first().hover();
        await page
          .getByRole("button", { name: /^More about/ })
          .first()
          .click();
      }
      await page
        .getByText(/^Remove/)
        .first()
        .click();
      await page.getByRole("dialog").waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent?.trim() === "Cancel");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    },
  },
  ...[
    ["/servers", "Add server", "Host"],
    ["/servers/hull-1", "Edit…", "Name"],
    ["/registries", "Add registry", "Host"],
    ["/projects/shop/variables", "Import .env…", "Content"],
  ].map(([path, opener, field]) => ({
    name: `${opener} opens in its first field, closes at the first Escape and gives the focus back`,
    path,
    async does(page) {
      const button = page.getByRole("button", { name: opener, exact: true });
      await button.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      const named = page.getByRole("dialog").getByLabel(field, { exact: true });
      await focused(page, named);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached", timeout: 2000 });
      await focused(page, button);
      // From its Close button too, whose tooltip is open.
      await page.keyboard.press("Enter");
      await focused(page, named);
      for (let tab = 0; tab < 20 && (await page.locator(".tip").count()) === 0; tab += 1)
        await page.keyboard.press("Tab");
      await page.locator(".tip").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached", timeout: 2000 });
    },
  })),
  {
    name: "changing a variable by keys ends where it began",
    path: "/projects/shop/variables",
    async does(page) {
      const change = page.getByRole("button", { name: "Change SECRET_KEY" });
      for (const end of ["Control+Enter", "Escape", "button"]) {
        await change.focus();
        await page.keyboard.press("Enter");
        await focused(page, page.getByLabel("Value of SECRET_KEY"));
        if (end === "button") {
          await page.keyboard.press("Tab");
          await page.keyboard.press("Enter");
        } else await page.keyboard.press(end);
        await focused(page, change);
      }
    },
  },
  {
    name: "the menu key and Shift+F10 open the menu of a row, which gives the focus back",
    async does(page) {
      for (const key of ["Shift+F10", "ContextMenu"]) {
        const row = page.locator("main a[data-row]").first();
        await row.focus();
        await page.keyboard.press(key);
        await page.getByRole("menuitem", { name: "Variables" }).waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("menu").waitFor({ state: "detached" });
        assert.ok(await page.evaluate(() => document.activeElement?.closest("li.row") !== null));
      }
    },
  },
  {
    name: "a dialog that a menu opened gives the focus back to the menu's button",
    path: "/projects/shop",
    async does(page) {
      const more = page.getByRole("button", { name: "More about shop" });
      await more.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("menuitem", { name: "Stop services…" }).waitFor();
      await page.keyboard.type("stop");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent?.trim() === "Cancel");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await focused(page, more);
    },
  },
  {
    name: "Escape goes from a deployment to its project to the projects, and takes what is open first",
    path: "/deployments/0199-live",
    async does(page) {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("combobox").waitFor({ state: "detached" });
      assert.ok(page.url().includes("deployments"));
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => location.hash === "#/projects/shop");
      await page.getByRole("heading", { name: "shop", level: 1 }).waitFor();
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => location.hash === "#/projects");
    },
  },
  {
    name: "going back over unsaved settings asks, and staying stays",
    path: "/projects",
    async does(page) {
      await page.evaluate(() => (location.hash = "#/projects/shop/settings"));
      await page.getByLabel("Profiles").fill("debug");
      await page.keyboard.press("Control+[");
      await page.getByRole("dialog", { name: "Save the settings of shop?" }).waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent?.trim() === "Stay");
      await page.keyboard.press("Enter");
      assert.equal(await page.getByLabel("Profiles").inputValue(), "debug");
      assert.ok(page.url().endsWith("#/projects/shop/settings"));
      await page.reload();
      assert.equal(await page.getByLabel("Profiles").inputValue(), "debug");
    },
  },
  {
    name: "the keys of Deploy neither deploy below the question of a rollback nor answer it",
    path: "/projects/shop",
    async does(page) {
      await page.keyboard.press("Control+Shift+r");
      await page.getByRole("dialog").getByText("Not undone:").waitFor();
      await page.keyboard.press("Control+Enter");
      await page.keyboard.press("Control+.");
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press("Control+Enter");
      await page.waitForTimeout(300);
      assert.ok(page.url().endsWith("#/projects/shop"), page.url());
    },
  },
  {
    name: "the keys of Deploy out of a field of the settings do not deploy",
    path: "/projects/shop/settings",
    async does(page) {
      await page.getByLabel("Profiles").fill("debug");
      await page.keyboard.press("Control+Enter");
      await page.waitForTimeout(300);
      assert.ok(page.url().endsWith("#/projects/shop/settings"), page.url());
      assert.equal(await page.getByRole("dialog").count(), 0);
    },
  },
  {
    name: "a new variable is set by the keys that save a changed one",
    path: "/projects/shop/variables",
    async does(page) {
      await page.getByRole("button", { name: "Set variable" }).click();
      await page.getByLabel("Name").fill("GREETING");
      await page.getByLabel("Value", { exact: true }).fill("ahoy");
      await page.keyboard.press("Control+Enter");
      await page.getByRole("cell", { name: "GREETING" }).or(page.getByText("GREETING")).first().waitFor();
      assert.ok(page.url().endsWith("#/projects/shop/variables"), page.url());
    },
  },
  {
    name: "a shortcut is recorded, its conflict is said, and the new one acts",
    path: "/settings",
    async does(page) {
      await page.getByRole("button", { name: "Change shortcuts…" }).click();
      await page.getByRole("button", { name: "Change Go to servers" }).click();
      await page.keyboard.press("Control+k");
      await page.getByText("belongs to “Show commands”", { exact: false }).waitFor();
      assert.equal(await page.getByRole("combobox", { name: "Find a command" }).count(), 0);
      await page.getByRole("button", { name: "Other keys" }).click();
      await page.keyboard.press("Control+9");
      await focused(page, page.getByRole("button", { name: "Change Go to servers" }));
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.keyboard.press("Control+9");
      await page.waitForFunction(() => location.hash === "#/servers");
    },
  },
];
