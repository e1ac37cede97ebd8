import { existsSync, readFileSync } from 'node:fs';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import type { ClusterWorld, ClusterWorldOptions } from '../../sim/cluster-world.ts';
import { dig } from './small-cluster.ts';

const shared = new URL('../../../shared/', import.meta.url);
const recordings = new URL('recordings/kubernetes/', shared);

/** Why a test of recordings must be left out; false when they are there. */
export const skip = existsSync(recordings) ? false : 'the recordings of a real API server are not beside this checkout';

export const readShared = (path: string): unknown => JSON.parse(readFileSync(new URL(path, shared), 'utf8'));

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
    const items = dig(readShared(`recordings/kubernetes/list-${file}.json`), 'body.items');
    return Array.isArray(items) ? items.map((item: unknown) => ({ ...(typeof item === 'object' ? item : {}), apiVersion, kind })) : [];
  });
}

export const recordedStart = Date.parse('2026-11-21T01:00:00Z');
export const recordedCluster = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/lab-rg/providers/Microsoft.ContainerService/managedClusters/lab-aks';

/** A world made from the recorded lists of a real API server. */
export function recordedWorld(options: Partial<ClusterWorldOptions> = {}): ClusterWorld {
  return createClusterWorld({
    documents: {
      cluster: readShared('recordings/kubernetes/snapshot/cluster.json'),
      nodePools: readShared('recordings/kubernetes/snapshot/nodepools.json'),
      upgrades: null,
      kubernetesItems: recordedItems(),
    },
    seed: 11,
    startsAt: recordedStart,
    ...options,
  });
}
