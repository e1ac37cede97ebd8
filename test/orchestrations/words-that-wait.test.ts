import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import type { InjectedFault } from '../../local/faults.ts';
import type { Perturbation } from '../../sim/perturbation.ts';

async function rehearse(options: RehearsalOptions, play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal(options);
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const images = (minAvailable: number): Perturbation => ({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable, by: 'team-shop' });
const answering = (status: number, change: Partial<InjectedFault> = {}, headers: Readonly<Record<string, string>> = {}): InjectedFault => ({
  method: null,
  path: null,
  times: Number.POSITIVE_INFINITY,
  mishap: { kind: 'answer', moment: 'before', response: { status, headers, body: { message: `Answer ${status}` } } },
  ...change,
});
const isDraining = (rehearsal: Rehearsal, pool: string) => (): boolean =>
  rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes(`-${pool}-`));
const pass = (rehearsal: Rehearsal, milliseconds: number): Promise<void> => rehearsal.clock.advanceTo(rehearsal.clock.now() + milliseconds);
const keysOf = (comments: readonly string[]): readonly string[] => comments.flatMap((body) => /slackwater:notice:[^:]+:(\S+) -->/.exec(body)?.[1] ?? []);
const roomy = (text: string): string => text.replace('drainTimeoutInMinutes: 30', 'drainTimeoutInMinutes: 300');
const storyOf = (rehearsal: Rehearsal): string => rehearsal.issues().findLast(({ body }) => body.includes('<!-- slackwater:run:'))?.body ?? '';
const triesSince = (rehearsal: Rehearsal, at: number): number => rehearsal.world.log.entries.filter((entry) => entry.service === 'github' && entry.path.includes('/issues') && entry.at >= at).length;

/** A run that pauses on a budget and goes on when it is mended, while GitHub answers as `faults` say for hours. */
async function pauseInSilence(rehearsal: Rehearsal, faults: readonly InjectedFault[]): Promise<void> {
  await rehearsal.until(isDraining(rehearsal, 'apps'));
  for (const fault of faults) rehearsal.world.faults.github.add(fault);
  rehearsal.world.perturb(images(3));
  await rehearsal.until(() => rehearsal.status().pause?.kind === 'blocked', 120);
  await pass(rehearsal, HOUR_MS);
  rehearsal.world.perturb(images(2));
  await rehearsal.until(() => rehearsal.status().pause === null, 60);
  await pass(rehearsal, 10 * MINUTE_MS);
  rehearsal.world.faults.github.clear();
}

const silences: readonly (readonly [what: string, faults: readonly InjectedFault[], code: string])[] = [
  ['is down', [answering(503)], 'github-unavailable'],
  ['refuses our key', [answering(401)], 'github-unauthorized'],
  ['limits us by 429', [answering(429, {}, { 'retry-after': '60' })], 'github-rate-limited'],
  ['limits us by 403', [answering(403, {}, { 'retry-after': '60' })], 'github-rate-limited'],
  ['has issues turned off', [answering(410, { path: /\/issues/ })], 'github-gone'],
  ['hides the repository', [answering(404, { path: /\/repos\// })], 'github-not-found'],
];

for (const [what, faults, code] of silences) {
  test(`while GitHub ${what} for an hour and more the run goes on, and its words arrive in order and say that they are late`, () =>
    rehearse({ policy: roomy }, async (rehearsal) => {
      await pauseInSilence(rehearsal, faults);
      const status = await rehearsal.untilEnded();

      assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
      assert.deepEqual(keysOf(rehearsal.comments()), ['paused-1', 'resumed-1', 'ended']);
      const [paused = '', resumed = '', ended = ''] = rehearsal.comments();
      assert.match(paused, /\*\*Told late:\*\* this was at .* It has passed meanwhile/);
      assert.doesNotMatch(paused, /@/, 'a pause that has passed calls nobody');
      assert.match(resumed, /\*\*Told late:\*\*/);
      assert.doesNotMatch(ended, /Told late/);
      assert.match(storyOf(rehearsal), new RegExp(`GitHub took no words from .*${code}.*the run went on.*Told late: paused .*, resumed `));
      assert.equal(rehearsal.issues().filter(({ body }) => body.includes('<!-- slackwater:run:')).length, 1);
    }));
}

test('a limit is waited out as long as GitHub asks, on one timer', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'system'));
    rehearsal.world.faults.github.add(answering(403, {}, { 'retry-after': '1200' }));
    await rehearsal.until(() => rehearsal.world.log.entries.some(({ service, status }) => service === 'github' && status === 403));
    const from = rehearsal.clock.now() + SECOND_MS;
    await pass(rehearsal, 19 * MINUTE_MS);

    assert.equal(triesSince(rehearsal, from), 0);
  }));

