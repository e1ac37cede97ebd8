import { refuseCleanUp, refuseUnread } from '../domain/clean-up.ts';
import type { CleanUpJudgment, CleanUpRefusal, ReleaseJudgment } from '../domain/clean-up.ts';
import { describeOther } from '../domain/clean-up-words.ts';
import { judgeIntent } from '../domain/judge-clean-up.ts';
import type { CleanUpQuestion } from '../domain/judge-clean-up.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { judgeRelease, podsToMove, refuseRelease } from '../domain/release-node.ts';
import { judgeResolve } from '../domain/resolve-pool.ts';
import { judgeRollback } from '../domain/roll-back-pool.ts';
import { whyNothingStarts } from '../domain/slackwater-mode.ts';
import { freezeAt } from '../domain/standing-order.ts';
import { isCleanUpOf, windowInstanceId } from '../domain/window-identity.ts';
import type { ActivityContract } from './contract.ts';
import type { CleanUpView, InstanceView, Ports } from './ports.ts';
import { openingByOrders } from './open-windows.ts';
import { readClusterSnapshot } from './read-cluster-snapshot.ts';
import { lossesAt } from './read-orders.ts';

/** Dry-run evictions of one judgment; pods beyond them are judged by their budgets. A node holds 250 pods at most. */
const EVICTIONS_TRIED = 100;
/** Of the API server's answer while the disruption controller has not looked at a budget since it was changed. */
const NOT_OBSERVED = 'still being processed by the server';

/**
 * Judges a resolve or rollback from the cluster as it is now: what it would do and leave, or why it is not begun. Changes nothing; may
 * be repeated.
 *
 * Who else is at work on the cluster is asked last, right before the first write can follow.
 */
export async function judgeCleanUp(ports: Ports, input: ActivityContract['judgeCleanUp']['input']): Promise<Outcome<CleanUpJudgment>> {
  const withheld = refuseByMode(ports);
  if (withheld !== null) return { ok: true, value: withheld };
  const { request, policy, instanceId } = input;
  const read = await readClusterSnapshot(ports, policy.clusterResourceId);
  if (!read.ok) return read;
  const orders = await ports.state.readState(policy.clusterResourceId);
  if (!orders.ok) return orders;
  const now = ports.clock.now();
  const judged = await judgeVerb(ports, { request, policy, snapshot: read.value, opening: openingByOrders(policy, orders.value.orders, now), freeze: freezeAt(orders.value.orders, now), acknowledgements: lossesAt(orders.value.orders, now) });
  if (!judged.ok || judged.value.kind !== 'ready') return judged;
  const others = await refuseByOthers(ports, policy.clusterResourceId, instanceId);
  return others.ok ? { ok: true, value: others.value ?? judged.value } : others;
}

/** An installation that may start nothing cleans nothing up either. */
function refuseByMode({ mode }: Ports): CleanUpRefusal | null {
  const why = whyNothingStarts(mode);
  return why === null ? null : refuseCleanUp('writes-withheld', why.message, why.remedy);
}

async function judgeVerb(ports: Ports, question: CleanUpQuestion): Promise<Outcome<CleanUpJudgment>> {
  const { request, policy } = question;
  if (request.verb !== 'rollback') return { ok: true, value: judgeIntent(question, judgeResolve(question)) };
  if (request.target === null || request.target === 'control-plane') {
    return { ok: true, value: refuseCleanUp('no-pool-named', 'A control plane never goes back; a rollback is of one node pool.', 'Name the pool: rollback <pool>.') };
  }
  const used = await ports.aks.readRecentlyUsedVersions(policy.clusterResourceId, request.target);
  // A pool that is not there is told by its name, not by Azure's 404.
  if (!used.ok && used.failure.class !== 'terminal') return used;
  return { ok: true, value: judgeIntent(question, judgeRollback(question, used.ok ? used.value : [])) };
}

