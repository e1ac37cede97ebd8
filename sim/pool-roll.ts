import { numberAt, textAt, valueAt } from '../domain/json.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { AksCore } from './aks-operation.ts';
import type { AksError, PoolState } from './aks-state.ts';
import { isOlderVersion } from './aks-versions.ts';
import { resolveCount } from './disruption-budget-record.ts';
import type { NodeRecord } from './kubernetes-objects.ts';
import { startDrain } from './node-drain.ts';
import type { DrainOptions, DrainResult } from './node-drain.ts';
import { bringUp, cordonNode, isQuarantined, labelNode, NODE_IMAGE_LABEL, QUARANTINED, takeDown, uncordonNode, UPGRADE_STATUS_LABEL } from './node-lifecycle.ts';
import { terminatePod } from './pod-lifecycle.ts';
import { orderSurgeNodes, removeSurgeNodes } from './surge-nodes.ts';
import type { NodeRelease } from './surge-nodes.ts';
import type { Cancel } from './timeline.ts';
import { recordUpgradeEvent } from './upgrade-events.ts';

/** How a roll over a pool's nodes ended. */
export type RollEnd =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed' | 'canceled'; readonly error: AksError };

/** How AKS warns a spot machine before it takes it. Unit: milliseconds. Source: Azure docs, spot eviction notice of 30 seconds. */
const SPOT_NOTICE_SECONDS = 30;

/** One roll while it runs. */
interface Roll {
  readonly core: AksCore;
  readonly pool: PoolState;
  readonly release: NodeRelease;
  readonly drain: DrainOptions;
  readonly behavior: 'Schedule' | 'Cordon';
  /** Old nodes not begun yet, in order. */
  readonly remaining: NodeRecord[];
  readonly surge: NodeRecord[];
  /** Nodes taken down together; 0 means: as many as there are spare surge nodes. */
  readonly inPlaceCount: number;
  readonly errors: string[];
  readonly cancels: Set<Cancel>;
  phase: 'rolling' | 'ending' | 'stopped';
  readonly ended: (end: RollEnd) => void;
}

