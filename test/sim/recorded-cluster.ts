import { recordsAt } from '../../domain/json.ts';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import type { ClusterWorld, ClusterWorldOptions } from '../../sim/cluster-world.ts';
import { sharedMaterial } from '../shared-material.ts';

/** What a real API server answered. */
export const recordings = sharedMaterial('recordings/kubernetes/');

const lists: readonly [file: string, apiVersion: string, kind: string][] = [
  ['nodes', 'v1', 'Node'],
  ['pods', 'v1', 'Pod'],
  ['poddisruptionbudgets', 'policy/v1', 'PodDisruptionBudget'],
  ['deployments', 'apps/v1', 'Deployment'],
  ['replicasets', 'apps/v1', 'ReplicaSet'],
  ['statefulsets', 'apps/v1', 'StatefulSet'],
  ['daemonsets', 'apps/v1', 'DaemonSet'],
  ['jobs', 'batch/v1', 'Job'],
  ['replicationcontrollers', 'v1', 'ReplicationController'],
];

/** The items of the recorded lists, with the types a list leaves out. */
export function recordedItems(): readonly unknown[] {
  return lists.flatMap(([file, apiVersion, kind]) => {
    return recordsAt(recordings.readJson(`list-${file}.json`), 'body', 'items').map((item) => ({ ...item, apiVersion, kind }));
  });
}

export const recordedStart = Date.parse('2026-11-21T01:00:00Z');
export const recordedCluster = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/lab-rg/providers/Microsoft.ContainerService/managedClusters/lab-aks';

/** A world made from the recorded lists of a real API server. */
export function recordedWorld(options: Partial<ClusterWorldOptions> = {}): ClusterWorld {
  return createClusterWorld({
    documents: {
      cluster: recordings.readJson('snapshot/cluster.json'),
      nodePools: recordings.readJson('snapshot/nodepools.json'),
      upgrades: null,
      kubernetesItems: recordedItems(),
    },
    seed: 11,
    startsAt: recordedStart,
    ...options,
  });
}
