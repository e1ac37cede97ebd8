import type { Node } from '../domain/cluster-snapshot.ts';
import type { Outcome } from '../domain/failure.ts';
import type { ClusterState, NodeVersionCount } from './contract.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';

/** Reads what planning needs and refuses a partial read. Nodes are counted, pods left out, so that history stays small. May be repeated. */
export async function takeSnapshot(ports: Ports, input: { readonly clusterResourceId: string }): Promise<Outcome<ClusterState>> {
  const read = await readClusterSnapshot(ports, input.clusterResourceId);
  if (!read.ok) return read;
  const { takenAt, cluster, nodePools, upgradeProfile, nodes, unchecked } = read.value;
  const nodeVersions: Record<string, readonly NodeVersionCount[]> = {};
  for (const pool of nodePools) nodeVersions[pool.name] = countVersions(nodes.filter((node) => node.nodePool === pool.name));
  return { ok: true, value: { takenAt, cluster, nodePools, upgradeProfile, nodeVersions, unchecked } };
}

function countVersions(nodes: readonly Node[]): readonly NodeVersionCount[] {
  const counts = new Map<string, NodeVersionCount>();
  for (const { kubeletVersion, imageVersion } of nodes) {
    const key = `${kubeletVersion} ${imageVersion}`;
    counts.set(key, { kubeletVersion, imageVersion, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
