import type { Octokit } from '@octokit/rest';
import type { GitHubPort, IssueReference } from '../activities/ports.ts';
import { withMarker } from '../domain/hidden-marker.ts';
import { isRecord, numberAt, recordAt, textAt } from '../domain/json.ts';
import type { IssueRevision } from '../domain/issue-revision.ts';
import { parseInstant } from '../domain/local-time.ts';
import type { Instant } from '../domain/time.ts';
import { UnreadableAnswer } from './github-failure.ts';
import type { RepositoryName } from './github-session.ts';

/** Carried by every issue we open; the list is asked for it, because search lags behind. */
const reportLabel = 'slackwater';

/** What is asked of {@link GitHubPort.ensureIssue}. */
type IssueRequest = Parameters<GitHubPort['ensureIssue']>[0];
/** What an issue is made to say. */
type WantedIssue = Pick<IssueRequest, 'marker' | 'title' | 'body' | 'labels' | 'state'>;

/** Whether a login is our own. */
export type IsOurs = (login: string) => boolean;

const PAGE_SIZE = 100;
/** Newest issues looked through for a marker when no number is known: a run's issue is among the newest. */
const PAGES_MAX = 10;

interface FoundIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
  readonly url: string;
  readonly login: string;
  readonly kind: 'issue' | 'pull-request';
  readonly updatedAt: Instant | null;
}

/**
 * Finds our issue by number or marker, or opens it, and makes title, body and state as asked.
 *
 * An issue somebody else opened never counts, whatever it says. Of two that were opened at once the lower number stays and
 * the other is closed, by whoever looks. Throws what Octokit throws.
 */
export async function ensureIssue(github: Octokit, name: RepositoryName, request: IssueRequest, isOurs: IsOurs): Promise<IssueReference> {
  const found = await findIssues(github, name, request, isOurs);
  const issue = found.length > 0 ? await keepLowest(github, name, found) : await openIssue(github, name, request, isOurs);
  await adjust(github, name, issue, request);
  return { repository: request.repository, number: issue.number, url: issue.url };
}

/** Reads our issue and makes of it what `revise` says; see {@link GitHubPort.reviseIssue}. Throws what Octokit throws. */
export async function reviseIssue(github: Octokit, name: RepositoryName, request: IssueRevision, isOurs: IsOurs): Promise<IssueReference | null> {
  const { repository, marker, label, whenMissing } = request;
  const labels = label === null ? [] : [label];
  const found = await findIssues(github, name, request, isOurs, labels);
  const first = found.length === 0 ? null : await keepLowest(github, name, found);
  const wanted = first === null && whenMissing === 'leave' ? null : request.revise(first);
  const issue = first ?? (wanted === null ? null : await openIssue(github, name, { ...wanted, marker, labels }, isOurs));
  if (issue === null) return null;
  if (wanted !== null && first !== null) await adjust(github, name, issue, { ...wanted, marker, labels });
  return { repository, number: issue.number, url: issue.url };
}

async function findIssues(
  github: Octokit,
  name: RepositoryName,
  { knownNumber, marker }: Pick<IssueRequest, 'knownNumber' | 'marker'>,
  isOurs: IsOurs,
  labels: readonly string[] = [],
): Promise<readonly FoundIssue[]> {
  const known = knownNumber === null ? null : await readKnown(github, name, knownNumber);
  const isKnown = known !== null && known.kind === 'issue' && isOurs(known.login);
  return isKnown ? [known] : findMarked(github, name, marker, isOurs, labels);
}

async function readKnown(github: Octokit, name: RepositoryName, issueNumber: number): Promise<FoundIssue | null> {
  try {
    const { data } = await github.rest.issues.get({ ...name, issue_number: issueNumber });
    return readIssue(data);
  } catch (thrown) {
    // A deleted or moved issue is looked for again by its marker.
    if (isStatus(thrown, 404) || isStatus(thrown, 410)) return null;
    throw thrown;
  }
}

