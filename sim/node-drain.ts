import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import { evictPod } from './eviction.ts';
import type { EvictionAnswer, EvictionWebhook } from './eviction.ts';
import type { NodeRecord, PodRecord } from './kubernetes-objects.ts';
import { keyOf } from './kubernetes-store.ts';
import { isDaemonPod } from './node-lifecycle.ts';
import type { Cancel } from './timeline.ts';
import { recordUpgradeEvent } from './upgrade-events.ts';

/** How a drain ended. `timed-out` names what was left in AKS's own words. */
export type DrainResult =
  | { readonly kind: 'drained' }
  | { readonly kind: 'timed-out'; readonly message: string }
  | { readonly kind: 'denied'; readonly message: string };

/** What one drain needs to know. */
export interface DrainOptions {
  readonly timeoutMinutes: number;
  /** How long a drain takes at least; absent: as long as the world's drains do. */
  readonly leastMinutes?: number;
  readonly webhooks: () => readonly EvictionWebhook[];
}

/** Who drains, in events and changes. */
const UPGRADER = 'the AKS upgrader';

/**
 * Evicts every pod but those of DaemonSets and static ones, again and again, until the node is empty or the time is up.
 *
 * A webhook's refusal ends the drain at once (seen in public: AKS issue 5637); budgets are asked every few seconds.
 * @returns How to stop without a result.
 */
export function startDrain(core: ClusterCore, node: NodeRecord, options: DrainOptions, ended: (result: DrainResult) => void): Cancel {
  const { timeline, durations } = core;
  const startedAt = timeline.now();
  const told = new Map<PodRecord, string>();
  let stop: Cancel = () => undefined;
  recordUpgradeEvent(core, { type: 'Normal', reason: 'Drain', message: `Draining node: ${node.name}`, node: node.name });
  timeline.tell('drain.started', `${node.name} is drained`, { node: node.name, pool: node.pool });
  const look = (): void => {
    const left = [...node.pods].filter(isDrained);
    const restMs = startedAt + (options.leastMinutes ?? durations.physics.drainMinutes) * MINUTE_MS - timeline.now();
    if (left.length === 0 && restMs > 0) {
      stop = timeline.after(restMs, look);
      return;
    }
    if (left.length === 0) {
      timeline.tell('drain.finished', `${node.name} is empty`, { node: node.name, pool: node.pool });
      ended({ kind: 'drained' });
      return;
    }
    const answers = left.map((pod) => ({ pod, answer: pod.deletionAt === null ? tryEvict(core, node, pod, options, told) : null }));
    const denied = findDenied(answers);
    if (denied !== null) {
      ended({ kind: 'denied', message: wordDenied(node, denied.pod, denied.webhook) });
      return;
    }
    if (timeline.now() - startedAt >= options.timeoutMinutes * MINUTE_MS) {
      timeline.tell('drain.timed-out', `${node.name} still has ${left.length} pods after ${options.timeoutMinutes} minutes`, {
        node: node.name,
        pool: node.pool,
        pods: left.map(keyOf),
      });
      ended({ kind: 'timed-out', message: wordTimeout(node, answers, options) });
      return;
    }
    stop = timeline.after(durations.physics.evictRetrySeconds * SECOND_MS, look);
  };
  stop = timeline.after(0, look);
  return () => stop();
}

/** Whether a drain waits for this pod. */
function isDrained(pod: PodRecord): boolean {
  return !isDaemonPod(pod) && !pod.isMirror;
}

function tryEvict(
  core: ClusterCore,
  node: NodeRecord,
  pod: PodRecord,
  options: DrainOptions,
  told: Map<PodRecord, string>,
): EvictionAnswer {
  const answer = evictPod(core, pod, { webhooks: options.webhooks(), graceSeconds: null, by: UPGRADER });
  if (answer.kind === 'accepted') return answer;
  if (answer.kind === 'refused') {
    recordUpgradeEvent(core, {
      type: 'Warning',
      reason: 'Drain',
      message: `Eviction blocked by Too Many Requests (usually a pdb): ${pod.name}`,
      node: node.name,
    });
  }
  const text = answer.kind === 'refused' ? answer.message : answer.kind;
  // The numbers in the text change with every pod that moves; that is no news.
  const news = answer.kind === 'refused' ? `${answer.budget.name} ${answer.retryAfterSeconds ?? ''}` : answer.kind;
  if (told.get(pod) === news) return answer;
  told.set(pod, news);
  core.timeline.tell('eviction.refused', `${keyOf(pod)} stays on ${node.name}: ${text}`, {
    namespace: pod.namespace,
    pod: pod.name,
    node: node.name,
    pool: node.pool,
    budget: answer.kind === 'refused' ? answer.budget.name : null,
    reason: text,
    by: UPGRADER,
  });
  return answer;
}

type Left = { readonly pod: PodRecord; readonly answer: EvictionAnswer | null };

/** A webhook's own refusal; one that cannot be reached (500) is only tried again, and so is one whose helper moves the pod. */
function findDenied(left: readonly Left[]): { readonly pod: PodRecord; readonly webhook: EvictionWebhook } | null {
  for (const { pod, answer } of left) {
    if (answer?.kind === 'denied' && answer.webhook.status !== 500 && answer.webhook.helper === undefined) return { pod, webhook: answer.webhook };
  }
  return null;
}

/** AKS's canonical sentence. Source: AKS support, "PodDrainFailure". */
function wordTimeout(node: NodeRecord, left: readonly Left[], options: DrainOptions): string {
  const help = 'See https://aka.ms/aks/debugdrainfailures.';
  const refused = left.find(({ answer }) => answer?.kind === 'refused');
  if (refused?.answer?.kind === 'refused') {
    const { pod } = refused;
    const { budget } = refused.answer;
    const unreadyCount = [...budget.pods].filter((one) => !one.isReady).length;
    return (
      `Drain node ${node.name} failed when evicting pod ${pod.name} failed with Too Many Requests error. ` +
      `This is often caused by a restrictive Pod Disruption Budget (PDB) policy. ${help} ` +
      `Original error: Cannot evict pod as it would violate the pod's disruption budget.. ` +
      `PDB debug info: ${keyOf(pod)} blocked by pdb ${budget.name} with ${unreadyCount} unready pods.`
    );
  }
  const broken = left.find(({ answer }) => answer !== null && answer.kind !== 'accepted');
  if (broken !== undefined) {
    const original =
      broken.answer?.kind === 'several-budgets'
        ? 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
        : broken.answer?.kind === 'denied'
          ? `failed calling webhook ${broken.answer.webhook.message}`
          : `namespace ${broken.pod.namespace} is being terminated`;
    return `Drain node ${node.name} failed when evicting pod ${broken.pod.name}. ${help} Original error: ${original}`;
  }
  const names = left.map(({ pod }) => keyOf(pod)).join(', ');
  return `Drain node ${node.name} failed: timed out after ${options.timeoutMinutes}m0s waiting for pods to be deleted: ${names}. ${help}`;
}

function wordDenied(node: NodeRecord, pod: PodRecord, webhook: EvictionWebhook): string {
  return `Drain node ${node.name} failed when evicting pod ${pod.name}: admission webhook denied the request: ${webhook.message}`;
}
