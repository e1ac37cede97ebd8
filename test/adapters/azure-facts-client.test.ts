import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createAzureFactsPort } from '../../adapters/azure-facts-client.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import { readSnapshotDocuments, readSnapshotFolder } from '../../adapters/snapshot-folder.ts';
import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import { judgePreflight } from '../../domain/preflight.ts';
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
  const port = createAzureFactsPort({ clock: { now: () => startsAt }, credential: createLocalCredential('local', [server.url]), endpoint: server.url, allowInsecureConnection: 'loopback-only', timeLimitMs: 5_000 });
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
  // Versions that the published descriptions of these services name; those of the clients come with them.
  const versions = Object.fromEntries(log.entries.map(({ path, query }) => [/Microsoft\.[A-Za-z]+/.exec(path.slice(path.lastIndexOf('/providers/')))?.[0], query['api-version']]));
  assert.deepEqual({ ...versions, 'Microsoft.Network': undefined, 'Microsoft.Compute': undefined, 'Microsoft.ContainerService': undefined }, { 'Microsoft.Authorization': '2020-05-01', 'Microsoft.Insights': '2015-04-01', 'Microsoft.Network': undefined, 'Microsoft.Compute': undefined, 'Microsoft.ContainerService': undefined });
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

const clusterId = JSON.parse(readFileSync(`${fixture}cluster.json`, 'utf8')).id;

function event(at: string, operation: string, status: string) {
  return { eventTimestamp: at, correlationId: 'one', caller: 'ann@example.com', resourceId: clusterId, operationName: { value: `Microsoft.ContainerService/${operation}` }, status: { value: status }, subStatus: { value: 'Conflict' }, properties: {}, claims: { ipaddr: '10.0.0.1' } };
}

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

test('pages of a list are followed to their end, by the clients and by plain reads', async (context) => {
  const meter = (index: number) => ({ name: { value: `meter${index}` }, currentValue: index, limit: 1_000, unit: 'Count' });
  const lock = (index: number) => ({ id: `${clusterId.split('/providers/')[0]}/providers/Microsoft.Authorization/locks/l${index}`, name: `l${index}`, properties: { level: 'ReadOnly' } });
  const { port, log } = await connect(
    context,
    await worldOf((documents) => ({ ...documents, coreUsages: Array.from({ length: 120 }, (_, index) => meter(index)), locks: Array.from({ length: 101 }, (_, index) => lock(index)) })),
  );
  const { cluster, nodePools } = await fixtureSnapshot();

  const facts = await port.readAzureFacts(cluster, nodePools);

  assert.ok(facts.ok);
  assert.deepEqual(facts.value.quota?.map(({ used }) => used), Array.from({ length: 120 }, (_, index) => index));
  assert.equal(facts.value.quota?.at(119)?.limit, 1_000);
  assert.equal(facts.value.locks?.length, 101);
  assert.equal(log.entries.filter(({ path }) => path.endsWith('/Microsoft.Compute/locations/' + cluster.location + '/usages')).length, 3);
});

