import type { TokenCredential } from '@azure/identity';
import type { Clock, EvictionAnswer, KubernetesObjects, KubernetesPort } from '../activities/ports.ts';
import type { DeprecatedApiUse } from '../domain/azure-facts.ts';
import type { Cluster, Pod, Unchecked } from '../domain/cluster-snapshot.ts';
import { readDeprecatedApiMetrics } from '../domain/deprecated-api-metrics.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { isRecord, recordAt, textAt } from '../domain/json.ts';
import { upgradeStatusLabel } from '../domain/kubernetes-node.ts';
import { readKubernetesItems } from '../domain/kubernetes-object.ts';
import type { KubernetesParts } from '../domain/kubernetes-object.ts';
import { joinWorkloadFacts } from '../domain/workload-facts.ts';
import { machineClock } from './clock.ts';
import { classifyBrokenCall, readRetryAfterSeconds, unreadableAnswer } from './arm-failure.ts';
import { findKubernetesOperation } from './cluster-operations.ts';
import { kubernetesScope } from './credential.ts';
import { classifyKubernetesAnswer, hasCause, messageOf } from './kubernetes-failure.ts';
import { createHealthReads } from './kubernetes-health.ts';
import { readPagedList } from './kubernetes-list.ts';
import { readClusterAttachments, readSubjectEvents, readUpgraderEvents } from './kubernetes-trouble.ts';
import { createRightsBook, failureOfDenial, metricsRight, REVIEWS, rightToRead, runRights, uncheckedByDenial } from './kubernetes-rights.ts';
import type { KubernetesRight, RightsBook } from './kubernetes-rights.ts';
import { createKubernetesTransport } from './kubernetes-transport.ts';
import type { KubernetesAnswer, KubernetesCall, KubernetesServer, KubernetesTransport } from './kubernetes-transport.ts';
import { requireSafeEndpoint } from './loopback.ts';

/** Finds the API server of a cluster; `forget` drops what is remembered of it after a broken connection. */
export interface KubernetesServers {
  find(cluster: Cluster): Promise<Outcome<KubernetesServer>>;
  forget(cluster: Cluster): void;
}

interface KubernetesPortOptions {
  readonly credential: TokenCredential;
  /** Who writes and asks by dry run, where that is another identity than the one that reads. */
  readonly writeCredential?: TokenCredential;
  /** A local API server instead of the clusters' own; http on loopback only. */
  readonly endpointOverride: string | null;
  /** Where clusters' own API servers are; see `createKubernetesServers`. */
  readonly servers: KubernetesServers;
  /** Limit of each call. Unit: milliseconds, 20 000 unless given. */
  readonly timeLimitMs?: number;
  /** Whose rights are asked about beside those of a snapshot: a run's too, or of reading alone. Default `reading`. */
  readonly asksAbout?: 'reading' | 'a-run';
  /** How long a right is remembered goes by it; the machine's unless given. */
  readonly clock?: Clock;
  /** Sees every answer as it came; whoever writes a snapshot of a cluster keeps what was read of it this way. */
  readonly onAnswer?: (call: KubernetesCall, answer: KubernetesAnswer) => void;
}

const TIME_LIMIT_MS = 20_000;

/** Without these no drain can be judged, so a refusal fails the whole read. */
const requiredLists = ['/api/v1/nodes', '/api/v1/pods', '/apis/policy/v1/poddisruptionbudgets'].map((path) => ({ path, right: rightToRead(path, path) }));