/** Nodes of the pool that do not run the release yet; surge nodes of an earlier try count as spare, not as old. */
export function findOldNodes({ cluster }: AksCore, pool: PoolState, release: NodeRelease): readonly NodeRecord[] {
  return [...cluster.store.nodes.values()]
    .filter((node) => node.pool === pool.name && !node.isSurge && !isOn(node, release))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Rolls a pool to a release: surge nodes first, then batch by batch cordon, drain, soak, re-image in place, uncordon, and
 * at the end the surge nodes go. What an earlier try left is taken up.
 *
 * @returns How to stop without undoing anything; `ended` is then not called.
 * @see AKS docs, "Perform rolling upgrades for node pools".
 */
export function startRoll(core: AksCore, pool: PoolState, release: NodeRelease, ended: (end: RollEnd) => void): Cancel {
  const settings = pool.upgradeSettings;
  const old = findOldNodes(core, pool, release).filter((node) => !isQuarantined(node));
  const isSystem = textAt(pool.properties, 'mode') === 'System';
  const surgeWanted = readSurge(valueAt(settings, 'maxSurge') ?? null, poolSize(core, pool));
  const inPlace = isSystem ? 0 : resolveCount(readCount(valueAt(settings, 'maxUnavailable')), poolSize(core, pool));
  const roll: Roll = {
    core,
    pool,
    release,
    drain: { timeoutMinutes: numberAt(settings, 'drainTimeoutInMinutes') ?? 30, webhooks: () => core.aks.evictionWebhooks },
    behavior: textAt(settings, 'undrainableNodeBehavior') === 'Cordon' ? 'Cordon' : 'Schedule',
    remaining: [...old],
    surge: [...core.cluster.store.nodes.values()].filter((node) => node.pool === pool.name && node.isSurge),
    inPlaceCount: surgeWanted === 0 && inPlace > 0 ? inPlace : 0,
    errors: [],
    cancels: new Set(),
    phase: 'rolling',
    ended,
  };
  for (const node of roll.surge) uncordonNode(core.cluster, node, 'AKS');
  if (textAt(pool.properties, 'scaleSetPriority') === 'Spot') rollSpot(roll);
  else if (roll.inPlaceCount > 0 || roll.remaining.length === 0) later(roll, 0, () => nextBatch(roll));
  else orderSpares(roll, Math.max(1, Math.min(surgeWanted, roll.remaining.length)));
  return () => {
    roll.phase = 'stopped';
    for (const cancel of roll.cancels) cancel();
  };
}

function isOn(node: NodeRecord, release: NodeRelease): boolean {
  return node.kubeletVersion === `v${release.kubernetesVersion}` && node.labels[NODE_IMAGE_LABEL] === release.nodeImageVersion;
}

function poolSize({ cluster }: AksCore, pool: PoolState): number {
  return [...cluster.store.nodes.values()].filter((node) => node.pool === pool.name && !node.isSurge).length;
}

function readCount(value: unknown): number | string {
  return typeof value === 'number' || typeof value === 'string' ? value : 0;
}

/** Surge nodes for a pool of this size; without a setting 10 %, at least one (AKS release notes, 2025-03-16). */
function readSurge(maxSurge: unknown, nodeCount: number): number {
  return maxSurge === null ? Math.max(1, Math.ceil(nodeCount / 10)) : resolveCount(readCount(maxSurge), nodeCount);
}

/** Makes an appointment that a stop takes off the agenda. */
function later(roll: Roll, delayMs: number, action: () => void): void {
  const cancel = roll.core.cluster.timeline.after(delayMs, () => {
    roll.cancels.delete(cancel);
    action();
  });
  roll.cancels.add(cancel);
}

function orderSpares(roll: Roll, wanted: number): void {
  const { core, pool, release } = roll;
  const missing = wanted - spareCount(roll);
  if (missing <= 0) {
    later(roll, 0, () => nextBatch(roll));
    return;
  }
  roll.cancels.add(
    orderSurgeNodes(core, { pool, count: missing, release }, (nodes, failure) => {
      roll.surge.push(...nodes);
      if (failure === null || spareCount(roll) > 0) nextBatch(roll);
      // From 1.35 on AKS tries again with one surge node when it cannot have them all (AKS release notes, 2026-01-04).
      else if (missing > 1 && !isOlderVersion(release.kubernetesVersion, '1.35.0')) orderSpares(roll, 1);
      else finish(roll, { kind: 'failed', error: failure });
    }),
  );
}

/** Surge nodes that stand in for no quarantined node. */
function spareCount(roll: Roll): number {
  const quarantinedCount = [...roll.core.cluster.store.nodes.values()].filter((node) => node.pool === roll.pool.name && isQuarantined(node)).length;
  return roll.surge.length - quarantinedCount;
}

function nextBatch(roll: Roll): void {
  if (roll.phase !== 'rolling') return;
  if (roll.errors.length > 0 && roll.behavior === 'Schedule') return finish(roll, failed(roll));
  const size = roll.inPlaceCount > 0 ? roll.inPlaceCount : spareCount(roll);
  const { hold } = roll.pool;
  const open = hold === null ? roll.remaining : roll.remaining.filter((node) => hold.mayTouch.has(node.name));
  if (hold !== null && (open.length === 0 || size <= 0)) {
    hold.goOn = () => nextBatch(roll);
    return;
  }
  if (roll.remaining.length === 0 || size <= 0) return finishQuarantine(roll);
  const batch = open.slice(0, size);
  roll.remaining.splice(0, roll.remaining.length, ...roll.remaining.filter((node) => !batch.includes(node)));
  let openCount = batch.length;
  const settle = (): void => {
    openCount -= 1;
    if (openCount === 0) nextBatch(roll);
  };
  for (const node of batch) {
    cordonNode(roll.core.cluster, node, 'AKS');
    const taken = (result: DrainResult): void => {
      if (result.kind === 'denied') giveUp(roll, batch, result.message);
      else takeDrainResult(roll, node, result, settle);
    };
    roll.cancels.add(startDrain(roll.core.cluster, node, roll.drain, taken));
  }
}

/** A webhook's refusal ends the roll within seconds: what is not down is made schedulable again. */
function giveUp(roll: Roll, batch: readonly NodeRecord[], message: string): void {
  for (const cancel of roll.cancels) cancel();
  for (const node of batch) if (node.isReady) uncordonNode(roll.core.cluster, node, 'AKS');
  finish(roll, { kind: 'failed', error: { code: 'UpgradeFailed', message } });
}

type BatchResult = Exclude<DrainResult, { readonly kind: 'denied' }>;

function takeDrainResult(roll: Roll, node: NodeRecord, result: BatchResult, settle: () => void): void {
  const { cluster } = roll.core;
  if (result.kind === 'drained') {
    soak(roll, node, settle);
    return;
  }
  if (roll.behavior === 'Cordon') {
    roll.pool.blockedNodes.set(node.name, result.message);
    roll.errors.push(result.message);
    labelNode(cluster, node, { key: UPGRADE_STATUS_LABEL, value: QUARANTINED, by: 'AKS' });
    cluster.timeline.tell('node.quarantined', `${node.name} is quarantined`, { node: node.name, pool: node.pool });
  } else {
    roll.errors.push(result.message);
    uncordonNode(cluster, node, 'AKS');
  }
  settle();
}

function soak(roll: Roll, node: NodeRecord, settle: () => void): void {
  const { cluster } = roll.core;
  const minutes = numberAt(roll.pool.upgradeSettings, 'nodeSoakDurationInMinutes') ?? 0;
  if (minutes > 0) {
    const message = `Soak duration ${minutes}m0s after draining node: ${node.name}`;
    recordUpgradeEvent(cluster, { type: 'Normal', reason: 'Upgrade', message, node: node.name });
  }
  later(roll, minutes * MINUTE_MS, () => reimage(roll, node, settle));
}

/** Once a machine is down it comes up again, whatever becomes of the roll. */
function reimage(roll: Roll, node: NodeRecord, settle: () => void): void {
  const { cluster } = roll.core;
  takeDown(cluster, node);
  cluster.timeline.after(cluster.durations.minutes(cluster.durations.physics.reimageMinutes), () => {
    bringUp(cluster, node, roll.release);
    roll.pool.blockedNodes.delete(node.name);
    uncordonNode(cluster, node, 'AKS');
    recordUpgradeEvent(cluster, { type: 'Normal', reason: 'Upgrade', message: `Successfully reimaged node: ${node.name}`, node: node.name });
    settle();
  });
}

/** Spot machines get a notice and are taken: no surge, no drain, no budget (AKS docs, spot node pools). */
function rollSpot(roll: Roll): void {
  const { cluster } = roll.core;
  if (roll.phase !== 'rolling') return;
  const node = roll.remaining.shift();
  if (node === undefined) {
    later(roll, 0, () => finish(roll, { kind: 'succeeded' }));
    return;
  }
  cordonNode(cluster, node, 'AKS');
  for (const pod of [...node.pods]) terminatePod(cluster, pod, SPOT_NOTICE_SECONDS);
  later(roll, SPOT_NOTICE_SECONDS * SECOND_MS, () => reimage(roll, node, () => rollSpot(roll)));
}

function failed(roll: Roll): RollEnd {
  return { kind: 'failed', error: { code: 'UpgradeFailed', message: roll.errors.join(' ') } };
}

/** With quarantined nodes a roll never succeeds: `Failed` when surge nodes stand in for all of them, else `Canceled`. */
function finishQuarantine(roll: Roll): void {
  const { cluster } = roll.core;
  const quarantined = [...cluster.store.nodes.values()].filter((node) => node.pool === roll.pool.name && isQuarantined(node));
  if (quarantined.length === 0) return finish(roll, { kind: 'succeeded' });
  const messages = quarantined.map((node) => roll.pool.blockedNodes.get(node.name) ?? `Drain node ${node.name} failed: the node is quarantined.`);
  const error = { code: 'UpgradeFailed', message: messages.join(' ') };
  finish(roll, { kind: quarantined.length <= roll.surge.length ? 'failed' : 'canceled', error });
}

/** Best effort: the surge nodes that stand in for no quarantined node are drained and deleted, then the roll has ended. */
function finish(roll: Roll, end: RollEnd): void {
  if (roll.phase !== 'rolling') return;
  roll.phase = 'ending';
  const { cluster } = roll.core;
  const removable = roll.surge.slice(Math.max(0, roll.surge.length - Math.max(0, spareCount(roll))));
  roll.cancels.add(
    removeSurgeNodes(cluster, removable, roll.drain, (errors) => {
      const left: RollEnd = { kind: 'failed', error: { code: 'UpgradeFailed', message: errors.join(' ') } };
      if (roll.phase === 'ending') roll.ended(end.kind === 'succeeded' && errors.length > 0 ? left : end);
    }),
  );
}
