import type { ClusterHealthPort, ServiceAnswer } from '../activities/ports.ts';
import type { Cluster } from '../domain/cluster-snapshot.ts';
import type { AddonState, ObjectChange } from '../domain/cluster-health.ts';
import type { Outcome } from '../domain/failure.ts';
import { proxyPathOf } from '../domain/health-probe.ts';
import { isRecord, numberAt, recordAt, recordsAt, textAt, timeAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { readKubernetesEvents } from '../domain/kubernetes-event.ts';
import type { KubernetesEvent } from '../domain/kubernetes-event.ts';
import { readListItems } from '../domain/kubernetes-object.ts';
import { unreadableAnswer } from './arm-failure.ts';
import { classifyKubernetesAnswer, messageOf } from './kubernetes-failure.ts';
import type { KubernetesAnswer, KubernetesCall } from './kubernetes-transport.ts';

type Send = (call: KubernetesCall) => Promise<Outcome<KubernetesAnswer>>;

/** Limit of one try of a probe or log: what has not come by then has failed. Unit: milliseconds. */
const TRY_LIMIT_MS = 5_000;
/** Events read at once; a cluster that fails everywhere has more, and these name webhooks enough. */
const EVENTS_MAX = 500;
/** Longest answer kept of a failed try. Unit: characters. */
const ANSWER_CHARACTERS_MAX = 160;
/** The API server then gives metadata and nothing else, so no setting is ever read. */
const METADATA_ALONE = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** The reads between units: service proxies, add-ons, and what failed to be created. All are GETs and may be repeated. */
export function createHealthReads(connect: (cluster: Cluster) => Promise<Outcome<Send>>): ClusterHealthPort {
  const withSend = async <T>(cluster: Cluster, read: (send: Send) => Promise<Outcome<T>>): Promise<Outcome<T>> => {
    const connection = await connect(cluster);
    return connection.ok ? read(connection.value) : connection;
  };
  return {
    probeService: (cluster, probe) => withSend(cluster, (send) => tryOnce(send, proxyPathOf(probe))),
    readDeployment: (cluster, name) => withSend(cluster, (send) => readDeployment(send, name)),
    readSettingsChange: (cluster, name) => withSend(cluster, (send) => readSettingsChange(send, name)),
    readCreateFailures: (cluster) => withSend(cluster, readCreateFailures),
    tryLog: (cluster, namespace) => withSend(cluster, (send) => tryLog(send, namespace)),
  };
}

/** One GET that goes on to a node; a time limit of ours is an answer too. */
async function tryOnce(send: Send, path: string): Promise<Outcome<ServiceAnswer>> {
  const sent = await send({ method: 'GET', path, contentType: null, body: null, accept: '*/*', timeLimitMs: TRY_LIMIT_MS });
  if (!sent.ok) return sent.failure.code === 'time-limit' ? { ok: true, value: { status: 0, message: sent.failure.message } } : sent;
  const { status } = sent.value;
  return { ok: true, value: { status, message: status < 400 ? '' : messageOf(sent.value).slice(0, ANSWER_CHARACTERS_MAX) } };
}

async function getObject(send: Send, path: string, accept: string): Promise<Outcome<JsonRecord | null>> {
  const got = await send({ method: 'GET', path, contentType: null, body: null, accept });
  if (!got.ok) return got;
  if (got.value.status === 404) return { ok: true, value: null };
  if (got.value.status !== 200) return { ok: false, failure: classifyKubernetesAnswer(`GET ${path}`, got.value) };
  return isRecord(got.value.body) ? { ok: true, value: got.value.body } : { ok: false, failure: unreadableAnswer(path, 'it is no JSON object') };
}

async function readDeployment(send: Send, { namespace, name }: { readonly namespace: string; readonly name: string }): Promise<Outcome<AddonState | null>> {
  const got = await getObject(send, `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, 'application/json');
  if (!got.ok || got.value === null) return got.ok ? { ok: true, value: null } : got;
  const deployment = got.value;
  const [container] = recordsAt(deployment, 'spec', 'template', 'spec', 'containers');
  return {
    ok: true,
    value: {
      wanted: numberAt(deployment, 'spec', 'replicas') ?? 1,
      ready: numberAt(deployment, 'status', 'readyReplicas') ?? 0,
      image: textAt(container, 'image') ?? '',
      change: changeOf(`Deployment ${namespace}/${name}`, deployment),
    },
  };
}

async function readSettingsChange(send: Send, { namespace, name }: { readonly namespace: string; readonly name: string }): Promise<Outcome<ObjectChange | null>> {
  const got = await getObject(send, `/api/v1/namespaces/${namespace}/configmaps/${name}`, METADATA_ALONE);
  return got.ok ? { ok: true, value: got.value === null ? null : changeOf(`ConfigMap ${namespace}/${name}`, got.value) } : got;
}

/** The newest writing of an object; what controllers write into its status is none. */
function changeOf(object: string, value: JsonRecord): ObjectChange {
  const metadata = recordAt(value, 'metadata');
  const writings = recordsAt(metadata, 'managedFields').filter((entry) => textAt(entry, 'subresource') !== 'status');
  const newest = [...writings].sort((one, other) => (timeAt(other, 'time') ?? 0) - (timeAt(one, 'time') ?? 0))[0];
  return {
    object,
    resourceVersion: textAt(metadata, 'resourceVersion') ?? '',
    at: timeAt(newest, 'time') ?? timeAt(metadata, 'creationTimestamp'),
    by: textAt(newest, 'manager') ?? '',
  };
}

async function readCreateFailures(send: Send): Promise<Outcome<readonly KubernetesEvent[]>> {
  const path = `/api/v1/events?fieldSelector=${encodeURIComponent('reason=FailedCreate')}&limit=${EVENTS_MAX}`;
  const got = await send({ method: 'GET', path, contentType: null, body: null });
  if (!got.ok) return got;
  if (got.value.status !== 200) return { ok: false, failure: classifyKubernetesAnswer(`GET ${path}`, got.value) };
  const items = readListItems(got.value.body, path);
  if (!items.ok) return { ok: false, failure: unreadableAnswer(path, items.faults.map(({ message }) => message).join(' ')) };
  const events = readKubernetesEvents(items.value);
  return events.ok ? { ok: true, value: events.value } : { ok: false, failure: unreadableAnswer(path, events.faults.map(({ message }) => message).join(' ')) };
}

/** One byte of the log of any running pod: what counts is whether its node can be reached. Null: no pod runs there. */
async function tryLog(send: Send, namespace: string): Promise<Outcome<ServiceAnswer | null>> {
  const path = `/api/v1/namespaces/${namespace}/pods?fieldSelector=${encodeURIComponent('status.phase=Running')}&limit=1`;
  const got = await getObject(send, path, 'application/json');
  if (!got.ok) return got;
  const [pod] = recordsAt(got.value, 'items');
  const name = textAt(pod, 'metadata', 'name');
  const [container] = recordsAt(pod, 'spec', 'containers');
  if (name === null) return { ok: true, value: null };
  const chosen = textAt(container, 'name');
  return tryOnce(send, `/api/v1/namespaces/${namespace}/pods/${name}/log?tailLines=1&limitBytes=1${chosen === null ? '' : `&container=${encodeURIComponent(chosen)}`}`);
}
