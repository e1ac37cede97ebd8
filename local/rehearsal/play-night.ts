import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import { isLoss } from '../../domain/loss-acknowledgement.ts';
import type { MaintenancePolicy, WindowOpening } from '../../domain/maintenance-policy.ts';
import { DAY_MS, MINUTE_MS, type Instant } from '../../domain/time.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import type { PollRange } from '../../orchestrations/contract.ts';
import type { Perturbation } from '../../sim/perturbation.ts';
import { watchBlocks, type BlockWatch } from '../../sim/rehearsal-watch.ts';
import type { WorldChange } from '../../sim/wire.ts';
import { lenientPolicy, rehearsedPolicy } from './rehearsed-policy.ts';
import { startWindowRehearsal, type Rehearsal } from './window-rehearsal.ts';

/** How long after the window's close a night may last until it counts as a defect. */
const OVERRUN_DAYS_MAX = 30;
/** A stop that Azure does not end is left behind after so long, where units are tried in spite of all. Unit: minutes. */
const PATIENCE_MINUTES = 90;

/** One night to be played. */
export interface NightOrder {
  readonly documents: SnapshotDocuments;
  readonly policy: MaintenancePolicy;
  readonly opening: WindowOpening;
  readonly seed: number;
  /**
   * `as-it-would-be`: nobody acts, and what preflight withholds stays withheld · `in-spite-of-all`: findings of single pools are
   * let pass, a stopped unit is left behind once Azure has given up, and the window lasts a day longer, so that every unit starts.
   */
  readonly way: 'as-it-would-be' | 'in-spite-of-all';
  /** What the world is given before the night begins. */
  readonly perturbations: readonly Perturbation[];
  /** Shortest and longest wait between two looks; null: as in a real night. */
  readonly pollSeconds: PollRange | null;
  /** Told while it is played: minutes since the opening. */
  readonly onMinute: (minute: number) => void;
}

/** A night that was played to its end. */
export interface PlayedNight {
  readonly status: WindowStatus;
  readonly watch: BlockWatch;
  readonly changes: readonly WorldChange[];
  readonly opens: Instant;
}

/** Plays one night through the app's own orchestrations and activities in virtual time. Throws for a defect. */
export async function playNight({ documents, policy, opening, seed, way, perturbations, pollSeconds, onMinute }: NightOrder): Promise<PlayedNight> {
  const isOrderly = way === 'as-it-would-be';
  const rehearsal = await startWindowRehearsal({
    documents,
    policy: isOrderly ? rehearsedPolicy(policy) : lenientPolicy(policy),
    opening: isOrderly ? opening : { ...opening, closes: opening.closes + DAY_MS },
    policies: {},
    seed,
    people: { operator: 'admin' },
    wire: 'quick',
    beginning: 'held',
    ...(pollSeconds === null ? {} : { pollSeconds }),
  });
  try {
    for (const perturbation of perturbations) rehearsal.world.perturb(perturbation);
    rehearsal.begin();
    const watch = watchBlocks();
    const act = isOrderly ? cutWaitShort(rehearsal) : letPass(rehearsal);
    let seen = '';
    const isOver = (): boolean => {
      onMinute(rehearsal.minute());
      const { runtimeStatus = 'Pending', customStatusJson = null } = rehearsal.host.engine.read(rehearsal.instanceId) ?? {};
      if (customStatusJson !== null && customStatusJson !== seen) {
        seen = customStatusJson;
        watch.see(recorded<WindowStatus>(JSON.parse(customStatusJson)), rehearsal.clock.now());
      }
      if (customStatusJson !== null) act();
      return runtimeStatus !== 'Pending' && runtimeStatus !== 'Running';
    };
    await rehearsal.until(isOver, (rehearsal.closes - rehearsal.opens + OVERRUN_DAYS_MAX * DAY_MS) / MINUTE_MS);
    return { status: await rehearsal.untilEnded(), watch, changes: rehearsal.changes, opens: opening.opens };
  } finally {
    await rehearsal.close();
  }
}

/**
 * Ends the wait for what preflight withholds once nothing in the cluster will change any more: nobody acts, so every further look
 * would find the same. Leaving the pools out by a word has the run look at every node a last time and end, as it would later.
 */
function cutWaitShort(rehearsal: Rehearsal): () => void {
  const said = new Set<string>();
  return () => {
    if (rehearsal.world.cluster.nextAt() !== null) return;
    const { phase, holds } = rehearsal.status();
    const waiting = holds.filter(({ state }) => state === 'waiting');
    if (phase !== 'held' || waiting.length === 0) return;
    if (waiting.some(({ unit }) => unit === 'run')) return once(said, 'run', () => rehearsal.say('abort'));
    for (const { unit } of waiting) once(said, unit, () => rehearsal.say('skip', poolOf(unit)));
  };
}

function once(said: Set<string>, key: string, say: () => void): void {
  if (said.has(key)) return;
  said.add(key);
  say();
}

function poolOf(unit: string): string | null {
  return unit.startsWith('pool/') ? unit.slice('pool/'.length) : null;
}

/** Says for a person what lets the night go on: that a loss may happen, and that a stopped unit is left behind. */
function letPass(rehearsal: Rehearsal): () => void {
  const said = new Set<string>();
  return () => {
    const { holds, pause } = rehearsal.status();
    for (const { state, causes } of holds) {
      if (state !== 'waiting') continue;
      for (const { code, where } of causes) if (isLoss(code)) once(said, `loss ${where}`, () => rehearsal.say('ack-loss', where));
    }
    if (pause === null) return;
    const isStuck = rehearsal.clock.now() - pause.since > PATIENCE_MINUTES * MINUTE_MS;
    if (pause.kind === 'health') {
      if (isStuck) once(said, `health ${pause.number}`, () => rehearsal.say('resume'));
    } else if (pause.unit !== 'run' && (pause.kind !== 'blocked' || isStuck)) {
      const { unit } = pause;
      once(said, `skip ${unit}`, () => rehearsal.say('skip', poolOf(unit)));
    }
  };
}
