import type { Octokit } from '@octokit/rest';
import type { StatePort } from '../activities/ports.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { isRecord, numberAt, textAt } from '../domain/json.ts';
import type { Fault } from '../domain/result.ts';
import { emptyState, parseStateFile, renderStateFile } from '../domain/state-file.ts';
import type { StateFile } from '../domain/state-file.ts';
import { stateFileName } from '../domain/window-identity.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { isStatus } from './github-issue.ts';
import { createGitHubSession } from './github-session.ts';
import type { GitHubSession, GitHubSessionOptions, RepositoryName } from './github-session.ts';
import { changeDocument, ensureBranch, fetchContent, FILE_BYTES_MAX, readDocument, STATE_BRANCH, TRIES_MAX, writeFile } from './state-branch-files.ts';

/** What {@link createStatePort} needs. */
interface StatePortOptions extends GitHubSessionOptions {
  /** The policies' repository, `owner/name`. */
  readonly repository: string;
  /** A session to share with others; made from the other options when absent. */
  readonly session?: GitHubSession;
}

const FOLDER = 'clusters';
/** GitHub cuts the list of a folder here without saying so. */
const FOLDER_ENTRIES_MAX = 1_000;

/** A file as it was read; `sha` null: there is none. */
interface HeldFile {
  readonly sha: string | null;
  readonly text: string;
  readonly state: StateFile;
}

/**
 * The memory of clusters as files on the branch `slackwater-state`, through GitHub's contents API.
 *
 * The branch is made when it is absent, with no history in common with the policies: it then holds no copy of them that
 * could be taken for the real ones, and no workflow that a push would start. Failures of class `terminal`: `state-too-new`,
 * `state-unreadable`, `state-too-large`, and GitHub's; `state-contended` (conflict) when every race was lost.
 */
export function createStatePort(options: StatePortOptions): StatePort {
  const session = options.session ?? createGitHubSession(options);
  const within = <T>(work: (github: Octokit, name: RepositoryName) => Promise<Outcome<T>>): Promise<Outcome<T>> =>
    session.use(options.repository, work).then((outcome) => (outcome.ok ? outcome.value : outcome));
  const memory: Memory = { listing: null, files: new Map() };
  return {
    readState: (clusterResourceId) =>
      within(async (github, name) => {
        const held = await readFile(github, name, clusterResourceId);
        return held.ok ? { ok: true, value: held.value.state } : held;
      }),
    readStates: (clusterResourceIds) => within((github, name) => readFiles(github, name, clusterResourceIds, memory)),
    changeDocument: (path, change, why) => within((github, name) => changeDocument(github, name, { path, change, why })),
    readDocument: (path) => within((github, name) => readDocument(github, name, path)),
    changeState: (clusterResourceId, change, why) => within((github, name) => changeFile(github, name, { clusterResourceId, change, why })),
  };
}

/** What was read before, so that nothing is fetched twice. Holds only what was last asked for. */
interface Memory {
  listing: { readonly etag: string; readonly shas: ReadonlyMap<string, string> } | null;
  /** `<path>@<sha>` → what it says. */
  files: Map<string, Outcome<StateFile>>;
}

type StateFiles = ReadonlyMap<string, Outcome<StateFile>>;

/** Files fetched at once. GitHub asks for few concurrent requests. */
const FETCHES_AT_ONCE = 8;

async function readFiles(github: Octokit, name: RepositoryName, clusterResourceIds: readonly string[], memory: Memory): Promise<Outcome<StateFiles>> {
  const shas = await listFiles(github, name, memory);
  const there = clusterResourceIds.flatMap((id) => {
    const sha = shas.get(pathOf(id));
    return sha === undefined ? [] : [{ id, key: `${pathOf(id)}@${sha}` }];
  });
  const found = new Map<string, Outcome<StateFile>>();
  const kept = new Map<string, Outcome<StateFile>>();
  for (let start = 0; start < there.length; start += FETCHES_AT_ONCE) {
    const some = there.slice(start, start + FETCHES_AT_ONCE);
    const read = await Promise.all(some.map(async ({ id, key }) => ({ id, key, state: memory.files.get(key) ?? stateOf(await readFile(github, name, id)) })));
    for (const { id, key, state } of read) {
      found.set(id, state);
      if (state.ok) kept.set(key, state);
    }
  }
  memory.files = kept;
  return { ok: true, value: found };
}

function stateOf(held: Outcome<HeldFile>): Outcome<StateFile> {
  return held.ok ? { ok: true, value: held.value.state } : held;
}

