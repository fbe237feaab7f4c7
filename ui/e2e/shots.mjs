// Pictures of every page, in both themes, two sizes and zoomed: `npm run shots [-- FILTER]`.
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { SIZES, THEMES, withBrowser } from "./browser.mjs";
import { VIEWS } from "./views.mjs";

const folder = fileURLToPath(new URL("../shots/", import.meta.url));
const filter = process.argv[2];
const views = VIEWS.filter(({ name, scenario }) => !filter || `${name} ${scenario}`.includes(filter));

if (!filter) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const LOOKS = [
  ...THEMES.flatMap((theme) => SIZES.map((size) => ({ theme, size, zoom: 1 }))),
  { theme: "light", size: SIZES[0], zoom: 2 },
];
let taken = 0;
await withBrowser(async (open) => {
  for (const view of views) {
    for (const { theme, size, zoom } of LOOKS) {
      const { page, faults, close } = await open({ ...view, size, theme, zoom });
      const look = `${size.join("x")}${zoom === 1 ? "" : "-zoomed"}-${theme}`;
      await page.screenshot({ path: `${folder}${view.name}-${view.scenario}-${look}.png` });
      taken += 1;
      for (const fault of faults) console.error(`${view.name} ${view.scenario}: ${fault}`);
      await close();
    }
  }
});
console.log(`${taken} pictures in ui/shots`);
