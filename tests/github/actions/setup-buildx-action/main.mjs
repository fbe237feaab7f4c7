// The engine's own BuildKit: a builder in a container would need an image that cannot be had here.
const { inputs, output, run } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
inputs(import.meta.dirname);
run("docker", ["buildx", "version"]);
output("name", "default");
output("driver", "docker");
output("platforms", `linux/${process.arch === "arm64" ? "arm64" : "amd64"}`);
