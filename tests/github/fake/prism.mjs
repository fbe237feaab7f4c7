// Prism as a child: it ends with its parent. Knows only its arguments: the description's file, the port, who answers behind it.
import { require } from "./tools.mjs";

process.on("disconnect", () => process.exit());
const [document, port, upstream] = process.argv.slice(2);
const { createSingleProcessPrism } = require("@stoplight/prism-cli/dist/util/createServer.js");
const options = { document, port: Number(port), host: "127.0.0.1", upstream: new URL(upstream), errors: true, validateRequest: true };
await createSingleProcessPrism({ ...options, cors: false, verboseLevel: "error" });
process.send("listening");
