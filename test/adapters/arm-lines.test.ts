import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveInvocation } from '../../adapters/invocation.ts';
import { createLogger } from '../../adapters/logger.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { connectToSmallArm, resourceId } from './small-arm.ts';

const correlationId = '72d3162e-cc78-11e3-81ab-4c9367dc0958';

/** Runs work as one invocation does, and gives its lines. */
async function linesOf(work: () => Promise<unknown>): Promise<readonly JsonRecord[]> {
  const lines: JsonRecord[] = [];
  const logger = createLogger((_level, line) => void lines.push(recorded<JsonRecord>(JSON.parse(line))));
  await serveInvocation({ fields: { correlationId, pool: 'apps' }, logger, traceParent: null }, work);
  return lines;
}

test('every write and every failed read leaves a line with the ids of Azure, a read that succeeds none; all carry the invocation\'s id', async (context) => {
  const { aks, log, faults } = await connectToSmallArm(context);
  const headers = { 'x-ms-request-id': 'r-1', 'x-ms-correlation-request-id': correlationId };
  const refused = { status: 403, headers, body: { error: { code: 'AuthorizationFailed', message: 'The client has no right to read.' } } };
  faults.add({ method: 'GET', path: /agentPools\/gone$/, times: 1, mishap: { kind: 'answer', moment: 'before', response: refused } });

  const lines = await linesOf(async () => {
    await aks.readCluster(resourceId);
    await aks.startNodeImageUpgrade({ resourceId, pool: 'apps' });
    await aks.readNodePool(resourceId, 'gone');
  });

  const told = log.entries.filter(({ method, status }) => method !== 'GET' || status >= 400);
  assert.deepEqual(told.map(({ method }) => method), ['POST', 'GET']);
  assert.deepEqual(
    lines.map(({ durationMs, ...line }) => ({ ...line, isTimed: Number(durationMs) >= 0 })),
    told.map(({ method, path, status, requestHeaders, responseHeaders }) => ({
      level: status < 400 ? 'info' : 'warn',
      code: 'arm.request',
      method,
      path,
      status,
      armRequestId: responseHeaders['x-ms-request-id'],
      armCorrelationId: correlationId,
      clientRequestId: requestHeaders['x-ms-client-request-id'],
      correlationId,
      pool: 'apps',
      isTimed: true,
    })),
  );
  assert.ok(log.entries.every(({ requestHeaders }) => requestHeaders['x-ms-correlation-request-id'] === correlationId));
  assert.equal(new Set(log.entries.map(({ requestHeaders }) => requestHeaders['x-ms-client-request-id'])).size, log.entries.length, 'each request has an id of its own');
});

test('a request that got no answer leaves a line that says so', async (context) => {
  const { aks, faults } = await connectToSmallArm(context);
  faults.add({ method: 'GET', path: null, times: 1, mishap: { kind: 'cut', moment: 'before' } });

  const [line, ...more] = await linesOf(() => aks.readCluster(resourceId));

  assert.deepEqual([line?.['level'], line?.['code'], line?.['status'], line?.['armRequestId'], more.length], ['warn', 'arm.request', null, null, 0]);
});

test('outside of any invocation a request carries no id but the client\'s', async (context) => {
  const { aks, log } = await connectToSmallArm(context);
  await aks.readCluster(resourceId);

  assert.deepEqual(log.entries.map(({ requestHeaders }) => [requestHeaders['x-ms-correlation-request-id'], typeof requestHeaders['x-ms-client-request-id']]), [[undefined, 'string']]);
});
