// Docker's login with a password from the input.
const { fail, inputs, run } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
const { registry, username, password } = inputs(import.meta.dirname);
if (!username || !password) fail("Username and password required");
run("docker", ["login", "--username", username, "--password-stdin", ...(registry ? [registry] : [])], { input: password });
