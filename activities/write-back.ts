import type { Outcome } from '../domain/failure.ts';
import { withMarker } from '../domain/hidden-marker.ts';
import type { WriteBackPlace } from '../domain/maintenance-policy.ts';
import { languageOf } from '../domain/code-line.ts';
import { runningAt } from '../domain/running-version.ts';
import type { ClusterLook } from '../domain/running-version.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import type { WindowStatus } from '../domain/window-status.ts';
import { renderWriteBack, writeBackBranchPrefix } from '../domain/write-back-markdown.ts';
import { isMeant, markerNamesOf, planFile } from '../domain/write-back.ts';
import type { KeptPin, PinnedCluster, WriteBack } from '../domain/write-back.ts';
import type { ActivityContract, WrittenBack } from './contract.ts';
import type { OwnPullRequest, Ports, RepositoryTree } from './ports.ts';

/** The ports that writing back needs. */
type WriteBackPorts = Omit<Ports, 'windows'>;

/** Files read of one repository; more would not fit the time of an activity. */
const FILES_MAX = 300;
/** A larger file is not given by GitHub. Unit: bytes. */
const FILE_BYTES_MAX = 1_000_000;
/** Files fetched at once. GitHub asks for few concurrent requests. */
const FETCHES_AT_ONCE = 8;

/**
 * Opens, in each repository whose code pins versions of the run's cluster, the one pull request that raises those pins to what now
 * runs; older ones of the same cluster are closed, because this one holds all they held.
 *
 * May be repeated: the pull request is found again by its branch and marker. Where nothing is to be raised, nothing is opened.
 */
export async function writeBack(ports: WriteBackPorts, input: ActivityContract['writeBack']['input']): Promise<Outcome<WrittenBack>> {
  const look = await readLook(ports, input.status);
  if (!look.ok) return look;
  const policies = await ports.policies.readPolicies();
  if (!policies.ok) return policies;
  const names = markerNamesOf(input.status.clusterResourceId, input.status.policyName, policies.value.policies);
  const cluster: PinnedCluster = { names, runs: (pin) => runningAt(pin, look.value) };
  const notes: string[] = [];
  const pullRequests: WrittenBack['pullRequests'][number][] = [];
  for (const repository of new Set(input.places.map((place) => place.repository ?? input.repository))) {
    const places = input.places.filter((place) => (place.repository ?? input.repository) === repository);
    const written = await writeRepository(ports, { status: input.status, repository, places, cluster });
    if (!written.ok && written.failure.class !== 'terminal') return written;
    if (!written.ok) notes.push(`The code in ${repository} could not be written back: ${written.failure.code}. ${written.failure.remedy}`);
    else {
      notes.push(written.value.note);
      if (written.value.pullRequest !== null) pullRequests.push({ repository, number: written.value.pullRequest.number, url: written.value.pullRequest.url });
    }
  }
  return { ok: true, value: { notes, pullRequests } };
}

async function readLook(ports: WriteBackPorts, status: WindowStatus): Promise<Outcome<ClusterLook>> {
  const read = await ports.aks.readCluster(status.clusterResourceId);
  if (!read.ok) return read;
  const nodes = await ports.kubernetes.readNodes(read.value.cluster);
  // A run that went on without Kubernetes does not wait for it here either.
  if (!nodes.ok && nodes.failure.class !== 'terminal' && status.unseen == null) return nodes;
  return { ok: true, value: { ...read.value, nodes: nodes.ok ? nodes.value : null, units: status.units } };
}

interface RepositoryWork {
  readonly status: WindowStatus;
  readonly repository: string;
  readonly places: readonly WriteBackPlace[];
  readonly cluster: PinnedCluster;
}

interface RepositoryResult {
  readonly note: string;
  readonly pullRequest: OwnPullRequest | null;
}

async function writeRepository(ports: WriteBackPorts, work: RepositoryWork): Promise<Outcome<RepositoryResult>> {
  const { repository, status } = work;
  const base = await ports.repositories.readTree(repository);
  if (!base.ok) return base;
  const planned = await planRepository(ports, base.value, work);
  if (!planned.ok) return planned;
  const plan = planned.value;
  ports.logger.log('info', 'write-back.planned', { runId: status.runId, repository, raised: plan.raised, kept: plan.kept });
  if (plan.raised.length === 0) return { ok: true, value: { note: noteOfNothing(repository, plan.kept), pullRequest: null } };
  const { branch, marker, title, body, message } = renderWriteBack(status, repository, plan);
  const ensured = await ports.repositories.ensurePullRequest({ repository, base: base.value, branch, marker, title, body, message, files: plan.files });
  if (!ensured.ok) return ensured;
  if (ensured.value.state !== 'open') return { ok: true, value: { note: `${repository}#${ensured.value.number} was ${ensured.value.state}, so nothing more is written back for this run.`, pullRequest: ensured.value } };
  const overtaken = await closeOvertaken(ports, work, ensured.value);
  if (!overtaken.ok) return overtaken;
  const raised = `${plan.raised.length === 1 ? 'one pin' : `${plan.raised.length} pins`}`;
  const kept = plan.kept.length === 0 ? '' : ` ${plan.kept.length === 1 ? 'One was' : `${plan.kept.length} were`} not changed; the pull request says why.`;
  return { ok: true, value: { note: `${repository}#${ensured.value.number} raises ${raised} to what now runs.${kept}`, pullRequest: ensured.value } };
}

