import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letGoKey, renderNotice } from '../../domain/notice-markdown.ts';
import { nastyNames } from './nasty-names.ts';
import { heldStatus, minutesIn, pausedNow, pausedStatus, statusSample, upgradedSys } from './window-status-samples.ts';

const onCall = '@acme/on-call';
const ended = statusSample({ phase: 'ended', outcome: 'succeeded', units: [upgradedSys] });

test('a pause is told with what it waits for, both deadlines and what can be said, and calls somebody', () => {
  const { marker, body } = renderNotice(pausedStatus, 'paused', 'paused-1', onCall, pausedNow);

  for (const fact of ['`pay/ledger-0`', '`pay/ledger-pdb`', '23:04 (21:04Z)', '04:00 (02:00Z)', '`/abort`', '@acme/on-call']) assert.ok(body.includes(fact), fact);
  assert.equal(marker, '<!-- slackwater:notice:shop-prod-weu-20261010T2000Z:paused-1 -->');
  assert.equal(body.trimEnd().split('\n').at(-1), marker);
  assert.ok(body.length < 2_500);
});

test('people are mentioned only when they can act', () => {
  const isCalled = (body: string) => body.includes(onCall);

  assert.ok(!isCalled(renderNotice(statusSample(), 'resumed', 'resumed-1', onCall, pausedNow).body));
  assert.ok(!isCalled(renderNotice(ended, 'ended', 'ended', onCall, pausedNow).body));
  assert.ok(isCalled(renderNotice({ ...ended, leftOver: ['usr-2 is cordoned'] }, 'ended', 'ended', onCall, pausedNow).body));
  assert.ok(!renderNotice(pausedStatus, 'paused', 'paused-1', null, pausedNow).body.includes('please look'));
});

test('a hold that cleared is told by the unit that goes on', () => {
  const holds = heldStatus.holds.map((hold) => ({ ...hold, state: 'cleared' as const, endedAt: minutesIn(25) }));
  const { marker, body } = renderNotice({ ...heldStatus, phase: 'upgrading', holds }, 'resumed', letGoKey(2), onCall, pausedNow);

  assert.match(body, /^\*\*Going on:\*\* pool `gpu` of `shop-prod-weu`\./);
  assert.match(marker, /:let-go-2 -->$/);
});

test('only what looks like a login or a team is mentioned', () => {
  for (const name of nastyNames.filter((each) => each !== '@acme/everyone')) {
    const { body } = renderNotice(pausedStatus, 'paused', 'paused-1', name, pausedNow);

    assert.doesNotMatch(body, /@[A-Za-z0-9]/, JSON.stringify(name.slice(0, 40)));
    assert.doesNotMatch(body.replace(/<!-- slackwater:\S+ -->/, ''), /</);
  }
});

test('two changes of state are two comments, the same one told twice is one', () => {
  const marker = (key: string) => renderNotice(pausedStatus, 'paused', key, onCall, pausedNow).marker;

  assert.notEqual(marker('paused-1'), marker('paused-2'));
  assert.equal(marker('paused-1'), renderNotice(pausedStatus, 'paused', 'paused-1', null, pausedNow + 60_000).marker);
});

test('an end lists what is left over, the first five of it', () => {
  const leftOver = Array.from({ length: 8 }, (_, index) => `usr-${index} is cordoned`);

  const { body } = renderNotice({ ...ended, leftOver }, 'ended', 'ended', null, pausedNow);

  assert.match(body, /`usr-4` is cordoned/);
  assert.doesNotMatch(body, /`usr-5`/);
  assert.match(body, /and 3 more, in the issue/);
});
