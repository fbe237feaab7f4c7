// Deploying once more: the newest deployment of a project takes what is checked out now, an older one its own commit.
// Owns: which, and starting it. Must never know: buttons.
import { shortHash } from "$lib/format";
import { asProblem, useHost } from "$lib/host";
import { query } from "$lib/state/query.svelte";
import { useRouter } from "$lib/state/router.svelte";
import { useToast } from "$lib/state/toast.svelte";
import { deployHead } from "$pages/project/request";
import type { Facts } from "./facts.svelte";

export interface Again {
  readonly label: string;
  readonly busy: boolean;
  run: () => void;
}

/** Only while a component is being created. */
export function again(facts: () => Facts): Again {
  const host = useHost();
  const router = useRouter();
  const toast = useToast();
  const projects = query(() => ({
    key: "projects",
    tags: ["projects"],
    fetch: (host) => host.projectsList(),
  }));
  let busy = $state(false);

  const newest = $derived.by(() => {
    const { project, deployment } = facts().shown;
    const latest = projects.data?.find((row) => row.project.name === project)?.latest;
    return latest === undefined || latest === null || latest.id === deployment.id;
  });
  const commit = $derived(newest ? "HEAD" : (facts().commit?.id ?? "HEAD"));

  async function start() {
    if (busy) return;
    busy = true;
    const { project, deployment } = facts().shown;
    const { name: environment } = deployment.environment;
    const request = { ...deployHead(project, environment), what: { commit } };
    try {
      router.go({ page: "deployment", id: (await host.deployStart(request)).id });
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "consent_missing") return;
      // The project's page says why, with what helps.
      toast.say(problem.title);
      router.go({ page: "project", name: project, tab: "overview" });
    } finally {
      busy = false;
    }
  }

  return {
    get label() {
      return commit === "HEAD" ? "Deploy again" : `Deploy ${shortHash(commit)} again`;
    },
    get busy() {
      return busy;
    },
    run: () => void start(),
  };
}
