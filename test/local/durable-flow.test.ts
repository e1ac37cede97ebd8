import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runToEnd, START, untilEnd, withHost } from './durable-sample-host.ts';

// The drift detector is on in all of these: an orchestration whose tasks the extension would number differently fails.
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('an event goes to the wait it was meant for, whichever races were lost before', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'flowEvents', instanceId: 'e', inputJson: '{}', version: null });
    await clock.advanceTo(START + 1.5 * HOUR);
    host.engine.raiseEvent('e', 'wake', '"first"');
    await clock.whenIdle();
    host.engine.raiseEvent('e', 'decision', '{"verb":"resume"}');
    const end = await untilEnd(host, clock, 'e', DAY);

    assert.deepEqual(end.output, {
      story: ['silence', ['wake', 'first'], ['decision', { verb: 'resume' }], 'silence'],
      at: START + 2.5 * HOUR,
    });
  });
});

test('an event that comes while nobody waits, after two lost races, is neither lost nor given to a spent wait', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'flowLateEvent', instanceId: 'l', inputJson: '{}', version: null });
    await clock.advanceTo(START + 2.5 * HOUR);
    host.engine.raiseEvent('l', 'wake', '"one"');
    await clock.advanceTo(START + 3 * HOUR);
    host.engine.raiseEvent('l', 'wake', '"two"');
    const end = await untilEnd(host, clock, 'l', DAY);

    assert.deepEqual(end.output, ['one', 'two']);
    assert.equal(end.elapsedMs, 4.5 * HOUR);
  });
});

test('two events in one batch are both received, in the order asked for', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'flowEvents', instanceId: 'b', inputJson: '{}', version: null });
    await clock.whenIdle();
    host.engine.raiseEvent('b', 'wake', '1');
    host.engine.raiseEvent('b', 'decision', '2');
    host.engine.raiseEvent('b', 'wake', '3');
    const end = await untilEnd(host, clock, 'b', DAY);

    assert.deepEqual(end.output, { story: [['wake', 1], ['decision', 2], ['wake', 3], 'silence'], at: START + HOUR });
  });
});

test('a child started before an activity runs at once, is scheduled once, and wins a later race', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'flowChild', instanceId: 'c', inputJson: '{}', version: null });
    await clock.whenIdle();
    const whileParentWaits = host.engine.read('c-child')?.runtimeStatus;
    await clock.advanceTo(START + 90 * 60_000);
    host.engine.raiseEvent('c', 'decision', '"look"');
    const end = await untilEnd(host, clock, 'c', DAY);

    assert.equal(whileParentWaits, 'Running');
    assert.deepEqual(end.output, { story: ['timed-out', 'look', 'ended'], output: 'rested' });
    assert.equal(end.elapsedMs, 150 * 60_000 + 5_000, 'the child ends after 150 minutes; one retry of 5 s follows');
    assert.equal(host.engine.list().length, 2);
  });
});

test('a failed child is told as a value', async () => {
  await withHost({}, async (host, clock, lines) => {
    const end = await runToEnd(host, clock, { name: 'flowChild', id: 'f', input: { fails: true } });
    const told = lines.map(({ fields }) => String(fields['message'])).filter((line) => line.includes('"orchestration.failed"'));

    assert.equal(end.status, 'Completed');
    assert.match(JSON.stringify(end.output), /sleeper fell out of bed/);
    assert.equal(told.length, 1, 'once, however often the parent is replayed');
    assert.match(told[0] ?? '', /sleeper fell out of bed/);
  });
});

test('a child nothing ever waited for is started all the same', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'flowStartsOnly', id: 's' });

    assert.deepEqual(end, { status: 'Completed', output: 'started', elapsedMs: 150 * 60_000 });
    assert.equal(host.engine.read('s-child')?.runtimeStatus, 'Completed');
  });
});

test('a wait of ten days is a chain of short timers, and an event in the middle ends it', async () => {
  await withHost({ strictness: 'strict' }, async (host, clock) => {
    host.engine.start({ name: 'flowLong', instanceId: 'woken', inputJson: '{}', version: null });
    const slept = await runToEnd(host, clock, { name: 'flowLong', id: 'slept', maxVirtualMs: 7.5 * DAY });
    host.engine.raiseEvent('woken', 'wake', '{}');
    await clock.whenIdle();
    const woken = await untilEnd(host, clock, 'woken', 0);
    const end = await untilEnd(host, clock, 'slept', 30 * DAY);

    assert.equal(slept.status, 'Running');
    assert.deepEqual(woken.output, { kind: 'received', at: START + 7.5 * DAY });
    assert.deepEqual(end.output, { kind: 'timed-out', at: START + 10 * DAY });
  });
});

test('a restart begins with an empty history, keeps the id, and logs and publishes once a round', async () => {
  await withHost({}, async (host, clock, lines) => {
    const end = await runToEnd(host, clock, { name: 'flowRestarts', id: 'r', input: { round: 1 } });

    assert.deepEqual(end, { status: 'Completed', output: { round: 5 }, elapsedMs: 5 * HOUR });
    const logged = lines.filter(({ fields }) => String(fields['message']).includes('sample.round'));
    const told = logged.map(({ fields }) => JSON.parse(String(fields['message'])));
    assert.deepEqual(told.map(({ round }) => round), [1, 2, 3, 4, 5]);
    assert.deepEqual(new Set(told.map(({ instanceId }) => instanceId)), new Set(['r']));
    assert.equal(new Set(told.map(({ correlationId }) => correlationId)).size, 1, 'one id, over every restart');
    assert.match(told[0].correlationId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(host.engine.read('r')?.customStatusJson, '{"round":5}');
  });
});

test('an activity that throws at every attempt throws after the contract\'s three attempts', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'flowGivesUp', id: 'g' });

    assert.deepEqual(end.output, { message: "Activity function 'flaky' failed: failure 3 ", at: START + 15_000 });
  });
});

test('an orchestration that yields by itself is told to use yield*', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'flowMisused', id: 'm' });

    assert.equal(end.status, 'Failed');
    assert.match(String(end.output), /flow-misuse/);
  });
});
