import { isRecord, listAt, recordAt, textAt, valueAt } from '../domain/json.ts';
import { isInside } from '../domain/time.ts';
import type { Instant, Span } from '../domain/time.ts';
import { UPGRADE_STATUS_LABEL } from './node-lifecycle.ts';
import type { WireRequest, WorldChange } from './wire.ts';

/** One request with its answer, as a request log keeps it. */
export interface LoggedRequest {
  readonly at: Instant;
  readonly service: 'arm' | 'kubernetes';
  readonly request: WireRequest;
  readonly status: number;
}

/** What a run left to judge it by: only requests Slackwater itself sent, and everything the world did. */
interface RunLog {
  readonly requests: readonly LoggedRequest[];
  readonly changes: readonly WorldChange[];
  /** When upgrades may be started. */
  readonly windows: readonly Span[];
  /** What people with the right asked for beside the runs. */
  readonly cleanUps?: readonly AuthorisedCleanUp[];
}

/** A clean-up that somebody with the right asked for: its writes may lie outside a window. */
export interface AuthorisedCleanUp extends Span {
  readonly kind: 'resolve' | 'rollback';
  /** Null: the cluster. */
  readonly pool: string | null;
}

/** A rule that was broken, with the request that broke it. */
export interface Violation {
  /** Stable kebab-case code of the rule. */
  readonly rule: string;
  readonly at: Instant;
  /** `PUT /…/agentPools/apps`. */
  readonly request: string;
  readonly message: string;
}

/**
 * Checks what can be checked of every run from outside, whatever it was asked to do:
 *
 * no ARM write outside an open window but an abort and an authorised clean-up · one upgrade write per unit and attempt, the next only after the last
 * ended badly · never force, never a rollback nobody asked for · nothing written to Kubernetes but the quarantine label's removal.
 */
export function checkInvariants(log: RunLog): readonly Violation[] {
  return log.requests.flatMap((entry) => (entry.service === 'arm' ? checkArm(log, entry) : checkKubernetes(entry)));
}

function checkArm(log: RunLog, entry: LoggedRequest): readonly Violation[] {
  const { request, at } = entry;
  if (isRead(request) || /\/listCluster\w+Credentials?$/i.test(request.path)) return [];
  const found: Violation[] = [];
  const isAbort = request.method === 'POST' && /\/abort$/i.test(request.path);
  const asked = (log.cleanUps ?? []).filter((each) => isInside(at, each) && (each.pool === null || request.path.toLowerCase().endsWith(`/agentpools/${each.pool}`)));
  if (!isAbort && asked.length === 0 && !log.windows.some((span) => isInside(at, span))) {
    found.push(violation('write-outside-window', entry, 'An ARM write was sent while no window was open.'));
  }
  if (valueAt(request.body, 'properties', 'upgradeSettings', 'overrideSettings', 'forceUpgrade') === true) {
    found.push(violation('force-set', entry, 'The write arms a forced upgrade, which bypasses disruption budgets.'));
  }
  if (/\/agentPools\/[^/]+$/i.test(request.path) && textAt(request.body, 'properties', 'nodeImageVersion') !== null && !asked.some(({ kind }) => kind === 'rollback')) {
    found.push(violation('rollback-request', entry, 'A pool PUT with nodeImageVersion asks for a rollback.'));
  }
  // A person's word stands for a first try: what was sent before it was said does not count.
  const since = Math.max(Number.NEGATIVE_INFINITY, ...asked.map(({ opens }) => opens));
  const repeated = isAbort ? null : findRepeat({ ...log, requests: log.requests.filter((one) => one.at >= since) }, entry);
  return repeated === null ? found : [...found, violation('repeated-write', entry, repeated)];
}

/** Why this upgrade write is one too many; null when it is the attempt's first. */
function findRepeat(log: RunLog, entry: LoggedRequest): string | null {
  const wanted = targetOf(entry.request);
  if (wanted === null) return null;
  const earlier = log.requests.filter((one) => one.at <= entry.at && one !== entry && one.service === 'arm' && isAccepted(one) && targetOf(one.request) === wanted);
  const isBefore = (one: LoggedRequest): boolean => log.requests.indexOf(one) < log.requests.indexOf(entry);
  const last = earlier.filter(isBefore).at(-1);
  if (last === undefined) return null;
  const pool = /\/agentPools\/([^/]+)/i.exec(entry.request.path)?.[1] ?? null;
  const ends = log.changes.filter((change) => change.kind === 'operation.ended' && change.at >= last.at && change.at <= entry.at && change.data['pool'] === pool);
  // A write is accepted only while nothing runs, so the first end is its own; later ones may be somebody else's.
  const [end] = ends;
  if (end === undefined) return `The same write was accepted before and its operation had not ended.`;
  return end.data['status'] === 'Succeeded' ? 'The same write was accepted before and had succeeded.' : null;
}

/** Unit and target of a write that may start an upgrade. */
function targetOf({ method, path, body }: WireRequest): string | null {
  if (method === 'POST' && /\/upgradeNodeImageVersion$/i.test(path)) return `${path.toLowerCase()} image`;
  if (method !== 'PUT') return null;
  const properties = recordAt(body, 'properties');
  const version = textAt(properties, 'orchestratorVersion') ?? textAt(properties, 'kubernetesVersion') ?? '';
  // Settings belong to the target: a PUT that only stores them is another write than the upgrade after it.
  const image = textAt(properties, 'nodeImageVersion') ?? '';
  return `${path.toLowerCase()} ${version} ${image} ${JSON.stringify(properties['upgradeSettings'] ?? null)}`;
}

function checkKubernetes(entry: LoggedRequest): readonly Violation[] {
  const { request } = entry;
  if (isRead(request) || request.path.endsWith('/selfsubjectaccessreviews')) return [];
  if (request.path.endsWith('/eviction')) {
    const isDry = request.query['dryRun'] === 'All' || listAt(request.body, 'deleteOptions', 'dryRun').includes('All');
    return isDry ? [] : [violation('real-eviction', entry, 'A pod was evicted; only dry runs are ours.')];
  }
  if (request.method === 'PATCH' && /^\/api\/v1\/nodes\/[^/]+$/.test(request.path) && removesOnlyQuarantine(request.body)) return [];
  return [violation('cluster-write', entry, 'Something other than the quarantine label was written to the cluster.')];
}

function removesOnlyQuarantine(body: unknown): boolean {
  if (Array.isArray(body)) {
    const pointer = `/metadata/labels/${UPGRADE_STATUS_LABEL.replace('/', '~1')}`;
    return body.every((step) => textAt(step, 'path') === pointer && ['remove', 'test'].includes(textAt(step, 'op') ?? ''));
  }
  if (!isRecord(body) || Object.keys(body).some((key) => key !== 'metadata')) return false;
  const metadata = recordAt(body, 'metadata');
  const labels = recordAt(metadata, 'labels');
  const isNarrow = Object.keys(metadata).every((key) => key === 'labels' || key === 'resourceVersion');
  return isNarrow && Object.keys(labels).every((key) => key === UPGRADE_STATUS_LABEL) && labels[UPGRADE_STATUS_LABEL] === null;
}

function isRead({ method }: WireRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isAccepted({ status }: LoggedRequest): boolean {
  return status >= 200 && status < 300;
}

function violation(rule: string, { at, request }: LoggedRequest, message: string): Violation {
  return { rule, at, request: `${request.method} ${request.path}`, message };
}
