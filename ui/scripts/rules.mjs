// Rules that no compiler knows. Prints every break and fails.
import { readFile, readdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const all = await readdir(`${root}src`, { recursive: true });
const files = all.filter((path) => /\.(svelte|ts|css)$/.test(path)).map((path) => path.replaceAll("\\", "/"));
const COLOUR = /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|lab|hwb)a?\(/i;

const RULES = [
  {
    says: "only lib/host may import @tauri-apps",
    breaks: (path, text) =>
      !path.startsWith("lib/host/") && path !== "lib/bindings.ts" && /["']@tauri-apps\//.test(text),
  },
  {
    says: "only lib/host may import the generated bindings",
    breaks: (path, text) => !path.startsWith("lib/host/") && /["']\$lib\/bindings["']/.test(text),
  },
  {
    says: "no raw colours outside tokens.css",
    breaks: (path, text) => {
      const styles = path.endsWith(".svelte")
        ? [...text.matchAll(/<style[^]*?<\/style>/g)].map(([s]) => s)
        : path.endsWith(".css")
          ? [text]
          : [];
      return path !== "lib/styles/tokens.css" && styles.some((style) => COLOUR.test(style));
    },
  },
  {
    says: "text is a text node: no {@html}",
    breaks: (path, text) => path.endsWith(".svelte") && /\{@html\b|\.innerHTML\b/.test(text),
  },
  {
    says: "no style attribute in markup: the Content-Security-Policy refuses it; use style:name",
    breaks: (path, text) => path.endsWith(".svelte") && /<[a-z][^>]*\sstyle="/.test(text),
  },
];

let broken = 0;
for (const path of files) {
  const text = await readFile(`${root}src/${path}`, "utf8");
  for (const rule of RULES) {
    if (!rule.breaks(path, text)) continue;
    broken += 1;
    console.error(`src/${path}: ${rule.says}`);
  }
}
const tokens = execFileSync(process.execPath, [`${root}scripts/contrast.mjs`, "--css"], { encoding: "utf8" });
if (tokens !== (await readFile(`${root}src/lib/styles/tokens.css`, "utf8"))) {
  broken += 1;
  console.error(
    "src/lib/styles/tokens.css is stale: node scripts/contrast.mjs --css > src/lib/styles/tokens.css",
  );
}
process.exitCode = broken ? 1 : 0;
