import { judgeApprovals } from '../domain/approval.ts';
import { answerForecast, forecastUnits } from '../domain/forecast-answer.ts';
import { needOf } from '../domain/kubernetes-unread.ts';
import type { WindowOpening } from '../domain/maintenance-policy.ts';
import { planMaintenance } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import { renderPreflightMarkdown } from '../domain/preflight-markdown.ts';
import { judgePlan } from '../domain/preflight.ts';
import { answerOutlook, answerPlan, answerPreflight } from '../domain/outlook-answer.ts';
import { withMode } from '../domain/slackwater-mode.ts';
import { answerUpgrade } from '../domain/standing-answer.ts';
import { freezeAt, type StandingOrder } from '../domain/standing-order.ts';
import type { UpgradePlan } from '../domain/upgrade-plan.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { answer, answerFailure } from './answer-command.ts';
import type { ClusterCommand } from './find-policy.ts';
import type { InboxResult } from './inbox-result.ts';
import { withDigest } from './make-plan.ts';
import { openingToCome } from './order-opening.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';

/** What an opening of the cluster is asked about. */
interface Outlook {
  readonly opening: WindowOpening;
  readonly orders: readonly StandingOrder[];
}

/** Answers with the plan of the run under way, or of the next opening as it is now. Reads only. */
export async function showPlan(ports: Ports, given: ClusterCommand): Promise<InboxResult> {
  const { comment, policy, run } = given;
  const cluster = clusterOf(given);
  const outlook = await readOutlook(ports, given);
  if ('settled' in outlook) return outlook.settled;
  const { opening, orders } = outlook;
  const read = await readClusterSnapshot(ports, policy.clusterResourceId, needOf(policy));
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'The cluster');
  const plan: UpgradePlan = withDigest(planMaintenance(policy, opening, planningStateOf(read.value)));
  const standing = judgeApprovals(orders, { required: policy.approvals.required, opens: opening.opens, planDigest: plan.digest, policyVersion: policy.version ?? '' });
  const frozenPlan = run === null || run.status.planDigest === null || run.status.planDigest === plan.digest ? null : { runId: run.runId, digest: run.status.planDigest };
  return answer(ports, comment, answerPlan(cluster, { plan, opening, standing, freeze: freezeAt(orders, ports.clock.now()), frozenPlan }));
}

/** Answers with what keeps the cluster, as it is now, from being upgraded. Reads only. */
export async function showPreflight(ports: Ports, given: ClusterCommand): Promise<InboxResult> {
  const { comment, policy, run } = given;
  const outlook = await readOutlook(ports, given);
  if ('settled' in outlook) return outlook.settled;
  const read = await readClusterSnapshot(ports, policy.clusterResourceId, needOf(policy));
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'The cluster');
  const { report } = judgePlan(policy, planMaintenance(policy, outlook.opening, planningStateOf(read.value)), read.value, run?.status.acknowledgements ?? []);
  return answer(ports, comment, answerPreflight(clusterOf(given), outlook.opening, renderPreflightMarkdown(withMode(report, ports.mode))));
}

/** Answers with what the next opening would come to, reckoned from the plan and from what evictions would meet now. Reads only. */
export async function showForecast(ports: Ports, given: ClusterCommand): Promise<InboxResult> {
  const { comment, policy, run } = given;
  const outlook = await readOutlook(ports, given);
  if ('settled' in outlook) return outlook.settled;
  const read = await readClusterSnapshot(ports, policy.clusterResourceId, needOf(policy));
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'The cluster');
  const { report, plan } = judgePlan(policy, planMaintenance(policy, outlook.opening, planningStateOf(read.value)), read.value, run?.status.acknowledgements ?? []);
  const units = forecastUnits(withDigest(plan), outlook.opening, report, read.value.nodes);
  return answer(ports, comment, answerForecast(clusterOf(given), outlook.opening, units, policy, ports.mode));
}

/** Answers with what is planned for a cluster that has no run under way. Reads only the state branch. */
export async function showOutlook(ports: Ports, given: ClusterCommand): Promise<InboxResult> {
  const outlook = await readOutlook(ports, given);
  if ('settled' in outlook) return outlook.settled;
  const { policy, comment } = given;
  const { opening, orders } = outlook;
  const standing = judgeApprovals(orders, { required: policy.approvals.required, opens: opening.opens, planDigest: null, policyVersion: policy.version ?? '' });
  return answer(ports, comment, answerOutlook(clusterOf(given), opening, standing, freezeAt(orders, ports.clock.now())));
}

function clusterOf({ policy }: ClusterCommand): { readonly clusterName: string; readonly timeZone: string } {
  return { clusterName: clusterNameOf(policy.clusterResourceId), timeZone: policy.window.timeZone };
}

async function readOutlook(ports: Ports, given: ClusterCommand): Promise<Outlook | { readonly settled: InboxResult }> {
  const { policy, run, comment } = given;
  const memory = await ports.state.readState(policy.clusterResourceId);
  if (!memory.ok) return { settled: await answerFailure(ports, comment, memory.failure, 'What is remembered of the cluster') };
  const { orders } = memory.value;
  const opening = run === null ? await openingToCome(ports, policy, orders) : { ...run.status.window, restriction: 'none' as const, reason: '' };
  return opening === null ? { settled: await answer(ports, comment, answerUpgrade(clusterOf(given), { kind: 'never' }, null, '')) } : { opening, orders };
}
