import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodePoolOffers, readSnapshotDocuments, readSnapshotFolder } from '../../adapters/snapshot-folder.ts';
import { judgePreflight } from '../../domain/preflight.ts';
import { sharedMaterial } from '../shared-material.ts';

const made: string[] = [];
after(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

const cluster = {
  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c',
  name: 'c',
  properties: {
    provisioningState: 'Succeeded',
    kubernetesVersion: '1.35.5',
    agentPoolProfiles: [{ name: 'own', count: 1, orchestratorVersion: '1.35.5' }],
  },
};
const pod = (name: string) => ({ kind: 'Pod', metadata: { name, namespace: 'n', creationTimestamp: '2026-11-21T00:54:15Z' } });
const list = (...items: readonly unknown[]) => ({ kind: 'List', items });

/** A folder of these files; texts and bytes are written as they are, anything else as JSON. */
async function folderOf(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slackwater-snapshot-'));
  made.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  return folder;
}

async function read(files: Readonly<Record<string, unknown>>) {
  return readSnapshotFolder(await folderOf(files));
}

test('lists may lie in one file, in several, in a folder or under any name, and each object counts once', async () => {
  const layouts: readonly Readonly<Record<string, unknown>>[] = [
    { 'kubernetes.json': list(pod('a'), pod('b')) },
    { 'kubernetes/pods.json': { kind: 'PodList', items: [{ metadata: pod('a').metadata }, pod('b')] } },
    { 'kubernetes.json': list(pod('a')), 'kubernetes/more.json': list(pod('a'), pod('b')) },
    { 'kubernetes.json': list(pod('a')), 'replicationcontrollers.json': list(pod('b')), 'evictions.json': [], 'quota.json': { value: [] } },
    { 'pods.json': list(pod('a'), pod('b')) },
  ];
  for (const layout of layouts) {
    const snapshot = await read({ 'cluster.json': cluster, ...layout });
    assert.ok(snapshot.ok, JSON.stringify(snapshot));
    assert.deepEqual(snapshot.value.pods.map(({ name }) => name).sort(), ['a', 'b'], Object.keys(layout).join());
  }
});

test('pools come from their own file, else from the cluster, with the newest image their upgrade profiles tell', async () => {
  const pools = [{ name: 'usr', properties: { count: 2, orchestratorVersion: '1.35.5' } }];
  const profiles = [{ id: `${cluster.id}/agentpools/USR/upgradeProfiles/default`, properties: { latestNodeImageVersion: 'I-2' } }];
  const kubernetes = { 'kubernetes.json': list() };

  const own = await read({ 'cluster.json': cluster, ...kubernetes });
  const apart = await read({ 'cluster.json': cluster, 'nodepools.json': pools, 'nodepool-upgrades.json': profiles, ...kubernetes });
  const single = await readSnapshotDocuments(await folderOf({ 'cluster.json': cluster, 'nodepool-upgrades.json': profiles[0], ...kubernetes }));

  assert.deepEqual(own.ok && own.value.nodePools.map(({ name, latestNodeImageVersion }) => [name, latestNodeImageVersion]), [['own', null]]);
  assert.deepEqual(apart.ok && apart.value.nodePools.map(({ name, latestNodeImageVersion }) => [name, latestNodeImageVersion]), [['usr', 'I-2']]);
  assert.deepEqual(single.ok && nodePoolOffers(single.value), { usr: { latestNodeImageVersion: 'I-2', offeredVersions: [] } });
});

test('files that PowerShell redirected are read too', async () => {
  const text = JSON.stringify(cluster);
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
  const utf8 = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text, 'utf8')]);
  const big = Buffer.from(utf16).swap16();
  const [unmarked, bigUnmarked] = [utf16.subarray(2), big.subarray(2)];
  for (const bytes of [utf16, utf8, big, unmarked, bigUnmarked]) assert.ok((await read({ 'cluster.json': bytes, 'kubernetes.json': list() })).ok);
});

test('a number that is none is named by file and field, never passed over', async () => {
  const own = (change: object) => ({ name: 'own', properties: { count: 1, mode: 'System', orchestratorVersion: '1.35.5', ...change } });
  const table: readonly (readonly [files: Readonly<Record<string, unknown>>, where: string])[] = [
    [{ 'nodepools.json': [own({ count: '3' })] }, 'nodepools.json: [0].properties.count'],
    [{ 'nodepools.json': [own({ count: -1 })] }, 'nodepools.json: [0].properties.count'],
    [{ 'nodepools.json': [own({ upgradeSettings: { maxSurge: 'lots' } })] }, 'nodepools.json: [0].properties.upgradeSettings.maxSurge'],
    [{ 'nodepools.json': [own({ upgradeSettings: { drainTimeoutInMinutes: '30' } })] }, 'nodepools.json: [0].properties.upgradeSettings.drainTimeoutInMinutes'],
    [{ 'kubernetes.json': list({ kind: 'Deployment', metadata: { namespace: 'a', name: 'web', uid: 'w' }, spec: { replicas: '3' } }) }, 'kubernetes.json: Deployment a/web.spec.replicas'],
    [{ 'kubernetes.json': list({ kind: 'Pod', metadata: { namespace: 'a', name: 'p', uid: 'p' }, spec: { terminationGracePeriodSeconds: '30' } }) }, 'kubernetes.json: Pod a/p.spec.terminationGracePeriodSeconds'],
  ];
  for (const [files, where] of table) {
    const read = await readSnapshotFolder(await folderOf({ 'cluster.json': cluster, 'kubernetes.json': list(), ...files }));
    assert.deepEqual(read.ok ? [] : read.faults.map((fault) => [fault.code, fault.where]), [['unreadable-field', where]], where);
  }
});

