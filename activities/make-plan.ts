import { createHash } from 'node:crypto';
import { canonicalPlanText, planMaintenance } from '../domain/plan-maintenance.ts';
import type { UndigestedPlan } from '../domain/plan-maintenance.ts';
import type { UpgradePlan } from '../domain/upgrade-plan.ts';
import type { ActivityContract } from './contract.ts';

/**
 * Makes the plan and its digest. Pure, yet an activity: a plan must not change when new code is deployed at 03:00, so
 * history keeps it. May be repeated.
 */
export function makePlan(input: ActivityContract['makePlan']['input']): ActivityContract['makePlan']['output'] {
  return { plan: withDigest(planMaintenance(input.policy, input.opening, input.state)) };
}

/** A plan with the digest of its canonical text. */
export function withDigest(plan: UndigestedPlan): UpgradePlan {
  return { ...plan, digest: createHash('sha256').update(canonicalPlanText(plan)).digest('hex') };
}
