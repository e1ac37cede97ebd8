import { emit } from './github-changes.ts';
import type { RepositoryCall } from './github-call.ts';
import { fullPullShape, headRepositoryOf, isPull } from './github-pull-shapes.ts';
import type { Pull } from './github-pull-shapes.ts';
import type { Shape } from './github-shapes.ts';
import type { Repository } from './github-world.ts';

/** Says that a pull request was `opened`, `edited`, `synchronize`d, `closed` or `reopened`. */
export function emitPull(call: RepositoryCall, pull: Pull, action: string, more: Shape = {}): void {
  const text = `${call.account.login} ${action} ${call.repository.fullName}#${pull.number} “${pull.title}”`;
  emit(call, text, 'pull_request', { action, number: pull.number, pull_request: fullPullShape(call, pull), ...more });
}

/** Moves a branch to a commit, and tells every open pull request from it that its head moved. */
export function moveBranch(call: RepositoryCall, branch: string, sha: string): void {
  const { repository, world } = call;
  const before = repository.branches.get(branch);
  repository.branches.set(branch, sha);
  if (before === undefined || before === sha) return;
  for (const target of world.repositories.values()) {
    for (const pull of [...target.issues.values()].filter(isPull)) {
      const isFromHere = pull.state === 'open' && pull.pull.head === branch && headRepositoryOf(world, target, pull) === repository;
      if (!isFromHere) continue;
      shareCommits(repository, target);
      pull.updatedAt = call.now;
      emitPull({ ...call, repository: target }, pull, 'synchronize', { before, after: sha });
    }
  }
}

/** What is in a fork can be read through the repository it came from: they share one store of objects. */
export function shareCommits(from: Repository, to: Repository): void {
  if (from === to) return;
  for (const [sha, commit] of from.commits) to.commits.set(sha, commit);
}
