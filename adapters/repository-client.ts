import type { Octokit } from '@octokit/rest';
import type { PullRequestChanges, RepositoryPort, RepositoryTree } from '../activities/ports.ts';
import type { Outcome } from '../domain/failure.ts';
import { isRecord, numberAt, recordAt, recordsAt, textAt, timeAt } from '../domain/json.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { isStatus, readList } from './github-issue.ts';
import { closePullRequest, ensurePullRequest, listPullRequests } from './github-pull-request.ts';
import { createGitHubSession } from './github-session.ts';
import type { GitHubSession, GitHubSessionOptions, RepositoryName } from './github-session.ts';

/** What {@link createRepositoryPort} needs. */
interface RepositoryPortOptions extends GitHubSessionOptions {
  /** The login our pull requests carry, for example `slackwater[bot]`; case does not matter. */
  readonly appLogin: string;
  /** A session to share with others; made from the other options when absent. */
  readonly session?: GitHubSession;
}

const PAGE_SIZE = 100;
/** GitHub lists at most 3000 files of a pull request. */
const FILE_PAGES_MAX = 30;

/**
 * Files and pull requests over `@octokit/rest`. Every effect asks first and may be repeated; nothing sleeps or throws.
 *
 * Needs the App's permissions contents and pull requests, both to write. Failures by class: see `classifyGitHubError`.
 */
export function createRepositoryPort(options: RepositoryPortOptions): RepositoryPort {
  const session = options.session ?? createGitHubSession(options);
  const ownLogin = options.appLogin.toLowerCase();
  const isOurs = (login: string): boolean => login.toLowerCase() === ownLogin;
  const within = <T>(repository: string, work: (github: Octokit, name: RepositoryName) => Promise<Outcome<T>>): Promise<Outcome<T>> =>
    session.use(repository, work).then((outcome) => (outcome.ok ? outcome.value : outcome));
  return {
    readTree: (repository) => session.use(repository, readTree),
    readFile: ({ repository, commit, path }) => within(repository, (github, name) => readFile(github, name, { commit, path })),
    ensurePullRequest: (wanted) => within(wanted.repository, (github, name) => ensurePullRequest(github, name, wanted, isOurs)),
    listPullRequests: ({ repository, branchPrefix }) => session.use(repository, (github, name) => listPullRequests(github, name, branchPrefix, isOurs)),
    closePullRequest: ({ repository, number }) => session.use(repository, (github, name) => closePullRequest(github, name, number)),
    readPullRequest: ({ repository, number }) => session.use(repository, (github, name) => readPullRequest(github, name, number)),
  };
}

async function readTree(github: Octokit, name: RepositoryName): Promise<RepositoryTree> {
  const { data: repository } = await github.rest.repos.get({ ...name });
  const branch = textAt(repository, 'default_branch');
  if (branch === null) throw new UnreadableAnswer('GitHub answered a repository without default branch.');
  const { data: reference } = await github.rest.git.getRef({ ...name, ref: `heads/${branch}` });
  const commit = textAt(recordAt(reference, 'object'), 'sha');
  if (commit === null) throw new UnreadableAnswer(`GitHub answered the branch ${branch} without commit.`);
  const { data: tree } = await github.rest.git.getTree({ ...name, tree_sha: commit, recursive: 'true' });
  const files = recordsAt(tree, 'tree').flatMap((entry): RepositoryTree['files'] => {
    const [path, mode] = [textAt(entry, 'path'), textAt(entry, 'mode')];
    return path !== null && (mode === '100644' || mode === '100755') ? [{ path, mode, sizeBytes: numberAt(entry, 'size') ?? 0 }] : [];
  });
  return { branch, commit, files, isComplete: isRecord(tree) && tree['truncated'] !== true };
}

async function readFile(github: Octokit, name: RepositoryName, { commit, path }: { readonly commit: string; readonly path: string }): Promise<Outcome<Uint8Array | null>> {
  const data = await fetchContent(github, name, { commit, path });
  if (data === null || !isRecord(data) || data['type'] !== 'file') return { ok: true, value: null };
  const [content, encoding] = [textAt(data, 'content'), textAt(data, 'encoding')];
  if (content === null) throw new UnreadableAnswer(`GitHub answered ${path} without content.`);
  if (encoding === 'base64') return { ok: true, value: new Uint8Array(Buffer.from(content, 'base64')) };
  const message = `${path} has ${numberAt(data, 'size') ?? 'too many'} bytes; GitHub gives the content of files up to 1 MB.`;
  return { ok: false, failure: { code: 'file-too-large', class: 'terminal', message, remedy: 'Keep what is pinned in a smaller file.', retryAfterSeconds: null } };
}

async function fetchContent(github: Octokit, name: RepositoryName, { commit, path }: { readonly commit: string; readonly path: string }): Promise<unknown> {
  try {
    const { data } = await github.rest.repos.getContent({ ...name, path, ref: commit });
    return data;
  } catch (thrown) {
    if (isStatus(thrown, 404)) return null;
    throw thrown;
  }
}

async function readPullRequest(github: Octokit, name: RepositoryName, pullNumber: number): Promise<PullRequestChanges | null> {
  const pull = await fetchPullRequest(github, name, pullNumber);
  if (pull === null) return null;
  const [baseBranch, baseSha, headSha, state] = [textAt(recordAt(pull, 'base'), 'ref'), textAt(recordAt(pull, 'base'), 'sha'), textAt(recordAt(pull, 'head'), 'sha'), textAt(pull, 'state')];
  if (baseBranch === null || baseSha === null || headSha === null || (state !== 'open' && state !== 'closed')) throw new UnreadableAnswer('GitHub answered a pull request without base, head or state.');
  const { data: compared } = await github.rest.repos.compareCommitsWithBasehead({ ...name, basehead: `${baseSha}...${headSha}`, per_page: 1 });
  const mergeBase = textAt(recordAt(compared, 'merge_base_commit'), 'sha');
  if (mergeBase === null) throw new UnreadableAnswer('GitHub compared two commits without naming their merge base.');
  const paths: string[] = [];
  for (let page = 1; page <= FILE_PAGES_MAX; page += 1) {
    const { data } = await github.rest.pulls.listFiles({ ...name, pull_number: pullNumber, per_page: PAGE_SIZE, page });
    const listed = readList(data).flatMap((file) => textAt(file, 'filename') ?? []);
    paths.push(...listed);
    if (listed.length < PAGE_SIZE) break;
  }
  const [home, headRepository] = [textAt(recordAt(pull, 'base', 'repo'), 'full_name'), textAt(recordAt(pull, 'head', 'repo'), 'full_name')];
  const headLies = home !== null && headRepository?.toLowerCase() === home.toLowerCase() ? 'here' : 'elsewhere';
  // Without its name no branch is the default one.
  const defaultBranch = textAt(recordAt(pull, 'base', 'repo'), 'default_branch') ?? '';
  return { author: textAt(recordAt(pull, 'user'), 'login') ?? 'ghost', headLies, defaultBranch, state, baseBranch, headSha, updatedAt: timeAt(pull, 'updated_at') ?? 0, mergeBase, paths };
}

async function fetchPullRequest(github: Octokit, name: RepositoryName, pullNumber: number): Promise<unknown> {
  try {
    const { data } = await github.rest.pulls.get({ ...name, pull_number: pullNumber });
    return data;
  } catch (thrown) {
    if (isStatus(thrown, 404)) return null;
    throw thrown;
  }
}
