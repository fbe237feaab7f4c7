// Starts everything with one command, says where it is, and ends with whoever started it.
//   node tests/github/fake/up.mjs [--port 0] [--dir FOLDER] [--json]
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { api } from "./api.mjs";
import { blob } from "./blob.mjs";
import { reduced } from "./description.mjs";
import { door } from "./door.mjs";
import { listen } from "./http.mjs";
import { World } from "./world.mjs";

const TOKEN = "github_pat_everything";

export async function up({ port = 0, dir } = {}) {
  const own = dir ?? mkdtempSync(join(tmpdir(), "plimsoll-github-"));
  const world = new World(own);
  const behind = await listen(api(world));
  const blobs = await listen(blob(world));
  const prism = await startPrism(own, behind.url);
  const front = await listen(door(world, prism.url, behind.url), port);
  Object.assign(world.bases, { api: front.url, login: front.url, blob: blobs.url, runner: front.url });
  world.token(TOKEN, "octo");
  const down = async () => {
    if (prism.child.connected) prism.child.disconnect();
    for (const { server } of [front, blobs, behind]) (server.closeAllConnections?.(), server.close());
    for (const run of world.runs.values()) run.cancel();
    await Promise.all([...world.runs.values()].map((run) => run.ended));
    if (!dir) rmSync(own, { recursive: true, force: true });
  };
  return {
    world,
    down,
    addresses: {
      api: front.url,
      login: front.url,
      blob: blobs.url,
      lab: `${front.url}/lab`,
      dir: own,
      token: TOKEN,
      client_id: world.device.client,
    },
  };
}

async function startPrism(dir, upstream) {
  const document = join(dir, "api.github.com.json");
  writeFileSync(document, JSON.stringify(reduced()));
  const { server, port } = await listen(() => {});
  await new Promise((done) => server.close(done));
  const child = fork(join(import.meta.dirname, "prism.mjs"), [document, String(port), upstream], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await new Promise((done, fail) => {
    child.once("message", done);
    child.once("exit", (code) => fail(new Error(`Prism ended with ${code}`)));
  });
  return { child, url: `http://127.0.0.1:${port}` };
}

// A killed parent tells nobody: it is looked for.
function endWithParent(down) {
  const parent = process.ppid;
  const end = () => void down().finally(() => process.exit());
  const watch = setInterval(() => process.ppid !== parent && end(), 200);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => (clearInterval(watch), end()));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "0" }, dir: { type: "string" }, json: { type: "boolean", default: false } },
  });
  const { down, addresses } = await up({ port: Number(values.port), dir: values.dir });
  endWithParent(down);
  console.log(
    values.json
      ? JSON.stringify(addresses)
      : Object.entries(addresses)
          .map(([name, value]) => `${name.padEnd(10)} ${value}`)
          .join("\n"),
  );
}
