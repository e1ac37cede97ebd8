import type { NodePool } from '../domain/cluster-snapshot.ts';
import type { Outcome } from '../domain/failure.ts';
import { judgeControlPlane, judgePool, nothingFound, takeInventory } from '../domain/judge-progress.ts';
import { judgePoolUnseen } from '../domain/judge-unseen.ts';
import { explainUnread } from '../domain/kubernetes-unread.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { ActivityContract, ClusterVerification } from './contract.ts';
import { poolNameOf } from './look-at-unit.ts';
import type { Ports } from './ports.ts';

/** The last look at every unit of a plan: each node counted, whatever ARM says; by ARM alone where Kubernetes is `optional` and cannot be read. Changes nothing; may be repeated. */
export async function verifyCluster(
  ports: Ports,
  input: ActivityContract['verifyCluster']['input'],
): Promise<Outcome<ClusterVerification>> {
  const read = await ports.aks.readCluster(input.clusterResourceId);
  if (!read.ok) return read;
  const { cluster, nodePools } = read.value;
  const nodes = await ports.kubernetes.readNodes(cluster);
  if (!nodes.ok && input.kubernetesApi !== 'optional') return { ok: false, failure: explainUnread(cluster, nodes.failure) };
  const seenAt = ports.clock.now();
  const judge = (unit: PlannedUnit, pool: NodePool): UnitProgress =>
    nodes.ok ? judgePool({ seenAt, unit, pool, nodes: nodes.value, ...nothingFound }) : judgePoolUnseen({ seenAt, unit, pool, failure: explainUnread(cluster, nodes.failure) });
  const units = input.units.flatMap((unit) => {
    const name = poolNameOf(unit);
    if (name === null) return [{ unit: unit.unit, progress: judgeControlPlane(cluster, unit, seenAt) }];
    const pool = nodePools.find((each) => each.name === name);
    return pool === undefined ? [] : [{ unit: unit.unit, progress: judge(unit, pool) }];
  });
  if (!nodes.ok) return { ok: true, value: { units, inventories: [] } };
  const planned = new Map(input.units.map((unit: PlannedUnit) => [poolNameOf(unit), unit]));
  const inventories = nodePools.map((pool) => {
    const target = planned.get(pool.name)?.to ?? { kubernetesVersion: pool.orchestratorVersion, nodeImageVersion: null };
    return { pool: pool.name, inventory: takeInventory(pool, nodes.value, target) };
  });
  return { ok: true, value: { units, inventories } };
}
