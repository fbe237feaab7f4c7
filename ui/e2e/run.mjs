// axe and the layout on every page, world, theme and size: `npm run e2e [-- FILTER]`. Any finding fails.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { SIZES, WIDE, withBrowser } from "./browser.mjs";
import { KEYS } from "./keys.mjs";
import { MAIN, VIEWS } from "./views.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const filter = process.argv[2];
const views = VIEWS.filter(({ name, scenario }) => !filter || `${name} ${scenario}`.includes(filter));
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
    return violations.map(
      ({ id, nodes }) =>
        `axe ${id}: ${nodes
          .map((node) => `${node.target} (${node.any[0]?.message ?? node.failureSummary})`)
          .slice(0, 3)
          .join("; ")}`,
    );
  }, TAGS);
}

/** What is wider than its window, or a second h1. */
function layout(page) {
  return page.evaluate(() => {
    const faults = [];
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) faults.push(`layout: the window scrolls sideways by ${wide} px`);
    const main = document.querySelector("main");
    if (main && main.scrollWidth > main.clientWidth)
      faults.push(`layout: main scrolls sideways by ${main.scrollWidth - main.clientWidth} px`);
    for (const act of document.querySelectorAll("header .actions *")) {
      const { right, width } = act.getBoundingClientRect();
      if (width > 0 && right > innerWidth + 0.5)
        faults.push(
          `layout: “${act.textContent.trim()}” of the header is cut off by ${right - innerWidth} px`,
        );
    }
    const headings = document.querySelectorAll("h1").length;
    if (headings !== 1) faults.push(`layout: ${headings} h1`);
    return faults;
  });
}

/** Colours do not change with the size, nor the layout with the theme. */
const LOOKS = [
  { theme: "light", size: SIZES[0], zoom: 1 },
  { theme: "light", size: SIZES[1], zoom: 1 },
  { theme: "light", size: SIZES[0], zoom: 2 },
  { theme: "dark", size: SIZES[0], zoom: 1 },
];

/** Much room puts things beside each other that are below each other elsewhere: the pages one works in, once each world. */
const ROOMY = ["calm", "deploying", "failed"];
const roomy = ({ name, scenario }) => MAIN.includes(name) && ROOMY.includes(scenario);
const looksAt = (view) => (roomy(view) ? [...LOOKS, { theme: "light", size: WIDE, zoom: 1 }] : LOOKS);
/** Between the least and the widest nothing comes or goes that axe would look at. */
const AXED = [SIZES[0], WIDE];

let looks = 0;
const found = [];
await withBrowser(async (open) => {
  for (const view of views) {
    for (const { theme, size, zoom } of looksAt(view)) {
      const { page, faults, close } = await open({ ...view, theme, size, zoom });
      const where = `${view.name} ${view.scenario} ${theme} ${size.join("x")}${zoom === 1 ? "" : " 200 %"}`;
      const all = [...faults.map((fault) => `console: ${fault}`), ...(await layout(page))];
      if (AXED.includes(size)) all.push(...(await violations(page)));
      for (const fault of all) found.push(`${where}: ${fault}`);
      looks += 1;
      await close();
    }
  }
  for (const key of KEYS.filter(({ name }) => !filter || `keys ${name}`.includes(filter))) {
    const { page, close } = await open({
      scenario: "calm",
      path: key.path ?? "/projects",
      theme: "light",
      size: SIZES[1],
    });
    await key.does(page).catch((error) => found.push(`keys: ${key.name}: ${error.message}`));
    looks += 1;
    await close();
  }
});
for (const fault of found) console.error(fault);
console.log(`${looks} looks at ${views.length} views, ${found.length} findings`);
process.exitCode = found.length ? 1 : 0;
