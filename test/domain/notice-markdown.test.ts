import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letGoKey, renderNotice } from '../../domain/notice-markdown.ts';
import type { NoticeTelling } from '../../domain/notice-markdown.ts';
import { nastyNames } from './nasty-names.ts';
import { heldStatus, minutesIn, pausedNow, pausedStatus, statusSample, upgradedSys } from './window-status-samples.ts';

const onCall = '@acme/on-call';
const telling = (who: string | null, change: Partial<NoticeTelling> = {}): NoticeTelling => ({ onCall: who, owners: {}, mention: null, late: null, ...change });
const ended = statusSample({ phase: 'ended', outcome: 'succeeded', units: [upgradedSys] });

test('a pause is told with what it waits for, both deadlines and what can be said, and calls somebody', () => {
  const { marker, body } = renderNotice(pausedStatus, 'paused', 'paused-1', telling(onCall), pausedNow);

  for (const fact of ['`pay/ledger-0`', '`pay/ledger-pdb`', '23:04 (21:04Z)', '04:00 (02:00Z)', '`/abort`', '@acme/on-call']) assert.ok(body.includes(fact), fact);
  assert.equal(marker, '<!-- slackwater:notice:shop-prod-weu-20261010T2000Z:paused-1 -->');
  assert.equal(body.trimEnd().split('\n').at(-1), marker);
  assert.ok(body.length < 2_500);
});

test('people are mentioned only when they can act', () => {
  const isCalled = (body: string) => body.includes(onCall);

  assert.ok(!isCalled(renderNotice(statusSample(), 'resumed', 'resumed-1', telling(onCall), pausedNow).body));
  assert.ok(!isCalled(renderNotice(ended, 'ended', 'ended', telling(onCall), pausedNow).body));
  assert.ok(isCalled(renderNotice({ ...ended, leftOver: ['usr-2 is cordoned'] }, 'ended', 'ended', telling(onCall), pausedNow).body));
  assert.ok(!renderNotice(pausedStatus, 'paused', 'paused-1', telling(null), pausedNow).body.includes('please look'));
});

test('a hold that cleared is told by the unit that goes on', () => {
  const holds = heldStatus.holds.map((hold) => ({ ...hold, state: 'cleared' as const, endedAt: minutesIn(25) }));
  const { marker, body } = renderNotice({ ...heldStatus, phase: 'upgrading', holds }, 'resumed', letGoKey(2), telling(onCall), pausedNow);

  assert.match(body, /^\*\*Going on:\*\* pool `gpu` of `shop-prod-weu`\./);
  assert.match(marker, /:let-go-2 -->$/);
});

test('only what looks like a login or a team is mentioned', () => {
  for (const name of nastyNames.filter((each) => each !== '@acme/everyone')) {
    const { body } = renderNotice(pausedStatus, 'paused', 'paused-1', telling(name), pausedNow);

    assert.doesNotMatch(body, /@[A-Za-z0-9]/, JSON.stringify(name.slice(0, 40)));
    assert.doesNotMatch(body.replace(/<!-- slackwater:\S+ -->/, ''), /</);
  }
});

test('two changes of state are two comments, the same one told twice is one', () => {
  const marker = (key: string) => renderNotice(pausedStatus, 'paused', key, telling(onCall), pausedNow).marker;

  assert.notEqual(marker('paused-1'), marker('paused-2'));
  assert.equal(marker('paused-1'), renderNotice(pausedStatus, 'paused', 'paused-1', telling(null), pausedNow + 60_000).marker);
});

test('an end lists what is left over, the first five of it', () => {
  const leftOver = Array.from({ length: 8 }, (_, index) => `usr-${index} is cordoned`);

  const { body } = renderNotice({ ...ended, leftOver }, 'ended', 'ended', telling(null), pausedNow);

  assert.match(body, /`usr-4` is cordoned/);
  assert.doesNotMatch(body, /`usr-5`/);
  assert.match(body, /and 3 more, in the issue/);
});

test('a pause calls the owner of what blocks it where the policy knows one, else who is on call', () => {
  const owners = { 'team-pay': '@acme/pay', 'team-shop': '@acme/shop' };
  const bodyWith = (change: Partial<NoticeTelling>) => renderNotice(pausedStatus, 'paused', 'paused-1', telling(onCall, change), pausedNow).body;

  assert.match(bodyWith({ owners }), /^@acme\/pay: please look\.$/m);
  assert.doesNotMatch(bodyWith({ owners }), /@acme\/(?:shop|on-call)/);
  assert.match(bodyWith({ owners: { 'team-shop': '@acme/shop' } }), /^@acme\/on-call: please look\.$/m);
});

test('a pause that a person asked for calls nobody at first', () => {
  const { pause } = pausedStatus;
  assert.ok(pause !== null);
  const status = { ...pausedStatus, pause: { ...pause, kind: 'operator' as const, causes: [], detail: 'operator said pause.' } };

  assert.doesNotMatch(renderNotice(status, 'paused', 'paused-1', telling(onCall), pausedNow).body, /@/);
});

test('a step of escalation calls whom the policy names at it, and nobody else', () => {
  const { body, marker } = renderNotice(pausedStatus, 'escalated', 'paused-1-step-2', telling(onCall, { mention: '@acme/leads', owners: { 'team-pay': '@acme/pay' } }), pausedNow);

  assert.match(body, /^\*\*Still paused:\*\*/);
  assert.deepEqual(body.match(/@[\w/-]+/g), ['@acme/leads']);
  assert.match(marker, /:paused-1-step-2 -->$/);
});

test('a pause told after it has passed says so, why it is late, and calls nobody', () => {
  const late = { at: minutesIn(34), code: 'github-unavailable', isOver: true };
  const { body } = renderNotice(pausedStatus, 'paused', 'paused-1', telling(onCall, { late }), minutesIn(154));

  assert.match(body, /\*\*Told late:\*\* this was at 22:34 \(20:34Z\) and is told 2 h after, because GitHub took no words \(`github-unavailable`\)\. It has passed meanwhile/);
  assert.doesNotMatch(body, /@/);
  assert.match(renderNotice(pausedStatus, 'paused', 'paused-1', telling(onCall, { late: { ...late, isOver: false } }), minutesIn(154)).body, /@acme\/on-call/);
});

test('a run that waits for a hold calls the owner of what withholds it, else who is on call', () => {
  const [first, ...others] = heldStatus.holds;
  assert.ok(first !== undefined);
  const holds = [{ ...first, state: 'waiting' as const, causes: first.causes.map((cause) => ({ ...cause, owner: 'team-ml' })) }, ...others];
  const bodyWith = (change: Partial<NoticeTelling>) => renderNotice({ ...heldStatus, holds }, 'held', 'held-1', telling(onCall, change), pausedNow).body;

  assert.match(bodyWith({ owners: { 'team-ml': '@acme/ml' } }), /^\*\*Waiting:\*\*[^]*^@acme\/ml: please look\.$/m);
  assert.match(bodyWith({}), /^@acme\/on-call: please look\.$/m);
  assert.match(bodyWith({ mention: '@acme/approvers' }), /^@acme\/approvers: please look\.$/m);
});
