import type { UpgradeSettings } from './cluster-snapshot.ts';
import { MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';

/** What one run would do, in order; frozen in history with its digest. */
export interface UpgradePlan {
  readonly clusterResourceId: string;
  readonly clusterName: string;
  readonly units: readonly PlannedUnit[];
  /** Units that were considered and left out, each with the reason. */
  readonly omitted: readonly OmittedUnit[];
  /** Hex SHA-256 of the plan's canonical text; what an approval is bound to. */
  readonly digest: string;
}

/** `control-plane` or `pool/<name>`. */
export type UnitName = 'control-plane' | `pool/${string}`;

export interface OmittedUnit {
  readonly unit: UnitName;
  /** `not-wanted` · `already-there` · `auto-upgrade-channel` · `target-not-offered` · `minor-not-allowed` · `version-skew` · `second-visit` · `pool-stopped` · `pool-empty` · `unknown-node-image` */
  readonly code: string;
  readonly message: string;
}

/** The smallest thing AKS can be asked for, with the time it should take. */
export interface PlannedUnit {
  readonly unit: UnitName;
  readonly from: UnitVersion;
  readonly to: UnitVersion;
  /** What is sent: a PUT of a version, the node image POST, or a PUT of a version and image that the pool ran before. */
  readonly action: 'control-plane-version' | 'pool-version' | 'pool-node-image' | 'pool-rollback';
  /** Nodes when the plan was made, by ARM's count; 0 for the control plane and an empty pool. */
  readonly nodeCount: number;
  /** Surge nodes AKS adds at once; 0 for the control plane, for spot pools and where no node runs. */
  readonly surgeNodeCount: number;
  /** ceil(nodeCount / surgeNodeCount); 0 for the control plane and for a pool of which no node runs (stopped or empty). */
  readonly waves: number;
  readonly estimateMinutes: number;
  /** What the pool should carry before it is upgraded; null when nothing needs to change. */
  readonly upgradeSettings: UpgradeSettings | null;
  /** What the pool shall carry again once it is done, because `upgradeSettings` hold for this run only; null when they may stay. */
  readonly restoreSettings: UpgradeSettings | null;
  /** Effective drain timeout, minutes; the first of the two deadlines of a blocked drain. */
  readonly drainTimeoutMinutes: number;
  readonly undrainableNodeBehavior: 'Schedule' | 'Cordon';
  readonly isSpot: boolean;
}

/** What a unit runs or shall run. */
export interface UnitVersion {
  /** `major.minor.patch`. */
  readonly kubernetesVersion: string;
  /** Null for the control plane, or when AKS did not say. */
  readonly nodeImageVersion: string | null;
  /** Nothing but this very image will do; absent: a newer one will too. */
  readonly isExact?: true;
}

/** Whether both pools would come to run the same Kubernetes version, or the same node image. */
export function movesToSame(one: Pick<PlannedUnit, 'action' | 'to'>, other: Pick<PlannedUnit, 'action' | 'to'>): boolean {
  if (one.to.nodeImageVersion !== null && one.to.nodeImageVersion === other.to.nodeImageVersion) return true;
  return one.action === 'pool-version' && other.action === 'pool-version' && one.to.kubernetesVersion === other.to.kubernetesVersion;
}

/** The latest moment `unit` may start so that its estimate ends before `closes`. Unit: epoch ms. */
export function startCutOff(unit: Pick<PlannedUnit, 'estimateMinutes'>, closes: Instant): Instant {
  return closes - unit.estimateMinutes * MINUTE_MS;
}