/** What sharpens a judgment; a list we may not read becomes an `unchecked` entry with what is then not known. */
const optionalLists = [
  { path: '/api/v1/namespaces', loss: 'terminating namespaces, where every eviction is refused' },
  { path: '/apis/apps/v1/deployments', loss: 'which controllers re-create pods' },
  { path: '/apis/apps/v1/replicasets', loss: 'which controllers re-create pods' },
  { path: '/apis/apps/v1/statefulsets', loss: 'which controllers re-create pods' },
  { path: '/apis/apps/v1/daemonsets', loss: 'which pods a drain leaves' },
  { path: '/apis/batch/v1/jobs', loss: 'which jobs an eviction would interrupt' },
  { path: '/api/v1/replicationcontrollers', loss: 'which controllers re-create pods' },
  { path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', loss: 'webhooks that can refuse an eviction' },
  { path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', loss: 'webhooks that can refuse an eviction' },
  { path: '/apis/autoscaling/v2/horizontalpodautoscalers', loss: 'how far workloads may be scaled in' },
  { path: '/api/v1/services', loss: 'which pods stand behind webhooks and load balancers' },
  { path: '/api/v1/persistentvolumeclaims', loss: 'which volumes pods use' },
  { path: '/api/v1/persistentvolumes', loss: 'which volumes lie on a node or in a zone' },
  { path: '/apis/karpenter.sh/v1/nodepools', loss: 'whether node auto-provisioning drains nodes by itself' },
].map(({ path, loss }) => ({ path, loss, right: rightToRead(path, loss) }));

/** Lists of kinds that are there only once something is installed: a server without them has nothing to tell. */
const installedLists: ReadonlySet<string> = new Set(['/apis/karpenter.sh/v1/nodepools']);

/** A call bound to one cluster; answers of any status are values. */
type Send = (call: KubernetesCall) => Promise<Outcome<KubernetesAnswer>>;

/**
 * The Kubernetes API over REST: paged reads and the two writes Slackwater makes.
 *
 * Reads are repeated once when the connection breaks; writes never are. Throws where the app is composed when the
 * override is no safe endpoint.
 */
export function createKubernetesPort(options: KubernetesPortOptions): KubernetesPort {
  const connect = createConnector(options);
  const rights = createRightsBook(options.clock ?? machineClock());
  const about = options.asksAbout ?? 'reading';
  /** What is known to be denied is not tried. */
  const unlessDenied = async <T>(cluster: Cluster, right: KubernetesRight, act: () => Promise<Outcome<T>>): Promise<Outcome<T>> => {
    const failure = rights.recallDenial(cluster, right);
    return failure === null ? act() : { ok: false, failure };
  };
  return {
    ...createHealthReads(connect),
    readObjects: async (cluster) => readObjects(await connect(cluster), { cluster, rights, about }),
    readNodes: async (cluster) => readNodes(await connect(cluster)),
    readDeprecatedApiUses: (cluster) => unlessDenied(cluster, metricsRight, async () => readDeprecatedApiUses(await connect(cluster))),
    readUpgradeEvents: (cluster) => unlessDenied(cluster, runRights.events, async () => withGet(await connect(cluster), readUpgraderEvents)),
    readPendingPods: async (cluster) => readPendingPods(await connect(cluster)),
    readEventsAbout: (cluster, objects) => unlessDenied(cluster, runRights.events, async () => withGet(await connect(cluster), (read) => readSubjectEvents(read, objects))),
    readVolumeAttachments: (cluster) => unlessDenied(cluster, runRights.attachments, async () => withGet(await connect(cluster), readClusterAttachments)),
    tryEviction: (cluster, pod) => unlessDenied(cluster, runRights.evictions, async () => tryEviction(await connect(cluster), pod)),
    removeQuarantineLabel: async (cluster, node) => removeQuarantineLabel(await connect(cluster), node),
  };
}

function createConnector(options: KubernetesPortOptions): (cluster: Cluster) => Promise<Outcome<Send>> {
  const timeLimitMs = options.timeLimitMs ?? TIME_LIMIT_MS;
  const override: KubernetesServer | null =
    options.endpointOverride === null
      ? null
      : { url: requireSafeEndpoint(options.endpointOverride, 'loopback-only'), certificateAuthority: null };
  const transports = new Map<string, KubernetesTransport>();
  return async (cluster) => {
    const server = override === null ? await options.servers.find(cluster) : { ok: true as const, value: override };
    if (!server.ok) return server;
    const key = `${server.value.url.href}\n${server.value.certificateAuthority ?? ''}`;
    const transport = transports.get(key) ?? createKubernetesTransport(server.value, timeLimitMs);
    transports.set(key, transport);
    const proof = server.value.clientCertificate === undefined ? 'token' : 'certificate';
    return { ok: true, value: (call) => sendCall(options, cluster, { transport, proof }, call) };
  };
}

async function sendCall(
  { credential, writeCredential = credential, servers, onAnswer }: KubernetesPortOptions,
  cluster: Cluster,
  { transport, proof }: { readonly transport: KubernetesTransport; readonly proof: 'token' | 'certificate' },
  call: KubernetesCall,
): Promise<Outcome<KubernetesAnswer>> {
  if (!mayLeave(call)) return { ok: false, failure: unlisted(call) };
  const { identity = call.method === 'GET' ? 'reader' : 'writer' } = call;
  const attemptsMax = call.method === 'GET' || call.path === REVIEWS ? 2 : 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const asking = identity === 'reader' ? credential : writeCredential;
      const token = proof === 'certificate' ? null : await asking.getToken(kubernetesScope);
      if (proof === 'token' && token === null) return { ok: false, failure: noToken };
      const answer = await transport.send(call, token?.token ?? null);
      onAnswer?.(call, answer);
      return { ok: true, value: answer };
    } catch (thrown) {
      const failure = classifyBrokenCall(thrown);
      servers.forget(cluster);
      // Only a broken connection is worth a second try: a time limit has used up the activity's time.
      if (attempt >= attemptsMax || failure.code !== 'no-connection') return { ok: false, failure };
    }
  }
}

