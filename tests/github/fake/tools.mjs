// Where scripts/setup put the packages and programs. Knows no more than places.
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
export const tools = process.env.PLIMSOLL_GITHUB_TOOLS || join(cache, "plimsoll", "github");
export const require = createRequire(join(tools, "package.json"));
export const act = join(tools, "venv", "bin", "act");
