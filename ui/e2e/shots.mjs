// Pictures of every page, in both themes, two sizes (three for the main ones), zoomed and in forced colours: `npm run shots [-- FILTER]`.
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { SIZES, THEMES, WIDE, withBrowser } from "./browser.mjs";
import { MAIN, VIEWS } from "./views.mjs";

const folder = fileURLToPath(new URL("../shots/", import.meta.url));
const filter = process.argv[2];
const views = VIEWS.filter(({ name, scenario }) => !filter || `${name} ${scenario}`.includes(filter));

if (!filter) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const LOOKS = [
  ...THEMES.flatMap((theme) => SIZES.map((size) => ({ theme, size, zoom: 1 }))),
  { theme: "light", size: SIZES[0], zoom: 2 },
  { theme: "dark", size: SIZES[0], zoom: 1, forced: true },
];
const WIDE_LOOKS = THEMES.map((theme) => ({ theme, size: WIDE, zoom: 1 }));
let taken = 0;
await withBrowser(async (open) => {
  for (const view of views) {
    for (const look of [...LOOKS, ...(MAIN.includes(view.name) ? WIDE_LOOKS : [])]) {
      const { theme, size, zoom, forced } = look;
      const { page, faults, close } = await open({ ...view, ...look });
      const name = `${size.join("x")}${zoom === 1 ? "" : "-zoomed"}-${forced ? "forced" : theme}`;
      await page.screenshot({ path: `${folder}${view.name}-${view.scenario}-${name}.png` });
      taken += 1;
      for (const fault of faults) console.error(`${view.name} ${view.scenario}: ${fault}`);
      await close();
    }
  }
});
console.log(`${taken} pictures in ui/shots`);
