import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClusterSnapshot } from '../../activities/read-cluster-snapshot.ts';
import type { Ports } from '../../activities/ports.ts';
import { emptyState } from '../../domain/state-file.ts';
import { resourceId, sampleCluster, sampleFacts, samplePool, sampleSnapshot } from '../domain/cluster-samples.ts';
import { debtNow, debtSample } from '../domain/debt-samples.ts';
import { emptyWorld, failureOf, recordingPorts } from './recording-ports.ts';

function portsWith(change: { readonly azureFacts: Pick<Ports['azureFacts'], 'readAzureFacts'>; readonly latestImage: string | null }): Ports {
  const ports = recordingPorts(emptyWorld(0));
  const value = <T>(answer: T) => () => Promise.resolve({ ok: true as const, value: answer });
  const { nodes, pods, disruptionBudgets, workloads, namespaces, admissionWebhooks, workloadFacts } = sampleSnapshot();
  return {
    ...ports,
    aks: {
      ...ports.aks,
      readCluster: value({ cluster: sampleCluster(), nodePools: [samplePool('sys'), samplePool('usr')] }),
      readUpgradeProfile: value({ controlPlaneUpgrades: [] }),
      readNodePoolOffers: value({ latestNodeImageVersion: change.latestImage, offeredVersions: [] }),
    },
    kubernetes: { ...ports.kubernetes, readObjects: value({ nodes, pods, disruptionBudgets, workloads, namespaces, admissionWebhooks, workloadFacts, unchecked: [] }) },
    azureFacts: { ...ports.azureFacts, ...change.azureFacts },
  };
}

test('what Azure says around the cluster is part of the snapshot, with the pools for which it names no image', async () => {
  const facts = sampleFacts({ poolsWithoutNodeImage: null });
  const read = await readClusterSnapshot(portsWith({ azureFacts: { readAzureFacts: () => Promise.resolve({ ok: true, value: facts }) }, latestImage: null }), resourceId);

  assert.ok(read.ok);
  assert.deepEqual(read.value.azureFacts, { ...facts, poolsWithoutNodeImage: ['sys', 'usr'] });
});

test('a cluster is judged although nothing around it could be read, and every part says why', async () => {
  const failure = failureOf('terminal', 'AuthorizationFailed');
  const read = await readClusterSnapshot(portsWith({ azureFacts: { readAzureFacts: () => Promise.resolve({ ok: false, failure }) }, latestImage: 'image' }), resourceId);

  assert.ok(read.ok);
  const { quota, locks, poolsWithoutNodeImage, whyUnread } = read.value.azureFacts;
  assert.deepEqual([quota, locks, poolsWithoutNodeImage, whyUnread.quota, whyUnread.locks], [null, null, [], failure.message, failure.message]);
});

test('a stopped cluster is judged without its API server; a running one that does not answer is not judged at all', async () => {
  const failure = failureOf('transient', 'kubernetes-unreachable');
  for (const powerState of ['Stopped', 'Running']) {
    const ports = portsWith({ azureFacts: { readAzureFacts: () => Promise.resolve({ ok: true, value: sampleFacts() }) }, latestImage: 'image' });
    const read = await readClusterSnapshot(
      {
        ...ports,
        aks: { ...ports.aks, readCluster: () => Promise.resolve({ ok: true, value: { cluster: sampleCluster({ powerState }), nodePools: [samplePool('sys')] } }) },
        kubernetes: { ...ports.kubernetes, readObjects: () => Promise.resolve({ ok: false, failure }) },
      },
      resourceId,
    );

    assert.equal(read.ok, powerState === 'Stopped');
    if (read.ok) assert.deepEqual([read.value.nodes, read.value.unchecked.map(({ what }) => what)], [[], ['nodes and pods']]);
  }
});

