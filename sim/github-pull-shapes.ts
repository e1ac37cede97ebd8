import type { RepositoryCall } from './github-call.ts';
import { accountShape, commentsOf, issueShape, labelShapes, repositoryShape, repositoryUrl } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import { findCommit } from './github-world.ts';
import type { Commit, Issue, PullBranches, Repository, World } from './github-world.ts';

/** An issue that is a pull request. */
export type Pull = Issue & { readonly pull: PullBranches };

export function isPull(issue: Issue): issue is Pull {
  return issue.pull !== null;
}

/** The repository the head branch lies in: this one, or a fork of it. */
export function headRepositoryOf(world: World, repository: Repository, pull: Pull): Repository {
  const { headRepository } = pull.pull;
  return (headRepository === null ? undefined : world.repositories.get(headRepository.toLowerCase())) ?? repository;
}

/** What would be merged now; null when its branch is gone. */
export function headCommitOf(world: World, repository: Repository, pull: Pull): Commit | null {
  const from = headRepositoryOf(world, repository, pull);
  return findCommit(from, from.branches.get(pull.pull.head) ?? '');
}

/** `pull-request-simple`. */
export function pullShape(call: Pick<RepositoryCall, 'world' | 'repository'>, pull: Pull): Shape {
  const { world, repository } = call;
  const { id, node_id, number, state, locked, title, user, body, milestone, assignee, ...issue } = issueShape(world, repository, pull);
  const { html_url, comments_url, created_at, updated_at, closed_at, author_association, url: issue_url } = issue;
  const url = `${repositoryUrl(world, repository)}/pulls/${pull.number}`;
  const head = side(world, headRepositoryOf(world, repository, pull), pull.pull.head);
  const statuses = `${repositoryUrl(world, repository)}/statuses/${head.sha}`;
  const links = { self: url, html: html_url, issue: issue_url, comments: comments_url, review_comments: `${url}/comments`, review_comment: `${url}/comments{/number}`, commits: `${url}/commits`, statuses };
  return {
    ...{ id, node_id, number, state, locked, title, user, body, milestone, assignee, url, html_url, issue_url, comments_url },
    ...{ created_at, updated_at, closed_at, author_association, merged_at: null, merge_commit_sha: null, auto_merge: null },
    draft: false,
    diff_url: `${String(html_url)}.diff`,
    patch_url: `${String(html_url)}.patch`,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    statuses_url: statuses,
    labels: labelShapes(world, repository, pull.labels),
    head,
    base: side(world, repository, pull.pull.base),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
  };
}

/** `pull-request`: one pull request read by itself. */
export function fullPullShape(call: Pick<RepositoryCall, 'world' | 'repository'>, pull: Pull): Shape {
  const changed = changedPaths(call, pull);
  return {
    ...pullShape(call, pull),
    ...{ merged: false, mergeable: pull.state === 'open', mergeable_state: 'clean', merged_by: null, maintainer_can_modify: false },
    ...{ comments: commentsOf(call.repository, pull.number).length, review_comments: 0, commits: 1 },
    ...{ additions: changed.length, deletions: 0, changed_files: changed.length },
  };
}

/** `pull-request-minimal`, as check runs list it. */
export function minimalPullShape(world: World, repository: Repository, pull: Pull): Shape {
  const repo = { id: repository.id, url: repositoryUrl(world, repository), name: repository.name };
  const end = (ref: string, from: Repository) => ({ ref, sha: from.branches.get(ref) ?? '0'.repeat(40), repo });
  return {
    id: pull.id,
    number: pull.number,
    url: `${repositoryUrl(world, repository)}/pulls/${pull.number}`,
    head: end(pull.pull.head, headRepositoryOf(world, repository, pull)),
    base: end(pull.pull.base, repository),
  };
}

/** Paths whose content differs between head and base, sorted. */
export function changedPaths({ world, repository }: Pick<RepositoryCall, 'world' | 'repository'>, pull: Pull): readonly string[] {
  const head = headCommitOf(world, repository, pull)?.files ?? new Map();
  const base = findCommit(repository, repository.branches.get(pull.pull.base) ?? '')?.files ?? new Map();
  return [...new Set([...head.keys(), ...base.keys()])].filter((path) => head.get(path)?.sha !== base.get(path)?.sha).toSorted();
}

function side(world: World, repository: Repository, branch: string) {
  return {
    label: `${repository.owner.login}:${branch}`,
    ref: branch,
    sha: repository.branches.get(branch) ?? '0'.repeat(40),
    user: accountShape(world, repository.owner),
    repo: repositoryShape(world, repository),
  };
}
