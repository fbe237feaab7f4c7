// Keys as they are given, or a role for this job's own subject: GitHub's stand-in asks the role's policy.
const { environment, fail, inputs, mask, runner } = await import(`${process.env.PLIMSOLL_ACTIONS}/shared.mjs`);
const given = inputs(import.meta.dirname);
const region = given["aws-region"];
if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
  fail(region ? `Region is not valid: ${region}` : "Input required and not supplied: aws-region");

const keys = { AWS_ACCESS_KEY_ID: given["aws-access-key-id"], AWS_SECRET_ACCESS_KEY: given["aws-secret-access-key"] };
const values = given["role-to-assume"] ? await assumed() : keys;
if (!given["role-to-assume"] && !(keys.AWS_ACCESS_KEY_ID && keys.AWS_SECRET_ACCESS_KEY))
  fail("Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers");
mask(values.AWS_SECRET_ACCESS_KEY);
mask(values.AWS_SESSION_TOKEN);
environment({ AWS_REGION: region, AWS_DEFAULT_REGION: region, ...values });

async function assumed() {
  const { claims, env } = await runner("credentials", {
    job: process.env.GITHUB_JOB,
    role: given["role-to-assume"],
    audience: given.audience,
  });
  console.log(`Assuming role with OIDC as ${claims.sub}`);
  return env;
}
