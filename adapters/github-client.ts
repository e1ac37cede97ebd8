import type { Octokit } from '@octokit/rest';
import type { GitHubPort, RepositoryPermission } from '../activities/ports.ts';
import { withMarker } from '../domain/hidden-marker.ts';
import { isRecord, numberAt, recordAt, textAt } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import { readHeldComment } from './github-comment.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { ensureIssue, isStatus, readList, refuseForeignLogin, reviseIssue } from './github-issue.ts';
import type { IsOurs } from './github-issue.ts';
import { createGitHubSession } from './github-session.ts';
import type { GitHubSession, GitHubSessionOptions, RepositoryName } from './github-session.ts';

/** What {@link createGitHubPort} needs. */
export interface GitHubPortOptions extends GitHubSessionOptions {
  /** The login our own issues and comments carry, for example `slackwater[bot]`; case does not matter. */
  readonly appLogin: string;
  /** A session to share with others; made from the other options when absent. */
  readonly session?: GitHubSession;
}

type CommentRequest = Parameters<GitHubPort['ensureComment']>[0];

const PAGE_SIZE = 100;
/** GitHub's own roles and the legacy permission each shows beside itself. */
const roles: Readonly<Record<string, { readonly role: RepositoryPermission; readonly permission: string }>> = {
  none: { role: 'none', permission: 'none' },
  read: { role: 'read', permission: 'read' },
  triage: { role: 'triage', permission: 'read' },
  write: { role: 'write', permission: 'write' },
  maintain: { role: 'maintain', permission: 'write' },
  admin: { role: 'admin', permission: 'admin' },
};

/**
 * GitHub over `@octokit/rest`. Every effect asks first and may be repeated; nothing sleeps, retries or throws.
 *
 * Failures by class: see `classifyGitHubError`.
 */
export function createGitHubPort(options: GitHubPortOptions): GitHubPort {
  const session = options.session ?? createGitHubSession(options);
  const ownLogin = options.appLogin.toLowerCase();
  const isOurs: IsOurs = (login) => login.toLowerCase() === ownLogin;
  return {
    ensureIssue: (request) => session.use(request.repository, (github, name) => ensureIssue(github, name, request, isOurs)),
    reviseIssue: (request) => session.use(request.repository, (github, name) => reviseIssue(github, name, request, isOurs)),
    ensureComment: (request) => session.use(request.repository, (github, name) => ensureComment(github, name, request, isOurs)),
    keepComment: (request) => session.use(request.repository, (github, name) => keepComment(github, name, request, isOurs)),
    react: ({ repository, commentId, content }) =>
      session.use(repository, async (github, name) => {
        // GitHub keeps one reaction of a kind per person: the second time answers 200 instead of 201.
        await github.rest.reactions.createForIssueComment({ ...name, comment_id: commentId, content });
        return null;
      }),
    readComment: ({ repository, commentId }) => session.use(repository, (github, name) => readHeldComment(github, name, commentId)),
    hasComment: ({ repository, issueNumber, marker, since }) =>
      session.use(repository, async (github, name) => (await findComment(github, name, { issueNumber, marker }, isOurs, since)) !== null),
    isTeamMember: ({ repository, team, login }) => session.use(repository, (github) => readMembership(github, team, login)),
    permissionOf: (repository, login) => session.use(repository, (github, name) => readPermission(github, name, login)),
  };
}

async function ensureComment(github: Octokit, name: RepositoryName, request: CommentRequest, isOurs: IsOurs) {
  const known = await findComment(github, name, request, isOurs);
  if (known !== null) return { id: known, created: false };
  const body = withMarker(request.body, request.marker);
  const { data } = await github.rest.issues.createComment({ ...name, issue_number: request.issueNumber, body });
  const { id, login } = readComment(data);
  refuseForeignLogin(login, isOurs);
  return { id, created: true };
}

async function keepComment(github: Octokit, name: RepositoryName, request: CommentRequest, isOurs: IsOurs) {
  const { id, created } = await ensureComment(github, name, request, isOurs);
  if (!created) await github.rest.issues.updateComment({ ...name, comment_id: id, body: withMarker(request.body, request.marker) });
  return { id };
}

/** Id of our first comment with the marker; one somebody else typed does not count. `since` leaves out what is older. */
async function findComment(
  github: Octokit,
  name: RepositoryName,
  request: Pick<CommentRequest, 'issueNumber' | 'marker'>,
  isOurs: IsOurs,
  since: Instant | null = null,
): Promise<number | null> {
  for (let page = 1; ; page += 1) {
    const { data } = await github.rest.issues.listComments({
      ...name,
      issue_number: request.issueNumber,
      ...(since === null ? {} : { since: new Date(since).toISOString() }),
      per_page: PAGE_SIZE,
      page,
    });
    const comments = readList(data).map(readComment);
    const found = comments.find(({ login, body }) => isOurs(login) && body.includes(request.marker));
    if (found !== undefined) return found.id;
    if (comments.length < PAGE_SIZE) return null;
  }
}

function readComment(data: unknown): { readonly id: number; readonly login: string; readonly body: string } {
  const comment = isRecord(data) ? data : {};
  const id = numberAt(comment, 'id');
  if (id === null) throw new UnreadableAnswer('GitHub answered a comment without id.');
  return { id, login: textAt(recordAt(comment, 'user'), 'login') ?? '', body: textAt(comment, 'body') ?? '' };
}

/** An invitation that nobody took up yet is `pending` and no membership. */
async function readMembership(github: Octokit, team: string, login: string): Promise<boolean> {
  const [org = '', slug = ''] = team.split('/');
  try {
    const { data } = await github.rest.teams.getMembershipForUserInOrg({ org, team_slug: slug, username: login });
    return textAt(data, 'state') === 'active';
  } catch (thrown) {
    if (isStatus(thrown, 404)) return false;
    throw thrown;
  }
}

/**
 * `role_name` where it is one of GitHub's own roles and agrees with `permission`, for only it tells `maintain` and
 * `triage`; a custom role counts as the legacy `permission` beside it.
 * @see GitHub REST, "Get repository permissions for a user".
 */
async function readPermission(github: Octokit, name: RepositoryName, login: string): Promise<RepositoryPermission> {
  const data = await fetchPermission(github, name, login);
  if (data === null) return 'none';
  const record = isRecord(data) ? data : {};
  const legacy = textAt(record, 'permission') ?? '';
  const byPermission = roles[legacy];
  if (byPermission === undefined) throw new UnreadableAnswer(`GitHub named no permission we know for ${login}.`);
  const byRole = roles[textAt(record, 'role_name') ?? ''];
  return byRole?.permission === legacy ? byRole.role : byPermission.role;
}

async function fetchPermission(github: Octokit, name: RepositoryName, login: string): Promise<unknown> {
  try {
    const { data } = await github.rest.repos.getCollaboratorPermissionLevel({ ...name, username: login });
    return data;
  } catch (thrown) {
    if (isStatus(thrown, 404)) return null;
    throw thrown;
  }
}
