import { requestFor } from './standing-order.ts';
import type { Approval, StandingOrder } from './standing-order.ts';
import type { Instant } from './time.ts';

/** What an approval must have seen to count. */
export interface ApprovalQuestion {
  /** Approvals the policy asks for. */
  readonly required: number;
  /** The opening the run is in. */
  readonly opens: Instant;
  /** Null: not known yet, so that only the policy is compared. */
  readonly planDigest: string | null;
  readonly policyVersion: string;
}

/** A person whose approval counts. */
export interface Approver {
  readonly who: string;
  readonly when: Instant;
}

/** An approval that does not count any more. */
export interface VoidApproval extends Approver {
  readonly changed: 'plan' | 'policy';
}

/** Whether a run may start as far as people are asked. */
export interface ApprovalStanding {
  readonly kind: 'not-needed' | 'granted' | 'waiting';
  readonly required: number;
  /** Each person once, in the order they approved. */
  readonly approvers: readonly Approver[];
  readonly voided: readonly VoidApproval[];
  /** Who asked for the run; null when nobody did. They cannot approve alone. */
  readonly requestedBy: string | null;
  /** Why the freeze is opened for this one opening; null when it is not asked to. */
  readonly override: { readonly who: string; readonly when: Instant; readonly why: string } | null;
}

/**
 * Counts approvals: each person once, only for this opening, this plan and this content of the policy file.
 *
 * Who asked for a run cannot approve it alone; opening a freeze needs somebody else's approval even where the policy asks for none.
 */
export function judgeApprovals(orders: readonly StandingOrder[], question: ApprovalQuestion): ApprovalStanding {
  const request = requestFor(orders, question.opens);
  const override = request?.freeze === 'overridden' ? { who: request.who, when: request.when, why: request.why } : null;
  const required = override === null ? question.required : Math.max(1, question.required);
  const given = orders.filter((order): order is Approval => order.kind === 'approval' && order.opens === question.opens);
  const approvers = oncePerPerson(given.filter((approval) => whatChanged(approval, question) === null));
  const voided = oncePerPerson(given)
    .filter(({ who }) => !approvers.some((each) => isSame(each.who, who)))
    .map((approval) => ({ who: approval.who, when: approval.when, changed: whatChanged(approval, question) ?? ('plan' as const) }));
  const isAlone = request !== null && !approvers.some(({ who }) => !isSame(who, request.who));
  const kind = required === 0 ? 'not-needed' : approvers.length >= required && !isAlone ? 'granted' : 'waiting';
  return { kind, required, approvers: approvers.map(({ who, when }) => ({ who, when })), voided, requestedBy: request?.who ?? null, override };
}

function whatChanged(approval: Approval, { planDigest, policyVersion }: ApprovalQuestion): 'plan' | 'policy' | null {
  if (approval.policyVersion !== policyVersion) return 'policy';
  return planDigest !== null && approval.planDigest !== planDigest ? 'plan' : null;
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function oncePerPerson(approvals: readonly Approval[]): readonly Approval[] {
  return approvals.filter(({ who }, index) => approvals.findIndex((each) => isSame(each.who, who)) === index);
}

/** What is still missing, half a sentence without a full stop. */
export function missingApprovals({ required, approvers, requestedBy }: ApprovalStanding): string {
  const missing = required - approvers.length;
  if (missing > 0) return `${missing} of ${required} ${required === 1 ? 'approval is' : 'approvals are'} missing`;
  return `somebody other than ${requestedBy ?? 'who asked'} has to approve: who asked cannot approve alone`;
}
