import { createHash } from 'node:crypto';
import type { Octokit } from '@octokit/rest';
import type { OwnPullRequest, WantedPullRequest } from '../activities/ports.ts';
import type { Outcome } from '../domain/failure.ts';
import { withMarker } from '../domain/hidden-marker.ts';
import { isRecord, numberAt, recordAt, recordsAt, textAt } from '../domain/json.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { isStatus, readList, refuseForeignLogin } from './github-issue.ts';
import type { IsOurs } from './github-issue.ts';
import type { RepositoryName } from './github-session.ts';

const PAGE_SIZE = 100;
const PAGES_MAX = 5;
/** How often a race may be lost before it is given up for now. */
const TRIES_MAX = 4;

interface FoundPullRequest extends OwnPullRequest {
  readonly title: string;
  readonly body: string;
  readonly login: string;
}

/**
 * Makes the branch and its pull request as wanted; see `RepositoryPort.ensurePullRequest`. Throws what Octokit throws.
 *
 * The branch is written before the pull request is opened, and each step asks what is there: whoever comes second, or comes
 * again after a crash, finds the same.
 */
export async function ensurePullRequest(github: Octokit, name: RepositoryName, wanted: WantedPullRequest, isOurs: IsOurs): Promise<Outcome<OwnPullRequest>> {
  let lost = '';
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const found = await findPullRequest(github, name, wanted, isOurs);
    if (found !== null && found.state !== 'open') return { ok: true, value: viewOf(found) };
    const written = await writeBranch(github, name, wanted);
    if (written !== 'written') lost = written.lost;
    else if (found !== null) return { ok: true, value: await adjust(github, name, found, wanted) };
    else {
      const opened = await openPullRequest(github, name, wanted, isOurs);
      if (!('lost' in opened)) return { ok: true, value: opened };
      lost = opened.lost;
    }
  }
  const message = `Others wrote ${wanted.branch} of ${wanted.repository} at the same time, ${TRIES_MAX} times over: ${lost}`;
  return { ok: false, failure: { code: 'pull-request-contended', class: 'conflict', message, remedy: 'It is tried again later.', retryAfterSeconds: null } };
}

/** Our open pull requests whose branch begins with `branchPrefix`, newest first. */
export async function listPullRequests(github: Octokit, name: RepositoryName, branchPrefix: string, isOurs: IsOurs): Promise<readonly OwnPullRequest[]> {
  const own: OwnPullRequest[] = [];
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { data } = await github.rest.pulls.list({ ...name, state: 'open', sort: 'created', direction: 'desc', per_page: PAGE_SIZE, page });
    const listed = readList(data).map(readPullRequest);
    own.push(...listed.filter(({ login, branch }) => isOurs(login) && branch.startsWith(branchPrefix)).map(viewOf));
    if (listed.length < PAGE_SIZE) break;
  }
  return own;
}

/** Closes a pull request; one that is closed stays so. */
export async function closePullRequest(github: Octokit, name: RepositoryName, pullNumber: number): Promise<null> {
  await github.rest.pulls.update({ ...name, pull_number: pullNumber, state: 'closed' });
  return null;
}

/** The pull request of the branch that is ours and carries the marker; an open one before any other. */
async function findPullRequest(github: Octokit, name: RepositoryName, { branch, marker }: WantedPullRequest, isOurs: IsOurs): Promise<FoundPullRequest | null> {
  const { data } = await github.rest.pulls.list({ ...name, state: 'all', head: `${name.owner}:${branch}`, per_page: PAGE_SIZE });
  const ours = readList(data).map(readPullRequest).filter((pull) => isOurs(pull.login) && pull.branch === branch && pull.body.includes(marker));
  return ours.find(({ state }) => state === 'open') ?? ours[0] ?? null;
}

