import { isRecord } from '../domain/json.ts';
import { emitIssue } from './github-changes.ts';
import { cutPage, field, hasRole, notFound, notSupplied, pageOf, problem, refuseLongBody, refuseUngranted, reply, textField, validationFailed, wholeNumber } from './github-call.ts';
import type { Call, RepositoryCall, Route } from './github-call.ts';
import { ensureLabels } from './github-labels.ts';
import { associationOf, issueShape } from './github-shapes.ts';
import { kubernetesTime as toTimestamp } from './timestamp.ts';
import { nextId, roleOf } from './github-world.ts';
import type { Issue, Repository } from './github-world.ts';
import type { WireResponse } from './wire.ts';

/** Issues: list, create, read, change. */
export const issueRoutes: readonly Route<RepositoryCall>[] = [
  { method: 'GET', pattern: '/issues', answer: listIssues },
  { method: 'POST', pattern: '/issues', answer: createIssue },
  { method: 'GET', pattern: '/issues/{number}', answer: readIssue },
  { method: 'PATCH', pattern: '/issues/{number}', answer: changeIssue },
];

/** Issue search over every repository the actor may read. */
export const searchRoutes: readonly Route<Call>[] = [{ method: 'GET', pattern: '/search/issues', answer: searchIssues }];

/** The issue (or pull request) the path names; null when there is none. */
export function issueOf(call: RepositoryCall): Issue | null {
  return call.repository.issues.get(wholeNumber(call.parameters['number']) ?? 0) ?? null;
}

/** Adds an issue or pull request under the next number. */
export function addIssue(call: RepositoryCall, made: Pick<Issue, 'title' | 'body' | 'pull' | 'labels'>): Issue {
  const { now, repository, account, world } = call;
  const issue: Issue = {
    ...made,
    id: nextId(world),
    number: repository.issues.size + 1,
    author: account,
    createdAt: now,
    updatedAt: now,
    state: 'open',
    stateReason: null,
    closedAt: null,
    reactions: [],
  };
  repository.issues.set(issue.number, issue);
  return issue;
}

function listIssues(call: RepositoryCall): WireResponse {
  const { query } = call.request;
  const state = query['state'] ?? 'open';
  if (!['open', 'closed', 'all'].includes(state)) return validationFailed([{ resource: 'Issue', field: 'state', code: 'invalid' }]);
  const labels = (query['labels'] ?? '').split(',').map((label) => label.trim().toLowerCase()).filter((label) => label !== '');
  const creator = query['creator']?.toLowerCase();
  const since = query['since'] ?? '';
  const found = [...call.repository.issues.values()].filter((issue) => {
    const carried = issue.labels.map((label) => label.toLowerCase());
    return (
      (state === 'all' || issue.state === state) &&
      labels.every((label) => carried.includes(label)) &&
      (creator === undefined || issue.author.login.toLowerCase() === creator) &&
      toTimestamp(issue.updatedAt) >= since
    );
  });
  const sorted = sortIssues(found, query['sort'] ?? 'created', query['direction'] ?? 'desc');
  return pageOf(call, sorted, (issue) => issueShape(call.world, call.repository, issue));
}

function sortIssues(issues: readonly Issue[], sort: string, direction: string): readonly Issue[] {
  const key = (issue: Issue): number => (sort === 'updated' ? issue.updatedAt : issue.createdAt);
  const sign = direction === 'asc' ? 1 : -1;
  return issues.toSorted((one, other) => sign * (key(one) - key(other) || one.number - other.number));
}

function createIssue(call: RepositoryCall): WireResponse {
  const refused = refuseUngranted(call, 'issues');
  if (refused !== null) return refused;
  const title = textField(call, 'title');
  if (title === null) return notSupplied('title');
  const body = textField(call, 'body');
  const faulty = refuseTitle(title) ?? refuseLongBody('Issue', body);
  if (faulty !== null) return faulty;
  // GitHub drops labels silently when the author may not push.
  const labels = hasRole(call, 'triage') ? ensureLabels(call, labelNames(field(call, 'labels'))) : [];
  const issue = addIssue(call, { title, body, pull: null, labels });
  emitIssue(call, issue, 'opened');
  return reply(201, issueShape(call.world, call.repository, issue));
}

function readIssue(call: RepositoryCall): WireResponse {
  const issue = issueOf(call);
  return issue === null ? notFound() : reply(200, issueShape(call.world, call.repository, issue));
}

