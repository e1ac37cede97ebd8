import { headCommitOf, isPull, minimalPullShape } from './github-pull-shapes.ts';
import { appShape, repositoryUrl } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import type { CheckRun, Repository, World } from './github-world.ts';
import { kubernetesTime as toTimestamp } from './timestamp.ts';

/** `check-run`. */
export function checkRunShape(world: World, repository: Repository, check: CheckRun): Shape {
  const url = `${repositoryUrl(world, repository)}/check-runs/${check.id}`;
  const { title, summary, text } = check.output;
  return {
    id: check.id,
    node_id: `CR_${check.id}`,
    head_sha: check.headSha,
    external_id: check.externalId,
    url,
    html_url: `${world.setup.webUrl}/${repository.fullName}/runs/${check.id}`,
    details_url: check.detailsUrl,
    status: check.status,
    conclusion: check.conclusion,
    started_at: toTimestamp(check.startedAt),
    completed_at: check.completedAt === null ? null : toTimestamp(check.completedAt),
    output: { title, summary, text, annotations_count: check.annotations.length, annotations_url: `${url}/annotations` },
    name: check.name,
    check_suite: { id: check.suiteId },
    app: appShape(world),
    pull_requests: pullsOf(world, repository, check.headSha),
  };
}

/** Open pull requests of this repository's own branches; GitHub names none for a fork. */
function pullsOf(world: World, repository: Repository, headSha: string): readonly Shape[] {
  return [...repository.issues.values()]
    .filter(isPull)
    .filter((pull) => pull.state === 'open' && pull.pull.headRepository === null && headCommitOf(world, repository, pull)?.sha === headSha)
    .map((pull) => minimalPullShape(world, repository, pull));
}