test('a file longer than the longest text is named with the way to split it', async () => {
  const folder = await folderOf({ 'cluster.json': cluster, 'kubernetes.json': list() });
  await truncate(join(folder, 'kubernetes.json'), 600_000_000);

  const read = await readSnapshotFolder(folder);

  assert.ok(!read.ok);
  assert.deepEqual(read.faults.map(({ code, where }) => [code, where]), [['snapshot-file-too-large', 'kubernetes.json']]);
  assert.match(read.faults[0]?.message ?? '', /^kubernetes\.json has 600 MB; one file may have 500\.$/);
  assert.match(read.faults[0]?.remedy ?? '', /one file in kubernetes\/ for each kind or namespace/);
});

test('every fault is told at once and named by its file', async () => {
  const table: readonly (readonly [Readonly<Record<string, unknown>>, readonly string[]])[] = [
    [{}, ['snapshot-file-missing cluster.json', 'snapshot-file-missing kubernetes.json']],
    [{ 'cluster.json': '{', 'kubernetes.json': 'error: no server' }, ['not-json cluster.json', 'not-json kubernetes.json']],
    [{ 'cluster.json': cluster, 'kubernetes.json': { kind: 'Status' } }, ['not-a-kubernetes-list kubernetes.json']],
    [{ 'cluster.json': { name: 'c', properties: cluster.properties }, 'nodepools.json': [{ name: 'x' }], 'upgrades.json': {}, 'kubernetes.json': list({ kind: 'Pod', metadata: { name: 'p' } }) },
      ['unreadable-field cluster.json: id', 'unreadable-field nodepools.json: [0].orchestratorVersion', 'unreadable-field upgrades.json: controlPlaneProfile', 'unreadable-field kubernetes.json: Pod p.metadata.namespace']],
  ];
  for (const [files, wanted] of table) {
    const snapshot = await read(files);
    assert.deepEqual(!snapshot.ok && snapshot.faults.map(({ code, where }) => `${code} ${where}`), wanted);
  }
  const nowhere = await readSnapshotFolder(join(tmpdir(), 'slackwater-no-such-folder'));
  assert.ok(!nowhere.ok && nowhere.faults[0]?.code === 'snapshot-not-found');
});

test('missing parts are named, not passed over', async () => {
  const snapshot = await read({ 'cluster.json': cluster, 'kubernetes.json': list(pod('a')) });
  assert.deepEqual(snapshot.ok && snapshot.value.unchecked.map(({ what }) => what), [
    'offered Kubernetes versions',
    'nodes of pool own',
    'disruption budgets',
    'wanted replicas',
    'namespaces being deleted',
    'how far workloads may be scaled in',
    'pods behind webhooks and load balancers',
    'admission webhooks on evictions',
  ]);
});

test('pools and nodes that one document counts and another does not hold are named', async () => {
  const { properties } = cluster;
  const [own] = properties.agentPoolProfiles;
  const node = { kind: 'Node', metadata: { name: 'n', labels: { 'kubernetes.azure.com/agentpool': 'own' } } };
  const about = async (files: Readonly<Record<string, unknown>>) => {
    const snapshot = await read({ 'cluster.json': cluster, ...files });
    return snapshot.ok ? snapshot.value.unchecked.filter(({ what }) => what.includes('pool')) : [];
  };

  assert.deepEqual(await about({ 'kubernetes.json': list(pod('a'), node) }), []);
  assert.deepEqual(await about({ 'kubernetes.json': list(pod('a')) }), [{ what: 'nodes of pool own', why: 'Azure counts 1, the snapshot holds 0.' }]);
  assert.deepEqual(await about({ 'nodepools.json': [], 'kubernetes.json': list(pod('a'), node) }), [{ what: 'pool own', why: 'cluster.json names it, nodepools.json does not hold it.' }]);
  assert.deepEqual(await about({ 'nodepools.json': [{ ...own, powerState: { code: 'Stopped' } }], 'kubernetes.json': list(pod('a')) }), []);
});

