import { isAboutArrival, isBlocking, mayLieInTarget } from './block-class.ts';
import { countPool } from './node-count.ts';
import { isDrainFailure, mayRetryOnce } from './operation-error.ts';
import { CLAIMED_DONE } from './operation-words.ts';
import { formatUtc } from './local-time.ts';
import { MINUTE_MS, SECOND_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { ForeignCordon, SeenSignal, UnitProgress } from './unit-progress.ts';

/** What a poll loop remembers between looks, and across a restart with an empty history. */
export interface UnitMemory {
  readonly startedAt: Instant;
  /** When an eviction was first seen refused; null while none is. */
  readonly blockedSince: Instant | null;
  /** Pods refused at the last look, `namespace/name`, at most {@link BLOCKED_PODS_KEPT}: other pods refused are progress. */
  readonly blockedPods: readonly string[];
  /** Whether the window was told of this block. */
  readonly declared: boolean;
  /** Whether any look of this attempt saw a block. */
  readonly sawBlock: boolean;
  /** Whether any of those may lie in the new version or image: then the same request is not sent again without a person. */
  readonly sawSuspect: boolean;
  /** When the cause first looked cleared; null while it holds. */
  readonly clearedSince: Instant | null;
  readonly goodLooks: number;
  /** How the operation ended with the unit incomplete; null while it runs. */
  readonly stopped: 'blocked' | 'quarantined' | 'failed' | null;
  /** Whether and when a stopped unit may be tried again without a person. */
  readonly autoRetry: 'when-cleared' | 'once' | 'never';
  /** Reports sent to the window so far. */
  readonly reports: number;
  /** When the last one was sent; absent before the first. */
  readonly toldAt?: Instant;
  readonly upgradedNodes: number;
  /** Looks in a row that showed nothing new; they lengthen the wait. */
  readonly unchangedLooks: number;
  /** Since when ARM says done while a node that runs the target is not Ready, cordoned or missing; null while none is. */
  readonly almostSince: Instant | null;
  /** What the last look saw, and since when: told to the next one. */
  readonly signals: readonly SeenSignal[];
  /** Pods the drains had to move at the last look; fewer now is progress, whoever is refused. Null when not counted. */
  readonly podsLeft: number | null;
  /** Since when every node is new while Azure's operation goes on or has failed; null while a node is old. */
  readonly nodesDoneSince: Instant | null;
  /** Whether the window was told that Azure is still busy with nodes that are all new. */
  readonly lingerTold: boolean;
  /** The leading cause as the window was told of it; another one is told in place. */
  readonly toldCause: string;
  /** Nodes whose foreign cordon the window was told of. */
  readonly foreignTold: readonly string[];
  /** The eTag the request was sent with: an answer that still carries it is older than the request. Null when adopted. */
  readonly eTagBefore: string | null;
}

/** Kinds of report a unit sends to its window; each is one change of state. */
export type ReportKind = 'progress' | 'blocked' | 'clearing' | 'cleared' | 'stopped' | 'lingering' | 'foreign-cordon' | 'helped';

export type VerdictKind = 'succeeded' | 'needs-reconcile' | 'unproven' | 'retry' | 'quarantined' | 'failed' | 'canceled' | 'foreign' | 'window-ended';

/** What follows from one look. */
export interface NextMove {
  readonly memory: UnitMemory;
  readonly report: ReportKind | null;
  /** With the report `foreign-cordon`: those not told before. */
  readonly foreignCordons: readonly ForeignCordon[];
  /** Null: look again at `pollAt`. */
  readonly verdict: { readonly kind: VerdictKind; readonly detail: string } | null;
  readonly pollAt: Instant;
}

export interface MoveLimits {
  readonly windowCloses: Instant;
  /** After this nobody watches any more, even an operation that goes on. */
  readonly watchUntil: Instant;
  readonly graceMinutes: number;
  readonly shortestPollSeconds: number;
  readonly longestPollSeconds: number;
  readonly attempt: number;
}

/** All nodes new and Azure still at work for this long is worth a word. */
const LINGER_MINUTES = 30;
const FOREIGN_TOLD_KEPT = 30;
/** A cause counts as cleared only after this long without it, and after two good looks. */
const CLEAR_AFTER_MINUTES = 3;
const GOOD_LOOKS_NEEDED = 2;
const BLOCKED_PODS_KEPT = 20;
/** ARM may show the old state for a moment after it accepted a request. */
const SETTLE_MINUTES = 3;
const RETRY_ONCE_AFTER_MINUTES = 5;
/** A block is watched closely for this long: AKS's own drain timeout, unless set otherwise. */
const TENSE_MINUTES = 30;

/** The memory of an attempt that begins now. */
export function beginMemory(now: Instant, eTagBefore: string | null = null): UnitMemory {
  return {
    startedAt: now,
    blockedSince: null,
    blockedPods: [],
    declared: false,
    sawBlock: false,
    sawSuspect: false,
    clearedSince: null,
    goodLooks: 0,
    stopped: null,
    autoRetry: 'never',
    reports: 0,
    upgradedNodes: 0,
    unchangedLooks: 0,
    almostSince: null,
    signals: [],
    podsLeft: null,
    nodesDoneSince: null,
    lingerTold: false,
    toldCause: '',
    foreignTold: [],
    eTagBefore,
  };
}

/**
 * Decides what follows from one look at a unit: report, end with a verdict, or look again.
 *
 * A block is declared after the grace, cleared only after two good looks and three minutes; a stopped unit is tried
 * again by itself only when its stop came from a block that is cleared, or once for a passing fault of the service.
 * The same look and memory give the same move. At most one report a look.
 */
export function decideNextMove(before: UnitMemory, progress: UnitProgress, now: Instant, limits: MoveLimits): NextMove {
  const memory = remember(before, progress, now);
  const move = decideByState(memory, progress, now, limits);
  // One report a look: what merely happened beside the roll is told when nothing else is.
  if (move.report !== null || move.verdict !== null) return move;
  const beside = tellBeside(move.memory, progress, now);
  return beside === null ? move : { ...move, ...beside, memory: { ...beside.memory, reports: beside.memory.reports + 1 } };
}

/** What every look leaves behind, whatever it means. */
function remember(memory: UnitMemory, progress: UnitProgress, now: Instant): UnitMemory {
  const { inventory } = progress;
  const isDone = inventory !== null && inventory.total > 0 && inventory.upgraded === inventory.total;
  return { ...memory, signals: progress.signals, nodesDoneSince: isDone ? (memory.nodesDoneSince ?? now) : null };
}

function tellBeside(memory: UnitMemory, progress: UnitProgress, now: Instant): Pick<NextMove, 'report' | 'memory' | 'foreignCordons'> | null {
  const foreignCordons = progress.foreignCordons.filter(({ node }) => !memory.foreignTold.includes(node));
  if (foreignCordons.length > 0) {
    const told = [...memory.foreignTold, ...foreignCordons.map(({ node }) => node)].slice(-FOREIGN_TOLD_KEPT);
    return { report: 'foreign-cordon', foreignCordons, memory: { ...memory, foreignTold: told } };
  }
  // Every report carries them; this one is for a look that has nothing else to tell.
  if (progress.helpedMoves.length > 0) return { report: 'helped', foreignCordons, memory };
  const isLingering = progress.state === 'running' && memory.nodesDoneSince !== null && now - memory.nodesDoneSince >= LINGER_MINUTES * MINUTE_MS;
  return isLingering && !memory.lingerTold ? { report: 'lingering', foreignCordons, memory: { ...memory, lingerTold: true } } : null;
}

function decideByState(memory: UnitMemory, progress: UnitProgress, now: Instant, limits: MoveLimits): NextMove {
  if (isAlmostThere(progress)) {
    // A node that has just been re-imaged, or added by the autoscaler, needs a moment; that is no failure.
    const almost: UnitMemory = { ...memory, almostSince: memory.almostSince ?? now };
    if (now - (almost.almostSince ?? now) < limits.graceMinutes * MINUTE_MS && now < limits.watchUntil) return again(almost, null, now, limits);
    return moveWhileStopped(almost, 'failed', progress, now, limits);
  }
  const settled = settle(memory, progress, now);
  switch (settled) {
    case 'succeeded':
    case 'unproven':
    case 'canceled':
    case 'foreign':
      return end(memory, settled, describeEnd(settled, progress), now);
    case 'running':
      return moveWhileRunning(memory, progress, now, limits);
    case 'blocked':
      return moveWhileBlocked(memory, progress, now, limits);
    case 'quarantined':
    case 'failed':
    case 'needs-reconcile':
      return moveWhileStopped(memory, settled, progress, now, limits);
  }
}

/** ARM says done and no node is old, yet one is not Ready, cordoned or not there. */
function isAlmostThere({ state, provisioningState, inventory }: UnitProgress): boolean {
  if (state !== 'not-started' || provisioningState !== 'Succeeded' || inventory === null || inventory.old.length > 0) return false;
  return inventory.notReady.length + inventory.cordoned.length > 0 || (inventory.total > 0 && inventory.upgraded === inventory.total);
}

type SettledState = Exclude<UnitProgress['state'], 'not-started'>;

/** Just after a start the old state may still show; later, "done" with old nodes is a failure however ARM calls it. */
function settle(memory: UnitMemory, progress: UnitProgress, now: Instant): SettledState {
  const justStarted = now - memory.startedAt < SETTLE_MINUTES * MINUTE_MS && memory.stopped === null;
  if (justStarted && memory.eTagBefore !== null && progress.eTag === memory.eTagBefore) return 'running';
  if (progress.state === 'not-started') return justStarted ? 'running' : 'failed';
  if (progress.state === 'failed' && justStarted && progress.provisioningState === 'Succeeded') return 'running';
  return progress.state;
}

function moveWhileRunning(memory: UnitMemory, progress: UnitProgress, now: Instant, limits: MoveLimits): NextMove {
  const seen = countNodes({ ...memory, stopped: null }, progress);
  if (now >= limits.watchUntil) {
    return end(seen.memory, 'window-ended', 'The window closed and Azure is still at work on it.', now);
  }
  // What cannot be seen clears nothing.
  if (seen.memory.blockedSince === null || progress.unseen !== undefined) return again(seen.memory, seen.changed ? 'progress' : null, now, limits);
  const looked = goodLook(seen.memory, now);
  if (!looked.memory.declared) {
    // A cause that comes and goes while no pod leaves is still the same stop; it is forgotten as slowly as one that was told.
    const isOver = looked.isCleared || seen.changed || progress.podsLeft === null || progress.podsLeft < (memory.podsLeft ?? Infinity);
    return again(isOver ? forgetBlock(looked.memory) : looked.memory, seen.changed ? 'progress' : null, now, limits);
  }
  if (looked.isCleared) return again(forgetBlock(looked.memory), 'cleared', now, limits);
  return again(looked.memory, looked.isFirst ? 'clearing' : seen.changed ? 'progress' : null, now, limits);
}

function moveWhileBlocked(memory: UnitMemory, progress: UnitProgress, now: Instant, limits: MoveLimits): NextMove {
  const seen = countNodes({ ...memory, stopped: null }, progress);
  const blockedPods = [...new Set(progress.causes.map((cause) => cause.pod))].slice(0, BLOCKED_PODS_KEPT);
  const isStuck = memory.declared || !movedOn(memory, progress, blockedPods);
  // A cause that had its time to clear by itself was stuck all that time; two that take turns are stuck since the first.
  const late = progress.causes.filter((cause) => cause.waitsUntil !== null && isBlocking(cause, now)).map(({ since }) => since);
  const blockedSince = isStuck ? (memory.blockedSince ?? Math.min(now, ...late)) : now;
  const held: UnitMemory = { ...seen.memory, blockedSince, blockedPods, podsLeft: progress.podsLeft, sawBlock: true, sawSuspect: memory.sawSuspect || isSuspect(progress, now), clearedSince: null, goodLooks: 0 };
  if (now >= limits.watchUntil) {
    return end(held, 'window-ended', 'The window closed and a drain is still blocked.', now);
  }
  const isDue = now - blockedSince >= limits.graceMinutes * MINUTE_MS;
  const toldCause = leadingCause(progress, now);
  if (isDue && !held.declared) return again({ ...held, declared: true, toldCause }, 'blocked', now, limits);
  const relapsed = memory.clearedSince !== null && held.declared;
  const isOther = held.declared && toldCause !== memory.toldCause;
  return again(isOther ? { ...held, toldCause } : held, relapsed || seen.changed || isOther ? 'progress' : null, now, limits);
}

function isSuspect({ causes }: UnitProgress, now: Instant): boolean {
  return causes.some((cause) => mayLieInTarget(cause.class) && isBlocking(cause, now));
}

function leadingCause({ causes }: UnitProgress, now: Instant): string {
  const first = causes.find((cause) => isBlocking(cause, now));
  return first === undefined ? '' : `${first.class} ${first.node} ${first.workload ?? first.pod}`;
}

/**
 * Evictions that queue behind one budget refuse one pod after the other: as long as pods leave, nothing is stuck. Where they
 * are not counted, other pods refused than before tell the same.
 */
function movedOn(memory: UnitMemory, progress: UnitProgress, blockedPods: readonly string[]): boolean {
  if (progress.causes.some((cause) => isAboutArrival(cause.class) && isBlocking(cause, progress.seenAt))) return false;
  if (memory.podsLeft !== null && progress.podsLeft !== null) return progress.podsLeft < memory.podsLeft;
  return memory.blockedPods.length > 0 && !blockedPods.some((pod) => memory.blockedPods.includes(pod));
}

function moveWhileStopped(
  memory: UnitMemory,
  state: 'quarantined' | 'failed' | 'needs-reconcile',
  progress: UnitProgress,
  now: Instant,
  limits: MoveLimits,
): NextMove {
  const seen = countNodes(memory, progress);
  // A cause seen only now explains the stop only when Azure gave no other: a tight budget is no reason for a quota error.
  const error = progress.provisioningError;
  const wasDrain = memory.sawBlock || isDrainFailure(error) || (error === null && progress.causes.length > 0);
  const kind = state === 'quarantined' ? 'quarantined' : wasDrain && state === 'failed' ? 'blocked' : 'failed';
  if (now >= limits.windowCloses) {
    const detail = state === 'needs-reconcile' ? describeReconcile(memory, progress) : describeStop(kind, progress);
    return end({ ...seen.memory, stopped: kind }, state, detail, now);
  }
  if (memory.stopped !== kind) {
    const stopped: UnitMemory = {
      ...seen.memory,
      stopped: kind,
      declared: true,
      blockedSince: memory.blockedSince ?? now,
      clearedSince: null,
      goodLooks: 0,
      autoRetry: state === 'needs-reconcile' || memory.sawSuspect || isSuspect(progress, now) ? 'never' : decideAutoRetry(kind, progress, limits.attempt),
    };
    return again(stopped, 'stopped', now, limits);
  }
  return waitStopped(seen.memory, progress, now, limits);
}

function waitStopped(memory: UnitMemory, progress: UnitProgress, now: Instant, limits: MoveLimits): NextMove {
  const isBlind = progress.unseen !== undefined && memory.autoRetry === 'when-cleared';
  if (memory.autoRetry === 'never' || memory.stopped === 'quarantined' || isBlind) return again(memory, null, now, limits);
  if (progress.causes.some((cause) => isBlocking(cause, now))) {
    const report = memory.clearedSince === null ? null : 'progress';
    return again({ ...memory, clearedSince: null, goodLooks: 0 }, report, now, limits);
  }
  const looked = goodLook(memory, now);
  const waited = memory.autoRetry === 'when-cleared' || now - (looked.memory.clearedSince ?? now) >= RETRY_ONCE_AFTER_MINUTES * MINUTE_MS;
  if (!looked.isCleared || !waited) return again(looked.memory, looked.isFirst ? 'clearing' : null, now, limits);
  const move = end(looked.memory, 'retry', 'The cause is cleared; the same request is sent again.', now);
  return { ...move, memory: { ...move.memory, reports: move.memory.reports + 1 }, report: 'cleared' };
}

function decideAutoRetry(kind: 'blocked' | 'quarantined' | 'failed', progress: UnitProgress, attempt: number): UnitMemory['autoRetry'] {
  if (kind === 'blocked') return 'when-cleared';
  if (kind === 'failed' && attempt === 1 && mayRetryOnce(progress.provisioningError)) return 'once';
  return 'never';
}

function goodLook(memory: UnitMemory, now: Instant): { readonly memory: UnitMemory; readonly isFirst: boolean; readonly isCleared: boolean } {
  const clearedSince = memory.clearedSince ?? now;
  const goodLooks = memory.goodLooks + 1;
  return {
    memory: { ...memory, clearedSince, goodLooks },
    isFirst: memory.clearedSince === null,
    isCleared: goodLooks >= GOOD_LOOKS_NEEDED && now - clearedSince >= CLEAR_AFTER_MINUTES * MINUTE_MS,
  };
}

function forgetBlock(memory: UnitMemory): UnitMemory {
  return { ...memory, blockedSince: null, blockedPods: [], podsLeft: null, declared: false, clearedSince: null, goodLooks: 0 };
}

function countNodes(memory: UnitMemory, progress: UnitProgress): { readonly memory: UnitMemory; readonly changed: boolean } {
  const upgradedNodes = progress.inventory?.upgraded ?? memory.upgradedNodes;
  const changed = upgradedNodes !== memory.upgradedNodes;
  return { memory: { ...memory, upgradedNodes, unchangedLooks: changed ? 0 : memory.unchangedLooks + 1 }, changed };
}

function again(memory: UnitMemory, report: ReportKind | null, now: Instant, limits: MoveLimits): NextMove {
  return {
    memory: report === null ? memory : { ...memory, reports: memory.reports + 1 },
    report,
    foreignCordons: [],
    verdict: null,
    pollAt: now + pollSeconds(memory, now, limits) * SECOND_MS,
  };
}

/** Frequent while something is wrong and new or about to clear; rarer while nothing changes or only a person can help. */
function pollSeconds(memory: UnitMemory, now: Instant, limits: MoveLimits): number {
  const { shortestPollSeconds: shortest, longestPollSeconds: longest } = limits;
  if (memory.clearedSince !== null) return shortest;
  if (memory.stopped !== null && memory.autoRetry === 'never') return longest;
  if (memory.blockedSince !== null) return now - memory.blockedSince < TENSE_MINUTES * MINUTE_MS ? shortest : longest;
  return Math.min(longest, shortest * 2 ** Math.min(memory.unchangedLooks, 4));
}

function end(memory: UnitMemory, kind: VerdictKind, detail: string, now: Instant): NextMove {
  return { memory, report: null, foreignCordons: [], verdict: { kind, detail }, pollAt: now };
}

function describeEnd(state: 'succeeded' | 'unproven' | 'canceled' | 'foreign', progress: UnitProgress): string {
  switch (state) {
    case 'succeeded':
      return progress.inventory === null ? 'The control plane runs the target version.' : `${progress.inventory.total === 1 ? 'Its one node is' : `All ${progress.inventory.total} nodes are`} proven on the target.`;
    case 'unproven':
      return progress.unseen === undefined ? 'ARM says done; its nodes cannot be proven yet.' : 'Upgraded according to Azure Resource Manager; nodes not seen.';
    case 'canceled':
      return 'The operation was aborted; nothing is rolled back.';
    case 'foreign':
      return `Somebody else is at work on it (${progress.provisioningState}).`;
  }
}

/** The nodes' side of an operation that failed after its work was done. */
export function describeReconcile({ nodesDoneSince }: Pick<UnitMemory, 'nodesDoneSince'>, { inventory, provisioningError }: UnitProgress): string {
  const since = nodesDoneSince === null ? '' : ` since ${formatUtc(nodesDoneSince)}`;
  const code = provisioningError === null ? '' : ` (${provisioningError.code})`;
  const { proven = 0, total = 0, spare = 0 } = inventory === null ? {} : countPool(inventory, []);
  return `${proven} of ${total - spare} nodes are new${since}; Azure's operation failed later${code}. Nodes and pods are not affected; its state needs a reconcile.`;
}

/** The nodes' side of an operation that Azure calls done too soon. */
export function describeClaim({ inventory }: Pick<UnitProgress, 'inventory'>): string {
  const old = inventory?.old ?? [];
  const names = old.length > 3 ? `${old.slice(0, 3).join(', ')} and ${old.length - 3} more` : old.join(', ');
  return `${CLAIMED_DONE}, and ${old.length === 1 ? `${names} is` : `${names} are`} still old: ${old.length} of ${inventory?.total ?? 0} nodes.`;
}

function describeStop(kind: 'blocked' | 'quarantined' | 'failed', progress: UnitProgress): string {
  const error = progress.provisioningError;
  const words = { blocked: 'Azure gave up on a blocked drain', quarantined: 'Azure left quarantined nodes', failed: 'The operation failed' }[kind];
  return error === null ? `${words}.` : `${words} (${error.code}).`;
}
