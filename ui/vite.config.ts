import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
// The oldest webviews: macOS 13.3 (Safari 16.4) and WebKitGTK 2.40; lightningcss lowers light-dark() for them.
const safari = (16 << 16) | (4 << 8);

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  resolve: { alias: { $lib: folder("./src/lib"), $pages: folder("./src/pages") } },
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  css: { transformer: "lightningcss", lightningcss: { targets: { safari } } },
  // Nothing inline and no polyfill script, so that the strict Content-Security-Policy holds.
  build: {
    target: "safari16.4",
    cssMinify: "lightningcss",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the first picture needs is one file, whatever else needs parts of it.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] } } },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/test-setup.ts"],
    testTimeout: 60_000,
  },
});
