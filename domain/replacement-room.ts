import { takesPods } from './budget-intent.ts';
import type { ComputeResources, Node, NodePool, Pod } from './cluster-snapshot.ts';
import { isFinished } from './eviction.ts';
import { parallelNodeCount, surgeNodeCount } from './node-pool.ts';
import { allowsPod } from './pod-scheduling.ts';
import { settingsOf } from './preflight-view.ts';
import type { PlacedPod, PreflightView } from './preflight-view.ts';
import { placeOf } from './workload.ts';

/** Why there is no room for a workload's pods, and what makes some. */
export interface Crowded {
  readonly because: string;
  readonly remedy: string;
}

interface Room {
  readonly node: Node;
  cpuMillicores: number;
  memoryBytes: number;
  pods: number;
}

/**
 * Workloads without room on the nodes that stay, by `pool namespace/name`: pools without surge nodes, while their fullest
 * nodes are drained together. A surge node is as large as the node it stands in for, so a pool with surge has room.
 *
 * Pods are placed one by one, largest first, on the first node with room: what the scheduler could do at least.
 */
export function findCrowded(view: PreflightView): ReadonlyMap<string, Crowded> {
  const found = new Map<string, Crowded>();
  const tight = view.pools.filter((pool) => surgeNodeCount(settingsOf(view, pool).maxSurge, pool.nodeCount) === 0);
  if (tight.length === 0) return found;
  const used = usedByNode(view.snapshot.pods);
  const byPool = Map.groupBy(view.drained, ({ pool }) => pool);
  for (const pool of tight) {
    for (const [where, reason] of crowdedIn(view, pool, { used, pods: byPool.get(pool) ?? [] })) found.set(`${pool.name} ${where}`, reason);
  }
  return found;
}

function usedByNode(pods: readonly Pod[]): ReadonlyMap<string, ComputeResources & { readonly pods: number }> {
  const used = new Map<string, { cpuMillicores: number; memoryBytes: number; pods: number }>();
  for (const pod of pods) {
    if (pod.nodeName === '' || isFinished(pod)) continue;
    const sum = used.get(pod.nodeName) ?? { cpuMillicores: 0, memoryBytes: 0, pods: 0 };
    sum.cpuMillicores += pod.requests.cpuMillicores;
    sum.memoryBytes += pod.requests.memoryBytes;
    sum.pods += 1;
    used.set(pod.nodeName, sum);
  }
  return used;
}

function crowdedIn(
  view: PreflightView,
  pool: NodePool,
  { used, pods }: { readonly used: ReturnType<typeof usedByNode>; readonly pods: readonly PlacedPod[] },
): ReadonlyMap<string, Crowded> {
  const moving = Map.groupBy(pods.filter(({ pod }) => pod.owner !== null && pod.deletionTimestamp === null), ({ node }) => node.name);
  const weight = (members: readonly PlacedPod[]): number => members.reduce((sum, { pod }) => sum + pod.requests.cpuMillicores, 0);
  const together = parallelNodeCount(settingsOf(view, pool), pool.nodeCount);
  const fullest = [...moving].sort(([, one], [, other]) => weight(other) - weight(one)).slice(0, together);
  const leaving = new Set(fullest.map(([name]) => name));
  const rooms: Room[] = view.snapshot.nodes
    .filter((node) => takesPods(node) && !leaving.has(node.name))
    .map((node) => {
      const taken = used.get(node.name) ?? { cpuMillicores: 0, memoryBytes: 0, pods: 0 };
      const { cpuMillicores, memoryBytes, pods: most } = node.allocatable;
      return { node, cpuMillicores: cpuMillicores - taken.cpuMillicores, memoryBytes: memoryBytes - taken.memoryBytes, pods: most - taken.pods };
    });
  const homeless = fullest
    .flatMap(([, members]) => members)
    .sort((one, other) => other.pod.requests.cpuMillicores - one.pod.requests.cpuMillicores)
    .filter(({ pod }) => !settle(pod, rooms));
  return new Map(homeless.map(({ pod }) => [placeOf(pod, view.workloads), crowdedText(pod, leaving.size, pool)]));
}

/** Takes room for the pod on the first node that has some; false when none has. */
function settle(pod: Pod, rooms: readonly Room[]): boolean {
  const { cpuMillicores, memoryBytes } = pod.requests;
  // A pod that no node takes at all has another finding.
  let isTaken = false;
  for (const room of rooms) {
    if (!allowsPod(pod.scheduling, room.node)) continue;
    isTaken = true;
    if (room.pods < 1 || room.cpuMillicores < cpuMillicores || room.memoryBytes < memoryBytes) continue;
    room.pods -= 1;
    room.cpuMillicores -= cpuMillicores;
    room.memoryBytes -= memoryBytes;
    return true;
  }
  return !isTaken;
}

function crowdedText(pod: Pod, nodes: number, pool: NodePool): Crowded {
  const { cpuMillicores, memoryBytes } = pod.requests;
  return {
    because:
      `it asks for ${cpuMillicores} m of CPU and ${Math.ceil(memoryBytes / 2 ** 20)} Mi of memory, and while the ${nodes === 1 ? 'fullest node is' : `${nodes} fullest nodes are`} drained ` +
      `the nodes that stay have no room left for all`,
    remedy: `Give ${pool.name} maxSurge 1 (with maxUnavailable 0), or add a node before the window.`,
  };
}
