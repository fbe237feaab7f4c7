// Commits, branches, files and pull requests over a real git repository. Knows nothing of Actions.
import { posix } from "node:path";
import { Refusal, Reply } from "./http.mjs";
import { pushed } from "./runs.mjs";
import { like, userShape } from "./shapes.mjs";

const R = "/repos/{owner}/{repo}";
const read = [{ contents: "read" }];
const write = [{ contents: "write" }];

export const routes = [
  [
    "GET",
    `${R}/commits/{ref*}`,
    read,
    async ({ world, repository, params }) => {
      const sha = await repository.git.commit(params.ref);
      if (!sha) throw new Refusal(/^[0-9a-f]{40}$/.test(params.ref) ? 422 : 404, `No commit found for SHA: ${params.ref}`);
      return commitShape(world, repository, await repository.git.about(sha));
    },
  ],
  [
    "GET",
    `${R}/git/ref/{ref*}`,
    read,
    async ({ world, repository, params }) => {
      const sha = params.ref.startsWith("heads/") && (await repository.git.head(params.ref.slice(6)));
      if (!sha) throw new Refusal(404, "Not Found");
      return refShape(world, repository, `refs/${params.ref}`, sha);
    },
  ],
  ["POST", `${R}/git/refs`, [{ contents: "write" }, { contents: "write", workflows: "write" }], newBranch],
  ["GET", `${R}/contents/{path*}`, read, file],
  [
    "PUT",
    `${R}/contents/{path*}`,
    ({ params }) => (params.path.startsWith(".github/workflows/") ? [{ contents: "write", workflows: "write" }] : write),
    putFile,
  ],
  ["POST", `${R}/pulls`, [{ pull_requests: "write" }], newPull],
  [
    "GET",
    `${R}/pulls`,
    [{ pull_requests: "read" }],
    ({ world, repository, query }) => {
      const [shape] = like("pull-request-simple-items", world, repository);
      const wanted = (pull) => (query.get("state") ?? "open") === "all" || pull.state === (query.get("state") ?? "open");
      const headed = (pull) => !query.has("head") || query.get("head") === `${repository.owner}:${pull.head}`;
      return repository.pulls.filter((pull) => wanted(pull) && headed(pull)).map((pull) => pullShape(world, repository, pull, shape));
    },
  ],
];

async function newBranch({ world, repository, body }) {
  const [, branch] = /^refs\/heads\/(.+)$/.exec(body.ref) ?? [];
  if (!branch) throw new Refusal(422, "Reference name is not valid");
  if (await repository.git.head(branch)) throw new Refusal(422, "Reference already exists");
  if (!(await repository.git.commit(body.sha))) throw new Refusal(422, "Object does not exist");
  await repository.git.branch(branch, body.sha);
  return new Reply(201, refShape(world, repository, body.ref, body.sha));
}

async function file({ world, repository, params, query }) {
  const commit = await repository.git.commit(query.get("ref") ?? repository.default_branch);
  const sha = commit && (await repository.git.blob(commit, params.path));
  const content = sha && (await repository.git.read(sha));
  if (!content) throw new Refusal(404, "Not Found");
  const shape = like("content-file-response-if-content-is-a-file", world, repository);
  // Lines of 60, as GitHub breaks them.
  return {
    ...shape,
    name: posix.basename(params.path),
    path: params.path,
    sha,
    size: content.length,
    content: content.toString("base64").replace(/.{1,60}/g, "$&\n"),
  };
}

async function putFile({ world, repository, params, body, token }) {
  const branch = body.branch ?? repository.default_branch;
  const head = await repository.git.head(branch);
  if (!head) throw new Refusal(404, `Branch ${branch} not found`);
  mustNotBeProtected(repository, branch);
  const old = await repository.git.blob(head, params.path);
  if (old && !body.sha) throw new Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  if (old !== body.sha) throw new Refusal(409, `${params.path} does not match ${body.sha}`);
  const put = await repository.git.put(branch, params.path, Buffer.from(body.content, "base64"), body.message);
  await pushed(world, repository, branch, token.login);
  const shape = like("file-commit-example-for-creating-a-file", world, repository);
  const about = await repository.git.about(put.commit);
  const content = { ...shape.content, name: posix.basename(params.path), path: params.path, sha: put.sha };
  return new Reply(old ? 200 : 201, { ...shape, content, commit: { ...shape.commit, sha: put.commit, message: about.message } });
}

function mustNotBeProtected(repository, branch) {
  if (!repository.rules.some((rule) => rule.branch === branch)) return;
  throw new Refusal(409, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n");
}

async function newPull({ world, repository, body, token }) {
  for (const name of ["head", "base"]) {
    if (!(await repository.git.head(body[name])))
      throw new Refusal(422, "Validation Failed", {}, { errors: [{ resource: "PullRequest", field: name, code: "invalid" }] });
  }
  if (repository.pulls.some((pull) => pull.state === "open" && pull.head === body.head && pull.base === body.base)) {
    const message = `A pull request already exists for ${repository.owner}:${body.head}.`;
    throw new Refusal(422, "Validation Failed", {}, { errors: [{ resource: "PullRequest", code: "custom", message }] });
  }
  const pull = {
    number: repository.pulls.length + 1,
    title: body.title,
    body: body.body ?? null,
    head: body.head,
    base: body.base,
    state: "open",
    user: token.login,
  };
  repository.pulls.push(pull);
  return new Reply(201, pullShape(world, repository, pull, like("pull-request", world, repository)));
}

function pullShape(world, repository, pull, shape) {
  const path = `${repository.owner}/${repository.name}`;
  return {
    ...shape,
    number: pull.number,
    requested_teams: [],
    requested_reviewers: [],
    title: pull.title,
    body: pull.body,
    state: pull.state,
    user: userShape(world, pull.user),
    url: `${world.bases.api}/repos/${path}/pulls/${pull.number}`,
    html_url: `${world.bases.login}/${path}/pull/${pull.number}`,
    head: { ...shape.head, ref: pull.head, label: `${repository.owner}:${pull.head}` },
    base: { ...shape.base, ref: pull.base, label: `${repository.owner}:${pull.base}` },
  };
}

function refShape(world, repository, ref, sha) {
  const base = `${world.bases.api}/repos/${repository.owner}/${repository.name}/git`;
  return { ref, node_id: "REF_kw", url: `${base}/${ref}`, object: { type: "commit", sha, url: `${base}/commits/${sha}` } };
}

function commitShape(world, repository, { sha, tree, message, date, parents }) {
  const shape = like("commit", world, repository);
  const who = (one) => ({ ...one, date });
  const base = `${world.bases.api}/repos/${repository.owner}/${repository.name}`;
  const commit = {
    ...shape.commit,
    message,
    author: who(shape.commit.author),
    committer: who(shape.commit.committer),
    tree: { ...shape.commit.tree, sha: tree },
  };
  return {
    ...shape,
    sha,
    url: `${base}/commits/${sha}`,
    commit,
    parents: parents.map((one) => ({ sha: one, url: `${base}/commits/${one}` })),
  };
}
