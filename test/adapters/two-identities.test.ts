import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { createAksPort } from '../../adapters/aks-client.ts';
import { callArm, createArmConnector } from '../../adapters/arm-pipeline.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import { createKubernetesPort } from '../../adapters/kubernetes-client.ts';
import { clusterDocument, resourceId } from './small-arm.ts';
import { cluster } from './small-kubernetes.ts';

/** A server that answers every GET with a document and every write with its status, and keeps who asked for what. */
async function listen(context: TestContext, document: unknown, written: number) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.authorization}`);
    response.statusCode = request.method === 'GET' ? 200 : written;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.method === 'GET' ? document : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const address = server.address();
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
}

test('clusters are read by one identity and written to by the other, through Azure Resource Manager', async (context) => {
  const { asked, url } = await listen(context, clusterDocument(), 202);
  const aks = createAksPort({
    credential: createLocalCredential('reader', [url]),
    writeCredential: createLocalCredential('writer', [url]),
    endpoint: url,
    allowInsecureConnection: 'loopback-only',
    clock: { now: () => 0 },
  });

  const sent = await aks.startNodeImageUpgrade({ resourceId, pool: 'apps' });

  assert.ok(sent.ok, JSON.stringify(sent));
  assert.deepEqual(asked, ['GET Bearer reader', 'POST Bearer writer']);
});

test('and through their own API, where a dry run needs the right to evict', async (context) => {
  const { asked, url } = await listen(context, { kind: 'NodeList', items: [] }, 201);
  const kubernetes = createKubernetesPort({
    credential: createLocalCredential('reader', [url]),
    writeCredential: createLocalCredential('writer', [url]),
    endpointOverride: url,
    servers: { find: async () => assert.fail('The override is the server.'), forget: () => undefined },
  });

  await kubernetes.readNodes(cluster);
  await kubernetes.tryEviction(cluster, { namespace: 'shop', name: 'web' });

  assert.deepEqual(asked, ['GET Bearer reader', 'POST Bearer writer']);
});

test('a write that no role is meant to grant never leaves', async (context) => {
  const { asked, url } = await listen(context, {}, 200);
  const connection = { credential: createLocalCredential('writer', [url]), endpoint: url, allowInsecureConnection: 'loopback-only' as const };
  const client = await createArmConnector(connection)('00000000-0000-0000-0000-000000000000', null);

  const deleted = await callArm(connection, (options) => client.agentPools.delete('shop', 'shop-prod', 'apps', options).submitted());
  const commanded = await callArm(connection, (options) => client.managedClusters.runCommand('shop', 'shop-prod', { command: 'ls' }, options).submitted());

  assert.deepEqual([deleted, commanded].map((answer) => (answer.ok ? 'sent' : answer.failure.code)), ['operation-unlisted', 'operation-unlisted']);
  assert.deepEqual(asked, []);
});
