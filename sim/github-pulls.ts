import { field, hasRole, notFound, notSupplied, pageOf, problem, refuseLongBody, refuseUngranted, reply, textField, validationFailed } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { addIssue, changeState, changeTexts, issueOf } from './github-issues.ts';
import { accountShape, commentsOf, issueShape, labelShapes, repositoryShape, repositoryUrl } from './github-shapes.ts';
import type { Shape } from './github-shapes.ts';
import { findCommit } from './github-world.ts';
import type { Issue, PullBranches } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Pull requests between branches of one repository: list, create, read, change. Merging is not simulated. */
export const pullRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: '/pulls', answer: listPulls },
  { method: 'POST', pattern: '/pulls', answer: createPull },
  { method: 'GET', pattern: '/pulls/{number}', answer: readPull },
  { method: 'PATCH', pattern: '/pulls/{number}', answer: changePull },
];

type Pull = Issue & { readonly pull: PullBranches };

function isPull(issue: Issue): issue is Pull {
  return issue.pull !== null;
}

function pullOf(call: RepositoryCall): Pull | null {
  const issue = issueOf(call);
  return issue !== null && isPull(issue) ? issue : null;
}

function listPulls(call: RepositoryCall): WireResponse {
  const { state = 'open', head, base } = call.request.query;
  const found = [...call.repository.issues.values()].filter(isPull).filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (head === undefined || head === `${call.repository.owner.login}:${pull.pull.head}`) &&
      (base === undefined || base === pull.pull.base),
  );
  const sorted = call.request.query['direction'] === 'asc' ? found : found.toReversed();
  return pageOf(call, sorted, (pull) => pullShape(call, pull));
}

function createPull(call: RepositoryCall): WireResponse {
  const refused = refuseUngranted(call, 'pull_requests');
  if (refused !== null) return refused;
  if (!hasRole(call, 'write')) return problem(403, 'Must have admin rights to Repository.');
  const [title, head, base, body] = ['title', 'head', 'base', 'body'].map((name) => textField(call, name));
  if (head === null || head === undefined) return notSupplied('head');
  if (base === null || base === undefined) return notSupplied('base');
  if (title === null || title === undefined) return notSupplied('title');
  const branch = head.replace(`${call.repository.owner.login}:`, '');
  const faulty = refuseBranches(call, branch, base) ?? refuseLongBody('PullRequest', body ?? null);
  if (faulty !== null) return faulty;
  const pull = { head: branch, base };
  const issue = addIssue(call, { title, body: body ?? null, pull, labels: [] });
  return reply(201, fullShape(call, { ...issue, pull }));
}

function refuseBranches(call: RepositoryCall, head: string, base: string): WireResponse | null {
  const { repository } = call;
  const [from, to] = [repository.branches.get(head), repository.branches.get(base)];
  if (from === undefined) return validationFailed([{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
  if (to === undefined) return validationFailed([{ resource: 'PullRequest', field: 'base', code: 'invalid' }]);
  const custom = (message: string): WireResponse => validationFailed([{ resource: 'PullRequest', field: 'head', code: 'custom', message }]);
  if (from === to) return custom(`No commits between ${base} and ${head}`);
  const isOpen = [...repository.issues.values()].some(
    ({ pull, state }) => pull !== null && state === 'open' && pull.head === head && pull.base === base,
  );
  return isOpen ? custom(`A pull request already exists for ${repository.owner.login}:${head}.`) : null;
}

function readPull(call: RepositoryCall): WireResponse {
  const pull = pullOf(call);
  return pull === null ? notFound() : reply(200, fullShape(call, pull));
}

function changePull(call: RepositoryCall): WireResponse {
  const pull = pullOf(call);
  const refused = refuseUngranted(call, 'pull_requests');
  if (refused !== null) return refused;
  if (pull === null) return notFound();
  if (pull.author !== call.account && !hasRole(call, 'write')) return problem(403, 'Must have admin rights to Repository.');
  const state = field(call, 'state') ?? pull.state;
  if (state !== 'open' && state !== 'closed') return validationFailed([{ resource: 'PullRequest', field: 'state', code: 'invalid' }]);
  const body = textField(call, 'body') ?? pull.body;
  const tooLong = refuseLongBody('PullRequest', body);
  if (tooLong !== null) return tooLong;
  pull.pull.base = textField(call, 'base') ?? pull.pull.base;
  changeTexts(call, pull, { title: textField(call, 'title') ?? pull.title, body });
  changeState(call, pull, state);
  return reply(200, fullShape(call, pull));
}

/** `pull-request-simple`. */
function pullShape(call: RepositoryCall, pull: Pull): Shape {
  const { world, repository } = call;
  const { id, node_id, number, state, locked, title, user, body, milestone, assignee, ...issue } = issueShape(world, repository, pull);
  const { html_url, comments_url, created_at, updated_at, closed_at, author_association, url: issue_url } = issue;
  const url = `${repositoryUrl(world, repository)}/pulls/${pull.number}`;
  const head = side(call, pull.pull.head);
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
    base: side(call, pull.pull.base),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
  };
}

/** `pull-request`: one pull request read by itself. */
function fullShape(call: RepositoryCall, pull: Pull): Shape {
  const changed = changedPaths(call, pull);
  return {
    ...pullShape(call, pull),
    ...{ merged: false, mergeable: pull.state === 'open', mergeable_state: 'clean', merged_by: null, maintainer_can_modify: false },
    ...{ comments: commentsOf(call.repository, pull.number).length, review_comments: 0, commits: 1 },
    ...{ additions: changed.length, deletions: 0, changed_files: changed.length },
  };
}

function changedPaths(call: RepositoryCall, pull: Pull): readonly string[] {
  const head = findCommit(call.repository, pull.pull.head)?.files ?? new Map();
  const base = findCommit(call.repository, pull.pull.base)?.files ?? new Map();
  return [...new Set([...head.keys(), ...base.keys()])].filter((path) => head.get(path)?.sha !== base.get(path)?.sha);
}

function side(call: RepositoryCall, branch: string) {
  const { world, repository } = call;
  return {
    label: `${repository.owner.login}:${branch}`,
    ref: branch,
    sha: repository.branches.get(branch) ?? '0'.repeat(40),
    user: accountShape(world, repository.owner),
    repo: repositoryShape(world, repository),
  };
}
