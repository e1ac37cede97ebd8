import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ended, runToEnd, START, untilEnd, withHost } from './durable-sample-host.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('a chain of activities runs to its end in one turn a step', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'chain', id: 'chain-1', input: { steps: 20 } });

    assert.deepEqual(end, { status: 'Completed', output: 20, elapsedMs: 0 });
    const [statistics] = host.engine.statistics();
    assert.equal(statistics?.activityExecutionCount, 20);
    assert.equal(statistics?.turnCount, 21);
    assert.equal(statistics?.historyRowCount, statistics?.historyRowCountPeak);
  });
});

test('a fan-out gathers every result in order', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'fanOut', id: 'fan' });

    assert.deepEqual(end.output, [{ got: { n: 1 } }, { got: { n: 2 } }, { got: { n: 3 } }]);
  });
});

test('an activity is tried again after the intervals its policy states', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'retrying', id: 'retry-1', input: { key: 'retry-1', failures: 2 } });

    assert.deepEqual(end, { status: 'Completed', output: { attempts: 3 }, elapsedMs: 60_000 + 120_000 });
  });
});

test('an activity that fails at every attempt throws into the orchestrator, which goes on', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'retrying', id: 'retry-2', input: { key: 'retry-2', failures: 9 } });

    assert.equal(end.status, 'Completed');
    assert.match(String(end.output), /gave up: Activity function 'flaky' failed: failure 3/);
  });
});

test('a parent gets its child\'s output, and its failure', async () => {
  await withHost({}, async (host, clock) => {
    const good = await runToEnd(host, clock, { name: 'parent', id: 'p1', input: { kid: 'hello' } });
    const bad = await runToEnd(host, clock, { name: 'parent', id: 'p2', input: { kid: 'fails' } });

    assert.deepEqual(good.output, { kid: { parent: 'p1', said: 'hello' } });
    assert.match(JSON.stringify(bad.output), /Orchestrator function 'kid' failed: kid fell over/);
    assert.equal(host.engine.read('p2-kid')?.runtimeStatus, 'Failed');
  });
});

test('24 hours of timers over 24 executions take a moment of real time', async () => {
  await withHost({}, async (host, clock) => {
    const began = performance.now();
    const end = await runToEnd(host, clock, { name: 'counting', id: 'count', input: { n: 1 } });

    assert.deepEqual(end, { status: 'Completed', output: 24, elapsedMs: 24 * HOUR });
    assert.ok(performance.now() - began < 2_000, `took ${performance.now() - began} ms`);
    assert.ok((host.engine.statistics()[0]?.historyRowCountPeak ?? 99) < 12, 'each execution begins with an empty history');
  });
});

test('an event beats a long timer, and a timer nobody beats wins at its moment', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'waits', instanceId: 'w1', inputJson: null, version: null });
    const silent = await runToEnd(host, clock, { name: 'waits', id: 'w2', maxVirtualMs: 2 * HOUR });
    host.engine.raiseEvent('w1', 'finish', '{}');
    await clock.whenIdle();
    const first = ended(host, clock, 'w1');
    const second = await untilEnd(host, clock, 'w2', 9 * HOUR);

    assert.equal(silent.status, 'Running');
    assert.deepEqual(first.output, { winner: 'event', at: new Date(START + 2 * HOUR).toISOString(), version: '1' });
    assert.deepEqual(second.output, { winner: 'timer', at: new Date(START + 4 * HOUR).toISOString(), version: '1' });
  });
});

test('a losing timer nobody cancelled keeps the instance running until it fires, as on Azure', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'forgetsTimer', instanceId: 'f', inputJson: null, version: null });
    await clock.whenIdle();
    host.engine.raiseEvent('f', 'finish', '{}');
    await clock.advanceTo(START + 3 * HOUR);
    const before = host.engine.read('f')?.runtimeStatus;
    const end = await untilEnd(host, clock, 'f', DAY);

    assert.equal(before, 'Running');
    assert.deepEqual(end, { status: 'Completed', output: 'done', elapsedMs: 4 * HOUR });
  });
});

test('events that come before anybody waits are kept, in order', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'collects', instanceId: 'c', inputJson: null, version: null });
    await clock.whenIdle();
    for (const word of ['one', 'two', 'three']) host.engine.raiseEvent('c', 'word', JSON.stringify(word));
    const end = await untilEnd(host, clock, 'c', DAY);

    assert.deepEqual(end.output, ['one', 'two', 'three']);
  });
});

test('a timer of more than six days is made of segments and fires at its moment', async () => {
  await withHost({}, async (host, clock) => {
    const end = await runToEnd(host, clock, { name: 'sleepsLong', id: 's' });

    assert.deepEqual(end.output, new Date(START + 200 * HOUR).toISOString());
    assert.equal(host.engine.statistics()[0]?.turnCount, 3);
  });
});

test('an id that is live is a conflict; one that has ended is replaced', async () => {
  await withHost({}, async (host, clock) => {
    const request = { name: 'chain', instanceId: 'same', inputJson: '{"steps":1}', version: null };
    host.engine.start(request);
    const second = host.engine.start(request);
    await clock.whenIdle();
    const third = host.engine.start({ ...request, inputJson: '{"steps":2}' });
    const end = await untilEnd(host, clock, 'same', HOUR);

    assert.equal(second.kind, 'conflict');
    assert.equal(third.kind, 'started');
    assert.equal(end.output, 2);
    assert.equal(host.engine.list().length, 1);
  });
});