test('an issue that somebody deleted is replaced once, by one that says so, and the words go on there', () =>
  rehearse({ policy: roomy }, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    const gone: InjectedFault = answering(410, { path: /\/issues\/1(?:\/|$)/ });
    rehearsal.world.faults.github.add(gone);
    const list = { method: 'GET', path: /\/repos\/acme\/platform\/issues$/, times: 2, mishap: { kind: 'answer', moment: 'before', response: { status: 200, headers: {}, body: [] } } } as const;
    rehearsal.world.faults.github.add(list);
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'blocked', 120);
    await rehearsal.until(() => rehearsal.status().issue?.number === 2, 30);
    rehearsal.world.perturb(images(2));
    await rehearsal.untilEnded();

    const { body } = rehearsal.world.github.request('operator', 'GET', '/repos/acme/platform/issues/2', null);
    assert.match(JSON.stringify(body), /Issue 1 of this run is gone; this one takes its place/);
    const told = JSON.stringify(rehearsal.world.github.request('operator', 'GET', '/repos/acme/platform/issues/2/comments', null).body);
    assert.match(told, /paused-1.*resumed-1.*ended/);
    assert.equal(rehearsal.issues().filter(({ body }) => body.includes('<!-- slackwater:run:')).length, 2, 'the deleted one and one more');
  }));

test('words that GitHub refuses as they are go out shortened', () =>
  rehearse({ policy: roomy }, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.faults.github.add(answering(422, { method: 'POST', path: /\/comments$/, times: 1 }));
    rehearsal.world.faults.github.add(answering(422, { method: 'PATCH', path: /\/issues\/1$/, times: 1 }));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => keysOf(rehearsal.comments()).includes('paused-1'), 120);

    assert.match(rehearsal.comments()[0] ?? '', /GitHub refused the whole of this as it was/);
    assert.ok(rehearsal.world.log.entries.some(({ method, path, status }) => method === 'PATCH' && path.endsWith('/issues/1') && status === 200));
  }));

test('one issue is edited at most every thirty seconds, and while it waits it shows that somebody looks', () =>
  rehearse({ policy: roomy }, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'blocked', 120);
    const paused = rehearsal.clock.now();
    await pass(rehearsal, 2 * HOUR_MS);
    const edits = rehearsal.world.log.entries.filter(({ service, method, path }) => service === 'github' && method === 'PATCH' && path.endsWith('/issues/1')).map(({ at }) => at);
    const gaps = edits.slice(1).map((at, index) => at - (edits[index] ?? 0));
    const waiting = edits.filter((at) => at > paused + MINUTE_MS);
    const seen = /Last looked (\d{2}:\d{2})/.exec(storyOf(rehearsal))?.[1];

    assert.ok(Math.min(...gaps) >= 30 * SECOND_MS, `two edits were ${Math.min(...gaps) / SECOND_MS} s apart`);
    assert.ok(waiting.length >= 12 && waiting.length <= 24, `${waiting.length} edits in two hours`);
    assert.ok(Math.max(...gaps) <= 16 * MINUTE_MS || waiting.length > 0);
    assert.ok(seen !== undefined, storyOf(rehearsal).slice(0, 2_000));
    assert.ok(rehearsal.clock.now() - (rehearsal.status().lookedAt ?? 0) <= 10 * MINUTE_MS, 'the last look is told as it was');
    assert.deepEqual(keysOf(rehearsal.comments()), ['paused-1'], 'nobody is notified while nothing changes');
  }));

test('a pause that stays is escalated by the times of the policy, each step once', () =>
  rehearse(
    { policy: (text) => roomy(text).replace('onCall: "@acme/on-call"', 'onCall: "@acme/on-call"\n    escalation: [ { afterMinutes: 90, mention: "@acme/leads" }, { afterMinutes: 30, mention: "@acme/second" } ]') },
    async (rehearsal) => {
      await rehearsal.until(isDraining(rehearsal, 'apps'));
      rehearsal.world.perturb(images(3));
      await rehearsal.until(() => rehearsal.status().pause?.kind === 'blocked', 120);
      await pass(rehearsal, 29 * MINUTE_MS);
      assert.deepEqual(keysOf(rehearsal.comments()), ['paused-1']);
      await pass(rehearsal, 2 * MINUTE_MS);
      assert.deepEqual(keysOf(rehearsal.comments()), ['paused-1', 'paused-1-step-1']);
      await pass(rehearsal, 2 * HOUR_MS);

      const mentions = rehearsal.comments().map((body) => body.match(/@[\w/-]+/g));
      assert.deepEqual(keysOf(rehearsal.comments()), ['paused-1', 'paused-1-step-1', 'paused-1-step-2']);
      assert.deepEqual(mentions, [['@acme/on-call'], ['@acme/second'], ['@acme/leads']]);
      assert.doesNotMatch(storyOf(rehearsal), /@acme/, 'an edit mentions nobody');
    },
  ));
