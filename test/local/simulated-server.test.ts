import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createFaultList } from '../../local/faults.ts';
import { openJournal, replayJournal } from '../../local/journal.ts';
import { createRequestLog } from '../../local/request-log.ts';
import { serveSimulated } from '../../local/simulated-server.ts';
import type { SimulatedServerOptions } from '../../local/simulated-server.ts';
import type { Simulated, WorldChange } from '../../sim/wire.ts';

/** A service that counts: PUT adds the body's number, GET shows the sum and the moments of the writes. */
function createCounter(): Simulated {
  let sum = 0;
  const moments: number[] = [];
  return {
    apply(now, request) {
      if (request.path === '/broken') throw new Error('the counter is broken');
      if (request.method === 'PUT') {
        sum += Number(request.body);
        moments.push(now);
        const change = { at: now, kind: 'counter.raised', text: `now ${sum}`, data: {} };
        return { response: { status: 200, headers: {}, body: { sum } }, changes: [change] };
      }
      return { response: { status: 200, headers: {}, body: { sum, moments, path: request.path } }, changes: [] };
    },
    advance: () => [],
    nextAt: () => null,
  };
}

async function serve(context: TestContext, changed: Partial<SimulatedServerOptions>) {
  const faults = createFaultList();
  const log = createRequestLog(null);
  const changes: WorldChange[] = [];
  const server = await serveSimulated({
    service: 'counter',
    simulated: createCounter(),
    now: () => 1_000,
    journal: null,
    onChanges: (some) => changes.push(...some),
    faults,
    log,
    ...changed,
  });
  context.after(() => server.close());
  return { server, faults, log, changes };
}

function put(url: string, body: string) {
  return fetch(url, { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
}

test('a request is applied at cluster time, answered as JSON and logged without its token', async (context) => {
  const { server, log, changes } = await serve(context, {});

  const response = await fetch(`${server.url}/count?by=2`, {
    method: 'PUT',
    body: '5',
    headers: { 'content-type': 'application/json', authorization: 'Bearer secret' },
  });

  assert.deepEqual(await response.json(), { sum: 5 });
  assert.deepEqual(changes.map(({ kind, at }) => [kind, at]), [['counter.raised', 1_000]]);
  const entry = log.entries[0];
  assert.equal(entry?.requestHeaders['authorization'], 'Bearer [redacted]');
  assert.deepEqual([entry?.query, entry?.requestBody, entry?.status], [{ by: '2' }, 5, 200]);
});

test('a prefix is taken off and a guard answers instead of the service', async (context) => {
  const { server } = await serve(context, {
    prefix: '/api/v3',
    guard: (request) => (request.path === '/page' ? { status: 403, headers: {}, body: 'closed' } : null),
    rewrite: (_request, response, { baseUrl }) => ({ ...response, headers: { 'x-base': baseUrl } }),
  });

  const allowed = await fetch(`${server.url}/count`);
  const refused = await fetch(`${server.url}/page`);

  assert.match(JSON.stringify(await allowed.json()), /"path":"\/count"/);
  assert.equal(allowed.headers.get('x-base'), server.url);
  assert.deepEqual([refused.status, await refused.text()], [403, 'closed']);
});

test('a body that is not JSON, one too large and a broken service are told apart', async (context) => {
  const { server } = await serve(context, {});

  const malformed = await put(server.url, '{');
  const large = await put(server.url, '1'.repeat(8 * 1024 * 1024 + 1));
  const broken = await fetch(`${server.url}/broken`);

  assert.deepEqual([malformed.status, large.status, broken.status], [400, 413, 500]);
  assert.match(await broken.text(), /the counter is broken/);
});

test('faults on demand answer, cut and delay, before or after the service applied the request', async (context) => {
  const { server, faults, log } = await serve(context, {});
  const throttled = { status: 429, headers: { 'retry-after': '7' }, body: { code: 'Throttled', message: '' } };
  faults.add({ method: 'PUT', path: null, times: 1, mishap: { kind: 'answer', moment: 'before', response: throttled } });
  faults.add({ method: 'PUT', path: null, times: 1, mishap: { kind: 'cut', moment: 'before' } });
  faults.add({ method: 'PUT', path: null, times: 1, mishap: { kind: 'cut', moment: 'after' } });
  faults.add({ method: 'GET', path: /slow/, times: 1, mishap: { kind: 'delay', milliseconds: 20 } });

  const first = await put(server.url, '1');
  await assert.rejects(put(server.url, '10'));
  await assert.rejects(put(server.url, '100'));
  const sum = await (await fetch(`${server.url}/slow`)).text();

  assert.deepEqual([first.status, first.headers.get('retry-after')], [429, '7']);
  assert.match(sum, /"sum":100\b/);
  assert.deepEqual(log.entries.map(({ status }) => status), [429, 0, 0, 200]);
});

test('the journal rebuilds the same world in another process, reads and refused requests left out', async (context) => {
  const file = join(mkdtempSync(join(tmpdir(), 'slackwater-journal-')), 'world.sqlite');
  const journal = openJournal(file);
  const { server } = await serve(context, { journal });
  await put(server.url, '2');
  await put(server.url, '{');
  await fetch(server.url);
  await put(server.url, '3');
  journal.close();

  const reopened = openJournal(file);
  const rebuilt = createCounter();
  const lastAt = replayJournal({ counter: rebuilt }, reopened.rows());

  const request = { method: 'GET', path: '/', query: {}, headers: {}, body: null };
  assert.equal(reopened.rows().length, 2);
  assert.equal(lastAt, 1_000);
  assert.deepEqual(rebuilt.apply(1_000, request).response.body, { sum: 5, moments: [1_000, 1_000], path: '/' });
  reopened.close();
});

test('the log file holds one JSON line a request and leaves huge bodies out', async (context) => {
  const file = join(mkdtempSync(join(tmpdir(), 'slackwater-log-')), 'requests.jsonl');
  const { server } = await serve(context, { log: createRequestLog(file) });

  await put(server.url, JSON.stringify('9'.repeat(70_000)));
  await fetch(server.url);

  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /"omittedCharacters":70002/);
});

test('an answer from 128 KiB on is compressed for a client that accepts it, as a real API server does', async (context) => {
  for (const [characters, encoding] of [[100_000, null], [140_000, 'gzip']] as const) {
    const body = { text: 'x'.repeat(characters) };
    const { server } = await serve(context, { guard: () => ({ status: 200, headers: {}, body }) });

    const response = await fetch(server.url);

    assert.equal(response.headers.get('content-encoding'), encoding);
    assert.deepEqual(await response.json(), body);
  }
});
