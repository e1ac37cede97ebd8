import { recordAt, textAt } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { readWebhook } from '../../sim/github-changes.ts';
import type { Perturbation } from '../../sim/perturbation.ts';
import type { WorldChange } from '../../sim/wire.ts';
import type { HostClock } from '../clock.ts';
import type { LoopbackWorld } from '../loopback-world.ts';

/** What happens from outside tonight: a budget is tightened while its pool drains, and its owner mends it later. */
const budget = { namespace: 'shop', name: 'images' } as const;
const tightened = 3;
const mended = 2;
const team = 'team-shop';
/** The owner is asleep for this long. Unit: minutes of cluster time; shorter than the drain timeout, longer than the grace. */
const FIXED_AFTER_MINUTES = 22;
const watchedPool = 'apps';

/** The night's script. It keeps no state of its own: what happened already is read from the world's journal. */
export interface NightScript {
  /** Looks at what just happened and plays the next act when it is time. */
  watch(changes: readonly WorldChange[]): void;
  /** The owner mends the budget now. `nothing-to-fix`: it is not tightened. */
  fix(): 'fixed' | 'nothing-to-fix';
  stop(): void;
}

/** Begins the script, or goes on with it after a kill. The owner mends it after a while, or when somebody says resume in a comment. */
export function startNightScript(world: LoopbackWorld, clock: HostClock, owner: 'wakes-up' | 'waits-for-a-word'): NightScript {
  let due: { cancel(): void } | null = null;
  const act = (minAvailable: number): Perturbation => ({ kind: 'change-budget', ...budget, minAvailable, by: team });
  const present = (): number | null => {
    const last = world.scripted.findLast(({ perturbation }) => perturbation.kind === 'change-budget');
    return last?.perturbation.kind === 'change-budget' ? Number(last.perturbation.minAvailable) : null;
  };
  const fix = (): 'fixed' | 'nothing-to-fix' => {
    due?.cancel();
    if (present() !== tightened) return 'nothing-to-fix';
    world.perturb(act(mended));
    return 'fixed';
  };
  const scheduleFix = (): void => {
    if (owner === 'waits-for-a-word') return;
    const at = world.scripted.findLast(({ perturbation }) => perturbation.kind === 'change-budget')?.at ?? clock.now();
    due = clock.schedule(Math.max(clock.now() + 1, at + FIXED_AFTER_MINUTES * MINUTE_MS), fix);
  };
  if (present() === tightened) scheduleFix();
  return {
    watch(changes) {
      if (owner === 'waits-for-a-word' && changes.some(saysResume)) fix();
      if (present() !== null) return;
      const isDraining = changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node'] ?? '').includes(`-${watchedPool}-`));
      if (!isDraining) return;
      world.perturb(act(tightened));
      scheduleFix();
    },
    fix,
    stop: () => due?.cancel(),
  };
}

/** Whether a person says in a comment that the run may go on: tonight the owner hears of it too. */
function saysResume(change: WorldChange): boolean {
  const webhook = readWebhook(change);
  if (webhook?.event !== 'issue_comment' || webhook.payload['action'] !== 'created') return false;
  const comment = recordAt(webhook.payload, 'comment');
  return textAt(comment, 'user', 'type') === 'User' && /^\s*\/(?:slackwater\s+)?resume\b/i.test(textAt(comment, 'body') ?? '');
}
