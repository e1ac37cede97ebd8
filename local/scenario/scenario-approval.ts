import { planNow } from '../../activities/approve-plan.ts';
import { keepOrder } from '../../activities/order-opening.ts';
import type { Ports } from '../../activities/ports.ts';
import type { ScenarioStep } from '../../sim/scenario-timeline.ts';
import type { Rehearsal } from '../rehearsal/window-rehearsal.ts';

/** Keeps an approval of the opening as a reviewer gives it: bound to the plan of this moment and to the commit they saw. */
export async function approveAt(ports: Ports, { input }: Rehearsal, { by, commit }: Extract<ScenarioStep, { readonly kind: 'approval' | 'push' }>): Promise<void> {
  const { policy, opening } = input;
  const plan = await planNow(ports, policy, opening);
  if (!plan.ok) throw new Error(`The plan could not be made: ${plan.failure.code}`);
  const order = { kind: 'approval' as const, id: `review-${commit}`, who: by, when: ports.clock.now(), why: '', until: opening.closes, opens: opening.opens, planDigest: plan.value.digest, policyVersion: commit };
  const kept = await keepOrder(ports, policy, order, `Approve ${commit}`);
  if (!kept.ok) throw new Error(`The approval could not be kept: ${kept.failure.code}`);
}