/** Path → Git's id of the content. A folder of more than 1 000 files is cut by GitHub, so it is refused. */
async function listFiles(github: Octokit, name: RepositoryName, memory: Memory): Promise<ReadonlyMap<string, string>> {
  const { listing } = memory;
  try {
    const headers = listing === null ? {} : { 'if-none-match': listing.etag };
    const answer = await github.rest.repos.getContent({ ...name, path: FOLDER, ref: STATE_BRANCH, headers });
    const entries: readonly unknown[] = Array.isArray(answer.data) ? answer.data : [];
    if (entries.length >= FOLDER_ENTRIES_MAX) throw new UnreadableAnswer(`${FOLDER} has ${FOLDER_ENTRIES_MAX} files or more; GitHub does not list the rest.`);
    const shas = new Map(entries.flatMap((entry) => (isRecord(entry) ? [[textAt(entry, 'path') ?? '', textAt(entry, 'sha') ?? ''] as const] : [])));
    memory.listing = answer.headers.etag === undefined ? null : { etag: answer.headers.etag, shas };
    return shas;
  } catch (thrown) {
    if (listing !== null && isStatus(thrown, 304)) return listing.shas;
    if (!isStatus(thrown, 404)) throw thrown;
    await github.rest.repos.get({ ...name });
    return new Map();
  }
}

interface Change {
  readonly clusterResourceId: string;
  readonly change: (state: StateFile) => StateFile;
  readonly why: string;
}

async function changeFile(github: Octokit, name: RepositoryName, { clusterResourceId, change, why }: Change): Promise<Outcome<StateFile>> {
  let lost = '';
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const held = await readFile(github, name, clusterResourceId);
    if (!held.ok) return held;
    const state = change(held.value.state);
    const text = renderStateFile(state);
    if (text === (held.value.sha === null ? renderStateFile(held.value.state) : held.value.text)) return { ok: true, value: state };
    const refused = refuseToWrite(clusterResourceId, text);
    if (refused !== null) return { ok: false, failure: refused };
    if (held.value.sha === null) await ensureBranch(github, name);
    const outcome = await writeFile(github, name, { path: pathOf(clusterResourceId), text, sha: held.value.sha, why });
    if (outcome === 'written') return { ok: true, value: state };
    lost = outcome.lost;
  }
  return { ok: false, failure: failureOf('state-contended', 'conflict', `Others wrote ${pathOf(clusterResourceId)} at the same time, ${TRIES_MAX} times over: ${lost}`, 'It is tried again later.') };
}

function pathOf(clusterResourceId: string): string {
  return `${FOLDER}/${stateFileName(clusterResourceId)}`;
}

async function readFile(github: Octokit, name: RepositoryName, clusterResourceId: string): Promise<Outcome<HeldFile>> {
  const path = pathOf(clusterResourceId);
  const data = await fetchContent(github, name, path);
  if (data === null) return { ok: true, value: { sha: null, text: '', state: emptyState(clusterResourceId) } };
  const [sha, content, encoding] = ['sha', 'content', 'encoding'].map((key) => textAt(data, key));
  if (typeof sha !== 'string' || typeof content !== 'string') throw new UnreadableAnswer(`GitHub answered ${path} without content.`);
  if (encoding !== 'base64') {
    const message = `${path} has ${numberAt(data, 'size') ?? 'too many'} bytes; GitHub gives the content of files up to 1 MB.`;
    return { ok: false, failure: failureOf('state-too-large', 'terminal', message, 'Remove settled debts and old runs from it on the state branch.') };
  }
  const text = Buffer.from(content, 'base64').toString('utf8');
  const parsed = parseStateFile(text);
  if (!parsed.ok) return { ok: false, failure: failureOfFaults(path, parsed.faults) };
  return { ok: true, value: { sha, text, state: parsed.value } };
}

/** What this version could not read again it does not write. */
function refuseToWrite(clusterResourceId: string, text: string): Failure | null {
  const path = pathOf(clusterResourceId);
  const byteCount = Buffer.byteLength(text, 'utf8');
  if (byteCount > FILE_BYTES_MAX) {
    return failureOf('state-too-large', 'terminal', `${path} would have ${byteCount} bytes, and GitHub gives back at most 1 MB.`, 'Settle debts, or remove old runs from it on the state branch.');
  }
  const parsed = parseStateFile(text);
  return parsed.ok ? null : failureOfFaults(path, parsed.faults);
}

function failureOfFaults(path: string, faults: readonly Fault[]): Failure {
  const first = faults.find(({ code }) => code === 'state-too-new') ?? faults[0];
  const told = faults.slice(0, 3).map(({ message }) => message).join(' ');
  return failureOf(first?.code === 'state-too-new' ? 'state-too-new' : 'state-unreadable', 'terminal', `${path}: ${told}`, first?.remedy ?? '');
}

function failureOf(code: string, failureClass: Failure['class'], message: string, remedy: string): Failure {
  return { code, class: failureClass, message, remedy, retryAfterSeconds: null };
}
