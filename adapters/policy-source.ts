import type { Octokit } from '@octokit/rest';
import type { PolicySource } from '../activities/ports.ts';
import { isRecord, numberAt, textAt } from '../domain/json.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import { judgePolicySet, withoutRivals } from '../domain/policy-set.ts';
import type { Fault } from '../domain/result.ts';
import { classifyGitHubError, UnreadableAnswer } from './github-failure.ts';
import { isStatus } from './github-issue.ts';
import { createGitHubSession } from './github-session.ts';
import type { GitHubSession, GitHubSessionOptions, RepositoryName } from './github-session.ts';

/** Where policies live, and how to get there. */
interface PolicySourceOptions extends GitHubSessionOptions {
  /** `owner/name`. */
  readonly repository: string;
  /** A folder, whose `*.yaml` and `*.yml` are read, or one file. Without slashes around; `''` is the root. */
  readonly path: string;
  /** A session to share with others; made from the other options when absent. */
  readonly session?: GitHubSession;
}

interface PolicyEntry {
  readonly path: string;
  /** Git's id of the content: the same content is never fetched or parsed twice. */
  readonly sha: string;
}

interface ParsedFile {
  readonly policies: readonly MaintenancePolicy[];
  readonly faults: readonly Fault[];
  /** What a file with faults says; empty for any other. */
  readonly faultyText: string;
}

interface Memory {
  listing: { readonly etag: string; readonly entries: readonly PolicyEntry[] } | null;
  /** `<path>@<sha>` → what it says. Holds only what the last listing named. */
  files: Map<string, ParsedFile>;
}

/** GitHub cuts the list of a folder here without saying so. */
const FOLDER_ENTRIES_MAX = 1_000;
/** Files fetched at once. GitHub asks for few concurrent requests. */
const FETCHES_AT_ONCE = 8;

/**
 * Reads the policies on the default branch: only what was reviewed and merged counts.
 *
 * The folder is asked for with its ETag, so that an unchanged one costs one request that does not count against the rate
 * limit. Faults carry `file:line:column`. Codes beside those of a policy: `policy-file-not-read`, `policy-file-too-large`,
 * `policy-folder-too-large`, `cluster-in-faulty-file`, and those of `judgePolicySet`.
 * @see GitHub REST, "Get repository content" and "Use conditional requests".
 */
export function createPolicySource(options: PolicySourceOptions): PolicySource {
  const session = options.session ?? createGitHubSession(options);
  const memory: Memory = { listing: null, files: new Map() };
  return {
    readPolicies: () =>
      session.use(options.repository, async (github, name) => {
        const entries = await listEntries(github, name, options.path, memory);
        const wanted = entries.filter(({ path }) => /\.ya?ml$/i.test(path));
        const files = await readFiles(github, name, wanted, memory);
        const cut = entries.length >= FOLDER_ENTRIES_MAX ? [folderTooLarge(options.path)] : [];
        const { policies, faults } = judgeTogether(files);
        return { policies, faults: [...cut, ...faults] };
      }),
  };
}

async function listEntries(github: Octokit, name: RepositoryName, path: string, memory: Memory): Promise<readonly PolicyEntry[]> {
  const { listing } = memory;
  try {
    const headers = listing === null ? {} : { 'if-none-match': listing.etag };
    const answer = await github.rest.repos.getContent({ ...name, path, headers });
    const entries = readEntries(answer.data);
    memory.listing = answer.headers.etag === undefined ? null : { etag: answer.headers.etag, entries };
    return entries;
  } catch (thrown) {
    if (listing !== null && isStatus(thrown, 304)) return listing.entries;
    throw thrown;
  }
}

function readEntries(data: unknown): readonly PolicyEntry[] {
  const listed: readonly unknown[] = Array.isArray(data) ? data : [data];
  return listed.flatMap((entry) => {
    const record = isRecord(entry) ? entry : {};
    const [type, path, sha] = ['type', 'path', 'sha'].map((key) => textAt(record, key));
    if (typeof path !== 'string' || typeof sha !== 'string') throw new UnreadableAnswer('GitHub listed an entry without path or sha.');
    return type === 'file' ? [{ path, sha }] : [];
  });
}