/** What no role is meant to grant is not even asked for, and an eviction that is no dry run never leaves. */
function mayLeave({ method, path }: KubernetesCall): boolean {
  if (method === 'GET') return true;
  const operation = findKubernetesOperation(method, path);
  return operation !== null && (operation.resource !== 'pods/eviction' || new URLSearchParams(path.split('?')[1] ?? '').get('dryRun') === 'All');
}

function unlisted({ method, path }: KubernetesCall): Failure {
  return {
    code: 'operation-unlisted',
    class: 'terminal',
    message: `Nothing was sent: ${method} ${path} is none of the operations Slackwater has rights for.`,
    remedy: 'Report this message: it is a fault of the program.',
    retryAfterSeconds: null,
  };
}

const noToken: Failure = {
  code: 'no-token',
  class: 'terminal',
  message: 'The identity gave no token for the Kubernetes API.',
  remedy: 'Check that the function app has a managed identity and AZURE_CLIENT_ID names it.',
  retryAfterSeconds: null,
};

function get(send: Send): (path: string) => Promise<Outcome<KubernetesAnswer>> {
  return (path) => send({ method: 'GET', path, contentType: null, body: null });
}

function withGet<T>(connection: Outcome<Send>, read: (path: ReturnType<typeof get>) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  return connection.ok ? read(get(connection.value)) : Promise.resolve(connection);
}

/** Reads one list into domain objects, page by page. */
async function readList(send: Send, path: string): Promise<Outcome<readonly KubernetesParts[]>> {
  const pages: KubernetesParts[] = [];
  const read = await readPagedList(path, get(send), {
    restart: () => pages.splice(0),
    page(items) {
      const parsed = readKubernetesItems(items);
      if (!parsed.ok) return { ok: false, failure: unreadableAnswer(`The list ${path}`, parsed.faults.map(({ message }) => message).join(' ')) };
      pages.push(parsed.value);
      return { ok: true, value: null };
    },
  });
  return read.ok ? { ok: true, value: pages } : read;
}

/** Of whom and about what the rights are asked before a read. */
interface RightsQuestion {
  readonly cluster: Cluster;
  readonly rights: RightsBook;
  readonly about: 'reading' | 'a-run';
}

