// What only a real browser shows: where the focus goes, and what the keys of the window do.
import assert from "node:assert/strict";

const active = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
const heading = (page) => page.evaluate(() => document.activeElement === document.querySelector("h1"));

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
      if ((await remove.count()) === 0) await page.getByRole("button", { name: /More/ }).first().click();
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
];
