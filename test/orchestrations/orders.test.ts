import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StandingOrder } from '../../domain/standing-order.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';

async function rehearse(options: RehearsalOptions, play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal(options);
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const silent = (): void => undefined;

/** Keeps orders as commands do, and wakes the run. */
async function order(rehearsal: Rehearsal, orders: readonly StandingOrder[]): Promise<void> {
  const { state } = rehearsal.composition.portsOf({ error: silent, warn: silent, info: silent });
  const kept = await state.changeState(rehearsal.input.policy.clusterResourceId, (memory) => ({ ...memory, orders: [...memory.orders, ...orders] }), 'order');
  assert.ok(kept.ok, JSON.stringify(kept));
  rehearsal.host.engine.raiseEvent(rehearsal.instanceId, 'wake', JSON.stringify({ kind: 'look', reason: 'order', pool: null }));
}

const asking = (required: number): RehearsalOptions => ({ policy: (text) => text.replace('spec:\n', `spec:\n  approvals: { required: ${required} }\n`) });
const approval = (rehearsal: Rehearsal, who: string, change: Partial<Extract<StandingOrder, { kind: 'approval' }>> = {}): StandingOrder => ({
  kind: 'approval', id: who, who, when: rehearsal.clock.now(), why: '', until: rehearsal.closes, opens: rehearsal.opens, planDigest: rehearsal.status().planDigest ?? '', policyVersion: '', ...change,
});
const isWaiting = (rehearsal: Rehearsal) => (): boolean => rehearsal.status().standing?.waitsFor === 'approval' && rehearsal.issues().length > 0;
const body = (rehearsal: Rehearsal): string => rehearsal.issues()[0]?.body ?? '';

test('a run that needs approvals says so in its issue, starts nothing, and starts when they come', () =>
  rehearse(asking(2), async (rehearsal) => {
    await rehearsal.until(isWaiting(rehearsal));
    assert.match(body(rehearsal), /Waiting for:\*\* approval: 2 of 2 approvals are missing/);
    assert.match(body(rehearsal), /`\/approve`/);
    await order(rehearsal, [approval(rehearsal, 'ivan'), approval(rehearsal, 'IVAN'), approval(rehearsal, 'lia', { planDigest: 'another' })]);
    await rehearsal.until(() => body(rehearsal).includes('1 of 2 approvals'), 30);
    assert.match(body(rehearsal), /Void, because plan or policy changed since: `lia`/);
    assert.deepEqual(rehearsal.armWrites(), []);

    await order(rehearsal, [approval(rehearsal, 'hana')]);
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.match(body(rehearsal), /Approved by 2 of 2: `ivan` \(.*\), `hana` \(/);
  }));

test('a run nobody approved ends without having touched anything, and says why', () =>
  rehearse(asking(1), async (rehearsal) => {
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'not-started');
    assert.ok(status.units.every(({ state, note }) => state === 'not-started' && note.startsWith('Not approved')), JSON.stringify(status.units));
    assert.deepEqual(rehearsal.armWrites(), []);
  }));

test('a freeze reaches a unit that has begun and waits for somebody else, before anything is sent', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'operation.ended' && data['pool'] === null));
    rehearsal.world.perturb({ kind: 'foreign-operation', pool: 'system', operation: 'Scaling', minutes: 30, by: 'somebody' });
    await rehearsal.until(() => rehearsal.status().units.some(({ unit, state }) => unit === 'pool/system' && state === 'running'));
    const sent = rehearsal.armWrites().length;
    const now = rehearsal.clock.now();
    await order(rehearsal, [{ kind: 'freeze', id: 'f', who: 'hana', when: now, why: '', until: now + 2 * HOUR_MS, endedBy: null }]);
    await rehearsal.clock.advanceTo(now + 2 * HOUR_MS - MINUTE_MS);
    assert.equal(rehearsal.armWrites().length, sent);
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
  }));

test('a freeze in a running window aborts nothing, starts nothing more, and lets the run go on once it ends', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(() => rehearsal.armWrites().length > 0);
    const now = rehearsal.clock.now();
    await order(rehearsal, [{ kind: 'freeze', id: 'f', who: 'hana', when: now, why: 'incident 4711', until: now + HOUR_MS, endedBy: null }]);
    await rehearsal.until(() => rehearsal.status().standing?.waitsFor === 'unfreeze' && body(rehearsal).includes('the end of a freeze'), 120);

    assert.equal(rehearsal.armWrites().length, 1);
    assert.equal(rehearsal.status().units[0]?.state, 'upgraded');
    assert.match(body(rehearsal), /frozen by `hana`.*`incident 4711`/);
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.ok(rehearsal.armWrites().slice(1).every(({ minute }) => minute * MINUTE_MS >= now + HOUR_MS - rehearsal.opens));
  }));