test('what Azure says around the cluster is read from its files, faults with file and place', async () => {
  const usage = { currentValue: '4', limit: '10', name: { value: 'cores' } };
  const good = await read({ 'cluster.json': cluster, 'kubernetes.json': list(), 'quota.json': [usage], 'network.json': [], 'locks.json': [] });
  assert.ok(good.ok);
  const { quota, subnets, locks, maintenanceConfigurations, whyUnread } = good.value.azureFacts;
  assert.deepEqual([quota, subnets, locks, maintenanceConfigurations], [[{ name: 'cores', used: 4, limit: 10 }], [], [], null]);
  assert.match(whyUnread.maintenanceConfigurations ?? '', /no maintenance\.json \(az aks maintenanceconfiguration list -o json\)/);

  const bad = await read({ 'cluster.json': cluster, 'kubernetes.json': list(), 'quota.json': [{ ...usage, limit: '' }], 'network.json': {} });
  assert.deepEqual(!bad.ok && bad.faults.map(({ where }) => where), ['quota.json: [0].limit', 'network.json: the document']);
});

test('the moment of a snapshot is the newest one it tells, else the age of its file', async () => {
  const node = { kind: 'Node', metadata: { name: 'n' }, status: { conditions: [{ lastHeartbeatTime: '2026-11-21T01:00:00Z', lastTransitionTime: '2026-11-20T01:00:00Z' }] } };
  const told = await read({ 'cluster.json': cluster, 'kubernetes.json': list(pod('a'), node) });
  assert.equal(told.ok && told.value.takenAt, Date.parse('2026-11-21T01:00:00Z'));

  const folder = await folderOf({ 'cluster.json': cluster, 'kubernetes.json': list() });
  await utimes(join(folder, 'cluster.json'), 1_700_000_000, 1_700_000_000);
  const silent = await readSnapshotFolder(folder);
  assert.equal(silent.ok && silent.value.takenAt, 1_700_000_000_000);
});

const fixture = fileURLToPath(new URL('../../fixtures/snapshot/', import.meta.url));

test("the project's own snapshot does not block, and one budget of it is one step from blocking", async () => {
  const snapshot = await readSnapshotFolder(fixture);
  assert.ok(snapshot.ok, JSON.stringify(snapshot));
  const { value } = snapshot;
  const report = judgePreflight(null, null, value);

  assert.deepEqual(report.findings.map(({ code }) => code), ['SPOT_NO_DRAIN']);
  assert.ok(report.pods.every(({ verdict }) => verdict === 'evictable' || verdict === 'skipped'));
  assert.deepEqual(value.nodePools.map(({ name, nodeCount }) => [name, nodeCount]), [['apps', 6], ['spot', 2], ['system', 3]]);
  assert.deepEqual(value.upgradeProfile?.controlPlaneUpgrades, ['1.35.6', '1.36.1', '1.36.2']);
  const images = value.disruptionBudgets.find(({ namespace, name }) => namespace === 'shop' && name === 'images');
  assert.deepEqual([images?.minAvailable, images?.status.disruptionsAllowed], [2, 1]);

  const raised = value.disruptionBudgets.map((budget) =>
    budget === images ? { ...budget, minAvailable: 3, status: { ...budget.status, desiredHealthy: 3, disruptionsAllowed: 0 } } : budget,
  );
  const blocked = judgePreflight(null, null, { ...value, disruptionBudgets: raised });
  const [finding] = blocked.findings;
  assert.deepEqual([finding?.code, finding?.where, finding?.pools], ['PDB_STRUCTURAL', 'shop/images', ['apps']]);
  assert.equal(finding?.owner, 'team-shop');
});

const recorded = sharedMaterial('recordings/kubernetes/snapshot/');

test('the recorded snapshot is read whole, and its budgets are judged as their spec and status say', { skip: recorded.skip }, async () => {
  const snapshot = await readSnapshotFolder(fileURLToPath(recorded.url));
  assert.ok(snapshot.ok, JSON.stringify(snapshot));
  const { value } = snapshot;
  assert.deepEqual([value.nodes.length, value.pods.length, value.disruptionBudgets.length, value.workloads.length], [11, 180, 42, 80]);

  const findings = judgePreflight(null, null, value).findings;
  const found = (code: string) => findings.filter((one) => one.code === code).map(({ where }) => where);
  assert.deepEqual(found('PDB_STRUCTURAL'), [
    'batch/etl', 'data/db1', 'data/db3', 'ops/bare-maxun', 'payments/fraud', 'payments/ledger', 'payments/notify',
    'shop/cart', 'shop/catalog', 'shop/checkout', 'shop/frontend', 'shop/pricing',
  ]);
  assert.deepEqual(found('PDB_TRANSIENT'), ['data/kafka', 'payments/gated', 'payments/settle']);
  assert.deepEqual(found('PDB_MULTIPLE'), ['legacy2/app-d', 'payments/gateway']);
  assert.deepEqual(found('PDB_EMPTY'), ['nullsel/noselector', 'ops/typo']);
  assert.deepEqual(found('POD_TERMINATING_STUCK'), ['ops/finalized', 'ops/stuckdep-897bbdb7-mv496']);
});
