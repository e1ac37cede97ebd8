import { startHost } from '../../local/functions-host/host.ts';
import type { HistoryEvent } from '../../local/durable/history.ts';
import { eventTypes } from '../../local/durable/history.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import { comment, images, leaveQuarantined, untilCleanedUp } from './clean-up-rehearsal.ts';

/** One execution of one instance, whole: from its start to its end, or to where it began again with an empty history. */
export interface RecordedExecution {
  readonly orchestration: string;
  readonly instanceId: string;
  readonly events: readonly HistoryEvent[];
}

const isDraining = (rehearsal: Rehearsal, pool: string) => (): boolean => rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes(`-${pool}-`));

/** Nights whose histories are kept, by the name of their file. All names in them are made up. */
export const goldenNights: Readonly<Record<string, { readonly options: RehearsalOptions; readonly play: (rehearsal: Rehearsal) => Promise<unknown> }>> = {
  quiet: { options: {}, play: (rehearsal) => rehearsal.untilEnded() },
  blocked: {
    options: { beginning: 'held' },
    play: async (rehearsal) => {
      rehearsal.world.perturb(images(3));
      rehearsal.begin();
      await rehearsal.until(() => rehearsal.status().phase === 'held');
      rehearsal.world.perturb(images(2));
      await rehearsal.until(isDraining(rehearsal, 'apps'));
      rehearsal.world.perturb(images(3));
      await rehearsal.until(() => rehearsal.status().phase === 'paused');
      rehearsal.world.perturb(images(2));
      return rehearsal.untilEnded();
    },
  },
  'quarantined-and-cleaned-up': {
    options: { beginning: 'held' },
    play: async (rehearsal) => {
      const [node = ''] = await leaveQuarantined(rehearsal);
      rehearsal.say('skip', 'pool/apps');
      await rehearsal.untilEnded();
      rehearsal.world.perturb(images(2));
      await untilCleanedUp(rehearsal, await comment(rehearsal, 'operator', `/release ${node}`));
      return untilCleanedUp(rehearsal, await comment(rehearsal, 'chief', '/resolve apps'));
    },
  },
  aborted: {
    options: {},
    play: async (rehearsal) => {
      await rehearsal.until(isDraining(rehearsal, 'system'));
      rehearsal.say('abort');
      return rehearsal.untilEnded();
    },
  },
};

/** Plays a night with today's code and gives every history it wrote. */
export async function recordNight({ options, play }: (typeof goldenNights)[string]): Promise<readonly RecordedExecution[]> {
  const finished: RecordedExecution[] = [];
  const open = new Map<string, { readonly orchestration: string; readonly instanceId: string; readonly events: HistoryEvent[] }>();
  const rehearsal = await startRehearsal({
    ...options,
    startHost: (hostOptions) =>
      startHost({
        ...hostOptions,
        watch: (moment) => {
          if (moment.kind !== 'recorded') return;
          const { orchestration, instanceId, events } = moment;
          const before = open.get(instanceId);
          if (before !== undefined && events.some(({ EventType }) => EventType === eventTypes.executionStarted)) finished.push(before);
          if (before === undefined || finished.includes(before)) open.set(instanceId, { orchestration, instanceId, events: [...events] });
          else before.events.push(...events);
        },
      }),
  });
  try {
    await play(rehearsal);
    return [...finished, ...open.values()];
  } finally {
    await rehearsal.close();
  }
}
