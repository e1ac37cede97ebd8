import { judgeBlocks } from '../domain/block-cause.ts';
import { AWAY, isKeptBetweenDrains } from '../domain/block-view.ts';
import type { Cluster, Node, NodePool, Pod } from '../domain/cluster-snapshot.ts';
import { isDrained } from '../domain/drain-forecast.ts';
import type { Outcome } from '../domain/failure.ts';
import { drainerOf } from '../domain/foreign-cordon.ts';
import { isOnTarget, isTerminalState, nothingFound } from '../domain/judge-progress.ts';
import type { KubernetesEvent } from '../domain/kubernetes-event.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import type { PlannedUnit } from '../domain/upgrade-plan.ts';
import type { VolumeAttachment } from '../domain/volume-attachment.ts';
import type { EarlierLooks } from './contract.ts';
import type { EvictionAnswer, Ports } from './ports.ts';

/** Dry-run evictions of one look; each costs the API server some 10 ms (measured on 1.36). */
const EVICTIONS_TRIED = 30;
/** Nodes looked into at once; AKS drains as many as there are surge nodes. */
const NODES_JUDGED = 20;
/** Pods in trouble whose events are read at one look. */
const PODS_ASKED = 10;
/** A pod made a moment ago is merely on its way. */
const TROUBLE_AFTER_MS = MINUTE_MS;

/** What a look found besides ARM and nodes. */
type FoundBlocks = Pick<UnitProgress, 'causes' | 'signals' | 'podsLeft' | 'helpedMoves' | 'drainStartedAt'>;

/** What a look knows already. */
interface Look {
  readonly cluster: Cluster;
  readonly pool: NodePool;
  readonly unit: PlannedUnit;
  readonly nodes: readonly Node[];
  /** Null before an attempt began. */
  readonly earlier: EarlierLooks | null;
}

/**
 * Finds what keeps a pool's roll from going on. Without a draining node, a new node that is not Ready and a pod that waits
 * longer than it should, nothing more is read than the short list of pending pods.
 */
export async function findBlocks(ports: Ports, look: Look): Promise<Outcome<FoundBlocks>> {
  const { cluster, unit, nodes, earlier } = look;
  if (unit.isSpot) return { ok: true, value: nothingFound };
  const draining = nodesThatDrain(look);
  const waiting = await findWaiting(ports, look);
  if (!waiting.ok) return waiting;
  const isDown = earlier !== null && nodes.some((node) => isNewHere(look, node, earlier.startedAt) && !node.isReady);
  const isOwed = earlier?.signals.some(({ key }) => key.startsWith(AWAY)) === true;
  if (draining.length === 0 && waiting.value.length === 0 && !isDown && !isOwed) return { ok: true, value: { ...nothingFound, signals: earlier?.signals.filter(isKeptBetweenDrains) ?? [] } };
  const objects = await ports.kubernetes.readObjects(cluster);
  if (!objects.ok) return objects;
  const leaving = draining.flatMap((node) => objects.value.pods.filter((pod) => pod.nodeName === node.name && isDrained(pod)));
  const answers = await tryEvictions(ports, cluster, leaving.slice(0, EVICTIONS_TRIED));
  if (!answers.ok) return answers;
  const upgrader = draining.length === 0 ? [] : await orNothing(ports, ports.kubernetes.readUpgradeEvents(cluster), 'events of the upgrader');
  const troubled = earlier === null ? [] : podsInTrouble(objects.value.pods, earlier.startedAt, ports.clock.now());
  const judged = judgeBlocks({
    now: ports.clock.now(),
    startedAt: earlier?.startedAt ?? null,
    phase: isStopped(look.pool) ? 'stopped' : 'rolling',
    pool: look.pool.name,
    target: unit.to,
    drainTimeoutMinutes: unit.drainTimeoutMinutes,
    draining,
    objects: { ...objects.value, nodes },
    answers: answers.value,
    events: [...upgrader, ...(await readTroubleEvents(ports, cluster, troubled))],
    attachments: await readAttachments(ports, cluster, troubled),
    seen: earlier?.signals ?? [],
  });
  const drainStartedAt = drainStart(upgrader, judged.causes[0]?.node ?? draining[0]?.name ?? '');
  return { ok: true, value: { causes: judged.causes, signals: judged.signals, podsLeft: draining.length === 0 ? null : judged.podsLeft, helpedMoves: judged.helpedMoves, drainStartedAt } };
}

