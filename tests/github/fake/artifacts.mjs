// What runs hand over: the list, and the address of one as a zip. Knows not what is in it.
import { createHash } from "node:crypto";
import { Refusal, Reply } from "./http.mjs";
import { link } from "./jobs.mjs";
import { like } from "./shapes.mjs";

const A = "/repos/{owner}/{repo}/actions";

export const routes = [
  [
    "GET",
    `${A}/runs/{run}/artifacts`,
    [{ actions: "read" }],
    ({ world, run, query }) => {
      const found = run.artifacts.filter((one) => !query.has("name") || one.name === query.get("name"));
      return { total_count: found.length, artifacts: found.map((one) => shape(world, run, one)) };
    },
  ],
  [
    "GET",
    `${A}/artifacts/{artifact}/zip`,
    [{ actions: "read" }],
    ({ world, repository, params }) => {
      const { run, artifact } = find(world, params.artifact);
      if (run.repository !== repository) throw new Refusal(404, "Not Found");
      if (artifact.expired) throw new Refusal(410, "Artifact has expired");
      return new Reply(302, undefined, { location: link(world, "artifacts", artifact.id) });
    },
  ],
];

export function find(world, id) {
  for (const run of world.runs.values()) {
    const artifact = run.artifacts.find((one) => one.id === Number(id));
    if (artifact) return { run, artifact };
  }
  throw new Refusal(404, "Not Found");
}

function shape(world, run, artifact) {
  const [like_] = like("artifact-paginated", world, run.repository).artifacts;
  const url = `${world.bases.api}/repos/${run.repository.owner}/${run.repository.name}/actions/artifacts/${artifact.id}`;
  const month = new Date(Date.parse(artifact.created_at) + 30 * 86_400_000).toISOString();
  return {
    ...like_,
    id: artifact.id,
    name: artifact.name,
    size_in_bytes: artifact.zip.length,
    url,
    archive_download_url: `${url}/zip`,
    expired: Boolean(artifact.expired),
    created_at: artifact.created_at,
    updated_at: artifact.created_at,
    expires_at: month,
    digest: `sha256:${createHash("sha256").update(artifact.zip).digest("hex")}`,
    workflow_run: {
      id: run.id,
      repository_id: run.repository.id,
      head_repository_id: run.repository.id,
      head_branch: run.branch,
      head_sha: run.sha,
    },
  };
}
