import { noAzureFacts } from '../domain/azure-facts.ts';
import type { AzureFacts } from '../domain/azure-facts.ts';
import type { Cluster, ClusterSnapshot, NodePool, Unchecked, UpgradeProfile } from '../domain/cluster-snapshot.ts';
import { isOpen } from '../domain/debt.ts';
import type { Debt } from '../domain/debt.ts';
import { metricsTellNoTime } from '../domain/deprecated-api-metrics.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { explainUnread } from '../domain/kubernetes-unread.ts';
import type { KubernetesNeed } from '../domain/kubernetes-unread.ts';
import { noWorkloadFacts } from '../domain/workload-facts.ts';
import type { KubernetesObjects, Ports } from './ports.ts';

/** The ports a whole read needs; without `state` no ledger of debts is asked, and that is named in `unchecked`. */
export type SnapshotPorts = Pick<Ports, 'clock' | 'aks' | 'azureFacts' | 'kubernetes'> & Partial<Pick<Ports, 'state'>>;

/**
 * Reads one cluster whole: ARM, offered versions and images, Kubernetes objects. Changes nothing; may be repeated.
 *
 * Cluster, node pools and, of a cluster that runs, Kubernetes objects must all be readable, else the failure is returned: a half-seen
 * cluster is not a safe one. Where Kubernetes is `optional` the snapshot then holds nothing of it, and `kubernetesUnread` says why. The offered versions and images may be missing; they are then named in `unchecked`, and so may what Azure
 * says around the cluster.
 */
export async function readClusterSnapshot(ports: SnapshotPorts, resourceId: string, kubernetesApi: KubernetesNeed = 'required'): Promise<Outcome<ClusterSnapshot>> {
  const read = await ports.aks.readCluster(resourceId);
  if (!read.ok) return read;
  const { cluster } = read.value;
  const [profile, images, objects, around, memory] = await Promise.all([
    ports.aks.readUpgradeProfile(resourceId),
    readOffers(ports, resourceId, read.value.nodePools),
    ports.kubernetes.readObjects(cluster),
    ports.azureFacts.readAzureFacts(cluster, read.value.nodePools),
    readDebts(ports, resourceId),
  ]);
  // Throttled is not unknown: a run reads it when Azure takes it again. A person at a terminal, who has no ledger, is not kept waiting.
  const throttled = images.throttled ?? (profile.ok || profile.failure.retryAfterSeconds === null ? null : profile.failure) ?? (around.ok ? (around.value.throttled ?? null) : null);
  if (throttled !== null && ports.state !== undefined) return { ok: false, failure: throttled };
  // A stopped cluster has no API server to ask; that it is stopped is the finding.
  const isRunning = cluster.powerState.toLowerCase() === 'running';
  const unread = objects.ok || !isRunning ? null : explainUnread(cluster, objects.failure);
  if (unread !== null && kubernetesApi === 'required') return { ok: false, failure: unread };
  const { unchecked, ...rest } = objects.ok ? objects.value : nothingSeen(isRunning ? null : objects.failure.message);
  const missing: Unchecked[] = [...unchecked, ...images.unchecked];
  if (!profile.ok) missing.push({ what: 'Kubernetes versions that AKS offers', why: profile.failure.message });
  if (memory.why !== null) missing.push({ what: 'nodes that earlier runs left set aside', why: memory.why });
  const upgradeProfile: UpgradeProfile | null = profile.ok ? profile.value : null;
  const said = around.ok ? around.value : noAzureFacts(around.failure.message);
  const facts = unread === null ? await addApiUses(ports, cluster, said) : said;
  const azureFacts = { ...facts, poolsWithoutNodeImage: images.without };
  return {
    ok: true,
    value: { takenAt: ports.clock.now(), cluster, nodePools: images.nodePools, upgradeProfile, azureFacts, ...rest, openDebts: memory.openDebts, unchecked: missing, ...(unread === null ? {} : { kubernetesUnread: unread }) },
  };
}

/** @param whyStopped - Null: it runs, and the snapshot says otherwise why nothing was seen. */
function nothingSeen(whyStopped: string | null): KubernetesObjects {
  const unchecked = whyStopped === null ? [] : [{ what: 'nodes and pods', why: `The cluster is not running. ${whyStopped}` }];
  return { nodes: [], pods: [], disruptionBudgets: [], workloads: [], namespaces: [], admissionWebhooks: [], workloadFacts: noWorkloadFacts, unchecked };
}

/** Nodes of the ledger that are still owed; none, with the reason, where it was not read. */
async function readDebts({ state }: SnapshotPorts, resourceId: string): Promise<{ readonly openDebts: ClusterSnapshot['openDebts']; readonly why: string | null }> {
  if (state === undefined) return { openDebts: [], why: 'No ledger of debts is at hand here.' };
  const read = await state.readState(resourceId);
  return read.ok ? { openDebts: openDebtsOf(read.value.debts), why: null } : { openDebts: [], why: read.failure.message };
}

/** Nodes that a ledger says are still set aside. */
export function openDebtsOf(debts: readonly Debt[]): ClusterSnapshot['openDebts'] {
  return debts.flatMap((debt) => (isOpen(debt) && debt.node !== null ? [{ node: debt.node, since: debt.when, who: debt.who }] : []));
}

/** Uses of deprecated APIs, from the API server where nobody else told. */
async function addApiUses(ports: SnapshotPorts, cluster: Cluster, facts: AzureFacts): Promise<AzureFacts> {
  if (facts.deprecatedApiUses !== null) return facts;
  const uses = await ports.kubernetes.readDeprecatedApiUses(cluster);
  return {
    ...facts,
    deprecatedApiUses: uses.ok ? uses.value : null,
    whyUnread: { ...facts.whyUnread, deprecatedApiUses: uses.ok ? metricsTellNoTime : uses.failure.message },
  };
}

async function readOffers(
  ports: SnapshotPorts,
  resourceId: string,
  nodePools: readonly NodePool[],
): Promise<{ readonly nodePools: readonly NodePool[]; readonly without: readonly string[]; readonly unchecked: readonly Unchecked[]; readonly throttled: Failure | null }> {
  let throttled: Failure | null = null;
  const unchecked: Unchecked[] = [];
  const known: NodePool[] = [];
  const without: string[] = [];
  // One after the other: a cluster of 100 pools would else empty ARM's bucket of 60 reads at once.
  for (const pool of nodePools) {
    const offers = await ports.aks.readNodePoolOffers(resourceId, pool.name);
    if (!offers.ok && offers.failure.retryAfterSeconds !== null) throttled ??= offers.failure;
    if (!offers.ok) unchecked.push({ what: `newest node image of pool ${pool.name}`, why: offers.failure.message });
    else if (offers.value.latestNodeImageVersion === null) without.push(pool.name);
    known.push(offers.ok ? { ...pool, ...offers.value } : pool);
  }
  return { nodePools: known, without, unchecked, throttled };
}