async function readObjects(connection: Outcome<Send>, { cluster, rights, about }: RightsQuestion): Promise<Outcome<KubernetesObjects>> {
  if (!connection.ok) return connection;
  const send = connection.value;
  const ofRun = about === 'a-run' ? Object.values(runRights) : [];
  const asked = await rights.findDenied(cluster, send, [...[...requiredLists, ...optionalLists].map(({ right }) => right), metricsRight, ...ofRun]);
  if (!asked.ok) return asked;
  const denied = asked.value;
  const vital = requiredLists.filter(({ right }) => denied.has(right));
  if (vital.length > 0) return { ok: false, failure: failureOfDenial(vital.map(({ right }) => right), cluster.access) };
  const sharpening = optionalLists.filter(({ right }) => !denied.has(right));
  const lists = await readLists(send, sharpening);
  if (!lists.ok) return lists;
  const withheld = [...optionalLists.map(({ right }) => right), ...ofRun].filter((right) => denied.has(right));
  return { ok: true, value: { ...lists.value, unchecked: [...withheld.map((right) => uncheckedByDenial(right, cluster.access)), ...lists.value.unchecked] } };
}

async function readLists(send: Send, sharpening: readonly (typeof optionalLists)[number][]): Promise<Outcome<KubernetesObjects>> {
  const [required, optional] = await Promise.all([
    Promise.all(requiredLists.map(({ path }) => readList(send, path))),
    Promise.all(sharpening.map(({ path }) => readList(send, path))),
  ]);
  const pages: KubernetesParts[] = [];
  const unchecked: Unchecked[] = [];
  for (const list of required) {
    if (!list.ok) return list;
    pages.push(...list.value);
  }
  for (const [index, list] of optional.entries()) {
    const { path, loss } = sharpening[index] ?? { path: '', loss: '' };
    if (list.ok) pages.push(...list.value);
    else if (installedLists.has(path) && isNotServed(list.failure)) continue;
    else if (isWithheld(list.failure)) unchecked.push({ what: loss, why: `${path} may not be read: ${list.failure.message}` });
    else return list;
  }
  return { ok: true, value: { ...joinPages(pages), unchecked } };
}

function isNotServed(failure: Failure): boolean {
  return failure.code === 'NotFound' || failure.code === 'http-404';
}

/** No right to the list, or an API group the server does not serve. Anything else means the read is partial. */
function isWithheld(failure: Failure): boolean {
  return ['Forbidden', 'http-403', 'NotFound', 'http-404'].includes(failure.code);
}

function joinPages(pages: readonly KubernetesParts[]): KubernetesParts {
  return {
    nodes: pages.flatMap(({ nodes }) => nodes),
    pods: pages.flatMap(({ pods }) => pods),
    disruptionBudgets: pages.flatMap(({ disruptionBudgets }) => disruptionBudgets),
    workloads: pages.flatMap(({ workloads }) => workloads),
    namespaces: pages.flatMap(({ namespaces }) => namespaces),
    admissionWebhooks: pages.flatMap(({ admissionWebhooks }) => admissionWebhooks),
    workloadFacts: joinWorkloadFacts(pages.map(({ workloadFacts }) => workloadFacts)),
  };
}

async function readNodes(connection: Outcome<Send>): Promise<Outcome<KubernetesObjects['nodes']>> {
  if (!connection.ok) return connection;
  const list = await readList(connection.value, '/api/v1/nodes');
  return list.ok ? { ok: true, value: joinPages(list.value).nodes } : list;
}

/** The lines of `/metrics` on deprecated APIs; needs `get` on that path alone, which no list of resources grants. */
async function readDeprecatedApiUses(connection: Outcome<Send>): Promise<Outcome<readonly DeprecatedApiUse[]>> {
  if (!connection.ok) return connection;
  const got = await get(connection.value)('/metrics');
  if (!got.ok) return got;
  const { status, body } = got.value;
  if (status !== 200) return { ok: false, failure: classifyKubernetesAnswer('GET /metrics', got.value) };
  return typeof body === 'string' ? { ok: true, value: readDeprecatedApiMetrics(body) } : { ok: false, failure: unreadableAnswer('/metrics', 'it is no text') };
}

/** The API server selects; a pod that waits for its volumes or images is Pending too. */
async function readPendingPods(connection: Outcome<Send>): Promise<Outcome<readonly Pod[]>> {
  if (!connection.ok) return connection;
  const list = await readList(connection.value, `/api/v1/pods?fieldSelector=${encodeURIComponent('status.phase=Pending')}`);
  return list.ok ? { ok: true, value: joinPages(list.value).pods } : list;
}

