import type { OmittedUnit, UnitName } from '../domain/upgrade-plan.ts';
import type { Unchecked } from '../domain/cluster-snapshot.ts';
import type { UnitStatusState } from '../domain/window-status.ts';

/** What a rehearsed night says of one unit. */
export interface RehearsedUnit {
  readonly unit: UnitName;
  /** Minutes after the opening; null: it did not start. */
  readonly startMin: number | null;
  /** Minutes after the opening; null: it did not start. */
  readonly endMin: number | null;
  readonly outcome: RehearsedOutcome;
  /** Nodes of the pool as the snapshot has them; 0 for the control plane. */
  readonly nodes: number;
  /** The unit's state in the run's own words. */
  readonly state: UnitStatusState;
  /** What the plan reckons. Unit: minutes. */
  readonly estimateMin: number;
  /** What preflight withholds it for, each `CODE where`; empty: it is not withheld. */
  readonly withheldBy: readonly string[];
  /** How it went when it was started in spite of that, or in a longer night; null where it started, or nothing could be started. */
  readonly ifStarted: { readonly outcome: RehearsedOutcome; readonly minutes: number | null } | null;
  /** Why it did not end upgraded, as the run says it; empty when there is nothing to say. */
  readonly note: string;
}

/** `blocked`: it could not go on · `quarantined`: Azure set nodes aside · `not-started`: withheld, or no time was left. */
export type RehearsedOutcome = 'upgraded' | 'blocked' | 'quarantined' | 'not-started';

/** A drain, or a pod that left one, that stopped a unit for longer than the policy's grace. */
export interface RehearsedBlock {
  readonly unit: UnitName;
  /** Minutes after the opening. */
  readonly atMin: number;
  /** When it cleared by itself; null: not in this night. */
  readonly untilMin: number | null;
  /** When Azure gave up on the node; null: it did not. */
  readonly azureGaveUpMin: number | null;
  /** `night`: it stops this night · `if-started`: the unit is not started in this night; the block is what it would meet. */
  readonly when: 'night' | 'if-started';
  readonly node: string;
  /** `namespace/name`. */
  readonly pod: string;
  readonly budgets: readonly string[];
  /** A word of the block classifier. */
  readonly class: string;
  readonly owner: string | null;
  readonly evidence: string;
  readonly remedy: string;
}

/** Something the snapshot does not tell and the rehearsal took for granted. */
export interface RehearsedAssumption {
  readonly what: string;
  readonly value: number | null;
  readonly unit: 'min' | 's' | 'percent' | null;
}

/** Most that exists at once beside the cluster's own nodes. */
export interface RehearsedPeak {
  readonly extraNodes: number;
  /** Null: the size of a machine is unknown. */
  readonly extraCores: number | null;
  /** Addresses of subnets; null: the network is unknown. */
  readonly extraAddresses: number | null;
}

/** A whole rehearsal, as `slackwater rehearse -o json` prints it. Moments are ISO 8601, durations minutes. */
export interface RehearsalReport {
  readonly schema: 'slackwater.rehearsal/v1';
  readonly cluster: string;
  readonly policy: string;
  readonly window: { readonly opens: string; readonly closes: string };
  /** Whether every unit ended in time with every seed. */
  readonly fits: boolean;
  readonly windowMin: number;
  /** From the opening until everything is done, over the seeds; what did not end counts with the plan's estimate. */
  readonly estimateMin: { readonly p50: number; readonly p90: number };
  readonly units: readonly RehearsedUnit[];
  readonly blocks: readonly RehearsedBlock[];
  /** Nodes that Azure gave up on beside those of `blocks`, which are at most 100 a night. */
  readonly blockedNodesOmitted: number;
  readonly peak: RehearsedPeak;
  readonly seed: number;
  /** How many nights were rehearsed, with `seed` and those after it. */
  readonly seeds: number;
  /** Of these, nights in which everything ended in time. */
  readonly seedsThatFit: number;
  readonly omitted: readonly OmittedUnit[];
  /** What withholds the whole run, each `CODE where`; nothing was rehearsed then. */
  readonly runWithheldBy: readonly string[];
  /** What preflight of the snapshot withholds and the simulated cluster does not show, each `CODE where`: the real night would wait for it. */
  readonly seenByPreflightOnly: readonly string[];
  /** Units of which the snapshot lacks nodes: whatever is said of them, their drains were not rehearsed. */
  readonly unitsUnseen: readonly UnitName[];
  readonly assumptions: readonly RehearsedAssumption[];
  readonly unchecked: readonly Unchecked[];
}

/** Whether somebody has to act before the night: it does not fit, a drain blocks, preflight knows of more, or a pool was not seen. */
export function needsHands({ fits, blocks, seenByPreflightOnly, unitsUnseen }: Pick<RehearsalReport, 'fits' | 'blocks' | 'seenByPreflightOnly' | 'unitsUnseen'>): boolean {
  return !fits || [blocks, seenByPreflightOnly, unitsUnseen].some(({ length }) => length > 0);
}

/** The smallest of `values` that at least `ratio` of them do not exceed (nearest rank); 0 of none. */
export function percentile(values: readonly number[], ratio: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(ratio * sorted.length) - 1)] ?? 0;
}
