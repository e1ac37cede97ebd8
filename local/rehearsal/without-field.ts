import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { isRecord, recordAt, without, type JsonRecord } from '../../domain/json.ts';

/** The documents without one field, `properties.a.b`, of the cluster and of every pool, whichever of ARM and `az` printed them. */
export function withoutField(documents: SnapshotDocuments, path: string): SnapshotDocuments {
  const steps = path.split('.').filter((step) => step !== 'properties');
  const { cluster, nodePools } = documents;
  return { ...documents, cluster: cleanCluster(cluster, steps), nodePools: cleanPools(nodePools, steps) };
}

function cleanCluster(cluster: unknown, steps: readonly string[]): unknown {
  if (!isRecord(cluster)) return cluster;
  const clean = (holder: JsonRecord): JsonRecord => {
    const cut = drop(holder, steps);
    return Object.hasOwn(cut, 'agentPoolProfiles') ? { ...cut, agentPoolProfiles: cleanPools(cut['agentPoolProfiles'], steps) } : cut;
  };
  return isRecord(cluster['properties']) ? { ...cluster, properties: clean(cluster['properties']) } : clean(cluster);
}

function cleanPools(pools: unknown, steps: readonly string[]): unknown {
  if (Array.isArray(pools)) return pools.map((pool: unknown) => cleanPool(pool, steps));
  return isRecord(pools) && Array.isArray(pools['value']) ? { ...pools, value: cleanPools(pools['value'], steps) } : pools;
}

function cleanPool(pool: unknown, steps: readonly string[]): unknown {
  if (!isRecord(pool)) return pool;
  return isRecord(pool['properties']) ? { ...pool, properties: drop(pool['properties'], steps) } : drop(pool, steps);
}

function drop(holder: JsonRecord, [first = '', ...rest]: readonly string[]): JsonRecord {
  if (!Object.hasOwn(holder, first)) return holder;
  return rest.length === 0 ? without(holder, first) : { ...holder, [first]: drop(recordAt(holder, first), rest) };
}
