// A built UI in a headless Chromium, on a scripted host.
// Owns: server, browser, one page at a time. Must never know: what is looked for.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";

export const SIZES = [
  [900, 600],
  [1180, 760],
];
/** What much room looks like; for the pages one works in. */
export const WIDE = [1600, 1000];
export const THEMES = ["light", "dark"];

/** What the app itself sends, without the border to Rust: whatever breaks it is a finding. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; object-src 'none'";

const root = fileURLToPath(new URL("..", import.meta.url));
const CANDIDATES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Builds the UI, serves it and hands over `open`, which answers with a page that has settled. */
export async function withBrowser(work) {
  await build({ root, logLevel: "error" });
  const server = await preview({
    root,
    logLevel: "error",
    preview: { port: 0, host: "127.0.0.1", headers: { "Content-Security-Policy": POLICY } },
  });
  const address = server.resolvedUrls?.local[0] ?? `http://127.0.0.1:${server.config.preview.port}/`;
  const browser = await chromium.launch({
    executablePath: CANDIDATES.find((path) => path && existsSync(path)),
    // The sandbox needs a user that is not root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    return await work((view) => open(browser, address, view));
  } finally {
    await browser.close();
    await server.close();
  }
}

async function open(
  browser,
  address,
  { scenario, path, theme, size = SIZES[0], height: tall, zoom = 1, forced = false, setup },
) {
  const [width, height] = [size[0], tall ?? size[1]].map((pixels) => Math.round(pixels / zoom));
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: zoom,
    colorScheme: theme,
    reducedMotion: "reduce",
    forcedColors: forced ? "active" : "none",
    locale: "en-GB",
  });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(`${address}?scenario=${scenario}#${path}`);
  await page.waitForSelector("h1");
  await page
    .waitForFunction(() => !document.querySelector("main [aria-busy=true]:not(button)"), null, {
      timeout: 2000,
    })
    .catch(() => {});
  page.setDefaultTimeout(8000);
  // A view that cannot be reached is a finding, not the end of the look.
  if (setup)
    await setup(page).catch((error) => faults.push(`not reached: ${String(error.message).split("\n")[0]}`));
  await page.evaluate(() => document.fonts.ready);
  return { page, faults, close: () => context.close() };
}
