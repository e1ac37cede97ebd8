import type { ApprovalStanding } from './approval.ts';
import type { MaintenancePolicy, WindowOpening } from './maintenance-policy.ts';
import type { WindowOccurrence } from './maintenance-window.ts';
import type { PolicyFault } from './policy-parse.ts';
import type { PreflightReport } from './preflight-report.ts';
import type { SurgeReduction } from './surge-fallback.ts';
import type { UpgradePlan } from './upgrade-plan.ts';

/** A policy fault with its place in the file; lines and columns count from 1. */
export interface LocatedPolicyFault extends PolicyFault {
  readonly line: number;
  readonly column: number;
}

/** What a look at a policy's cluster came to. */
export type ClusterLook =
  | { readonly kind: 'planned'; readonly opening: WindowOpening; readonly plan: UpgradePlan; readonly report: PreflightReport; readonly reductions: readonly SurgeReduction[] }
  /** `why` is a sentence; nothing of the cluster is known. */
  | { readonly kind: 'not-read'; readonly why: string };

/** Who has to agree to a policy's change: what the default branch says, so that no pull request lets itself pass. */
export interface ApprovalRule {
  /** Approvals needed; 0 for none. */
  readonly required: number;
  /** Lists of teams, `owner/slug`; an approver is a member of one team at least of each list. */
  readonly teams: readonly (readonly string[])[];
}

/** A policy of a changed file, as the head commit has it. */
export interface CheckedPolicy {
  readonly policy: MaintenancePolicy;
  /** The next three openings, and the dates skipped before them. */
  readonly occurrences: readonly WindowOccurrence[];
  readonly openNow: WindowOpening | null;
  readonly look: ClusterLook;
  readonly rule: ApprovalRule;
  /** Null: no approval can be given, because no plan could be made. */
  readonly approvals: ApprovalStanding | null;
}

/** A policy file that a pull request changes. */
export interface CheckedFile {
  readonly path: string;
  readonly pullNumber: number;
  readonly headSha: string;
  /** Git's id of the content; empty for a removed file. */
  readonly version: string;
  /** `removed`: the pull request takes the file away, with these clusters' policies. */
  readonly content:
    | { readonly kind: 'removed'; readonly clusters: readonly string[] }
    | { readonly kind: 'faulty'; readonly faults: readonly LocatedPolicyFault[] }
    | { readonly kind: 'valid'; readonly policies: readonly CheckedPolicy[] };
}
