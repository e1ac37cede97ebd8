import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createAzureFactsPort } from '../../adapters/azure-facts-client.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import { readSnapshotDocuments, readSnapshotFolder } from '../../adapters/snapshot-folder.ts';
import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { sampleCluster } from '../domain/cluster-samples.ts';
import type { Simulated, WireResponse } from '../../sim/wire.ts';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import { serveArm } from '../../local/arm-server.ts';
import { createFaultList } from '../../local/faults.ts';
import { createRequestLog } from '../../local/request-log.ts';

const fixture = fileURLToPath(new URL('../../fixtures/snapshot/', import.meta.url));
const startsAt = Date.parse('2026-11-21T21:00:00Z');

/** The real adapter on the real pipeline against a local ARM server. */
async function connect(context: TestContext, simulated: Simulated) {
  const log = createRequestLog(null);
  const server = await serveArm({ simulated, now: () => startsAt, journal: null, onChanges: () => undefined, faults: createFaultList(), log, kubernetesUrl: null });
  context.after(() => server.close());
  const port = createAzureFactsPort({ credential: createLocalCredential('local', [server.url]), endpoint: server.url, allowInsecureConnection: 'loopback-only', timeLimitMs: 5_000 });
  return { port, log };
}

async function worldOf(change: (documents: SnapshotDocuments) => SnapshotDocuments): Promise<Simulated> {
  const read = await readSnapshotDocuments(fixture);
  assert.ok(read.ok);
  return createClusterWorld({ documents: change(read.value), seed: 1, startsAt }).arm;
}

async function fixtureSnapshot() {
  const read = await readSnapshotFolder(fixture);
  assert.ok(read.ok);
  return read.value;
}

test('the facts of a served snapshot are those of its folder, asked for by GETs with a version each', async (context) => {
  const { port, log } = await connect(context, await worldOf((documents) => documents));
  const { cluster, nodePools, azureFacts: wanted } = await fixtureSnapshot();

  const facts = await port.readAzureFacts(cluster, nodePools);

  assert.ok(facts.ok);
  const { quota, locks, maintenanceConfigurations, network, credential, deprecatedApiUses } = facts.value;
  assert.deepEqual({ quota, locks, maintenanceConfigurations, network, credential, deprecatedApiUses }, {
    quota: wanted.quota, locks: [], maintenanceConfigurations: [], network: wanted.network, credential: wanted.credential, deprecatedApiUses: null,
  });
  assert.deepEqual(facts.value.subnets, wanted.subnets);
  assert.deepEqual(Object.keys(facts.value.whyUnread), ['deprecatedApiUses']);
  assert.ok(log.entries.every(({ method, query }) => method === 'GET' && /^20\d\d-\d\d-\d\d$/.test(String(query['api-version']))));
});

test('a part that cannot be read is null with its reason, and the rest is there', async (context) => {
  const { port } = await connect(context, await worldOf((documents) => ({ ...documents, coreUsages: null, locks: null })));
  const { cluster, nodePools } = await fixtureSnapshot();

  const facts = await port.readAzureFacts(cluster, nodePools);

  assert.ok(facts.ok);
  assert.deepEqual([facts.value.quota, facts.value.locks], [null, null]);
  assert.match(facts.value.whyUnread.quota ?? '', /does not hold this list/);
  assert.match(facts.value.whyUnread.locks ?? '', /does not hold this list/);
  assert.notEqual(facts.value.subnets, null);
});

/** A service that answers each path by the first pattern that matches, else 404. */
function scripted(answers: readonly (readonly [RegExp, unknown])[]): Simulated {
  return {
    apply: (_now, { path }): { response: WireResponse; changes: [] } => {
      const body = answers.find(([pattern]) => pattern.test(path))?.[1];
      const missing = { error: { code: 'AuthorizationFailed', message: 'The client does not have authorization.' } };
      return { response: { status: body === undefined ? 403 : 200, headers: {}, body: body ?? missing }, changes: [] };
    },
    advance: () => [],
    nextAt: () => null,
  };
}

test('pools in the network that AKS manages are looked for in the resource group of the nodes', async (context) => {
  const network = '/subscriptions/s/resourceGroups/mc_shop/providers/Microsoft.Network/virtualNetworks/aks-vnet';
  const { port } = await connect(
    context,
    scripted([
      [/managedClusters\/shop$/, { properties: { networkProfile: { networkPlugin: 'azure' }, agentPoolProfiles: [{ name: 'usr' }] } }],
      [/mc_shop\/providers\/Microsoft\.Network\/virtualNetworks$/, { value: [{ properties: { subnets: [{ id: `${network}/subnets/aks-appgw` }, { id: `${network}/subnets/aks-subnet` }] } }] }],
      [/aks-vnet\/usages$/, { value: [{ id: `${network}/subnets/aks-subnet`, currentValue: 31, limit: 65_531 }] }],
    ]),
  );

  const facts = await port.readAzureFacts(sampleCluster(), []);

  assert.ok(facts.ok);
  assert.equal(facts.value.network?.poolSubnets['usr']?.nodeSubnetId, `${network}/subnets/aks-subnet`);
  assert.deepEqual(facts.value.subnets, [{ id: `${network}/subnets/aks-subnet`, used: 31, limit: 65_531 }]);
  assert.match(facts.value.whyUnread.locks ?? '', /does not have authorization/);
});

test('half a list is no list: a second page or another shape is refused', async (context) => {
  const { port } = await connect(
    context,
    scripted([
      [/usages$/, { value: [], nextLink: 'https://elsewhere.example/next' }],
      [/locks$/, { nothing: true }],
    ]),
  );

  const facts = await port.readAzureFacts(sampleCluster(), []);

  assert.ok(facts.ok);
  assert.match(facts.value.whyUnread.quota ?? '', /first page of several/);
  assert.match(facts.value.whyUnread.locks ?? '', /holds no list/);
  assert.match(facts.value.whyUnread.network ?? '', /authorization/);
});

test('an id that is none of a cluster is refused before anything is asked', async (context) => {
  const { port, log } = await connect(context, scripted([]));
  const facts = await port.readAzureFacts(sampleCluster({ resourceId: '/subscriptions/s' }), []);
  assert.equal(!facts.ok && facts.failure.code, 'invalid-resource-id');
  assert.equal(log.entries.length, 0);
});
