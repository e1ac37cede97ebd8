import { judgeApprovals } from '../domain/approval.ts';
import { commandIdOf } from '../domain/comment-truth.ts';
import type { Outcome } from '../domain/failure.ts';
import { needOf } from '../domain/kubernetes-unread.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { planMaintenance } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import { answerApprovalTooLate, answerApproved, answerUpgrade } from '../domain/standing-answer.ts';
import type { Approval } from '../domain/standing-order.ts';
import type { UpgradePlan } from '../domain/upgrade-plan.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { answer, answerFailure } from './answer-command.ts';
import type { ClusterCommand } from './find-policy.ts';
import type { InboxResult } from './inbox-result.ts';
import { withDigest } from './make-plan.ts';
import { keepOrder, openingToCome } from './order-opening.ts';
import { wakeRun } from './order-freeze.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';

/** What an opening would do if it began now. */
export async function planNow(ports: Ports, policy: MaintenancePolicy, opening: WindowOpening): Promise<Outcome<UpgradePlan>> {
  const read = await readClusterSnapshot(ports, policy.clusterResourceId, needOf(policy));
  return read.ok ? { ok: true, value: withDigest(planMaintenance(policy, opening, planningStateOf(read.value))) } : read;
}

/** Keeps a person's approval of the plan of the run under way, else of the next opening, bound to what it is now. */
export async function approvePlan(ports: Ports, given: ClusterCommand): Promise<InboxResult> {
  const { comment, policy, run } = given;
  const now = ports.clock.now();
  const cluster = { clusterName: clusterNameOf(policy.clusterResourceId), timeZone: policy.window.timeZone };
  const read = await ports.state.readState(policy.clusterResourceId);
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'What is remembered of the cluster');
  const opening = run === null ? await openingToCome(ports, policy, read.value.orders) : { ...run.status.window, restriction: 'none' as const, reason: '' };
  if (opening === null) return answer(ports, comment, answerUpgrade(cluster, { kind: 'never' }, null, ''));
  const ofRun = run?.status.standing?.policyVersion;
  if (ofRun !== undefined && ofRun !== (policy.version ?? '')) return answer(ports, comment, answerApprovalTooLate(cluster));
  const planned = run?.status.planDigest ?? null;
  const plan = planned === null ? await planNow(ports, policy, opening) : null;
  if (plan !== null && !plan.ok) return answerFailure(ports, comment, plan.failure, 'The cluster');
  const planDigest = planned ?? (plan?.ok === true ? plan.value.digest : '');
  const order: Approval = { kind: 'approval', id: commandIdOf(comment), who: comment.author, when: comment.writtenAt ?? now, why: '', until: opening.closes, opens: opening.opens, planDigest, policyVersion: policy.version ?? '' };
  const kept = await keepOrder(ports, policy, order, `Approve the plan of ${cluster.clusterName}: ${comment.author}`);
  if (!kept.ok) return answerFailure(ports, comment, kept.failure, 'What is remembered of the cluster');
  await wakeRun(ports, given);
  const standing = judgeApprovals(kept.value.orders, { required: policy.approvals.required, opens: opening.opens, planDigest, policyVersion: policy.version ?? '' });
  return answer(ports, comment, answerApproved(cluster, opening, planDigest, standing), 'kept');
}