/** Makes the branch hold the files; `lost`: somebody wrote it at the same moment, so everything is to be read again. */
async function writeBranch(github: Octokit, name: RepositoryName, wanted: WantedPullRequest): Promise<'written' | { readonly lost: string }> {
  const present = await readBranch(github, name, wanted.branch);
  if (present !== null) {
    if (wanted.files.every(({ path, bytes }) => present.files.get(path) === blobIdOf(bytes))) return 'written';
    // What somebody else wrote to the branch is theirs; the pull request stays with it.
    if (present.message.trimEnd() !== wanted.message.trimEnd()) return 'written';
  }
  const blobs = [];
  for (const { path, bytes } of wanted.files) {
    const { data } = await github.rest.git.createBlob({ ...name, content: Buffer.from(bytes).toString('base64'), encoding: 'base64' });
    blobs.push({ path, mode: modeOf(wanted, path), type: 'blob' as const, sha: data.sha });
  }
  const base = await github.rest.git.getCommit({ ...name, commit_sha: wanted.base.commit });
  const tree = await github.rest.git.createTree({ ...name, base_tree: base.data.tree.sha, tree: blobs });
  const commit = await github.rest.git.createCommit({ ...name, message: wanted.message, tree: tree.data.sha, parents: [wanted.base.commit] });
  try {
    if (present === null) await github.rest.git.createRef({ ...name, ref: `refs/heads/${wanted.branch}`, sha: commit.data.sha });
    else await github.rest.git.updateRef({ ...name, ref: `heads/${wanted.branch}`, sha: commit.data.sha, force: true });
    return 'written';
  } catch (thrown) {
    return lostTo(thrown);
  }
}

/** The id git gives a file of these bytes. */
function blobIdOf(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function modeOf({ base }: WantedPullRequest, path: string): '100644' | '100755' {
  return base.files.find((file) => file.path === path)?.mode ?? '100644';
}

/** 409: somebody wrote at the same moment; 422: it is there already, or gone again. */
function lostTo(thrown: unknown): { readonly lost: string } {
  if (isStatus(thrown, 409) || isStatus(thrown, 422)) return { lost: thrown instanceof Error ? thrown.message.slice(0, 200) : '' };
  throw thrown;
}

interface BranchState {
  readonly message: string;
  /** Path → git's id of the content. */
  readonly files: ReadonlyMap<string, string>;
}

async function readBranch(github: Octokit, name: RepositoryName, branch: string): Promise<BranchState | null> {
  try {
    const reference = await github.rest.git.getRef({ ...name, ref: `heads/${branch}` });
    const commit = await github.rest.git.getCommit({ ...name, commit_sha: reference.data.object.sha });
    const tree = await github.rest.git.getTree({ ...name, tree_sha: commit.data.tree.sha, recursive: 'true' });
    const files = recordsAt(tree.data, 'tree').map((entry) => [textAt(entry, 'path') ?? '', textAt(entry, 'sha') ?? ''] as const);
    return { message: commit.data.message, files: new Map(files) };
  } catch (thrown) {
    if (isStatus(thrown, 404)) return null;
    throw thrown;
  }
}

async function openPullRequest(github: Octokit, name: RepositoryName, wanted: WantedPullRequest, isOurs: IsOurs): Promise<OwnPullRequest | { readonly lost: string }> {
  const { title, branch: head, base, marker } = wanted;
  try {
    const { data } = await github.rest.pulls.create({ ...name, title, head, base: base.branch, body: withMarker(wanted.body, marker), maintainer_can_modify: true });
    const opened = readPullRequest(data);
    refuseForeignLogin(opened.login, isOurs);
    return viewOf(opened);
  } catch (thrown) {
    return lostTo(thrown);
  }
}

async function adjust(github: Octokit, name: RepositoryName, found: FoundPullRequest, wanted: WantedPullRequest): Promise<OwnPullRequest> {
  const body = withMarker(wanted.body, wanted.marker);
  const normal = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();
  const isSame = found.title === wanted.title && normal(found.body) === normal(body);
  if (!isSame) await github.rest.pulls.update({ ...name, pull_number: found.number, title: wanted.title, body });
  return viewOf(found);
}

function viewOf({ number, url, branch, state }: FoundPullRequest): OwnPullRequest {
  return { number, url, branch, state };
}

function readPullRequest(data: unknown): FoundPullRequest {
  const pull = isRecord(data) ? data : {};
  const [number, url, state, branch] = [numberAt(pull, 'number'), textAt(pull, 'html_url'), textAt(pull, 'state'), textAt(recordAt(pull, 'head'), 'ref')];
  if (number === null || url === null || branch === null) throw new UnreadableAnswer('GitHub answered a pull request without number, html_url or head.');
  const isMerged = typeof pull['merged_at'] === 'string';
  return {
    number,
    url,
    branch,
    state: state === 'open' ? 'open' : isMerged ? 'merged' : 'closed',
    title: textAt(pull, 'title') ?? '',
    body: textAt(pull, 'body') ?? '',
    login: textAt(recordAt(pull, 'user'), 'login') ?? '',
  };
}