/**
 * Asks whether the pod would be evicted now.
 *
 * An answer about the pod is a value whatever its status (201, 404, 409, 422, 429 of a budget, 500 of two budgets or of a
 * webhook, 403 of a terminating namespace). A refusal of the call itself is a failure: no right to evict, no valid token,
 * an overloaded server, which also answers 429 but as plain text.
 */
async function tryEviction(
  connection: Outcome<Send>,
  pod: { namespace: string; name: string },
): Promise<Outcome<EvictionAnswer>> {
  if (!connection.ok) return connection;
  const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/eviction`;
  const sent = await connection.value({
    method: 'POST',
    // Asked twice, in query and body: a dry run that is not one would evict.
    path: `${path}?dryRun=All`,
    contentType: 'application/json',
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace: pod.namespace, name: pod.name },
      deleteOptions: { dryRun: ['All'] },
    },
  });
  if (!sent.ok) return sent;
  const answer = sent.value;
  if (!isAboutThePod(answer)) return { ok: false, failure: classifyKubernetesAnswer(`POST ${path}`, answer) };
  const message = answer.status < 300 ? '' : messageOf(answer);
  return { ok: true, value: { status: answer.status, message, retryAfterSeconds: readRetryAfterSeconds(answer.headers) } };
}

function isAboutThePod({ status, body }: KubernetesAnswer): boolean {
  if (status === 200 || status === 201) return true;
  if (status === 429) return hasCause(body, 'DisruptionBudget');
  if (status === 403) return hasCause(body, 'NamespaceTerminating') || !isMissingRight(body);
  return status === 404 || status === 409 || status === 422 || (status === 500 && isRecord(body));
}

/** RBAC's own words; an admission webhook that denies an eviction answers 403 too, in others. */
function isMissingRight(body: unknown): boolean {
  return !isRecord(body) || /cannot create resource "?pods\/eviction/.test(textAt(body, 'message') ?? '');
}

async function removeQuarantineLabel(connection: Outcome<Send>, node: string): Promise<Outcome<null>> {
  if (!connection.ok) return connection;
  const path = `/api/v1/nodes/${encodeURIComponent(node)}`;
  const got = await get(connection.value)(path);
  if (!got.ok) return got;
  if (got.value.status !== 200) return { ok: false, failure: classifyKubernetesAnswer(`GET ${path}`, got.value) };
  if (!isRecord(got.value.body)) return { ok: false, failure: unreadableAnswer(`Node ${node}`, 'it is no JSON object') };
  const metadata = recordAt(got.value.body, 'metadata');
  const value = recordAt(metadata, 'labels')[upgradeStatusLabel];
  if (value === undefined) return { ok: true, value: null };
  if (value !== 'Quarantined') return { ok: false, failure: otherLabelValue(node, value) };
  const resourceVersion = textAt(metadata, 'resourceVersion') ?? '';
  if (resourceVersion === '') return { ok: false, failure: unreadableAnswer(`Node ${node}`, 'it has no resource version') };
  const patched = await connection.value({
    method: 'PATCH',
    path,
    contentType: 'application/merge-patch+json',
    // The resource version makes the patch fail (409) if the label changed since it was read.
    body: { metadata: { resourceVersion, labels: { [upgradeStatusLabel]: null } } },
  });
  if (!patched.ok) return patched;
  if (patched.value.status === 200) return { ok: true, value: null };
  return { ok: false, failure: classifyKubernetesAnswer(`PATCH ${path}`, patched.value) };
}

function otherLabelValue(node: string, value: unknown): Failure {
  return {
    code: 'label-value-unknown',
    class: 'terminal',
    message: `Node ${node} carries ${upgradeStatusLabel}=${String(value)}, which is not Quarantined; it was left alone.`,
    remedy: 'Look at the node; somebody else uses the label.',
    retryAfterSeconds: null,
  };
}
