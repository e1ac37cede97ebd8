import type { Instant } from './time.ts';

/** What a run or a node can leave undone. */
export const debtKinds = ['quarantined-node', 'cordoned-node', 'spare-nodes', 'mixed-versions'] as const;
type DebtKind = (typeof debtKinds)[number];

/**
 * Something left undone on a cluster that costs money or misses patches until it is settled: kept on the state branch,
 * because it outlives its run and the label that marked it.
 */
export interface Debt {
  /** `node/usr-2`, `spare/usr`, `versions/usr`: at most one open debt of a cluster has it. */
  readonly id: string;
  readonly kind: DebtKind;
  readonly pool: string;
  /** Null where the debt is a pool's. */
  readonly node: string | null;
  /** The run that left it, or the daily check that found it. */
  readonly who: string;
  /** Since when it is owed, as well as is known. */
  readonly when: Instant;
  /** What tells `when`: the node itself, the end of the run, or nothing, and it was first seen then. */
  readonly whenFrom: 'node' | 'run' | 'first-seen';
  /** What kept the node from being upgraded, in a sentence; empty when unknown. */
  readonly why: string;
  /** When it was settled; null while it is open. */
  readonly until: Instant | null;
  /** How it was settled; null while it is open. */
  readonly settledBy: 'upgraded' | 'gone' | 'settled' | null;
  /** Who can clear the cause; null when nothing names anyone. */
  readonly owner: string | null;
  /** Node image when it was opened; of a pool's debt the oldest. Empty when unknown. */
  readonly image: string;
  /** Nodes concerned: spare, or old; 1 for a node. */
  readonly count: number;
  /** AKS's quarantine label: never seen, on the node, or removed while the node was not upgraded. */
  readonly label: 'never' | 'present' | 'removed';
  /** What else a look showed of it, in a clause; empty when nothing differs from the day it was opened. */
  readonly state: string;
  /** Last step of escalation that was told. Unit: days; 0: none yet. */
  readonly stepDays: number;
}

/** Whether it is still owed. */
export function isOpen(debt: Debt): boolean {
  return debt.until === null;
}