async function findMarked(github: Octokit, name: RepositoryName, marker: string, isOurs: IsOurs, labels: readonly string[]): Promise<readonly FoundIssue[]> {
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { data } = await github.rest.issues.listForRepo({
      ...name,
      labels: [reportLabel, ...labels].join(','),
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: PAGE_SIZE,
      page,
    });
    const issues = readList(data).map(readIssue);
    const marked = issues.filter((issue) => issue.kind === 'issue' && isOurs(issue.login) && issue.body.includes(marker));
    if (marked.length > 0 || issues.length < PAGE_SIZE) return marked;
  }
  return [];
}

async function openIssue(github: Octokit, name: RepositoryName, request: WantedIssue, isOurs: IsOurs): Promise<FoundIssue> {
  const labels = [...new Set([reportLabel, ...request.labels])];
  const body = withMarker(request.body, request.marker);
  const { data } = await github.rest.issues.create({ ...name, title: request.title, body, labels });
  const opened = readIssue(data);
  refuseForeignLogin(opened.login, isOurs);
  // Somebody may have opened the same at the same moment: both look again, and both keep the lower number.
  const marked = await findMarked(github, name, request.marker, isOurs, []);
  const others = marked.filter(({ number }) => number !== opened.number);
  return keepLowest(github, name, [opened, ...others]);
}

async function keepLowest(github: Octokit, name: RepositoryName, issues: readonly FoundIssue[]): Promise<FoundIssue> {
  const lowest = issues.reduce((one, other) => (other.number < one.number ? other : one));
  for (const issue of issues) {
    if (issue === lowest) continue;
    const body = `This report is kept in #${lowest.number}: it was opened twice at the same moment.`;
    await github.rest.issues.update({ ...name, issue_number: issue.number, state: 'closed', state_reason: 'not_planned', body });
  }
  return lowest;
}

async function adjust(github: Octokit, name: RepositoryName, issue: FoundIssue, request: WantedIssue): Promise<void> {
  const body = withMarker(request.body, request.marker);
  const changes = {
    ...(issue.title === request.title ? {} : { title: request.title }),
    ...(isSameText(issue.body, body) ? {} : { body }),
    ...(issue.state === request.state ? {} : { state: request.state }),
  };
  if (Object.keys(changes).length === 0) return;
  await github.rest.issues.update({ ...name, issue_number: issue.number, ...changes });
}

/** Whether two bodies read the same; GitHub may give line ends and the end of a text back differently. */
function isSameText(one: string, other: string): boolean {
  const normal = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();
  return normal(one) === normal(other);
}

function readIssue(data: unknown): FoundIssue {
  const issue = isRecord(data) ? data : {};
  const number = numberAt(issue, 'number');
  const state = textAt(issue, 'state');
  const url = textAt(issue, 'html_url');
  if (number === null || url === null || (state !== 'open' && state !== 'closed')) {
    throw new UnreadableAnswer('GitHub answered an issue without number, html_url or state.');
  }
  const kind = issue['pull_request'] === undefined ? 'issue' : 'pull-request';
  const login = textAt(recordAt(issue, 'user'), 'login') ?? '';
  const updatedAt = parseInstant(textAt(issue, 'updated_at') ?? '');
  return { number, state, url, kind, login, updatedAt, title: textAt(issue, 'title') ?? '', body: textAt(issue, 'body') ?? '' };
}

/** A list, or an {@link UnreadableAnswer}: taking something else for "none" would open a second issue. */
export function readList(data: unknown): readonly unknown[] {
  if (Array.isArray(data)) return data;
  throw new UnreadableAnswer('GitHub answered something else where a list was asked for.');
}

/** Fails when what we wrote does not carry our login: it would never be found again, and be written again and again. */
export function refuseForeignLogin(login: string, isOurs: IsOurs): void {
  if (isOurs(login)) return;
  throw new UnreadableAnswer(`GitHub says we write as ${login}: set GITHUB_APP_LOGIN to that login.`);
}

/** Whether an error is an answer of this status. */
export function isStatus(thrown: unknown, status: number): boolean {
  return thrown instanceof Error && 'status' in thrown && thrown.status === status;
}
