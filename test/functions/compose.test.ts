import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { compose } from '../../functions/compose.ts';
import { serveArm } from '../../local/arm-server.ts';
import { createFaultList } from '../../local/faults.ts';
import { createRequestLog } from '../../local/request-log.ts';
import { clusterDocument, createSmallArm, poolDocument } from '../adapters/small-arm.ts';
import { cluster } from '../adapters/small-kubernetes.ts';
import { environment } from './environment.ts';

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined };

test('an API server that a local ARM named never gets a token of Azure', async (context) => {
  const tokens: unknown[] = [];
  const kubernetes = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json').end('{"kind":"NodeList","items":[]}');
  });
  await new Promise<void>((resolve) => kubernetes.listen(0, '127.0.0.1', resolve));
  const address = kubernetes.address();
  const arm = await serveArm({
    simulated: createSmallArm(clusterDocument(), poolDocument()),
    now: () => 0,
    journal: null,
    onChanges: () => undefined,
    faults: createFaultList(),
    log: createRequestLog(null),
    kubernetesUrl: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
  });
  context.after(async () => {
    kubernetes.close();
    await arm.close();
  });
  const composed = compose({ ...environment, SLACKWATER_ARM_ENDPOINT: arm.url, SLACKWATER_LOCAL_TOKEN: 'made-up' });
  assert.ok(composed.ok);

  const nodes = await composed.value.portsOf(silent).kubernetes.readNodes(cluster);

  assert.deepEqual(nodes, { ok: true, value: [] });
  assert.deepEqual(tokens, ['Bearer made-up']);
});
