import { recordsAt, textAt, textsAt } from '../domain/json.ts';
import { SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { WorkloadRecord } from './kubernetes-objects.ts';
import { keyOf, nextVersion } from './kubernetes-store.ts';
import type { KubernetesStore } from './kubernetes-store.ts';

/** How often a controller that cannot create tries again, and tells so. Unit: milliseconds. */
const RETRY_MS = 60 * SECOND_MS;

/** What keeps the API server from reaching nodes, and services from answering. */
export interface Outages {
  /** By `namespace/name`: the share of a service's answers that fail, and how many were asked for. */
  readonly services: Map<string, { readonly ratio: number; asked: number }>;
  /** Webhooks that time out, and their share of calls. */
  webhooks: { readonly names: readonly string[]; readonly ratio: number; asked: number } | null;
  /** What every call through the tunnel to nodes answers; null: the tunnel works. */
  tunnelError: string | null;
}

const outagesOf = new WeakMap<KubernetesStore, Outages>();

/** The outages of a cluster; none at first. */
export function outagesIn(store: KubernetesStore): Outages {
  const known = outagesOf.get(store) ?? { services: new Map(), webhooks: null, tunnelError: null };
  outagesOf.set(store, known);
  return known;
}

/** Whether the next of `counted` calls fails: of ten at 0.4 exactly four do, spread evenly. */
export function failsNext(counted: { readonly ratio: number; asked: number }): 'fails' | 'works' {
  counted.asked += 1;
  const upTo = (count: number): number => Math.floor(count * counted.ratio + 1e-9);
  return upTo(counted.asked) > upTo(counted.asked - 1) ? 'fails' : 'works';
}

/** The API server's words about a webhook that does not answer. */
export function timeoutText(name: string): string {
  return `"${name}": failed to call webhook: Post "https://${name.replace(/\W+/g, '-')}.${name.split('.')[0] ?? name}.svc:443/?timeout=10s": context deadline exceeded`;
}

/** The webhook that times out on the next creation or eviction of a pod; null when it goes through. */
export function webhookTimingOut(store: KubernetesStore, call: 'creation' | 'eviction'): string | null {
  const { webhooks } = outagesIn(store);
  const names = webhooks === null ? [] : webhooks.names.filter((name) => isAsked(store, name, call));
  if (webhooks === null || names.length === 0 || failsNext(webhooks) === 'works') return null;
  return names[webhooks.asked % names.length] ?? null;
}

/** A webhook the cluster has no configuration of is asked about everything, and its failure refuses. */
function isAsked(store: KubernetesStore, name: string, call: 'creation' | 'eviction'): boolean {
  const configured = store.resting.flatMap((item) => (/WebhookConfiguration$/.test(textAt(item, 'kind') ?? '') ? recordsAt(item, 'webhooks') : [])).find((webhook) => textAt(webhook, 'name') === name);
  if (configured === undefined) return true;
  const wanted = call === 'creation' ? ['pods', '*', '*/*'] : ['pods/eviction', 'pods/*', '*/*'];
  return textAt(configured, 'failurePolicy') !== 'Ignore' && recordsAt(configured, 'rules').some((rule) => textsAt(rule, 'resources').some((resource) => wanted.includes(resource)));
}

/** Begins or (ratio 0) ends an outage of webhooks; while it lasts, controllers tell each minute what they could not create. */
export function breakWebhooks(core: ClusterCore, names: readonly string[], ratio: number): void {
  const outages = outagesIn(core.store);
  const outage = ratio > 0 && names.length > 0 ? { names, ratio, asked: 0 } : null;
  outages.webhooks = outage;
  core.timeline.tell('webhooks.time-out', outage === null ? 'The webhooks answer again' : `Webhooks time out: ${names.join(', ')}`, { names, ratio });
  const tell = (): void => {
    if (outage === null || outages.webhooks !== outage) return;
    for (const name of outage.names) recordRefusedCreate(core, { kind: 'Job', namespace: 'default', name: `work-${outage.names.indexOf(name)}`, uid: `work-${name}` }, name);
    core.timeline.after(RETRY_MS, tell);
  };
  tell();
}

/** Whether a webhook that times out keeps the workload from creating a pod now; it then tries again by `tryAgain`. */
export function refuseCreate(core: ClusterCore, workload: WorkloadRecord, tryAgain: () => void): 'refused' | 'created' {
  const webhook = webhookTimingOut(core.store, 'creation');
  if (webhook === null) return 'created';
  recordRefusedCreate(core, workload, webhook);
  core.timeline.after(RETRY_MS, tryAgain);
  return 'refused';
}

function recordRefusedCreate({ store, timeline, prng }: ClusterCore, involved: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string }, webhook: string): void {
  const now = timeline.now();
  const key = `FailedCreate ${keyOf(involved)} ${webhook}`;
  const known = store.events.get(key);
  if (known !== undefined) {
    known.lastSeen = now;
    known.count += 1;
    known.version = nextVersion(store);
    return;
  }
  store.events.set(key, {
    namespace: involved.namespace,
    name: `${involved.name}.${prng.suffix(16)}`,
    uid: prng.uuid(),
    type: 'Warning',
    reason: 'FailedCreate',
    message: `Error creating: Internal error occurred: failed calling webhook ${timeoutText(webhook)}`,
    component: 'controller-manager',
    involved: { kind: involved.kind, namespace: involved.namespace, name: involved.name, uid: involved.uid },
    firstSeen: now,
    lastSeen: now,
    count: 1,
    version: nextVersion(store),
  });
}
