import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { virtualClock } from '../../local/clock.ts';
import type { QueueMessage, QueueSource } from '../../local/functions-host/queue-source.ts';
import { CoreApi } from '../../local/functions-host/core-api.ts';
import { startHost } from '../../local/functions-host/host.ts';
import { ended, runToEnd, START, withHost } from './durable-sample-host.ts';

const HOUR = 3_600_000;

async function sampleSeen(): Promise<string[]> {
  const { seen } = await import('./durable-sample-app.ts');
  seen.length = 0;
  return seen;
}

test('an HTTP function gets route and query, and answers JSON', async () => {
  await withHost({}, async (host, _clock, lines) => {
    const named = await fetch(`${host.url}/api/hello/Ada%20L?q=1`);
    const bare = await fetch(`${host.url}/API/Hello`);

    assert.deepEqual(await named.json(), { name: 'Ada L', query: '1' });
    assert.equal(named.headers.get('content-type'), 'application/json');
    assert.deepEqual(await bare.json(), { name: 'nobody', query: null });
    assert.ok(lines.some(({ code, fields }) => code === 'app.log' && fields['message'] === 'said hello' && fields['function'] === 'hello'));
  });
});

test('bodies pass as the bytes they are, in both directions', async () => {
  await withHost({}, async (host) => {
    const bytes = Buffer.from([0, 255, 13, 10, 128, 7]);
    const response = await fetch(`${host.url}/api/bytes`, { method: 'POST', body: bytes, headers: { 'x-mark': 'here' } });

    assert.equal(response.status, 201);
    assert.equal(response.headers.get('x-seen'), 'here');
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  });
});

const answers: readonly { readonly what: string; readonly method: string; readonly path: string; readonly status: number }[] = [
  { what: 'an unknown route', method: 'GET', path: '/api/nowhere', status: 404 },
  { what: 'a route outside the prefix', method: 'GET', path: '/hello', status: 404 },
  { what: 'a method the function does not take', method: 'DELETE', path: '/api/hello', status: 404 },
  { what: 'a function that returns nothing', method: 'POST', path: '/api/nothing', status: 204 },
  { what: 'a function that throws', method: 'GET', path: '/api/boom', status: 500 },
];
for (const { what, method, path, status } of answers) {
  test(`${what} answers ${status}`, async () => {
    await withHost({}, async (host, _clock, lines) => {
      const response = await fetch(`${host.url}${path}`, { method });

      assert.equal(response.status, status);
      assert.equal(await response.text(), '');
      const failures = lines.filter(({ code }) => code === 'host.function-failed').map(({ fields }) => fields['error']);
      assert.deepEqual(failures, status === 500 ? ['bang'] : []);
    });
  });
}

test('a timer function fires at each occurrence and is told when the next is due', async () => {
  const seen = await sampleSeen();
  await withHost({ timers: 'scheduled', clock: virtualClock(START + 60_000) }, async () => undefined);
  const clock = virtualClock(START + 60_000);
  await withHost({ timers: 'scheduled', clock }, async () => await clock.advanceTo(START + 12 * 60_000));

  assert.deepEqual(seen, ['tick 2026-11-07T21:05:00.000Z false', 'tick 2026-11-07T21:10:00.000Z false']);
});

test('a timer function can be fired by hand', async () => {
  const seen = await sampleSeen();
  await withHost({}, async (host) => {
    await host.fireTimer('tick');
    await assert.rejects(host.fireTimer('tock'), /unknown-function: There is no timer function tock. Known: tick/);
  });

  assert.equal(seen.length, 1);
});

