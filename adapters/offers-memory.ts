import type { AksPort, Clock } from '../activities/ports.ts';
import type { Outcome } from '../domain/failure.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';

/** A plan and the preflight that follows read the same offers; what AKS offers changes by the day. */
const KEPT_MINUTES = 5;

/**
 * Keeps for five minutes what AKS offers a cluster and its pools, which costs one read a pool from the bucket that a whole subscription shares.
 *
 * A read that was throttled half-way goes on where it was when it is made again. A control plane that is asked to move is offered other versions, so
 * what is kept of its cluster is forgotten. Failures are not kept.
 */
export function rememberOffers(aks: AksPort, clock: Clock): AksPort {
  const profiles = createMemory<Awaited<ReturnType<AksPort['readUpgradeProfile']>>>(clock);
  const offers = createMemory<Awaited<ReturnType<AksPort['readNodePoolOffers']>>>(clock);
  return {
    ...aks,
    readUpgradeProfile: (resourceId) => profiles.get(`${resourceId.toLowerCase()}/`, () => aks.readUpgradeProfile(resourceId)),
    readNodePoolOffers: (resourceId, pool) => offers.get(`${resourceId.toLowerCase()}/${pool}`, () => aks.readNodePoolOffers(resourceId, pool)),
    startControlPlaneUpgrade(request) {
      const prefix = `${request.resourceId.toLowerCase()}/`;
      profiles.forget(prefix);
      offers.forget(prefix);
      return aks.startControlPlaneUpgrade(request);
    },
  };
}

function createMemory<O extends Outcome<unknown>>(clock: Clock) {
  const kept = new Map<string, { readonly answer: O; readonly until: Instant }>();
  return {
    async get(key: string, read: () => Promise<O>): Promise<O> {
      const now = clock.now();
      const known = kept.get(key);
      if (known !== undefined && now < known.until) return known.answer;
      const answer = await read();
      for (const [other, { until }] of kept) if (until <= now) kept.delete(other);
      if (answer.ok) kept.set(key, { answer, until: now + KEPT_MINUTES * MINUTE_MS });
      return answer;
    },
    forget(prefix: string): void {
      for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key);
    },
  };
}
