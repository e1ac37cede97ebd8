import { SECOND_MS } from '../domain/time.ts';
import type { ClusterCore } from './cluster-core.ts';
import type { NodeRecord, PodRecord } from './kubernetes-objects.ts';
import { keyOf, markChanged, podsIn, reselectBudgets } from './kubernetes-store.ts';

/** Label by which CloudNativePG tells the pod that leads from the others. */
export const ROLE_LABEL = 'cnpg.io/instanceRole';
const CLUSTER_LABEL = 'cnpg.io/cluster';
/** From the cordon of its node until the lead has moved, where there is a standby. Unit: seconds. */
const SWITCHOVER_SECONDS = 150;
/** Between looks for a standby while there is none. Unit: seconds. */
const RETRY_SECONDS = 30;

/**
 * Moves the lead of a database away from a cordoned node, as CloudNativePG does: to a Ready standby on a node that takes pods,
 * after the time a switchover takes. Without one it waits.
 */
export function startDatabaseOperators(core: ClusterCore): void {
  const { store, timeline } = core;
  const moving = new Set<PodRecord>();
  const leadsHere = (node: NodeRecord): readonly PodRecord[] => [...node.pods].filter((pod) => pod.labels[ROLE_LABEL] === 'primary' && pod.deletionAt === null);
  const consider = (node: NodeRecord): void => {
    if (!node.isUnschedulable) return;
    for (const pod of leadsHere(node)) {
      if (moving.has(pod)) continue;
      moving.add(pod);
      timeline.after(SWITCHOVER_SECONDS * SECOND_MS, () => attempt(pod, node));
    }
  };
  const attempt = (pod: PodRecord, node: NodeRecord): void => {
    const isStillLeading = store.pods.get(keyOf(pod)) === pod && pod.labels[ROLE_LABEL] === 'primary' && node.isUnschedulable && pod.deletionAt === null;
    const standby = isStillLeading && !store.areOperatorsAway ? findStandby(core, pod) : null;
    if (!isStillLeading || standby !== null) moving.delete(pod);
    if (standby !== null) switchOver(core, pod, standby);
    else if (isStillLeading) timeline.after(RETRY_SECONDS * SECOND_MS, () => attempt(pod, node));
  };
  store.listeners.push({ nodeChanged: consider });
}

function findStandby({ store }: ClusterCore, lead: PodRecord): PodRecord | null {
  const isStandby = (pod: PodRecord): boolean => {
    const node = store.nodes.get(pod.nodeName ?? '');
    return pod !== lead && pod.isReady && pod.deletionAt === null && pod.labels[CLUSTER_LABEL] === lead.labels[CLUSTER_LABEL] && pod.labels[ROLE_LABEL] !== undefined && node !== undefined && node.isReady && !node.isUnschedulable;
  };
  return [...podsIn(store, lead.namespace)].filter(isStandby).sort((one, other) => (one.name < other.name ? -1 : 1))[0] ?? null;
}

function switchOver(core: ClusterCore, lead: PodRecord, standby: PodRecord): void {
  for (const [pod, role] of [[lead, 'replica'], [standby, 'primary']] as const) {
    pod.labels = { ...pod.labels, [ROLE_LABEL]: role };
    reselectBudgets(core.store, pod);
    markChanged(core.store, pod);
  }
  const { namespace, name } = standby;
  core.timeline.tell('database.switched-over', `${keyOf(standby)} leads instead of ${lead.name}`, { namespace, pod: name, before: lead.name });
}