function noteOfNothing(repository: string, kept: readonly KeptPin[]): string {
  const [first] = kept;
  if (first === undefined) return `Nothing in ${repository} had to be written back.`;
  const more = kept.length === 1 ? '' : ` ${kept.length - 1} more were not changed either.`;
  return `Nothing was written back to ${repository}: ${first.file}${first.line === null ? '' : ` line ${first.line}`} was not changed, because ${first.why}.${more}`;
}

/** Reads every file that the places mean and plans each; what cannot be read is named. */
async function planRepository(ports: WriteBackPorts, base: RepositoryTree, { repository, places, cluster }: RepositoryWork): Promise<Outcome<WriteBack>> {
  const { paths, kept } = choosePaths(base, places);
  const { findValue } = await ports.documents.load();
  const parts: WriteBack[] = [{ files: [], raised: [], kept }];
  for (let start = 0; start < paths.length; start += FETCHES_AT_ONCE) {
    const some = paths.slice(start, start + FETCHES_AT_ONCE);
    const read = await Promise.all(some.map(async (path) => ({ path, bytes: await ports.repositories.readFile({ repository, commit: base.commit, path }) })));
    for (const { path, bytes } of read) {
      if (!bytes.ok && bytes.failure.class !== 'terminal') return bytes;
      if (!bytes.ok) parts.push(keptWhole(path, bytes.failure.message));
      else if (bytes.value === null) parts.push(keptWhole(path, `${base.branch} has no such file`));
      else parts.push(planFile({ path, bytes: bytes.value }, places.filter((place) => isMeant(place, path)), cluster, findValue));
    }
  }
  return { ok: true, value: { files: parts.flatMap(({ files }) => files), raised: parts.flatMap(({ raised }) => raised), kept: parts.flatMap((part) => part.kept) } };
}

function choosePaths(base: RepositoryTree, places: readonly WriteBackPlace[]): { readonly paths: readonly string[]; readonly kept: readonly KeptPin[] } {
  const meant = base.files.filter(({ path }) => places.some((place) => isMeant(place, path)));
  const large = meant.filter(({ sizeBytes }) => sizeBytes > FILE_BYTES_MAX);
  const paths = meant.filter((file) => !large.includes(file)).map(({ path }) => path);
  const absent = [...new Set(places.map(({ file }) => file))].filter((file) => !file.endsWith('/') && !meant.some(({ path }) => path === file));
  return {
    // Where GitHub leaves paths out, a file that is named may be there all the same.
    paths: [...(base.isComplete ? [] : absent), ...paths].slice(0, FILES_MAX),
    kept: [
      ...(base.isComplete ? absent.map((file) => keptFile(file, `${base.branch} has no such file`)) : []),
      ...(base.isComplete ? [] : places.filter(({ file }) => file.endsWith('/')).map(({ file }) => keptFile(file, 'GitHub does not list all files of so large a repository; name the files'))),
      ...large.filter(({ path }) => languageOf(path) !== null).map(({ path, sizeBytes }) => keptFile(path, `it has ${sizeBytes} bytes, and GitHub gives files up to 1 MB`)),
      ...paths.slice(FILES_MAX, FILES_MAX + 1).map((path) => keptFile(path, `${paths.length - FILES_MAX} files beyond the first ${FILES_MAX} were not looked at; name a smaller folder`)),
    ],
  };
}

function keptFile(file: string, why: string): KeptPin {
  return { file, line: null, pins: null, why };
}

function keptWhole(path: string, why: string): WriteBack {
  return { files: [], raised: [], kept: [keptFile(path, why.replace(/\.$/, ''))] };
}

/** Older pull requests of the cluster hold less than this one; each is told so, then closed. */
async function closeOvertaken(ports: WriteBackPorts, { status, repository }: RepositoryWork, present: OwnPullRequest): Promise<Outcome<null>> {
  const open = await ports.repositories.listPullRequests({ repository, branchPrefix: writeBackBranchPrefix(status) });
  if (!open.ok) return open;
  for (const { number, branch } of open.value) {
    if (branch >= present.branch) continue;
    const marker = `<!-- slackwater:overtaken:${present.number} -->`;
    const body = withMarker(`Overtaken by #${present.number}, which writes back all that ${clusterNameOf(status.clusterResourceId)} runs since.`, marker);
    const said = await ports.github.ensureComment({ repository, issueNumber: number, marker, body });
    if (!said.ok) return said;
    const closed = await ports.repositories.closePullRequest({ repository, number });
    if (!closed.ok) return closed;
  }
  return { ok: true, value: null };
}
