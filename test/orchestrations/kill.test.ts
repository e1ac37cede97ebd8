import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { activityNames } from '../../activities/contract.ts';
import type { Rehearsal, RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import { answersTo, comment, images, leaveQuarantined, memoryOf, untilCleanedUp } from './clean-up-rehearsal.ts';
import { deaths, rehearseMortal, type Death } from './mortal-host.ts';

/**
 * The host dies at every activity of whole nights, as a deployment kills it: in each night below at each such moment once, one after the other.
 * `SLACKWATER_KILL=1` plays each night with every kind of death, and once more for each moment with that death alone; `10` for each tenth moment.
 */
const step = Number(process.env['SLACKWATER_KILL'] ?? '0');

interface Night {
  readonly what: string;
  readonly options: RehearsalOptions;
  readonly play: (rehearsal: Rehearsal) => Promise<readonly string[]>;
  readonly deaths: readonly Death[];
  /** `all-but-times`: a word may reach a unit one look later. */
  readonly compared: 'everything' | 'all-but-times';
}

const isDraining = (rehearsal: Rehearsal, pool: string) => (): boolean => rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes(`-${pool}-`));

const nights: readonly Night[] = [
  {
    what: 'a night that blocks and goes on, up to its write-back',
    options: { dashboard: 'kept' },
    deaths: ['after-effect', 'after-activity'],
    compared: 'everything',
    play: async (rehearsal) => {
      await rehearsal.until(isDraining(rehearsal, 'apps'));
      rehearsal.world.perturb(images(3));
      await rehearsal.until(() => rehearsal.status().phase === 'paused');
      rehearsal.world.perturb(images(2));
      assert.equal((await rehearsal.untilEnded()).outcome, 'succeeded');
      return [];
    },
  },
  {
    what: 'a night that leaves nodes set aside, and the words that bring them in order',
    options: { beginning: 'held' },
    deaths: ['after-activity'],
    compared: 'everything',
    play: async (rehearsal) => {
      const [node = ''] = await leaveQuarantined(rehearsal);
      rehearsal.say('skip', 'pool/apps');
      await rehearsal.untilEnded();
      rehearsal.world.perturb(images(2));
      const released = await comment(rehearsal, 'operator', `/release ${node}`);
      await untilCleanedUp(rehearsal, released);
      const resolved = await comment(rehearsal, 'chief', '/resolve apps');
      await untilCleanedUp(rehearsal, resolved);
      return [...answersTo(rehearsal, released), ...answersTo(rehearsal, resolved)];
    },
  },
  {
    what: 'a night with a pool withheld, that is aborted while it drains',
    options: { beginning: 'held' },
    deaths: ['before-activity', 'after-turn'],
    compared: 'all-but-times',
    play: async (rehearsal) => {
      rehearsal.world.perturb(images(3));
      rehearsal.begin();
      await rehearsal.until(() => rehearsal.status().phase === 'held');
      rehearsal.world.perturb(images(2));
      await rehearsal.until(isDraining(rehearsal, 'apps'));
      rehearsal.say('abort');
      assert.equal((await rehearsal.untilEnded()).outcome, 'aborted');
      return [];
    },
  },
];

/** Everything a night leaves behind in the world; nothing of how often it was asked for. */
function leavings(rehearsal: Rehearsal, answers: readonly string[]) {
  const status = rehearsal.status();
  const left = {
    outcome: status.outcome,
    timeline: status.timeline,
    units: status.units,
    armWrites: rehearsal.armWrites(),
    issues: rehearsal.issues(),
    comments: rehearsal.comments(),
    memory: memoryOf(rehearsal),
    events: rehearsal.world.serviceBus.broker.peek('events/subscriptions/all', 0, 1_000).map(({ messageId }) => messageId),
    answers,
  };
  return JSON.stringify(left, null, 1).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1');
}

/** The first place where two nights left something else behind. */
function assertSame(got: string, expected: string, about: string): void {
  const at = [...got].findIndex((character, index) => character !== expected[index]);
  const around = (text: string): string => text.slice(Math.max(0, at - 300), at + 300);
  assert.ok(got === expected, `${about}\n--- undisturbed\n${around(expected)}\n--- killed\n${around(got)}`);
}

const died = new Set<string>();
const play = (night: Night) => async (rehearsal: Rehearsal) => {
  const answers = await night.play(rehearsal);
  const left = leavings(rehearsal, answers);
  if (answers.length === 0) assert.deepEqual(rehearsal.violations(), []);
  return night.compared === 'everything' ? left : left.replaceAll(/\d+/g, '#');
};

for (const night of nights) {
  describe(night.what, () => {
    let undisturbed: Promise<string> | null = null;
    const whole = (): Promise<string> => (undisturbed ??= rehearseMortal(night.options, { at: 'after-turn', which: 'never' }, play(night)).then(({ result }) => result));

    for (const at of step > 0 ? deaths : night.deaths) {
      test(`ends as if nothing had happened when the host dies ${at}, at each once`, { timeout: 300_000 }, async () => {
        const expected = await whole();
        const lived = await rehearseMortal(night.options, { at, which: 'each' }, play(night));

        assert.ok(lived.died.length > 20 && lived.died.length === lived.momentsCount, `it died ${lived.died.length} times`);
        assertSame(lived.result, expected, at);
        for (const name of lived.died) died.add(name);
      });
    }

    for (const at of step > 0 ? deaths : []) {
      test(`ends as if nothing had happened when the host dies ${at}, wherever it is`, { timeout: 3_600_000 }, async () => {
        const expected = await whole();
        const { momentsCount } = await rehearseMortal(night.options, { at, which: 'never' }, play(night));
        for (let which = 1; which <= momentsCount; which += step) {
          const lived = await rehearseMortal(night.options, { at, which }, play(night));

          assertSame(lived.result, expected, `${at} ${which}: ${lived.died.join(', ')}`);
        }
      });
    }
  });
}

/** Played here by no night; `test/activities/run-twice.test.ts` runs each twice. */
const elsewhere = ['answerComment', 'changeUpgradeSettings', 'restoreSettings'];

after(() => {
  assert.deepEqual(activityNames.filter((name) => !died.has(name) && !elsewhere.includes(name)), [], 'activities at which no host died');
});
