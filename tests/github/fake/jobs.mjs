// Jobs, their steps, their annotations and the addresses of their logs. Knows not how they go.
import { Refusal, Reply } from "./http.mjs";
import { like, jobShape } from "./shapes.mjs";

const R = "/repos/{owner}/{repo}";
const read = [{ actions: "read" }];

export const routes = [
  [
    "GET",
    `${R}/actions/runs/{run}/jobs`,
    read,
    ({ world, run, query }) => list(world, run, query, query.get("filter") === "all" ? undefined : run.attempt),
  ],
  [
    "GET",
    `${R}/actions/runs/{run}/attempts/{attempt}/jobs`,
    read,
    ({ world, run, query, params }) => {
      if (Number(params.attempt) > run.attempt) throw new Refusal(404, "Not Found");
      return list(world, run, query, Number(params.attempt));
    },
  ],
  [
    "GET",
    `${R}/actions/jobs/{job}`,
    read,
    ({ world, repository, params }) => {
      const { run, job } = find(world, repository, params.job);
      return jobShape(world, run, job);
    },
  ],
  [
    "GET",
    `${R}/actions/jobs/{job}/logs`,
    read,
    ({ world, repository, params }) => {
      const { job } = find(world, repository, params.job);
      if (job.status !== "completed" || job.conclusion === "skipped") throw new Refusal(404, "Not Found");
      if (job.fault?.gone) throw new Refusal(410, "Server Error");
      return new Reply(302, undefined, { location: link(world, "logs", job.id) });
    },
  ],
  [
    "GET",
    `${R}/check-runs/{job}/annotations`,
    [{ checks: "read" }],
    ({ world, repository, params }) => {
      const { job } = find(world, repository, params.job);
      if (!job.annotation) return [];
      const [shape] = like("check-annotation-items", world, repository);
      return [{ ...shape, path: ".github", annotation_level: "failure", title: "", raw_details: "", message: job.annotation }];
    },
  ],
];

export function find(world, repository, id) {
  for (const run of world.runs.values()) {
    const job = run.jobs.find((one) => one.id === Number(id));
    if (job && (!repository || run.repository === repository)) return { run, job };
  }
  throw new Refusal(404, "Not Found");
}

// Another host's address, signed, for one minute: who has it needs no token and may send none.
export function link(world, kind, id) {
  return `${world.bases.blob}/${kind}/${id}?se=${world.now().getTime() + 60_000}&sig=${id * 7919}`;
}

function list(world, run, query, attempt) {
  const all = run.jobs.filter((job) => attempt === undefined || job.attempt === attempt);
  const size = Math.min(Number(query.get("per_page") ?? 30), 100);
  const page = Number(query.get("page") ?? 1);
  return { total_count: all.length, jobs: all.slice((page - 1) * size, page * size).map((job) => jobShape(world, run, job)) };
}
