import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createAksPort } from '../../adapters/aks-client.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import { createKubernetesPort } from '../../adapters/kubernetes-client.ts';
import { createKubernetesServers } from '../../adapters/kubernetes-servers.ts';
import { readSnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import type { SnapshotDocuments } from '../../adapters/snapshot-folder.ts';
import type { Outcome } from '../../domain/failure.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { serveArm } from '../../local/arm-server.ts';
import { createFaultList } from '../../local/faults.ts';
import { openJournal, replayJournal } from '../../local/journal.ts';
import { serveKubernetes } from '../../local/kubernetes-server.ts';
import { createRequestLog } from '../../local/request-log.ts';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import type { WorldChange } from '../../sim/wire.ts';

const startsAt = Date.parse('2026-11-21T21:00:00Z');
let documents: SnapshotDocuments;

before(async () => {
  const read = await readSnapshotDocuments(fileURLToPath(new URL('../../fixtures/snapshot/', import.meta.url)));
  assert.ok(read.ok);
  documents = read.value;
});

function createWorld() {
  return createClusterWorld({ documents, seed: 1, startsAt });
}

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

/** The real adapters on the real SDK over a world of our own, with a clock that moves by hand. */
async function openWorld(context: TestContext) {
  const world = createWorld();
  const time = { now: startsAt };
  const changes: WorldChange[] = [];
  const journal = openJournal(':memory:');
  const log = createRequestLog(null);
  const faults = createFaultList();
  const shared = {
    now: () => time.now, journal, log, faults, onChanges: (some: readonly WorldChange[]) => changes.push(...some),
  };
  const kubernetesServer = await serveKubernetes({ ...shared, simulated: world.kubernetes });
  const armServer = await serveArm({ ...shared, simulated: world.arm, kubernetesUrl: kubernetesServer.url });
  context.after(async () => {
    await Promise.all([kubernetesServer.close(), armServer.close()]);
    journal.close();
  });
  const connection = {
    credential: createLocalCredential('local', [armServer.url]),
    endpoint: armServer.url,
    allowInsecureConnection: 'loopback-only' as const,
  };
  const aks = createAksPort({ ...connection, clock: { now: () => time.now } });
  const servers = createKubernetesServers(connection);
  const kubernetes = createKubernetesPort({ credential: connection.credential, endpointOverride: null, servers });
  return { world, time, changes, journal, log, faults, aks, kubernetes, armServer };
}

test('the adapters read the simulated cluster whole: pools with eTags, offers, nodes, pods and budgets', async (context) => {
  const { world, aks, kubernetes } = await openWorld(context);

  const { cluster, nodePools } = valueOf(await aks.readCluster(world.resourceId));
  const profile = valueOf(await aks.readUpgradeProfile(world.resourceId));
  const objects = valueOf(await kubernetes.readObjects(cluster));

  assert.equal(cluster.provisioningState, 'Succeeded');
  assert.ok(cluster.eTag !== null);
  assert.deepEqual(nodePools.map(({ name }) => name).sort(), ['apps', 'spot', 'system']);
  for (const { name } of nodePools) assert.ok(valueOf(await aks.readNodePool(world.resourceId, name)).eTag !== null);
  assert.deepEqual(profile.controlPlaneUpgrades, ['1.35.6', '1.36.1', '1.36.2']);
  assert.equal(objects.nodes.length, nodePools.reduce((sum, { nodeCount }) => sum + nodeCount, 0));
  assert.ok(objects.pods.length > 100 && objects.disruptionBudgets.length > 10);
  assert.deepEqual(objects.unchecked, []);
});

test('a control plane upgrade runs once under its eTag and is refused a second time', async (context) => {
  const { world, time, aks, log } = await openWorld(context);
  const { cluster } = valueOf(await aks.readCluster(world.resourceId));
  const request = { resourceId: world.resourceId, kubernetesVersion: '1.35.6', eTag: cluster.eTag ?? '' };

  valueOf(await aks.startControlPlaneUpgrade(request));
  const again = await aks.startControlPlaneUpgrade(request);
  const during = valueOf(await aks.readCluster(world.resourceId)).cluster;
  time.now += 60 * MINUTE_MS;
  const after = valueOf(await aks.readCluster(world.resourceId)).cluster;

  assert.deepEqual([again.ok, again.ok ? '' : again.failure.class], [false, 'conflict']);
  assert.equal(during.provisioningState, 'Upgrading');
  assert.deepEqual([after.provisioningState, after.currentKubernetesVersion], ['Succeeded', '1.35.6']);
  assert.equal(log.entries.filter(({ method }) => method === 'PUT').length, 1);
  assert.equal(log.entries.filter(({ path }) => /operations/i.test(path)).length, 0);
});

test('an upgrade that another operation holds off is a conflict, whoever sends it', async (context) => {
  const { world, aks } = await openWorld(context);
  const pool = valueOf(await aks.readNodePool(world.resourceId, 'apps'));
  valueOf(await aks.startNodeImageUpgrade({ resourceId: world.resourceId, pool: 'apps' }));

  const second = await aks.startNodeImageUpgrade({ resourceId: world.resourceId, pool: 'apps' });
  const third = await aks.startPoolVersionUpgrade({
    resourceId: world.resourceId, pool: 'apps', kubernetesVersion: '1.35.5', settings: null, eTag: pool.eTag ?? '',
  });

  assert.deepEqual([second.ok ? '' : second.failure.class, third.ok ? '' : third.failure.class], ['conflict', 'conflict']);
});

test('an abort stops the running operation; when nothing runs any more it is a conflict', async (context) => {
  const { world, time, aks } = await openWorld(context);
  const target = { resourceId: world.resourceId, pool: 'apps' };
  valueOf(await aks.startNodeImageUpgrade(target));
  time.now += MINUTE_MS;

  valueOf(await aks.abortLatestOperation(target));
  time.now += 10 * MINUTE_MS;
  const pool = valueOf(await aks.readNodePool(world.resourceId, 'apps'));
  const late = await aks.abortLatestOperation(target);

  assert.equal(pool.provisioningState, 'Canceled');
  assert.deepEqual([late.ok, late.ok ? '' : late.failure.class], [false, 'conflict']);
});

test('dry-run evictions answer for pods as they stand and change nothing', async (context) => {
  const { world, aks, kubernetes, journal } = await openWorld(context);
  const { cluster } = valueOf(await aks.readCluster(world.resourceId));
  const [budget] = valueOf(await kubernetes.readObjects(cluster)).disruptionBudgets;
  assert.ok(budget !== undefined);
  const { namespace, name } = budget;
  world.perturb(startsAt, { kind: 'change-budget', namespace, name, minAvailable: null, maxUnavailable: 0, by: 'owner' });
  const earlier = valueOf(await kubernetes.readObjects(cluster));

  const statuses = new Set<number>();
  for (const pod of earlier.pods) statuses.add(valueOf(await kubernetes.tryEviction(cluster, pod)).status);
  const later = valueOf(await kubernetes.readObjects(cluster));

  assert.deepEqual([...statuses].sort(), [201, 429]);
  assert.deepEqual(later.pods, earlier.pods);
  assert.deepEqual(later.disruptionBudgets, earlier.disruptionBudgets);
  assert.deepEqual(journal.rows(), []);
});

test('the upgrade leaves events of the upgrader, and a quarantine label is taken off once', async (context) => {
  const { world, time, aks, kubernetes, log } = await openWorld(context);
  const { cluster } = valueOf(await aks.readCluster(world.resourceId));
  valueOf(await aks.startNodeImageUpgrade({ resourceId: world.resourceId, pool: 'apps' }));
  time.now += 20 * MINUTE_MS;
  const events = valueOf(await kubernetes.readUpgradeEvents(cluster));
  const node = valueOf(await kubernetes.readNodes(cluster)).find(({ nodePool }) => nodePool === 'system')?.name ?? '';
  const label = { key: 'kubernetes.azure.com/upgrade-status', value: 'Quarantined' };
  world.perturb(time.now, { kind: 'label-node', node, ...label, by: 'aks' });
  const marked = valueOf(await kubernetes.readNodes(cluster)).filter(({ isQuarantined }) => isQuarantined);

  valueOf(await kubernetes.removeQuarantineLabel(cluster, node));
  valueOf(await kubernetes.removeQuarantineLabel(cluster, node));
  const left = valueOf(await kubernetes.readNodes(cluster)).filter(({ isQuarantined }) => isQuarantined);

  assert.ok(events.some(({ reason }) => reason === 'Drain') && events.some(({ reason }) => reason === 'Surge'));
  assert.deepEqual([marked.map(({ name }) => name), left], [[node], []]);
  assert.equal(log.entries.filter(({ method }) => method === 'PATCH').length, 1);
});

test('a world killed while an upgrade runs is rebuilt from its journal, node for node', async (context) => {
  const { world, time, aks, kubernetes, journal } = await openWorld(context);
  valueOf(await aks.startNodeImageUpgrade({ resourceId: world.resourceId, pool: 'apps' }));
  const { cluster } = valueOf(await aks.readCluster(world.resourceId));
  for (let look = 0; look < 5; look += 1) {
    time.now += 3 * MINUTE_MS;
    valueOf(await kubernetes.readNodes(cluster));
  }

  const rebuilt = createWorld();
  replayJournal({ arm: rebuilt.arm, kubernetes: rebuilt.kubernetes }, journal.rows());
  rebuilt.advance(time.now);

  assert.deepEqual(rebuilt.inspect(), world.inspect());
  assert.ok(world.inspect().some(({ nodes }) => nodes.some(({ isSurge, isCordoned }) => isSurge || isCordoned)));
});
