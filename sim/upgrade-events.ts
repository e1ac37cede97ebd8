import { textAt, timeAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { HOUR_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { PodRecord } from './kubernetes-objects.ts';
import { nextVersion } from './kubernetes-store.ts';
import type { EventRecord, KubernetesStore } from './kubernetes-store.ts';
import { kubernetesTime } from './timestamp.ts';

/** How long the API server keeps an event. Source: AKS docs, events. */
const EVENT_LIFE_MS = HOUR_MS;

/** Records an event of the AKS upgrader about a node, in namespace `default`; a repeat raises the count. */
export function recordUpgradeEvent(
  core: ClusterCore,
  event: {
    readonly type: 'Normal' | 'Warning';
    readonly reason: 'Surge' | 'Drain' | 'Upgrade';
    readonly message: string;
    readonly node: string;
  },
): void {
  const { store, timeline, prng } = core;
  const now = timeline.now();
  const key = `${event.reason} ${event.node} ${event.message}`;
  if (countAgain(core, key)) return;
  store.events.set(key, {
    namespace: 'default',
    name: `${event.node}.${prng.suffix(16)}`,
    uid: prng.uuid(),
    type: event.type,
    reason: event.reason,
    message: event.message,
    component: 'upgrader',
    involved: { kind: 'Node', namespace: '', name: event.node, uid: store.nodes.get(event.node)?.uid ?? event.node },
    firstSeen: now,
    lastSeen: now,
    count: 1,
    version: nextVersion(store),
  });
}

/** Counts an event once more that the API server still has; false where it has none. */
function countAgain({ store, timeline }: ClusterCore, key: string): boolean {
  const now = timeline.now();
  const known = store.events.get(key);
  if (known === undefined || known.lastSeen + EVENT_LIFE_MS <= now) return false;
  known.lastSeen = now;
  known.count += 1;
  known.version = nextVersion(store);
  return true;
}

/** Records a warning about a pod, in the pod's namespace; a repeat raises the count. */
export function recordPodWarning(core: ClusterCore, pod: PodRecord, event: { readonly reason: string; readonly message: string; readonly component: string }): void {
  const { store, timeline, prng } = core;
  const now = timeline.now();
  const key = `${event.reason} ${pod.uid} ${event.message}`;
  if (countAgain(core, key)) return;
  store.events.set(key, {
    ...event,
    namespace: pod.namespace,
    name: `${pod.name}.${prng.suffix(16)}`,
    uid: prng.uuid(),
    type: 'Warning',
    involved: { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid },
    firstSeen: now,
    lastSeen: now,
    count: 1,
    version: nextVersion(store),
  });
}

/** Every event the API server still has at `now`, as objects: those of the snapshot and those of the world. */
export function liveEvents(store: KubernetesStore, now: Instant): readonly JsonRecord[] {
  const resting = store.resting.filter((item) => textAt(item, 'kind') === 'Event' && isFresh(item, now));
  const own = [...store.events.values()].filter((event) => event.lastSeen + EVENT_LIFE_MS > now).map(renderEvent);
  return [...resting, ...own];
}

function isFresh(item: JsonRecord, now: Instant): boolean {
  const seen = timeAt(item, 'lastTimestamp') ?? timeAt(item, 'metadata', 'creationTimestamp');
  return seen !== null && seen + EVENT_LIFE_MS > now;
}

function renderEvent(event: EventRecord): JsonRecord {
  const { involved } = event;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: event.name,
      namespace: event.namespace,
      uid: event.uid,
      resourceVersion: String(event.version),
      creationTimestamp: kubernetesTime(event.firstSeen),
    },
    involvedObject: { kind: involved.kind, ...(involved.namespace === '' ? {} : { namespace: involved.namespace }), name: involved.name, uid: involved.uid, apiVersion: 'v1' },
    reason: event.reason,
    message: event.message,
    source: { component: event.component },
    firstTimestamp: kubernetesTime(event.firstSeen),
    lastTimestamp: kubernetesTime(event.lastSeen),
    count: event.count,
    type: event.type,
    eventTime: null,
    reportingComponent: event.component,
    reportingInstance: '',
  };
}