test('nodes of the ledger are part of the snapshot; a ledger that cannot be read, or is not at hand, is named', async () => {
  const ports = portsWith({ azureFacts: { readAzureFacts: () => Promise.resolve({ ok: true, value: sampleFacts() }) }, latestImage: 'image' });
  const { state: _state, ...without } = ports;
  const settled = { ...debtSample, id: 'node/usr-3', node: 'usr-3', until: debtNow };
  const remembering: Ports['state'] = { ...ports.state, readState: async (cluster) => ({ ok: true, value: { ...emptyState(cluster), debts: [debtSample, settled] } }) };
  const unread: Ports['state'] = { ...ports.state, readState: async () => ({ ok: false, failure: failureOf('terminal', 'state-too-new') }) };
  const seen = async (given: Parameters<typeof readClusterSnapshot>[0]) => {
    const read = await readClusterSnapshot(given, resourceId);
    assert.ok(read.ok);
    return [read.value.openDebts.map(({ node }) => node), read.value.unchecked.map(({ what }) => what).filter((what) => what.includes('earlier runs'))];
  };

  assert.deepEqual(await seen({ ...ports, state: remembering }), [['usr-2'], []]);
  assert.deepEqual(await seen({ ...ports, state: unread }), [[], ['nodes that earlier runs left set aside']]);
  assert.deepEqual(await seen(without), [[], ['nodes that earlier runs left set aside']]);
});

test('where the policy can do without Kubernetes, Azure alone makes the snapshot, and it says why; its metrics are not asked for either', async () => {
  const failure = { ...failureOf('transient', 'time-limit'), message: 'No whole answer within 10 s.' };
  const ports = portsWith({ azureFacts: { readAzureFacts: () => Promise.resolve({ ok: true, value: sampleFacts({ deprecatedApiUses: null }) }) }, latestImage: 'image' });
  const access = { reach: 'private', signIn: 'entra', judge: 'azure-rbac', localAccounts: 'off' } as const;
  const blind: Ports = {
    ...ports,
    aks: { ...ports.aks, readCluster: () => Promise.resolve({ ok: true, value: { cluster: sampleCluster({ access }), nodePools: [samplePool('sys')] } }) },
    kubernetes: { ...ports.kubernetes, readObjects: () => Promise.resolve({ ok: false, failure }), readDeprecatedApiUses: () => assert.fail('It was out of reach a moment ago.') },
  };
  const required = await readClusterSnapshot(blind, resourceId);
  const optional = await readClusterSnapshot(blind, resourceId, 'optional');

  assert.ok(!required.ok && optional.ok);
  assert.deepEqual([required.failure.code, required.failure.class, required.failure.service], ['time-limit', 'transient', 'kubernetes']);
  assert.match(required.failure.message, /private cluster, and no route leads to its API server/);
  assert.equal(required.failure.detail, failure.message);
  assert.deepEqual(optional.value.kubernetesUnread, required.failure);
  assert.deepEqual([optional.value.nodes, optional.value.pods, optional.value.nodePools.length], [[], [], 1]);
});

test('offers that Azure throttled are read again later, not planned without; a person who has no ledger is told what is missing', async () => {
  const ports = portsWith({ azureFacts: { readAzureFacts: () => Promise.resolve({ ok: true, value: sampleFacts() }) }, latestImage: 'image' });
  const throttled = { ...failureOf('transient', 'Throttled'), retryAfterSeconds: 17 };
  const given: Ports = { ...ports, aks: { ...ports.aks, readNodePoolOffers: async (_cluster, pool) => (pool === 'usr' ? { ok: false, failure: throttled } : { ok: true, value: { latestNodeImageVersion: 'image', offeredVersions: [] } }) } };
  const { state: _state, ...alone } = given;

  const read = await readClusterSnapshot(given, resourceId);
  const shown = await readClusterSnapshot(alone, resourceId);

  assert.deepEqual(read, { ok: false, failure: throttled });
  assert.ok(shown.ok && shown.value.unchecked.some(({ what }) => what === 'newest node image of pool usr'));
});

test('what Azure says around the cluster, throttled, is read again later: no run starts without a look at its quota', async () => {
  const throttled = { ...failureOf('transient', 'TooManyRequests'), retryAfterSeconds: 42 };
  const ports = portsWith({ azureFacts: { readAzureFacts: () => Promise.resolve({ ok: true, value: { ...sampleFacts({ quota: null }), throttled } }) }, latestImage: 'image' });

  assert.deepEqual(await readClusterSnapshot(ports, resourceId), { ok: false, failure: throttled });
});
