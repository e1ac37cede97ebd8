import { commitShape } from './github-branches.ts';
import { notFound, reply } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { repositoryUrl } from './github-shapes.ts';
import { findCommit } from './github-world.ts';
import type { Commit, Repository } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** What lies between two commits. */
export const compareRoutes: readonly Route<RepositoryCall>[] = [{ method: 'GET', pattern: '/compare/{basehead}', answer: compare }];

/** `commit-comparison`, without the list of files. */
function compare(call: RepositoryCall): WireResponse {
  const { world, repository } = call;
  const basehead = call.parameters['basehead'] ?? '';
  const [base, head] = basehead.split('...').map((reference) => findCommit(repository, reference));
  if (base === undefined || base === null || head === undefined || head === null) return notFound();
  const ofBase = ancestorsOf(repository, base);
  const ofHead = ancestorsOf(repository, head);
  const common = [...ofHead].find((commit) => ofBase.has(commit));
  if (common === undefined) return notFound();
  const [ahead, behind] = [[...ofHead].filter((commit) => !ofBase.has(commit)), [...ofBase].filter((commit) => !ofHead.has(commit))];
  const page = `${world.setup.webUrl}/${repository.fullName}/compare/${basehead}`;
  return reply(200, {
    ...{ url: `${repositoryUrl(world, repository)}/compare/${basehead}`, html_url: page, permalink_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch` },
    base_commit: commitShape(call, base),
    merge_base_commit: commitShape(call, common),
    status: ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged',
    ...{ ahead_by: ahead.length, behind_by: behind.length, total_commits: ahead.length },
    commits: ahead.toReversed().map((commit) => commitShape(call, commit)),
  });
}

/** The commit and all it came from, nearest first. */
function ancestorsOf(repository: Repository, commit: Commit): ReadonlySet<Commit> {
  const found = new Set([commit]);
  for (const each of found) {
    for (const sha of each.parents) {
      const parent = repository.commits.get(sha);
      if (parent !== undefined) found.add(parent);
    }
  }
  return found;
}
