import type { ApprovalRule } from './checked-policy.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import type { Approval, StandingOrder } from './standing-order.ts';

/** A policy file as somebody saw it in a check run. */
export interface SeenFile {
  readonly pullNumber: number;
  /** Commit the check run belongs to. */
  readonly headSha: string;
  /** Git's id of the file's content. */
  readonly version: string;
}

/** Id of the approval that a delivery's button press is; the same press delivered twice is one approval. */
export function checkApprovalId({ pullNumber, headSha }: SeenFile, deliveryId: string): string {
  return `check:${pullNumber}:${headSha}:${deliveryId}`;
}

/** Whether an approval was given at this commit of this pull request; one given by a comment, or elsewhere, was not. */
export function isGivenAt({ id }: Pick<Approval, 'id'>, { pullNumber, headSha }: SeenFile): boolean {
  return id.startsWith(`check:${pullNumber}:${headSha}:`);
}

/** The orders without approvals of this pull request that were given at another commit: a push makes them void. */
export function withoutVoid(orders: readonly StandingOrder[], seen: SeenFile): readonly StandingOrder[] {
  return orders.filter((order) => order.kind !== 'approval' || !order.id.startsWith(`check:${seen.pullNumber}:`) || isGivenAt(order, seen));
}

/**
 * What approval the change of a policy needs: the policy of that cluster on the default branch says who and how many, and the
 * changed one may ask for more. A policy that is new speaks for itself.
 */
export function approvalRuleOf(changed: MaintenancePolicy, present: readonly MaintenancePolicy[]): ApprovalRule {
  const ruling = present.find(({ clusterResourceId }) => clusterResourceId.toLowerCase() === changed.clusterResourceId.toLowerCase()) ?? changed;
  const teams = [ruling.commands?.['approve'] ?? [], ruling.approvals.teams].filter((list) => list.length > 0);
  return { required: Math.max(ruling.approvals.required, changed.approvals.required), teams };
}
