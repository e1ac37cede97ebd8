import { field, hasRole, notFound, notSupplied, pageOf, problem, refuseLongBody, refuseUngranted, reply, textField, validationFailed } from './github-call.ts';
import type { RepositoryCall, Route } from './github-call.ts';
import { addIssue, changeState, changeTexts, issueOf } from './github-issues.ts';
import { emitPull, shareCommits } from './github-pull-events.ts';
import { changedPaths, fullPullShape, headCommitOf, headRepositoryOf, isPull, pullShape } from './github-pull-shapes.ts';
import type { Pull } from './github-pull-shapes.ts';
import { repositoryUrl } from './github-shapes.ts';
import { findCommit } from './github-world.ts';
import type { PullBranches, Repository } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Pull requests between branches of one repository, or from a fork: list, create, read, change, files. Merging is not simulated. */
export const pullRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: '/pulls', answer: listPulls },
  { method: 'POST', pattern: '/pulls', answer: createPull },
  { method: 'GET', pattern: '/pulls/{number}', answer: readPull },
  { method: 'PATCH', pattern: '/pulls/{number}', answer: changePull },
  { method: 'GET', pattern: '/pulls/{number}/files', answer: listFiles },
];

function pullOf(call: RepositoryCall): Pull | null {
  const issue = issueOf(call);
  return issue !== null && isPull(issue) ? issue : null;
}

function listPulls(call: RepositoryCall): WireResponse {
  const { state = 'open', head, base } = call.request.query;
  const found = [...call.repository.issues.values()].filter(isPull).filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (head === undefined || head === `${headRepositoryOf(call.world, call.repository, pull).owner.login}:${pull.pull.head}`) &&
      (base === undefined || base === pull.pull.base),
  );
  const sorted = call.request.query['direction'] === 'asc' ? found : found.toReversed();
  return pageOf(call, sorted, (pull) => pullShape(call, pull));
}

function createPull(call: RepositoryCall): WireResponse {
  const refused = refuseUngranted(call, 'pull_requests');
  if (refused !== null) return refused;
  const [title, head, base, body] = ['title', 'head', 'base', 'body'].map((name) => textField(call, name));
  if (head === null || head === undefined) return notSupplied('head');
  if (base === null || base === undefined) return notSupplied('base');
  if (title === null || title === undefined) return notSupplied('title');
  const pull = branchesOf(call, head, base);
  const from = pull.headRepository === null ? call.repository : call.world.repositories.get(pull.headRepository.toLowerCase());
  if (from === undefined || !hasRole({ ...call, repository: from }, 'write')) return problem(403, 'Must have admin rights to Repository.');
  const faulty = refuseBranches(call, pull, from) ?? refuseLongBody('PullRequest', body ?? null);
  if (faulty !== null) return faulty;
  shareCommits(from, call.repository);
  const issue = addIssue(call, { title, body: body ?? null, pull, labels: [] });
  if (!isPull(issue)) return notFound();
  emitPull(call, issue, 'opened');
  return reply(201, fullPullShape(call, issue));
}

/** `branch`, or `owner:branch` of this repository or of a fork of it. */
function branchesOf({ world, repository }: RepositoryCall, head: string, base: string): PullBranches {
  const [, owner = repository.owner.login, branch = head] = /^([^:]+):(.+)$/.exec(head) ?? [];
  const fork = [...world.repositories.values()].find((each) => each.owner.login === owner && each.setup.forkOf === repository.fullName);
  return { head: branch, base, headRepository: fork?.fullName ?? null };
}

function refuseBranches(call: RepositoryCall, { head, base, headRepository }: PullBranches, headIn: Repository): WireResponse | null {
  const { repository } = call;
  const [from, to] = [headIn.branches.get(head), repository.branches.get(base)];
  if (from === undefined) return validationFailed([{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
  if (to === undefined) return validationFailed([{ resource: 'PullRequest', field: 'base', code: 'invalid' }]);
  const custom = (message: string): WireResponse => validationFailed([{ resource: 'PullRequest', field: 'head', code: 'custom', message }]);
  if (from === to) return custom(`No commits between ${base} and ${head}`);
  const isOpen = [...repository.issues.values()].some(
    ({ pull, state }) => pull !== null && state === 'open' && pull.head === head && pull.base === base && pull.headRepository === headRepository,
  );
  return isOpen ? custom(`A pull request already exists for ${headIn.owner.login}:${head}.`) : null;
}

function readPull(call: RepositoryCall): WireResponse {
  const pull = pullOf(call);
  return pull === null ? notFound() : reply(200, fullPullShape(call, pull));
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
  const wasState = pull.state;
  pull.pull.base = textField(call, 'base') ?? pull.pull.base;
  const title = textField(call, 'title') ?? pull.title;
  const changes = { ...(title === pull.title ? {} : { title: { from: pull.title } }), ...(body === pull.body ? {} : { body: { from: pull.body ?? '' } }) };
  changeTexts(call, pull, { title, body });
  if (Object.keys(changes).length > 0) emitPull(call, pull, 'edited', { changes });
  changeState(call, pull, state);
  if (wasState !== state) emitPull(call, pull, state === 'open' ? 'reopened' : 'closed');
  return reply(200, fullPullShape(call, pull));
}

/** `diff-entry` of each file that would change. The patch is left out, as GitHub leaves out that of a large file. */
function listFiles(call: RepositoryCall): WireResponse {
  const pull = pullOf(call);
  if (pull === null) return notFound();
  const { world, repository } = call;
  const head = headCommitOf(world, repository, pull);
  const base = findCommit(repository, repository.branches.get(pull.pull.base) ?? '');
  return pageOf(call, changedPaths(call, pull), (filename) => {
    const [now, before] = [head?.files.get(filename), base?.files.get(filename)];
    const encoded = filename.split('/').map(encodeURIComponent).join('/');
    const page = `${world.setup.webUrl}/${repository.fullName}`;
    return {
      sha: (now ?? before)?.sha ?? null,
      filename,
      status: before === undefined ? 'added' : now === undefined ? 'removed' : 'modified',
      ...{ additions: now === undefined ? 0 : 1, deletions: before === undefined ? 0 : 1, changes: now === undefined || before === undefined ? 1 : 2 },
      blob_url: `${page}/blob/${head?.sha ?? ''}/${encoded}`,
      raw_url: `${page}/raw/${head?.sha ?? ''}/${encoded}`,
      contents_url: `${repositoryUrl(world, repository)}/contents/${encoded}?ref=${head?.sha ?? ''}`,
    };
  });
}