test('an occurrence missed while no host ran fires at the next start, and is said to be past due', async () => {
  const seen = await sampleSeen();
  const directory = mkdtempSync(join(tmpdir(), 'slackwater-'));
  try {
    const database = join(directory, 'hub.sqlite');
    const before = virtualClock(START + 60_000);
    await withHost({ timers: 'scheduled', clock: before, database }, async () => await before.advanceTo(START + 5 * 60_000));
    const after = virtualClock(START + 21 * 60_000);
    await withHost({ timers: 'scheduled', clock: after, database }, async () => await after.whenIdle());

    assert.deepEqual(seen, ['tick 2026-11-07T21:05:00.000Z false', 'tick 2026-11-07T21:10:00.000Z true']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a queue function gets the message with its metadata; a throw gives the message back', async () => {
  const seen = await sampleSeen();
  let deliver: ((message: QueueMessage) => Promise<'complete' | 'abandon'>) | null = null;
  const queues: string[] = [];
  const queueSource: QueueSource = {
    receive: async (queue, handler) => {
      queues.push(queue);
      deliver = handler;
      return { close: async () => void queues.push('closed') };
    },
  };
  const message = { messageId: 'm-1', deliveryCount: 2, enqueuedAt: START, sequenceNumber: 7, applicationProperties: {} };
  await withHost({ queueSource }, async (_host, _clock, lines) => {
    assert.ok(deliver !== null);
    const good = await deliver({ ...message, body: { verb: 'resume' } });
    const bad = await deliver({ ...message, body: { bad: true } });

    assert.deepEqual([good, bad], ['complete', 'abandon']);
    assert.ok(lines.some(({ code, fields }) => code === 'host.function-failed' && fields['error'] === 'cannot digest'));
  });
  assert.deepEqual(queues, ['inbox', 'closed']);
  assert.equal(seen[0], 'message {"verb":"resume"} m-1 2');
});

test('the durable client of a function starts, and a live id is told apart', async () => {
  await withHost({}, async (host, clock) => {
    const first = await fetch(`${host.url}/api/start/waits/fixed`, { method: 'POST' });
    const second = await fetch(`${host.url}/api/start/waits/fixed`, { method: 'POST' });
    const { url } = JSON.parse(await first.text());
    await clock.whenIdle();
    const status = await fetch(url);

    assert.equal(second.status, 500, 'the SDK throws on the conflict, the sample does not catch');
    assert.equal(status.status, 202);
    const body = JSON.parse(await status.text());
    assert.deepEqual(
      { ...body, input: null },
      {
        name: 'waits',
        instanceId: 'fixed',
        runtimeStatus: 'Running',
        input: null,
        customStatus: null,
        output: null,
        createdTime: '2026-11-07T21:00:00Z',
        lastUpdatedTime: '2026-11-07T21:00:00Z',
      },
    );
  });
});

test('the management API answers as the extension does', async () => {
  await withHost({}, async (host, clock) => {
    const base = `${host.url}/runtime/webhooks/durabletask`;
    const call = async (method: string, path: string, body?: string): Promise<number> => (await fetch(`${base}${path}`, { method, ...(body === undefined ? {} : { body }) })).status;

    assert.equal(await call('POST', '/orchestrators/waits/m', '{}'), 202);
    assert.equal(await call('POST', '/orchestrators/waits/m', '{}'), 409);
    assert.equal(await call('POST', '/orchestrators/nobody', '{}'), 400);
    assert.equal(await call('POST', '/orchestrators/waits', '{'), 400);
    await clock.whenIdle();
    assert.equal(await call('GET', '/instances/none'), 404);
    assert.equal(await call('POST', '/instances/m/raiseEvent/finish', 'no json'), 400);
    assert.equal(await call('POST', '/instances/m/suspend?reason=x'), 202);
    await clock.whenIdle();
    assert.equal(await call('POST', '/instances/m/suspend?reason=x'), 500);
    assert.equal(await call('POST', '/Instances/m/Resume?reason=x'), 202);
    await clock.whenIdle();
    assert.equal(await call('POST', '/instances/m/raiseEvent/finish', '{}'), 202);
    await clock.whenIdle();
    assert.equal(await call('GET', '/instances/m'), 200);
    assert.equal(await call('POST', '/instances/m/raiseEvent/finish', '{}'), 410);
    assert.equal(await call('POST', '/instances/m/terminate'), 410);
    assert.equal(await call('POST', '/instances/m/rewind'), 501);
    assert.equal(await call('GET', '/entities/counter/x'), 501);
    const list = await fetch(`${base}/instances?runtimeStatus=Completed,Failed&showInput=false`);
    assert.deepEqual(JSON.parse(await list.text()).map(({ instanceId }: { instanceId: string }) => instanceId), ['m']);
    assert.equal(await call('DELETE', '/instances/m'), 200);
    assert.equal(await call('DELETE', '/instances/m'), 404);
    assert.equal(await call('DELETE', '/instances'), 400);
  });
});

test('a function\'s own retry policy is refused by name, because this host would not heed it', () => {
  const register: unknown = Reflect.get(new CoreApi().toModule(), 'registerFunction');
  assert.ok(typeof register === 'function');
  const bindings = { queue: { type: 'serviceBusTrigger', queueName: 'inbox' } };

  assert.throws(() => register({ name: 'again', bindings, retryOptions: { retryStrategy: 'fixedDelay', maximumRetryCount: 3 } }, () => undefined), /not-implemented-locally: Function again .*retry/);
  assert.doesNotThrow(() => register({ name: 'once', bindings }, () => undefined));
});

test('a page of another site cannot use the host by way of a browser on this machine', async () => {
  await withHost({}, async (host) => {
    const { port } = new URL(host.url);
    const ask = (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path: '/api/hello/x', headers }, (answer) => resolve(answer.resume().statusCode));
        asked.once('error', reject).end();
      });

    assert.equal(await ask({}), 200);
    assert.equal(await ask({ host: `localhost:${port}`, origin: `http://localhost:${port}` }), 200);
    assert.equal(await ask({ origin: 'https://elsewhere.example' }), 403);
    assert.equal(await ask({ host: `elsewhere.example:${port}` }), 403);
    assert.equal(await ask({ host: `elsewhere.example:${port}`, origin: `http://elsewhere.example:${port}` }), 403);
  });
});

test('a second host, another app and a database in use are refused with a code', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slackwater-'));
  try {
    const database = join(directory, 'hub.sqlite');
    await withHost({ database }, async (host) => {
      await assert.rejects(withHost({}, async () => undefined), /host-already-running/);
      const { openStore } = await import('../../local/durable/store.ts');
      assert.throws(() => openStore(database), { code: 'database-in-use' });
      assert.match(host.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    });
    const other = startHost({ appEntry: new URL('./another-app.ts', import.meta.url), clock: virtualClock(0), database: ':memory:' });
    await assert.rejects(other, /one-app-per-process/);
    const broken = withHost({ database: join(directory, 'none', 'hub.sqlite') }, async () => undefined);
    await assert.rejects(broken, { code: 'database-unusable' });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('what a closed host left is taken up by the next', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slackwater-'));
  try {
    const database = join(directory, 'hub.sqlite');
    await withHost({ database }, async (host, clock) => {
      const half = await runToEnd(host, clock, { name: 'counting', id: 'count', input: { n: 20 }, maxVirtualMs: 1.5 * HOUR });
      assert.equal(half.status, 'Running');
    });
    const clock = virtualClock(START + 3 * HOUR);
    await withHost({ database, clock }, async (host) => {
      await clock.advanceTo(START + 9 * HOUR);
      assert.deepEqual(ended(host, clock, 'count').output, 24);
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
