import { noAzureFacts } from '../domain/azure-facts.ts';
import type { AzureFacts } from '../domain/azure-facts.ts';
import type { Cluster, ClusterSnapshot, NodePool, Unchecked, UpgradeProfile } from '../domain/cluster-snapshot.ts';
import { metricsTellNoTime } from '../domain/deprecated-api-metrics.ts';
import type { Outcome } from '../domain/failure.ts';
import type { Ports } from './ports.ts';

/**
 * Reads one cluster whole: ARM, offered versions and images, Kubernetes objects. Changes nothing; may be repeated.
 *
 * Cluster, node pools and Kubernetes objects must all be readable, else the failure is returned: a half-seen cluster is
 * not a safe one. The offered versions and images may be missing; they are then named in `unchecked`, and so may what Azure
 * says around the cluster.
 */
export async function readClusterSnapshot(ports: Ports, resourceId: string): Promise<Outcome<ClusterSnapshot>> {
  const read = await ports.aks.readCluster(resourceId);
  if (!read.ok) return read;
  const { cluster } = read.value;
  const [profile, images, objects, around] = await Promise.all([
    ports.aks.readUpgradeProfile(resourceId),
    readOffers(ports, resourceId, read.value.nodePools),
    ports.kubernetes.readObjects(cluster),
    ports.azureFacts.readAzureFacts(cluster, read.value.nodePools),
  ]);
  if (!objects.ok) return objects;
  const { unchecked, ...rest } = objects.value;
  const missing: Unchecked[] = [...unchecked, ...images.unchecked];
  if (!profile.ok) missing.push({ what: 'Kubernetes versions that AKS offers', why: profile.failure.message });
  const upgradeProfile: UpgradeProfile | null = profile.ok ? profile.value : null;
  const facts = await addApiUses(ports, cluster, around.ok ? around.value : noAzureFacts(around.failure.message));
  const azureFacts = { ...facts, poolsWithoutNodeImage: images.without };
  return {
    ok: true,
    value: { takenAt: ports.clock.now(), cluster, nodePools: images.nodePools, upgradeProfile, azureFacts, ...rest, unchecked: missing },
  };
}

/** Uses of deprecated APIs, from the API server where nobody else told. */
async function addApiUses(ports: Ports, cluster: Cluster, facts: AzureFacts): Promise<AzureFacts> {
  if (facts.deprecatedApiUses !== null) return facts;
  const uses = await ports.kubernetes.readDeprecatedApiUses(cluster);
  return {
    ...facts,
    deprecatedApiUses: uses.ok ? uses.value : null,
    whyUnread: { ...facts.whyUnread, deprecatedApiUses: uses.ok ? metricsTellNoTime : uses.failure.message },
  };
}

async function readOffers(
  ports: Ports,
  resourceId: string,
  nodePools: readonly NodePool[],
): Promise<{ readonly nodePools: readonly NodePool[]; readonly without: readonly string[]; readonly unchecked: readonly Unchecked[] }> {
  const unchecked: Unchecked[] = [];
  const known: NodePool[] = [];
  const without: string[] = [];
  // One after the other: a cluster of 100 pools would else empty ARM's bucket of 60 reads at once.
  for (const pool of nodePools) {
    const offers = await ports.aks.readNodePoolOffers(resourceId, pool.name);
    if (!offers.ok) unchecked.push({ what: `newest node image of pool ${pool.name}`, why: offers.failure.message });
    else if (offers.value.latestNodeImageVersion === null) without.push(pool.name);
    known.push(offers.ok ? { ...pool, ...offers.value } : pool);
  }
  return { nodePools: known, without, unchecked };
}
