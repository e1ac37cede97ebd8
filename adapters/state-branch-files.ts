import type { Octokit } from '@octokit/rest';
import type { Outcome } from '../domain/failure.ts';
import { isRecord, textAt } from '../domain/json.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { isStatus } from './github-issue.ts';
import type { RepositoryName } from './github-session.ts';

/** Branch of the policy repository that holds the memory of every cluster. */
export const STATE_BRANCH = 'slackwater-state';
/** How often a race may be lost before it is given up for now. */
export const TRIES_MAX = 5;
/** Above it GitHub would not give the content back. Unit: bytes. @see GitHub REST, "Get repository content". */
export const FILE_BYTES_MAX = 1_000_000;

const readme = `# Slackwater's memory

One file a cluster: debts, past runs, node images seen, what people ordered (freeze, postpone, approve, ack-loss).
Slackwater writes it through the API; its history is the branch's. Read it freely. To change it by hand, commit here; a file that
cannot be read any more opens no window, because it may hold a freeze.
`;

/** The file's entry; null when the branch or the file is not there yet, which a repository out of sight is not. */
export async function fetchContent(github: Octokit, name: RepositoryName, path: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const { data } = await github.rest.repos.getContent({ ...name, path, ref: STATE_BRANCH });
    if (isRecord(data)) return data;
    throw new UnreadableAnswer(`GitHub answered ${path} as something else than a file.`);
  } catch (thrown) {
    if (!isStatus(thrown, 404)) throw thrown;
    await github.rest.repos.get({ ...name });
    return null;
  }
}

interface Write {
  readonly path: string;
  readonly text: string;
  readonly sha: string | null;
  readonly why: string;
}

/** Writes the file over exactly what was read. 409: it moved, or somebody wrote the branch at the same moment; 422: it was made meanwhile. */
export async function writeFile(github: Octokit, name: RepositoryName, { path, text, sha, why }: Write): Promise<'written' | { readonly lost: string }> {
  const content = Buffer.from(text, 'utf8').toString('base64');
  try {
    await github.rest.repos.createOrUpdateFileContents({ ...name, path, branch: STATE_BRANCH, message: why, content, ...(sha === null ? {} : { sha }) });
    return 'written';
  } catch (thrown) {
    if (isStatus(thrown, 409) || isStatus(thrown, 422)) return { lost: thrown instanceof Error ? thrown.message.slice(0, 200) : '' };
    throw thrown;
  }
}

/** Makes the branch when it is absent; somebody who makes it at the same moment is welcome. */
export async function ensureBranch(github: Octokit, name: RepositoryName): Promise<void> {
  try {
    await github.rest.git.getRef({ ...name, ref: `heads/${STATE_BRANCH}` });
    return;
  } catch (thrown) {
    if (!isStatus(thrown, 404)) throw thrown;
  }
  const tree = await github.rest.git.createTree({ ...name, tree: [{ path: 'README.md', mode: '100644', type: 'blob', content: readme }] });
  const commit = await github.rest.git.createCommit({ ...name, message: "Begin Slackwater's memory", tree: tree.data.sha, parents: [] });
  try {
    await github.rest.git.createRef({ ...name, ref: `refs/heads/${STATE_BRANCH}`, sha: commit.data.sha });
  } catch (thrown) {
    if (!isStatus(thrown, 422)) throw thrown;
  }
}

/** A text that is to stand on the branch. */
interface DocumentChange {
  readonly path: string;
  readonly change: (present: string | null) => string;
  readonly why: string;
}

/** A text of the branch; null where there is none. */
export async function readDocument(github: Octokit, name: RepositoryName, path: string): Promise<Outcome<string | null>> {
  const data = await fetchContent(github, name, path);
  if (data === null) return { ok: true, value: null };
  return data['encoding'] === 'base64' ? { ok: true, value: textOf(data) } : refuseDocument(path);
}

function textOf(data: Readonly<Record<string, unknown>>): string {
  return Buffer.from(textAt(data, 'content') ?? '', 'base64').toString('utf8');
}

function refuseDocument(path: string): Outcome<never> {
  return refuse('state-document-unreadable', 'terminal', `${path} on ${STATE_BRANCH} is no file of at most 1 MB.`, 'Remove it there; it is written anew.');
}

/** Makes a text of the branch say what `change` makes of it; the same text writes nothing. */
export async function changeDocument(github: Octokit, name: RepositoryName, { path, change, why }: DocumentChange): Promise<Outcome<'written' | 'unchanged'>> {
  let lost = '';
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const data = await fetchContent(github, name, path);
    const sha = data === null ? null : textAt(data, 'sha');
    if (data !== null && (sha === null || data['encoding'] !== 'base64')) return refuseDocument(path);
    const present = data === null ? null : textOf(data);
    const text = change(present);
    if (text === present) return { ok: true, value: 'unchanged' };
    if (Buffer.byteLength(text, 'utf8') > FILE_BYTES_MAX) return refuse('state-document-too-large', 'terminal', `${path} would be larger than 1 MB, which GitHub would not give back.`, 'Let fewer policies share the path.');
    if (sha === null) await ensureBranch(github, name);
    const outcome = await writeFile(github, name, { path, text, sha, why });
    if (outcome === 'written') return { ok: true, value: 'written' };
    lost = outcome.lost;
  }
  return refuse('state-contended', 'conflict', `Others wrote ${path} at the same time, ${TRIES_MAX} times over: ${lost}`, 'It is tried again later.');
}

function refuse(code: string, failureClass: 'terminal' | 'conflict', message: string, remedy: string): Outcome<never> {
  return { ok: false, failure: { code, class: failureClass, message, remedy, retryAfterSeconds: null } };
}
