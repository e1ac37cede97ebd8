import { answerNotUnderstood } from '../domain/command-answer.ts';
import { momentOf, readCommandTime } from '../domain/command-time.ts';
import { commandIdOf } from '../domain/comment-truth.ts';
import { needOf } from '../domain/kubernetes-unread.ts';
import { isLoss, type LossAcknowledgement } from '../domain/loss-acknowledgement.ts';
import { planMaintenance } from '../domain/plan-maintenance.ts';
import { planningStateOf } from '../domain/planning-state.ts';
import { judgePlan } from '../domain/preflight.ts';
import { answerLossAhead } from '../domain/outlook-answer.ts';
import { answerUpgrade } from '../domain/standing-answer.ts';
import type { StandingLoss } from '../domain/standing-order.ts';
import { upcomingOpening } from '../domain/upcoming-opening.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { answer, answerFailure } from './answer-command.ts';
import type { ClusterCommand } from './find-policy.ts';
import type { InboxResult } from './inbox-result.ts';
import { keepOrder } from './order-opening.ts';
import type { Ports } from './ports.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';

/** An acknowledgement as the state branch keeps it. */
export function lossOrder(id: string, { where, codes, pools, by, at, until }: LossAcknowledgement, why: string): StandingLoss {
  return { kind: 'loss', id, who: by, when: at, why, until, where, codes, pools };
}

/** Keeps, before any run, that one named loss may happen in the next opening: only one that a look at the cluster finds now. */
export async function acknowledgeAhead(ports: Ports, { comment, command, policy }: ClusterCommand): Promise<InboxResult> {
  const now = ports.clock.now();
  const cluster = { clusterName: clusterNameOf(policy.clusterResourceId), timeZone: policy.window.timeZone };
  const written = command.flags.until;
  const time = written === undefined ? null : readCommandTime(written);
  if (time === null && written !== undefined) return answer(ports, comment, answerNotUnderstood({ reason: 'bad-until', written, suggestion: null }, 'report'));
  const memory = await ports.state.readState(policy.clusterResourceId);
  if (!memory.ok) return answerFailure(ports, comment, memory.failure, 'What is remembered of the cluster');
  const opening = upcomingOpening(policy, memory.value.orders, now)?.opening;
  if (opening === undefined) return answer(ports, comment, answerUpgrade(cluster, { kind: 'never' }, null, ''));
  const read = await readClusterSnapshot(ports, policy.clusterResourceId, needOf(policy));
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'The cluster');
  const { report } = judgePlan(policy, planMaintenance(policy, opening, planningStateOf(read.value)), read.value);
  const losses = report.findings.filter(({ code }) => isLoss(code));
  const meant = losses.filter(({ where }) => where.toLowerCase() === (command.target ?? '').toLowerCase());
  const [first] = meant;
  if (first === undefined) return answer(ports, comment, answerLossAhead(cluster, { kind: 'no-such-loss', target: command.target, known: losses.map(({ where }) => where) }));
  const until = Math.min(time === null ? opening.closes : momentOf(time, now, { timeZone: policy.window.timeZone, timeOfDay: '23:59' }), opening.closes);
  if (until <= opening.opens) return answer(ports, comment, answerLossAhead(cluster, { kind: 'too-short', opens: opening.opens }));
  const pools = [...new Set(meant.flatMap((finding) => finding.pools))];
  const word: LossAcknowledgement = { where: first.where, codes: [...new Set(meant.map(({ code }) => code))], pools, by: comment.author, at: comment.writtenAt ?? now, until };
  const kept = await keepOrder(ports, policy, lossOrder(commandIdOf(comment), word, command.flags.reason ?? ''), `Let ${first.where} be lost on ${cluster.clusterName}: ${comment.author}`);
  if (!kept.ok) return answerFailure(ports, comment, kept.failure, 'What is remembered of the cluster');
  return answer(ports, comment, answerLossAhead(cluster, { kind: 'kept', where: first.where, pools, until }), 'kept');
}
