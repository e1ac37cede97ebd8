import { judgeApprovals, type ApprovalStanding } from '../domain/approval.ts';
import { momentOf, readCommandTime } from '../domain/command-time.ts';
import { commandIdOf } from '../domain/comment-truth.ts';
import type { Outcome } from '../domain/failure.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { movedOpening, nextOpenings } from '../domain/maintenance-window.ts';
import { answerNotPostponed, answerPostponed, answerUpgrade, type RequestedUpgrade } from '../domain/standing-answer.ts';
import { freezeAt, requestFor, withOrder, type Postponement, type StandingOrder, type UpgradeRequest } from '../domain/standing-order.ts';
import { trimState, type StateFile } from '../domain/state-file.ts';
import { isInside, type Instant } from '../domain/time.ts';
import { frozenOpening, upcomingOpening } from '../domain/upcoming-opening.ts';
import { clusterNameOf, windowInstanceId } from '../domain/window-identity.ts';
import { answer, answerFailure } from './answer-command.ts';
import type { ClusterCommand } from './find-policy.ts';
import type { InboxResult } from './inbox-result.ts';
import type { Ports } from './ports.ts';

/** Adds an order to the cluster's memory; taken twice it is one order. */
export function keepOrder(ports: Ports, { clusterResourceId }: Pick<MaintenancePolicy, 'clusterResourceId'>, order: StandingOrder, why: string): Promise<Outcome<StateFile>> {
  const now = ports.clock.now();
  return ports.state.changeState(clusterResourceId, (state) => trimState({ ...state, orders: withOrder(state.orders, order) }, now), why);
}

/** How the approvals of an opening stand, before its plan is known. */
function standingOf(policy: MaintenancePolicy, { orders }: StateFile, opens: Instant): ApprovalStanding {
  return judgeApprovals(orders, { required: policy.approvals.required, opens, planDigest: null, policyVersion: policy.version ?? '' });
}

/** Keeps that somebody asks for a run: in the opening that is open, else in the next; opens nothing outside a window. */
export async function requestUpgrade(ports: Ports, { comment, command, policy, run }: ClusterCommand): Promise<InboxResult> {
  const now = ports.clock.now();
  const cluster = { clusterName: clusterNameOf(policy.clusterResourceId), timeZone: policy.window.timeZone };
  const why = command.flags['override-freeze'] ?? '';
  if (run !== null && run.status.phase !== 'ended') return answer(ports, comment, answerUpgrade(cluster, { kind: 'run-under-way', runId: run.runId }, null, why));
  const read = await ports.state.readState(policy.clusterResourceId);
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'What is remembered of the cluster');
  // Judged without this very request, so that a repeat of the command comes to the same.
  const orders = read.value.orders.filter(({ id }) => id !== commandIdOf(comment));
  const asked = whatIsAsked(policy, orders, why, now);
  if (asked.kind === 'never' || asked.kind === 'nothing-to-override' || asked.kind === 'run-under-way') return answer(ports, comment, answerUpgrade(cluster, asked, null, why));
  const { opens, closes } = asked.opening;
  const freeze = asked.kind === 'overridden' ? 'overridden' : 'heeded';
  const order: UpgradeRequest = { kind: 'request', id: commandIdOf(comment), who: comment.author, when: comment.writtenAt ?? now, why, until: closes, opens, freeze };
  const kept = await keepOrder(ports, policy, order, `Ask for an upgrade of ${cluster.clusterName}: ${comment.author}`);
  if (!kept.ok) return answerFailure(ports, comment, kept.failure, 'What is remembered of the cluster');
  return answer(ports, comment, answerUpgrade(cluster, asked, standingOf(policy, kept.value, opens), why), 'kept');
}

