import type { Outcome } from '../domain/failure.ts';
import { judgeControlPlane, judgePool, nothingFound, takeInventory } from '../domain/judge-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { ActivityContract, ClusterVerification } from './contract.ts';
import { poolNameOf } from './look-at-unit.ts';
import type { Ports } from './ports.ts';

/** The last look at every unit of a plan: each node counted, whatever ARM says. Changes nothing; may be repeated. */
export async function verifyCluster(
  ports: Ports,
  input: ActivityContract['verifyCluster']['input'],
): Promise<Outcome<ClusterVerification>> {
  const read = await ports.aks.readCluster(input.clusterResourceId);
  if (!read.ok) return read;
  const { cluster, nodePools } = read.value;
  const nodes = await ports.kubernetes.readNodes(cluster);
  if (!nodes.ok) return nodes;
  const seenAt = ports.clock.now();
  const units = input.units.flatMap((unit) => {
    const name = poolNameOf(unit);
    if (name === null) return [{ unit: unit.unit, progress: judgeControlPlane(cluster, unit, seenAt) }];
    const pool = nodePools.find((each) => each.name === name);
    if (pool === undefined) return [];
    return [{ unit: unit.unit, progress: judgePool({ seenAt, unit, pool, nodes: nodes.value, ...nothingFound }) }];
  });
  const planned = new Map(input.units.map((unit: PlannedUnit) => [poolNameOf(unit), unit]));
  const inventories = nodePools.map((pool) => {
    const target = planned.get(pool.name)?.to ?? { kubernetesVersion: pool.orchestratorVersion, nodeImageVersion: null };
    return { pool: pool.name, inventory: takeInventory(pool, nodes.value, target) };
  });
  return { ok: true, value: { units, inventories } };
}
