import type { ArmBudgetName } from './arm-budget.ts';

/** How often a cluster is looked at. */
export interface LookPace {
  /** Shortest and longest wait between two looks at a unit at work. Unit: seconds. */
  readonly pollSeconds: { readonly shortest: number; readonly longest: number };
  /** Wait between two looks at what withholds a pool or the whole run. Unit: minutes, ≥ 10. */
  readonly heldLookMinutes: number;
}

/** Wait between two looks at what is withheld, where Azure's limits allow it. */
export const USUAL_HELD_LOOK_MINUTES = 10;

/** Buckets that the runs of one subscription share, and that many of them can empty. */
export const sharedBudgets = ['otherCalls', 'armReads'] as const satisfies readonly ArmBudgetName[];

/** Requests of each shared bucket, in the order of {@link sharedBudgets}. */
export type Draw = readonly [otherCalls: number, armReads: number];

/** Pools of a cluster nobody has counted yet: more than most clusters have, so that a plan errs on the slow side. */
const ASSUMED_POOLS = 6;
/**
 * Calls of a run that upgrades, beside its looks: reads of a pool before and after each write. Counted in a rehearsed window of three pools:
 * 12 in 74 min (`test/orchestrations/turns.test.ts`). Unit: calls an hour.
 */
const WORKING_CALLS_PER_HOUR = 10;

/**
 * What a run reads as it begins, before anything is started: a snapshot, and another look for preflight, which takes what AKS offers from the first.
 *
 * Counted by `test/local/fleet.test.ts`: snapshot (upgrade profile, one of each pool, maintenance configurations), credential, and the second look.
 */
export function openingDraw(nodePoolCount: number | null): Draw {
  const pools = nodePoolCount ?? ASSUMED_POOLS;
  return [4 + pools, 22 + pools];
}

/** One look at what withholds a run: a whole snapshot. */
export function heldLookDraw(nodePoolCount: number | null): Draw {
  const pools = nodePoolCount ?? ASSUMED_POOLS;
  return [2 + pools, 9 + pools];
}

/** What a run that has begun draws each second at most, whether it works or is held. A look at a unit at work is one GET of the cluster. */
export function steadyDraw(nodePoolCount: number | null, { pollSeconds, heldLookMinutes }: LookPace): Draw {
  const [others, reads] = heldLookDraw(nodePoolCount);
  const heldSeconds = heldLookMinutes * 60;
  return [Math.max(others / heldSeconds, WORKING_CALLS_PER_HOUR / 3_600), Math.max(reads / heldSeconds, 1 / pollSeconds.shortest)];
}
