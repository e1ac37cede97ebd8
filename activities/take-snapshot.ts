import type { Outcome } from '../domain/failure.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import type { ActivityContract, ClusterState } from './contract.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';

/** Reads what planning needs and refuses a partial read, unless Kubernetes is `optional`. Nodes are counted, pods left out, so that history stays small. May be repeated. */
export async function takeSnapshot(ports: Ports, input: ActivityContract['takeSnapshot']['input']): Promise<Outcome<ClusterState>> {
  const read = await readClusterSnapshot(ports, input.clusterResourceId, input.kubernetesApi);
  return read.ok ? { ok: true, value: planningStateOf(read.value) } : read;
}