async function readFiles(github: Octokit, name: RepositoryName, entries: readonly PolicyEntry[], memory: Memory) {
  const read: ParsedFile[] = [];
  const kept = new Map<string, ParsedFile>();
  for (let start = 0; start < entries.length; start += FETCHES_AT_ONCE) {
    const some = entries.slice(start, start + FETCHES_AT_ONCE);
    const files = await Promise.all(some.map((entry) => readFile(github, name, entry, memory)));
    for (const { key, file, isFinal } of files) {
      read.push(file);
      if (isFinal) kept.set(key, file);
    }
  }
  memory.files = kept;
  return read;
}

async function readFile(github: Octokit, name: RepositoryName, entry: PolicyEntry, memory: Memory) {
  const key = `${entry.path}@${entry.sha}`;
  const known = memory.files.get(key);
  if (known !== undefined) return { key, file: known, isFinal: true };
  try {
    const { data } = await github.rest.repos.getContent({ ...name, path: entry.path });
    const { sha, file } = await parseFile(entry.path, data);
    return { key: `${entry.path}@${sha}`, file, isFinal: true };
  } catch (thrown) {
    // One file that cannot be fetched must not hide the others; it is asked for again next time.
    const { message, remedy } = classifyGitHubError(thrown, '');
    const fault: Fault = { code: 'policy-file-not-read', where: entry.path, message, remedy };
    return { key, file: { policies: [], faults: [fault], faultyText: '' }, isFinal: false };
  }
}

async function parseFile(path: string, data: unknown): Promise<{ readonly sha: string; readonly file: ParsedFile }> {
  const record = isRecord(data) ? data : {};
  const [sha, content, encoding] = ['sha', 'content', 'encoding'].map((key) => textAt(record, key));
  if (typeof sha !== 'string' || typeof content !== 'string') throw new UnreadableAnswer(`GitHub answered ${path} without content.`);
  if (encoding !== 'base64') {
    const size = numberAt(record, 'size') ?? 0;
    const message = `The file has ${size} bytes; GitHub gives the content of files up to 1 MB.`;
    const fault: Fault = { code: 'policy-file-too-large', where: path, message, remedy: 'Split it: one policy a file.' };
    return { sha, file: { policies: [], faults: [fault], faultyText: '' } };
  }
  const text = Buffer.from(content, 'base64').toString('utf8');
  const { readPolicies } = await import('./document-readers.ts');
  const parsed = readPolicies(text, path);
  if (parsed.ok) return { sha, file: { policies: parsed.value.map((policy) => ({ ...policy, version: sha })), faults: [], faultyText: '' } };
  const faults = parsed.faults.map(({ code, where, message, remedy, line, column }) => ({
    code,
    where: `${path}:${line}:${column}`,
    message: message.includes(where) ? message : `${where}: ${message}`,
    remedy,
  }));
  return { sha, file: { policies: [], faults, faultyText: text } };
}

function folderTooLarge(path: string): Fault {
  return {
    code: 'policy-folder-too-large',
    where: path,
    message: `The folder has ${FOLDER_ENTRIES_MAX} entries or more; GitHub does not list the rest, so policies may be missing.`,
    remedy: 'Split the folder.',
  };
}

/** What the files say together: of policies that share a cluster, with each other or with a faulty file, none counts. */
function judgeTogether(files: readonly ParsedFile[]): { readonly policies: readonly MaintenancePolicy[]; readonly faults: readonly Fault[] } {
  const policies = files.flatMap((file) => file.policies);
  const faults = files.flatMap((file) => file.faults);
  const clashes = judgePolicySet(policies).map(({ code, source, message, remedy }): Fault => ({ code, where: source, message, remedy }));
  const doubtful = policies.filter(({ clusterResourceId }) => files.some(({ faultyText }) => namesCluster(faultyText, clusterResourceId)));
  const doubts = doubtful.map(({ name, source }): Fault => ({
    code: 'cluster-in-faulty-file',
    where: source,
    message: `A file with faults names the cluster of ${name} too, so which of them counts is unknown: no window opens.`,
    remedy: 'Mend or remove that file, and keep one policy for each cluster.',
  }));
  return { policies: withoutRivals(policies).filter((policy) => !doubtful.includes(policy)), faults: [...faults, ...clashes, ...doubts] };
}

/** Whether a text holds this resource id as a whole, in whatever case. */
function namesCluster(text: string, clusterResourceId: string): boolean {
  const [, ...after] = text.toLowerCase().split(clusterResourceId.toLowerCase());
  return after.some((rest) => !/^[\w-]/.test(rest));
}