/** While an operation runs: cordoned nodes, which AKS drains, old ones and its own spares. After it stopped: every old node. */
function nodesThatDrain({ pool, unit, nodes, earlier }: Look): readonly Node[] {
  const mine = nodes.filter((node) => node.nodePool === pool.name);
  if (isStopped(pool)) return mine.filter((node) => !isOnTarget(node, unit.to)).slice(0, NODES_JUDGED);
  const isSpare = (node: Node): boolean => earlier !== null && node.createdAt >= earlier.startedAt;
  return mine.filter((node) => node.isCordoned && drainerOf(node) === null && (!isOnTarget(node, unit.to) || isSpare(node))).slice(0, NODES_JUDGED);
}

function isStopped(pool: NodePool): boolean {
  return isTerminalState(pool.provisioningState) && pool.provisioningState !== 'Succeeded';
}

function isNewHere({ pool, unit }: Look, node: Node, startedAt: Instant): boolean {
  return node.nodePool === pool.name && (node.createdAt >= startedAt || isOnTarget(node, unit.to));
}

/** Replacements that wait longer than a pod should: one cheap list; a server that does not give it leaves the rest as it is. */
async function findWaiting(ports: Ports, { cluster, earlier }: Look): Promise<Outcome<readonly Pod[]>> {
  if (earlier === null) return { ok: true, value: [] };
  const pending = await ports.kubernetes.readPendingPods(cluster);
  if (!pending.ok) return pending;
  return { ok: true, value: podsInTrouble(pending.value, earlier.startedAt, ports.clock.now()) };
}

/** Pods made since the attempt began that are not Ready after a moment; what Jobs make comes and goes by itself. */
function podsInTrouble(pods: readonly Pod[], startedAt: Instant, now: Instant): readonly Pod[] {
  return pods.filter(
    (pod) => pod.createdAt >= startedAt && now - pod.createdAt >= TROUBLE_AFTER_MS && !pod.isReady && pod.owner !== null && pod.owner.kind !== 'Job' && isDrained(pod) && pod.deletionTimestamp === null,
  );
}

async function readTroubleEvents(ports: Ports, cluster: Cluster, pods: readonly Pod[]): Promise<readonly KubernetesEvent[]> {
  if (pods.length === 0) return [];
  const asked = pods.slice(0, PODS_ASKED).map(({ namespace, uid }) => ({ namespace, uid }));
  return orNothing(ports, ports.kubernetes.readEventsAbout(cluster, asked), 'events of pods');
}

async function readAttachments(ports: Ports, cluster: Cluster, pods: readonly Pod[]): Promise<readonly VolumeAttachment[] | null> {
  if (!pods.some(({ volumeClaims }) => volumeClaims.length > 0)) return null;
  const read = await ports.kubernetes.readVolumeAttachments(cluster);
  if (!read.ok) ports.logger.log('warn', 'look.part-unread', { what: 'volume attachments', code: read.failure.code });
  return read.ok ? read.value : null;
}

/** Events are hints: without them the look goes on with what the objects tell. */
async function orNothing(ports: Ports, read: Promise<Outcome<readonly KubernetesEvent[]>>, what: string): Promise<readonly KubernetesEvent[]> {
  const events = await read;
  if (!events.ok) ports.logger.log('warn', 'look.part-unread', { what, code: events.failure.code });
  return events.ok ? events.value : [];
}

async function tryEvictions(ports: Ports, cluster: Cluster, pods: readonly Pod[]): Promise<Outcome<ReadonlyMap<string, EvictionAnswer>>> {
  const answers = new Map<string, EvictionAnswer>();
  for (const pod of pods) {
    const answer = await ports.kubernetes.tryEviction(cluster, pod);
    // Without the right to try, the budgets alone still tell: recorded servers agreed with them 180 times of 180.
    if (!answer.ok && answer.failure.class !== 'terminal') return answer;
    if (answer.ok) answers.set(pod.uid, answer.value);
  }
  return { ok: true, value: answers };
}

function drainStart(events: readonly KubernetesEvent[], node: string): Instant | null {
  return events.filter((event) => event.reason === 'Drain' && event.type === 'Normal' && event.involvedName === node).at(-1)?.firstSeen ?? null;
}