function changeIssue(call: RepositoryCall): WireResponse {
  const issue = issueOf(call);
  if (issue === null) return notFound();
  const refused = refuseUngranted(call, 'issues');
  if (refused !== null) return refused;
  if (issue.author !== call.account && !hasRole(call, 'triage')) return problem(403, 'Must have admin rights to Repository.');
  const state = field(call, 'state');
  if (state !== undefined && state !== 'open' && state !== 'closed') {
    return validationFailed([{ resource: 'Issue', field: 'state', code: 'invalid' }]);
  }
  const title = textField(call, 'title') ?? issue.title;
  const body = field(call, 'body') === undefined ? issue.body : textField(call, 'body');
  const faulty = refuseTitle(title) ?? refuseLongBody('Issue', body);
  if (faulty !== null) return faulty;
  if (field(call, 'labels') !== undefined && hasRole(call, 'triage')) {
    setLabels(call, issue, ensureLabels(call, labelNames(field(call, 'labels'))));
  }
  changeTexts(call, issue, { title, body });
  if (state !== undefined) changeState(call, issue, state);
  return reply(200, issueShape(call.world, call.repository, issue));
}

function refuseTitle(title: string): WireResponse | null {
  if (title.trim() === '') return validationFailed([{ resource: 'Issue', field: 'title', code: 'missing_field' }]);
  if (title.length <= 256) return null;
  const message = 'title is too long (maximum is 256 characters)';
  return validationFailed([{ resource: 'Issue', field: 'title', code: 'custom', message }]);
}

/** Writes title and body when they differ, and says so with what they were. */
export function changeTexts(call: RepositoryCall, issue: Issue, texts: Pick<Issue, 'title' | 'body'>): void {
  const changes = {
    ...(texts.title === issue.title ? {} : { title: { from: issue.title } }),
    ...(texts.body === issue.body ? {} : { body: { from: issue.body ?? '' } }),
  };
  if (Object.keys(changes).length === 0) return;
  issue.title = texts.title;
  issue.body = texts.body;
  issue.updatedAt = call.now;
  emitIssue(call, issue, 'edited', { changes });
}

/** Opens or closes when it is not so already, and says so. */
export function changeState(call: RepositoryCall, issue: Issue, state: Issue['state']): void {
  if (state === issue.state) return;
  issue.state = state;
  issue.closedAt = state === 'closed' ? call.now : null;
  issue.stateReason = state === 'closed' ? (textField(call, 'state_reason') ?? 'completed') : 'reopened';
  issue.updatedAt = call.now;
  emitIssue(call, issue, state === 'closed' ? 'closed' : 'reopened');
}

/** Replaces the labels of an issue and says which came and went. */
export function setLabels(call: RepositoryCall, issue: Issue, labels: readonly string[]): void {
  const before = issue.labels;
  issue.labels = labels;
  const label = (name: string) => ({ label: call.repository.labels.get(name.toLowerCase()) });
  for (const name of before.filter((name) => !labels.includes(name))) emitIssue(call, issue, 'unlabeled', label(name));
  for (const name of labels.filter((name) => !before.includes(name))) emitIssue(call, issue, 'labeled', label(name));
  if (before.join() !== labels.join()) issue.updatedAt = call.now;
}

/** Label names of a request: texts, or objects with a `name`. */
export function labelNames(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const name = isRecord(entry) ? entry['name'] : entry;
    return typeof name === 'string' && name !== '' ? [name] : [];
  });
}

/** Understands `repo:`, `is:issue`, `is:pr`, `is:open|closed`, `state:`, `label:`, `author:` and words in title or body. */
function searchIssues(call: Call): WireResponse {
  const terms = (call.request.query['q'] ?? '').match(/[a-z-]+:"[^"]*"|"[^"]*"|\S+/gi) ?? [];
  if (terms.length === 0) return validationFailed([{ resource: 'Search', field: 'q', code: 'missing' }]);
  const found = [...call.world.repositories.values()]
    .filter((repository) => call.actor.endsWith('[bot]') || roleOf(repository, call.actor) !== null)
    .flatMap((repository) => [...repository.issues.values()].map((issue) => ({ repository, issue })))
    .filter(({ repository, issue }) => terms.every((term) => meets(term, repository, issue)));
  const { shown, headers } = cutPage(call, found.toReversed());
  const items = shown.map(({ repository, issue }) => ({
    ...issueShape(call.world, repository, issue),
    author_association: associationOf(repository, issue.author),
    score: 1,
  }));
  return reply(200, { total_count: found.length, incomplete_results: false, search_type: 'lexical', items }, headers);
}

function meets(term: string, repository: Repository, issue: Issue): boolean {
  const [, key = '', rest = term] = /^([a-z-]+):(.*)$/i.exec(term) ?? [];
  const value = rest.replaceAll('"', '').toLowerCase();
  switch (key.toLowerCase()) {
    case 'repo':
      return repository.fullName.toLowerCase() === value;
    case 'is':
    case 'type':
    case 'state':
      if (value === 'issue') return issue.pull === null;
      if (value === 'pr' || value === 'pull-request') return issue.pull !== null;
      return issue.state === value;
    case 'label':
      return issue.labels.some((label) => label.toLowerCase() === value);
    case 'author':
      return issue.author.login.toLowerCase() === value.replace(/^app\/(.*)$/, '$1[bot]');
    case 'in':
      return true;
    default:
      return `${issue.title}\n${issue.body ?? ''}`.toLowerCase().includes(value);
  }
}
