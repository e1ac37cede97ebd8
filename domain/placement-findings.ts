import { countText, namesText } from './budget-health.ts';
import type { NodePool, PodSeparation } from './cluster-snapshot.ts';
import { matchesSelector } from './disruption-budget.ts';
import { amendWorkloads, countLivePods, ownerOfPods } from './drained-workload.ts';
import { missingLabels } from './node-label-findings.ts';
import { nodeNames } from './preflight-view.ts';
import type { PlacedPod, PreflightCheck, PreflightView } from './preflight-view.ts';
import { findCrowded } from './replacement-room.ts';
import { findPlaces } from './replacement-places.ts';
import type { Places } from './replacement-places.ts';
import { findVolumes } from './volume-findings.ts';
import type { VolumeFinder } from './volume-findings.ts';
import type { Finding } from './preflight-report.ts';

/** Why the replacement of a pod would have no place. */
interface NoPlace {
  readonly pool: NodePool;
  readonly pods: readonly PlacedPod[];
  readonly because: string;
  readonly remedy: string;
}

/**
 * Workloads whose evicted pods would find no place on the nodes that stay and the surge nodes: selectors, taints,
 * required spread, room. One finding per workload.
 *
 * Pods bound to a node by their data, and labels a new node will lack, have findings of their own.
 */
export const checkReplacements: PreflightCheck = (view) => {
  const placesOf = findPlaces(view);
  const live = countLivePods(view);
  const crowded = findCrowded(view);
  const volumesOf = findVolumes(view);
  return view.drainedWorkloads.flatMap(({ where, pods, byPool }): readonly Finding[] => {
    const found = [...byPool].flatMap(([pool, members]): readonly NoPlace[] => {
      const [first] = members;
      if (first === undefined || hasOwnFinding(view, pool, members, volumesOf)) return [];
      const places = placesOf(first.pod.scheduling, pool);
      const reason =
        noNode(places, pool) ??
        tooClose(first, places, live.get(where) ?? members.length) ??
        noZone(volumesOf, members, places) ??
        crowded.get(`${pool.name} ${where}`) ??
        null;
      return reason === null ? [] : [{ pool, pods: members, ...reason }];
    });
    return found.length === 0 ? [] : [unschedulable(view, where, pods, found)];
  });
};

type Reason = Pick<NoPlace, 'because' | 'remedy'>;

function hasOwnFinding(view: PreflightView, pool: NodePool, members: readonly PlacedPod[], volumesOf: VolumeFinder): boolean {
  const isLocal = members.some(({ pod }) => volumesOf(pod).some(({ isNodeLocal }) => isNodeLocal));
  return isLocal || members.slice(0, 1).some(({ pod }) => missingLabels(view, pool, pod.scheduling).length > 0);
}

function noNode({ least, inPool, elsewhereCount, drainedTogether, surgeNodes }: Places, pool: NodePool): Reason | null {
  if (least > 0) return null;
  const there = inPool.length + elsewhereCount;
  const because =
    there === 0
      ? 'no node takes it: none has the labels it needs and only taints it tolerates'
      : `only ${countText(there, 'node')} of ${pool.name} can take it, ${drainedTogether} are drained at once, and ${surgeNodes === 0 ? 'no surge node takes it' : ''}`;
  return { because, remedy: `Let it run on more nodes, or give ${pool.name} maxSurge 1.` };
}

/** Required spread: every domain holds only so many of the workload's pods. */
function tooClose({ pod }: PlacedPod, places: Places, replicas: number): Reason | null {
  for (const separation of pod.scheduling.separations) {
    if (!matchesSelector(separation.selector, pod.labels)) continue;
    // While a surge node is there, a spread can be kept; without one the emptied node stays the emptiest domain.
    if (separation.kind === 'spread' && places.surgeNodes > 0) continue;
    const domains = domainsThatStay(separation, places);
    const room = domains * separation.mostTogether;
    if (replicas <= room) continue;
    const unit = isByHost(separation) ? 'node' : `domain`;
    return {
      because:
        `${countText(replicas, 'replica')} must not share a ${unit} (at most ${separation.mostTogether} in each ${separation.topologyKey}), ` +
        `and while ${countText(places.drainedTogether, 'node')} ${places.drainedTogether === 1 ? 'is' : 'are'} drained ${countText(domains, unit)} ${domains === 1 ? 'stays' : 'stay'}, ` +
        `${places.surgeNodes === 0 ? 'with no surge node' : `${places.surgeNodes} of them new`}: the first would drain, its pod would wait, and the next would block`,
      remedy: isByHost(separation)
        ? 'Give the pool maxSurge 1 (with maxUnavailable 0), or prefer the spread instead of requiring it.'
        : 'Prefer the spread instead of requiring it, or run a replica less.',
    };
  }
  return null;
}

function isByHost({ topologyKey }: PodSeparation): boolean {
  return topologyKey === 'kubernetes.io/hostname';
}

/** Domains with a node left while the fullest wave is drained; a surge node may come up in any domain that was emptied. */
function domainsThatStay(separation: PodSeparation, places: Places): number {
  if (isByHost(separation)) return places.least;
  const counts = new Map<string, { pool: number; others: number }>();
  const count = (nodes: Places['inPool'], side: 'pool' | 'others'): void => {
    for (const { labels } of nodes) {
      const domain = labels[separation.topologyKey];
      if (domain === undefined) continue;
      const seen = counts.get(domain) ?? { pool: 0, others: 0 };
      seen[side] += 1;
      counts.set(domain, seen);
    }
  };
  count(places.inPool, 'pool');
  count(places.elsewhere(), 'others');
  const emptied = [...counts.values()].filter(({ pool, others }) => others === 0 && pool <= places.drainedTogether);
  // One wave empties at most as many domains as it has nodes.
  const lost = Math.min(emptied.length, places.drainedTogether);
  return counts.size - Math.max(0, lost - places.surgeNodes);
}

/** Disks of one zone, no surge node, and nobody left in the zone. */
function noZone(volumesOf: VolumeFinder, members: readonly PlacedPod[], places: Places): Reason | null {
  if (places.surgeNodes > 0) return null;
  for (const { pod } of members) {
    for (const { zones, name } of volumesOf(pod)) {
      const inZone = [...places.inPool, ...places.elsewhere()].filter(({ zone }) => zone !== null && zones.includes(zone));
      const staying = inZone.length - Math.min(places.drainedTogether, inZone.filter((node) => places.inPool.includes(node)).length);
      if (zones.length === 0 || staying > 0) continue;
      return {
        because: `volume ${name} of ${pod.name} can only be reached from ${zones.join(', ')}, where no other node stays, and there is no surge node`,
        remedy: 'Add a node in that zone, or use zone-redundant disks.',
      };
    }
  }
  return null;
}

function unschedulable(view: PreflightView, where: string, pods: readonly PlacedPod[], found: readonly NoPlace[]): Finding {
  const [first] = found;
  return {
    code: 'UNSCHEDULABLE_REPLACEMENT',
    where,
    severity: 'block',
    pools: found.map(({ pool }) => pool.name).sort(),
    message: `A pod of ${where} evicted from ${namesText(found.map(({ pool }) => pool.name).sort())} would have no place: ${first?.because ?? ''}.`,
    remedy: first?.remedy ?? '',
    amendments: amendWorkloads(view, pods),
    owner: ownerOfPods(view, pods),
    evidence: {
      because: found.map(({ pool, because }) => ({ pool: pool.name, because })),
      nodes: nodeNames(found.flatMap((one) => one.pods)),
    },
  };
}

