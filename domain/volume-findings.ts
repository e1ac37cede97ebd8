import { countText, namesText } from './budget-health.ts';
import { takesPods } from './budget-intent.ts';
import type { Pod } from './cluster-snapshot.ts';
import { amendWorkloads, ownerOfPods, startSecondsOf } from './drained-workload.ts';
import { nodeSoakMinutes, surgeNodeCount } from './node-pool.ts';
import { allowsPod } from './pod-scheduling.ts';
import { defaultPoolTimeModel } from './pool-time-model.ts';
import type { Finding } from './preflight-report.ts';
import { nodeNames, podNames, poolNames, settingsOf } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import type { PersistentVolume } from './workload-facts.ts';

/** Tells the persistent volumes a pod uses, as far as they are known. */
export type VolumeFinder = (pod: Pick<Pod, 'namespace' | 'volumeClaims'>) => readonly PersistentVolume[];

const noVolumes: readonly PersistentVolume[] = [];

/** Prepares the question for many pods. */
export function findVolumes({ snapshot }: PreflightView): VolumeFinder {
  const { volumes, volumeClaims } = snapshot.workloadFacts;
  const byName = new Map(volumes.map((volume) => [volume.name, volume]));
  const byClaim = new Map<string, PersistentVolume>();
  for (const { namespace, name, volumeName, isEphemeral } of volumeClaims) {
    const volume = byName.get(volumeName);
    // What is made for one pod is gone with every pod anyway.
    if (volume !== undefined && !isEphemeral) byClaim.set(`${namespace}/${name}`, volume);
  }
  return ({ namespace, volumeClaims: claims }) =>
    claims.length === 0 ? noVolumes : claims.flatMap((claim) => byClaim.get(`${namespace}/${claim}`) ?? []);
}

/** Workloads that keep data on their node's own disk, which a re-image erases. One finding per workload. */
export const checkLocalData: PreflightCheck = (view) => {
  const volumesOf = findVolumes(view);
  return view.drainedWorkloads.flatMap(({ where, pods }): readonly Finding[] => {
    const local = pods.filter(({ pod }) => volumesOf(pod).some(({ isNodeLocal }) => isNodeLocal));
    if (local.length === 0) return [];
    const volumes = local.flatMap(({ pod }) => volumesOf(pod)).filter(({ isNodeLocal }) => isNodeLocal).map(({ name }) => name);
    return [
      {
        code: 'LOCAL_DATA_LOSS',
        where,
        severity: 'block',
        pools: poolNames(local),
        message: `${countText(volumes.length, 'volume')} of ${where} (${namesText(volumes)}) ${volumes.length === 1 ? 'lies' : 'lie'} on the disks of ${countText(nodeNames(local).length, 'node')}: a re-image erases them, and ${pauseText(view, local)}.`,
        remedy: `Let ${where} copy its data to other nodes and wait for it between nodes (nodeSoakDurationInMinutes as long as a rebuild takes, or one node a window), or move it to network disks; then acknowledge the loss.`,
        amendments: amendWorkloads(view, local),
        owner: ownerOfPods(view, local),
        evidence: { volumes, pods: podNames(local), nodes: nodeNames(local) },
      },
    ];
  });
};

/** How soon the next node follows, which is what a rebuild has to fit in. */
function pauseText(view: PreflightView, placed: readonly PlacedPod[]): string {
  const soak = Math.min(...placed.map(({ pool }) => nodeSoakMinutes(settingsOf(view, pool))));
  return soak === 0 ? 'the next node follows at once, before a copy is rebuilt' : `the next node follows after ${soak} min`;
}

/**
 * Workloads with disks of one zone where only one node can take them: while it is drained, the pod waits unless the surge
 * node happens to come up there. Azure spreads surge nodes evenly only in multiples of the zones. One finding per workload.
 */
export const checkZonePinned: PreflightCheck = (view) => {
  const volumesOf = findVolumes(view);
  return view.drainedWorkloads.flatMap(({ where, pods }): readonly Finding[] => {
    const pinned = pods.filter((placed) => isPinned(view, placed, volumesOf(placed.pod)));
    if (pinned.length === 0) return [];
    const zones = [...new Set(pinned.flatMap(({ pod }) => volumesOf(pod).flatMap((volume) => volume.zones)))].sort();
    const most = Math.max(...pinned.map(({ pool }) => pool.availabilityZones.length));
    return [
      {
        code: 'ZONE_PINNED',
        where,
        severity: 'warn',
        pools: poolNames(pinned),
        message: `Disks of ${where} can only be reached from ${namesText(zones)}, each with a single node for it; in which zone a surge node comes up is not known, so a pod may be down while its own node is made anew, about ${downMinutes(pinned)} min, one after the other.`,
        remedy: `Set maxSurge of ${poolNames(pinned).join(', ')} to ${Math.max(2, most)} so that every zone gets one, or use zone-redundant disks.`,
        amendments: amendWorkloads(view, pinned),
        owner: ownerOfPods(view, pinned),
        evidence: { zones, pods: podNames(pinned), nodes: nodeNames(pinned) },
      },
    ];
  });
};

/** Re-image and start of the slowest pod. */
function downMinutes(pinned: readonly PlacedPod[]): number {
  return defaultPoolTimeModel.reimageMinutes + Math.max(1, Math.ceil((startSecondsOf(pinned) ?? 0) / 60));
}

function isPinned(view: PreflightView, { pod, pool }: PlacedPod, volumes: readonly PersistentVolume[]): boolean {
  const zones = volumes.flatMap((volume) => volume.zones);
  if (zones.length === 0) return false;
  const surge = surgeNodeCount(settingsOf(view, pool).maxSurge, pool.nodeCount);
  // Without surge nodes the pod has no place at all, which is a finding of its own.
  if (surge === 0 || (pool.availabilityZones.length > 1 && surge >= pool.availabilityZones.length)) return false;
  const nodes = view.snapshot.nodes.filter((node) => node.zone !== null && zones.includes(node.zone) && takesPods(node) && allowsPod(pod.scheduling, node));
  return nodes.length <= 1;
}
