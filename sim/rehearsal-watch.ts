import { isAboutArrival } from '../domain/block-class.ts';
import type { ClusterSnapshot } from '../domain/cluster-snapshot.ts';
import { textAt } from '../domain/json.ts';
import { readMachineSize } from '../domain/machine-size.ts';
import { addressesOfNode } from '../domain/subnet-demand.ts';
import { MINUTE_MS, type Instant } from '../domain/time.ts';
import type { BlockCause } from '../domain/unit-progress.ts';
import type { UnitName } from '../domain/upgrade-plan.ts';
import type { WindowStatus } from '../domain/window-status.ts';
import type { RehearsedBlock, RehearsedPeak } from './rehearsal-report.ts';
import type { WorldChange } from './wire.ts';

/** A block as it was seen so far. */
interface SeenBlock {
  readonly unit: UnitName;
  cause: BlockCause;
  clearedAt: Instant | null;
}

/** Follows the blocks of one rehearsed night by the run's own statuses. */
export interface BlockWatch {
  see(status: WindowStatus, now: Instant): void;
  blocks(opens: Instant, changes: readonly WorldChange[]): readonly Omit<RehearsedBlock, 'when'>[];
}

/** Begins to watch a night. */
export function watchBlocks(): BlockWatch {
  const seen = new Map<string, SeenBlock>();
  return {
    see({ pause, units }, now) {
      const unit = pause === null || pause.unit === 'run' ? null : pause.unit;
      const present = new Set<string>();
      for (const cause of unit === null ? [] : (pause?.causes ?? [])) {
        if (unit === null) continue;
        const key = [unit, cause.class, cause.node, cause.pod].join(' ');
        present.add(key);
        const known = seen.get(key);
        if (known === undefined) seen.set(key, { unit, cause, clearedAt: null });
        else Object.assign(known, { cause: { ...cause, since: Math.min(cause.since, known.cause.since) }, clearedAt: null });
      }
      for (const [key, block] of seen) {
        const state = units.find((each) => each.unit === block.unit)?.state;
        // A pause also ends with the window, or by a word: only a unit that goes on, or ended well, says that a cause is gone.
        const goesOn = state === 'running' || state === 'upgraded' || unit === block.unit;
        if (!present.has(key) && block.clearedAt === null && goesOn) block.clearedAt = now;
      }
    },
    blocks: (opens, changes) =>
      [...seen.values()]
        .filter(({ cause }) => isAboutArrival(cause.class) || drainChange('drain.started', cause, changes) !== null)
        .map(({ unit, cause, clearedAt }) => describeBlock(unit, cause, opens, { clearedAt: isAboutArrival(cause.class) ? clearedAt : drainChange('drain.finished', cause, changes), gaveUpAt: drainChange('drain.timed-out', cause, changes) })),
  };
}

function describeBlock(unit: UnitName, cause: BlockCause, opens: Instant, { clearedAt, gaveUpAt }: { readonly clearedAt: Instant | null; readonly gaveUpAt: Instant | null }): Omit<RehearsedBlock, 'when'> {
  const { since, node, pod, budgets, owner, evidence, remedy } = cause;
  return {
    unit,
    atMin: minutesAfter(opens, since),
    untilMin: clearedAt === null ? null : minutesAfter(opens, clearedAt),
    azureGaveUpMin: gaveUpAt === null ? null : minutesAfter(opens, gaveUpAt),
    node,
    pod,
    budgets,
    class: cause.class,
    owner,
    evidence,
    remedy,
  };
}

/**
 * When a drain of the cause's node came to that, as the simulated cluster knows it: the run names only some causes at once, and one
 * that is not named any more may still hold. A start counts whenever it was, an end only after the cause began.
 */
function drainChange(kind: 'drain.started' | 'drain.finished' | 'drain.timed-out', { node, since }: BlockCause, changes: readonly WorldChange[]): Instant | null {
  return changes.find((change) => change.kind === kind && (kind === 'drain.started' || change.at >= since) && textAt(change.data, 'node') === node)?.at ?? null;
}

/** Nodes per pool that Azure gave up on and no block names. */
export function unnamedNodes(changes: readonly WorldChange[], blocks: readonly Pick<RehearsedBlock, 'node'>[]): readonly { readonly unit: UnitName; readonly node: string }[] {
  const named = new Set(blocks.map(({ node }) => node));
  return changes.flatMap(({ kind, data }) => {
    const node = textAt(data, 'node');
    if (kind !== 'drain.timed-out' || node === null || named.has(node)) return [];
    named.add(node);
    return [{ unit: `pool/${textAt(data, 'pool') ?? ''}` as const, node }];
  });
}

/** Whole minutes from the opening, not below 0. */
export function minutesAfter(opens: Instant, at: Instant): number {
  return Math.max(0, Math.round((at - opens) / MINUTE_MS));
}

/** The most that existed at once beside the cluster's own nodes, from what the simulated cluster did. */
export function peakOf(changes: readonly WorldChange[], { nodePools, azureFacts: { network } }: Pick<ClusterSnapshot, 'nodePools' | 'azureFacts'>): RehearsedPeak {
  const extra = new Map<string, string>();
  let peak: RehearsedPeak = { extraNodes: 0, extraCores: 0, extraAddresses: 0 };
  for (const { kind, data } of changes) {
    const node = textAt(data, 'node') ?? '';
    if (kind === 'node.deleted' || kind === 'node.taken') extra.delete(node);
    if (kind !== 'node.added') continue;
    extra.set(node, textAt(data, 'pool') ?? '');
    const pools = [...extra.values()].map((name) => nodePools.find((pool) => pool.name === name));
    peak = {
      extraNodes: Math.max(peak.extraNodes, extra.size),
      extraCores: larger(peak.extraCores, sumOf(pools.map((pool) => (pool === undefined ? null : (readMachineSize(pool.vmSize)?.cores ?? null))))),
      extraAddresses: larger(peak.extraAddresses, sumOf(pools.map((pool) => (pool === undefined || network === null ? null : addressesOfNode(pool, network))))),
    };
  }
  return peak;
}

/** What two nights need at most. */
export function largerPeak(one: RehearsedPeak, other: RehearsedPeak): RehearsedPeak {
  return {
    extraNodes: Math.max(one.extraNodes, other.extraNodes),
    extraCores: larger(one.extraCores, other.extraCores),
    extraAddresses: larger(one.extraAddresses, other.extraAddresses),
  };
}

/** Null where either is unknown. */
function larger(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}

function sumOf(counts: readonly (number | null)[]): number | null {
  return counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}
