// The account and its repositories: names, rules of branches, the prefix of OIDC subjects, environments, minutes. Knows no run.
import { Refusal } from "./http.mjs";
import { like, repositoryShape, userShape } from "./shapes.mjs";

const R = "/repos/{owner}/{repo}";
const usage = ({ world, params, token }) => {
  if (params.user && params.user !== token.login) throw new Refusal(404, "Not Found");
  return { usageItems: world.usage };
};

export const routes = [
  [
    "GET",
    "/user",
    [],
    ({ world, token }) => {
      const shape = like("private-user-response-with-public-and-private-profile-information", world);
      return { ...shape, ...userShape(world, token.login) };
    },
  ],
  [
    "GET",
    "/user/repos",
    [{ metadata: "read" }],
    ({ world, token }) => {
      const [shape] = like("repository-items-default-response", world);
      return [...world.repositories.values()]
        .filter((one) => mayRead(token, one))
        .map((one) => ({ ...shape, ...picked(repositoryShape(world, one)) }));
    },
  ],
  [
    "GET",
    "/rate_limit",
    [],
    ({ world, token }) => {
      const shape = like("rate-limit-overview", world);
      const { limit, used, reset } = token;
      const core = { limit, used, remaining: limit - used, reset };
      return { ...shape, rate: core, resources: { ...shape.resources, core } };
    },
  ],
  ["GET", R, [{ metadata: "read" }], ({ world, repository }) => repositoryShape(world, repository)],
  [
    "GET",
    `${R}/rules/branches/{branch*}`,
    [{ metadata: "read" }],
    ({ repository, params }) =>
      repository.rules.filter((rule) => rule.branch === params.branch).map(({ type }) => ruleShape(repository, type)),
  ],
  [
    "GET",
    `${R}/actions/oidc/customization/sub`,
    [{ actions: "read" }],
    ({ repository }) => ({
      use_default: true,
      use_immutable_subject: repository.immutable_subject,
      sub_claim_prefix: subjectPrefix(repository),
    }),
  ],
  [
    "GET",
    `${R}/environments/{environment}`,
    [{ actions: "read" }],
    ({ world, repository, params }) => {
      if (!repository.environments.includes(params.environment)) throw new Refusal(404, "Not Found");
      return { ...like("environment", world, repository), name: params.environment, protection_rules: [], deployment_branch_policy: null };
    },
  ],
  ["GET", "/users/{user}/settings/billing/usage", [{ plan: "read" }], usage],
  ["GET", "/organizations/{org}/settings/billing/usage", [{ administration: "read" }], usage],
];

export function mayRead(token, repository) {
  return !token.repositories || token.repositories.includes(`${repository.owner}/${repository.name}`);
}

// Repositories made since July 2026 are named by their ids too.
export function subjectPrefix({ id, owner, name, immutable_subject }) {
  return immutable_subject ? `repo:${owner}@${[...owner].length + 1000}/${name}@${id}` : `repo:${owner}/${name}`;
}

function picked({ id, name, full_name, owner, private: hidden, created_at, default_branch }) {
  return { id, name, full_name, owner, private: hidden, created_at, default_branch };
}

function ruleShape(repository, type) {
  const ruleset = { ruleset_source_type: "Repository", ruleset_source: `${repository.owner}/${repository.name}`, ruleset_id: 42 };
  if (type !== "pull_request") return { type, ...ruleset };
  const parameters = {
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_approving_review_count: 1,
    required_review_thread_resolution: false,
  };
  return { type, parameters, ...ruleset };
}