test('half a list is no list: a page that fails, a link elsewhere, an end that never comes or another shape is refused', async (context) => {
  const page = (path: string) => ({ value: [], nextLink: path });
  const endless = { value: [], nextLink: '/subscriptions/s/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&page=next' };
  const { port, log } = await connect(
    context,
    scripted([
      [/managedClusters\/shop$/, { properties: { agentPoolProfiles: [{ name: 'usr', vnetSubnetID: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes' }] } }],
      [/locations\/[^/]+\/usages$/, page('https://elsewhere.example/next')],
      [/vnet\/usages$/, page('/subscriptions/s/refused')],
      [/management\/values$/, endless],
      [/locks$/, { nothing: true }],
    ]),
  );

  const facts = await port.readAzureFacts(sampleCluster(), []);

  assert.ok(facts.ok);
  const { quota, locks, subnets, recentWrites } = facts.value.whyUnread;
  assert.match(quota ?? '', /links to https:\/\/elsewhere\.example, .* nothing was sent there/);
  assert.match(subnets ?? '', /does not have authorization/);
  assert.match(recentWrites ?? '', /more than 50 pages/);
  assert.match(locks ?? '', /holds no list/);
  assert.equal(log.entries.filter(({ path }) => path.endsWith('/management/values')).length, 50);
});

test('the last writes are told with who, what, when and how they ended, in the last day', async (context) => {
  const log = [
    { ...event('2026-11-21T20:00:00Z', 'managedClusters/agentPools/write', 'Started'), resourceId: `${clusterId}/agentPools/usr` },
    { ...event('2026-11-21T20:12:00Z', 'managedClusters/agentPools/write', 'Failed'), resourceId: `${clusterId}/agentPools/usr`, properties: { statusMessage: '{"error":{"code":"QuotaExceeded","message":"no cores"}}' } },
    event('2026-11-21T19:00:00Z', 'managedClusters/listClusterUserCredential/action', 'Succeeded'),
    event('2026-11-20T20:59:00Z', 'managedClusters/write', 'Succeeded'),
  ];
  const { port, log: requests } = await connect(context, await worldOf((documents) => ({ ...documents, activityLog: log })));
  const { cluster, nodePools } = await fixtureSnapshot();

  const facts = await port.readAzureFacts(cluster, nodePools);

  assert.ok(facts.ok);
  assert.deepEqual(facts.value.recentWrites, [
    {
      operation: 'Microsoft.ContainerService/managedClusters/agentPools/write',
      resourceId: `${clusterId}/agentPools/usr`,
      caller: 'ann@example.com',
      startedAt: Date.parse('2026-11-21T20:00:00Z'),
      endedAt: Date.parse('2026-11-21T20:12:00Z'),
      outcome: 'failed',
      errorCode: 'QuotaExceeded',
    },
  ]);
  const [asked] = requests.entries.filter(({ path }) => path.endsWith('/management/values'));
  assert.match(String(asked?.query['$filter']), /^eventTimestamp ge '2026-11-20T21:00:00Z' and eventTimestamp le '2026-11-21T21:00:00Z' and resourceGroupName eq '/);
  assert.ok(!/claims|authorization|httpRequest/.test(String(asked?.query['$select'])), 'nothing is read of who somebody is beyond the name');
});

test('of a failed cluster the log is read back to the failure, and preflight tells its age', async (context) => {
  const given = [event('2026-09-28T10:00:00Z', 'managedClusters/write', 'Failed')];
  const failed = (cluster: unknown) => ({ ...Object(cluster), properties: { ...Object(cluster).properties, provisioningState: 'Failed' } });
  const { port } = await connect(context, await worldOf((documents) => ({ ...documents, cluster: failed(documents.cluster), activityLog: given })));
  const snapshot = await fixtureSnapshot();
  const cluster = { ...snapshot.cluster, provisioningState: 'Failed' };

  const facts = await port.readAzureFacts(cluster, snapshot.nodePools);

  assert.ok(facts.ok);
  const { findings } = judgePreflight(null, null, { ...snapshot, takenAt: startsAt, cluster, azureFacts: facts.value }, []);
  const found = findings.find(({ code }) => code === 'CLUSTER_FAILED_STATE');
  assert.match(found?.message ?? '', /in state Failed since Mon 28 Sep 10:00 \(10:00Z\), when write on \S+ by ann@example\.com failed/);
  assert.deepEqual(found?.evidence['lastFailed'], { operation: 'Microsoft.ContainerService/managedClusters/write', caller: 'ann@example.com', errorCode: 'Conflict', at: '2026-09-28T10:00:00Z', ageHours: 1_307 });
});

test('an id that is none of a cluster is refused before anything is asked', async (context) => {
  const { port, log } = await connect(context, scripted([]));
  const facts = await port.readAzureFacts(sampleCluster({ resourceId: '/subscriptions/s' }), []);
  assert.equal(!facts.ok && facts.failure.code, 'invalid-resource-id');
  assert.equal(log.entries.length, 0);
});

test('a part that Azure throttles is named with its wait, and hides no other', async (context) => {
  const world = await worldOf((documents) => documents);
  const refusal: WireResponse = { status: 429, headers: { 'retry-after': '42' }, body: { error: { code: 'TooManyRequests', message: 'Too many.' } } };
  const { port } = await connect(context, { ...world, apply: (now, request) => (/\/usages$/i.test(request.path) && request.path.includes('Microsoft.Compute') ? { response: refusal, changes: [] } : world.apply(now, request)) });
  const { cluster, nodePools } = await fixtureSnapshot();

  const facts = await port.readAzureFacts(cluster, nodePools);

  assert.ok(facts.ok);
  assert.deepEqual([facts.value.throttled?.code, facts.value.throttled?.retryAfterSeconds, facts.value.quota, facts.value.locks], ['TooManyRequests', 42, null, []]);
});