test('ids the extension refuses are refused', async () => {
  await withHost({}, async (host) => {
    for (const instanceId of ['@x', 'a/b', 'a#b', 'a?b', 'a\\b', 'a\nb', 'x'.repeat(257)]) {
      assert.equal(host.engine.start({ name: 'chain', instanceId, inputJson: null, version: null }).kind, 'invalid-id', instanceId);
    }
  });
});

test('a suspended instance keeps what comes and goes on when resumed', async () => {
  await withHost({}, async (host, clock) => {
    host.engine.start({ name: 'waits', instanceId: 'w', inputJson: null, version: null });
    await clock.whenIdle();
    host.engine.suspend('w', 'wait a little');
    await clock.whenIdle();
    const again = host.engine.suspend('w', 'twice');
    host.engine.raiseEvent('w', 'finish', '{}');
    await clock.advanceTo(START + HOUR);
    const during = host.engine.read('w')?.runtimeStatus;
    host.engine.resume('w', 'go on');
    await clock.whenIdle();

    assert.equal(again, 'already-so');
    assert.equal(during, 'Suspended');
    assert.equal(ended(host, clock, 'w').status, 'Completed');
    assert.equal(host.engine.resume('w', 'late'), 'finished');
  });
});

test('a terminated parent ends at once and its child goes on, as on Azure', async () => {
  await withHost({ drift: 'off' }, async (host, clock) => {
    host.engine.start({ name: 'listsTwice', instanceId: 't', inputJson: null, version: null });
    await clock.whenIdle();
    host.engine.terminate('t', 'enough');
    await clock.whenIdle();

    assert.deepEqual(ended(host, clock, 't'), { status: 'Terminated', output: 'enough', elapsedMs: 0 });
    assert.equal(host.engine.read('t-kid')?.runtimeStatus, 'Running');
    assert.equal(host.engine.raiseEvent('t', 'word', '1'), 'finished');
    assert.equal(host.engine.raiseEvent('nobody', 'word', '1'), 'not-found');
    assert.equal(host.engine.purge('t-kid'), 'already-so');
    assert.equal(host.engine.purge('t'), 'accepted');
    assert.equal(host.engine.read('t'), null);
  });
});

const refusals: readonly { readonly name: string; readonly input?: object; readonly options?: object; readonly reason: RegExp; readonly what: string }[] = [
  { what: 'an unknown activity fails the orchestrator, which cannot catch it', name: 'callsNobody', reason: /'nobody' doesn't exist/ },
  { what: 'entities are refused by name', name: 'signalsEntity', reason: /not-implemented-locally: .*signalEntity/ },
  { what: 'a status above 16 KB of UTF-16 fails', name: 'boasts', input: { characters: 8_191 }, reason: /custom-status-too-large: 16386 bytes/ },
  { what: 'strict: a bare scalar to an activity fails', name: 'passesScalar', options: { strictness: 'strict' }, reason: /strict-mode: activity raw gets a bare scalar/ },
  { what: 'strict: a retry timeout fails', name: 'limitsRetryTime', options: { strictness: 'strict' }, reason: /strict-mode: flaky .*retryTimeout/ },
  { what: 'a task handed to a second Task.any is listed twice, which the drift detector sees', name: 'listsTwice', reason: /drift-detected: task \d/ },
];
for (const { what, name, input, options, reason } of refusals) {
  test(what, async () => {
    await withHost(options ?? {}, async (host, clock) => {
      const end = await runToEnd(host, clock, { name, id: 'refused', input: input ?? {} });

      assert.equal(end.status, 'Failed');
      assert.match(String(end.output), reason);
    });
  });
}

test('a status of exactly 16 KB passes', async () => {
  await withHost({}, async (host, clock) => {
    assert.equal((await runToEnd(host, clock, { name: 'boasts', id: 'b', input: { characters: 8_190 } })).status, 'Completed');
  });
});

test('strict: cancelling a timer of more than six days fails', async () => {
  await withHost({ strictness: 'strict', drift: 'off' }, async (host, clock) => {
    host.engine.start({ name: 'cancelsLongTimer', instanceId: 'l', inputJson: null, version: null });
    await clock.whenIdle();
    host.engine.raiseEvent('l', 'finish', '{}');
    const end = await untilEnd(host, clock, 'l', 30 * DAY);

    assert.match(String(end.output), /strict-mode: a timer of more than 6 days was cancelled/);
  });
});

test('without strictness a bare boolean arrives as the text "True", and a retry timeout hangs, as on Azure', async () => {
  await withHost({ drift: 'off' }, async (host, clock) => {
    const scalar = await runToEnd(host, clock, { name: 'passesScalar', id: 's' });
    const hanging = await runToEnd(host, clock, { name: 'limitsRetryTime', id: 'h', maxVirtualMs: 30 * DAY });

    assert.deepEqual(scalar.output, { type: 'string', text: 'True' });
    assert.equal(hanging.status, 'Running');
  });
});