/** A run of the cluster, or a clean-up that was asked for earlier, goes first. */
async function refuseByOthers(ports: Ports, clusterResourceId: string, instanceId: string): Promise<Outcome<CleanUpRefusal | null>> {
  const window = await ports.windows.read(windowInstanceId(clusterResourceId));
  if (!window.ok) return window;
  if (window.value !== null && isRunUnderWay(window.value)) {
    return { ok: true, value: refuseCleanUp('run-under-way', 'A run of this cluster is under way, and it alone may touch the cluster.', 'Say retry, skip or abort to the run, or say this again once it has ended.') };
  }
  const cleanUps = await ports.windows.listCleanUps();
  if (!cleanUps.ok) return cleanUps;
  const mine = cleanUps.value.filter((each) => isCleanUpOf(clusterResourceId, each.instanceId));
  const self = mine.find((each) => each.instanceId === instanceId);
  const earlier = mine.find((each) => each.instanceId !== instanceId && each.status?.phase !== 'telling' && (self === undefined || isEarlier(each, self)));
  return { ok: true, value: earlier === undefined ? null : refuseCleanUp('clean-up-under-way', describeOther(earlier.status), 'Say it again once that one has ended.') };
}

/** Of two that begin at once exactly one is the earlier, whoever looks. */
function isEarlier(one: CleanUpView, other: CleanUpView): boolean {
  return one.createdAt === other.createdAt ? one.instanceId < other.instanceId : one.createdAt < other.createdAt;
}

/** Whether a window's instance still touches its cluster; one that only has words left does not. */
export function isRunUnderWay({ runtimeStatus, status }: Pick<InstanceView, 'runtimeStatus' | 'status'>): boolean {
  return !['Completed', 'Failed', 'Terminated', 'Canceled'].includes(runtimeStatus) && status?.phase !== 'ended';
}

/**
 * Judges the release of a node: it is there, carries the label, belongs to a pool of this cluster, and every pod on it could leave now,
 * by dry run. Changes nothing; may be repeated.
 */
export async function judgeNodeRelease(ports: Ports, { clusterResourceId, node }: ActivityContract['judgeNodeRelease']['input']): Promise<Outcome<ReleaseJudgment>> {
  const withheld = refuseByMode(ports);
  if (withheld !== null) return { ok: true, value: withheld };
  const read = await readClusterSnapshot(ports, clusterResourceId);
  if (!read.ok) return read.failure.class === 'terminal' ? { ok: true, value: refuseUnread(read.failure) } : read;
  const snapshot = read.value;
  const refused = refuseRelease(snapshot, node);
  if (refused !== null) return { ok: true, value: refused };
  const answers = new Map<string, { readonly status: number; readonly message: string }>();
  for (const pod of podsToMove(snapshot, node).slice(0, EVICTIONS_TRIED)) {
    const answer = await ports.kubernetes.tryEviction(snapshot.cluster, pod);
    // Without the right to try, the budgets alone still tell.
    if (!answer.ok && answer.failure.class !== 'terminal') return answer;
    if (answer.ok && answer.value.status === 429 && answer.value.message.includes(NOT_OBSERVED)) return { ok: false, failure: notObserved(answer.value.message) };
    if (answer.ok) answers.set(pod.uid, answer.value);
  }
  return { ok: true, value: judgeRelease(snapshot, node, answers) };
}

/** A budget that was changed a moment ago answers for nothing yet. */
function notObserved(message: string): Failure {
  return { code: 'budget-not-observed', class: 'transient', message, remedy: 'It is asked again in a moment.', retryAfterSeconds: null };
}

/** Takes the quarantine label off a node and nothing else. May be repeated: an absent label is success. */
export async function releaseNode(ports: Ports, { clusterResourceId, node, by }: ActivityContract['releaseNode']['input']): Promise<Outcome<null>> {
  const read = await ports.aks.readCluster(clusterResourceId);
  if (!read.ok) return read;
  const removed = await ports.kubernetes.removeQuarantineLabel(read.value.cluster, node);
  ports.logger.log(removed.ok ? 'info' : 'warn', 'node.release-sent', { cluster: clusterResourceId, node, by, result: removed.ok ? 'done' : removed.failure.code });
  return removed;
}
