import type { ClusterWorld } from './cluster-world.ts';
import type { Simulated, WorldChange } from './wire.ts';

/** The ARM that several clusters of one directory share. */
interface FleetWorld {
  readonly arm: Simulated;
  /** Lets time pass for every cluster. */
  advance(now: number): readonly WorldChange[];
  /** When something will happen by itself next in any of them; null when nothing will. */
  nextAt(): number | null;
}

/** One ARM before several clusters: a request goes to the cluster its path names, else to the first, whose region and network they share. */
export function joinClusters(first: ClusterWorld, others: readonly ClusterWorld[]): FleetWorld {
  const all = [first, ...others];
  const byId = new Map(all.map((cluster) => [cluster.resourceId.toLowerCase(), cluster]));
  const advance = (now: number): readonly WorldChange[] => all.flatMap((cluster) => cluster.advance(now));
  const nextAt = (): number | null => {
    const moments = all.flatMap((cluster) => cluster.nextAt() ?? []);
    return moments.length === 0 ? null : Math.min(...moments);
  };
  const arm: Simulated = {
    apply(now, request) {
      const named = /^.*\/managedclusters\/[^/]+/i.exec(request.path)?.[0].toLowerCase() ?? '';
      return (byId.get(named) ?? first).arm.apply(now, request);
    },
    advance,
    nextAt,
  };
  return { arm, advance, nextAt };
}
