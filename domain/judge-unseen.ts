import type { NodePool } from './cluster-snapshot.ts';
import type { KubernetesFailure } from './kubernetes-unread.ts';
import { isOurOperation, isSetTo, isTerminalState, nothingFound } from './judge-progress.ts';
import type { Instant } from './time.ts';
import type { UnitProgress, UnitState } from './unit-progress.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/**
 * Judges a node pool whose nodes nobody saw, by Azure Resource Manager alone: what it calls done is `unproven`, never `succeeded`, and a
 * blocked drain shows only as the error it ends with.
 */
export function judgePoolUnseen({ seenAt, unit, pool, failure }: { readonly seenAt: Instant; readonly unit: PlannedUnit; readonly pool: NodePool; readonly failure: KubernetesFailure }): UnitProgress {
  return {
    seenAt,
    state: stateUnseen(pool, unit),
    provisioningState: pool.provisioningState,
    inventory: null,
    ...nothingFound,
    provisioningError: pool.provisioningError,
    eTag: pool.eTag,
    unseen: failure.message,
  };
}

function stateUnseen(pool: NodePool, unit: PlannedUnit): UnitState {
  if (!isTerminalState(pool.provisioningState)) return isOurOperation(pool, unit) ? 'running' : 'foreign';
  if (isSetTo(pool, unit)) return 'unproven';
  if (pool.provisioningState === 'Canceled') return 'canceled';
  return pool.provisioningState === 'Failed' ? 'failed' : 'not-started';
}