function whatIsAsked(policy: MaintenancePolicy, orders: readonly StandingOrder[], override: string, now: Instant): RequestedUpgrade {
  const upcoming = upcomingOpening(policy, orders, now);
  const frozen = frozenOpening(policy, now);
  const isFrozenNow = freezeAt(orders, now);
  if (override !== '') {
    if (frozen !== null && (upcoming === null || frozen.opening.opens <= upcoming.opening.opens)) return { kind: 'overridden', opening: frozen.opening, reason: frozen.frozen ?? '' };
    if (isFrozenNow !== null && upcoming !== null) return { kind: 'overridden', opening: upcoming.opening, reason: `by ${isFrozenNow.who}` };
    return { kind: 'nothing-to-override', opening: upcoming?.opening ?? null };
  }
  if (upcoming === null) return { kind: 'never' };
  if (isInside(now, upcoming.opening)) return { kind: 'open', opening: upcoming.opening };
  const before = frozen !== null && frozen.opening.opens < upcoming.opening.opens ? { opens: frozen.opening.opens, reason: frozen.frozen ?? '' } : null;
  return { kind: 'next', opening: upcoming.opening, frozenBefore: before };
}

/** Moves one opening: the one that is open and has had no run, else the next. */
export async function postpone(ports: Ports, { comment, command, policy, run }: ClusterCommand): Promise<InboxResult> {
  const now = ports.clock.now();
  const cluster = { clusterName: clusterNameOf(policy.clusterResourceId), timeZone: policy.window.timeZone };
  if (run !== null) return answer(ports, comment, answerNotPostponed('run-under-way', cluster, null));
  const read = await ports.state.readState(policy.clusterResourceId);
  if (!read.ok) return answerFailure(ports, comment, read.failure, 'What is remembered of the cluster');
  const orders = read.value.orders.filter(({ id }) => id !== commandIdOf(comment));
  const upcoming = upcomingOpening(policy, orders, now);
  const time = readCommandTime(command.time ?? '');
  if (upcoming === null || time === null) return answer(ports, comment, answerNotPostponed('no-opening', cluster, null));
  const { opening, scheduled } = upcoming;
  if (await hasHadItsRun(ports, policy, opening)) return answer(ports, comment, answerNotPostponed('already-used', cluster, null));
  const opens = momentOf(time, opening.opens, { timeZone: policy.window.timeZone, timeOfDay: policy.window.startTime });
  const next = nextOpenings(policy.window, opening.opens + 1, 2).find((each) => each.opens !== scheduled);
  const moved = movedOpening(policy.window, opening, opens);
  if (opens <= opening.opens || opens < now) return answer(ports, comment, answerNotPostponed('not-later', cluster, Math.max(opening.opens, now)));
  if (moved === null) return answer(ports, comment, answerNotPostponed('frozen', cluster, null));
  if (next !== undefined && moved.closes > next.opens) return answer(ports, comment, answerNotPostponed('beyond-next', cluster, next.opens));
  const order: Postponement = { kind: 'postponement', id: commandIdOf(comment), who: comment.author, when: comment.writtenAt ?? now, why: command.flags.reason ?? '', until: moved.closes, opens: scheduled, movedTo: opens };
  const kept = await keepOrder(ports, policy, order, `Postpone an opening of ${cluster.clusterName}: ${comment.author}`);
  if (!kept.ok) return answerFailure(ports, comment, kept.failure, 'What is remembered of the cluster');
  return answer(ports, comment, answerPostponed(cluster, opening, moved, order.why), 'kept');
}

/** The opening that orders of people are about: the next one already, once the run of the one that is open has ended and nobody asked for another. */
export async function openingToCome(ports: Ports, policy: MaintenancePolicy, orders: readonly StandingOrder[]): Promise<WindowOpening | null> {
  const now = ports.clock.now();
  const upcoming = upcomingOpening(policy, orders, now);
  if (upcoming === null || !isInside(now, upcoming.opening)) return upcoming?.opening ?? null;
  const present = await ports.windows.read(windowInstanceId(policy.clusterResourceId));
  const ended = present.ok ? present.value : null;
  const isOver = ended !== null && ended.status?.window.opens === upcoming.opening.opens && (requestFor(orders, upcoming.opening.opens)?.when ?? 0) <= ended.lastUpdatedAt;
  return isOver ? (upcomingOpening(policy, orders, upcoming.opening.closes)?.opening ?? null) : upcoming.opening;
}

/** An opening whose run has ended is over, however much of it is left. */
async function hasHadItsRun(ports: Ports, { clusterResourceId }: MaintenancePolicy, { opens }: WindowOpening): Promise<boolean> {
  const present = await ports.windows.read(windowInstanceId(clusterResourceId));
  return present.ok && present.value?.status?.window.opens === opens;
}
