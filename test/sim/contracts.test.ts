import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { recordAt } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { ClusterWorld } from '../../sim/cluster-world.ts';
import { sharedMaterial } from '../shared-material.ts';
import { recordedCluster, recordedStart, recordedWorld, recordings } from './recorded-cluster.ts';

const kubernetesDescription = sharedMaterial('contracts/kubernetes/k8s-upgrade-kinds.json');
const armDescription = sharedMaterial('contracts/arm/openapi-2026-04-01.pandora.json');
const eventSample = sharedMaterial('contracts/eventgrid/Microsoft.ContainerService/examples/cloud-events-schema/node_pool_rolling_started.json');

const kinds: readonly [path: string, definition: string][] = [
  ['/api/v1/nodes', 'io.k8s.api.core.v1.NodeList'],
  ['/api/v1/pods', 'io.k8s.api.core.v1.PodList'],
  ['/api/v1/events', 'io.k8s.api.core.v1.EventList'],
  ['/apis/policy/v1/poddisruptionbudgets', 'io.k8s.api.policy.v1.PodDisruptionBudgetList'],
  ['/apis/apps/v1/deployments', 'io.k8s.api.apps.v1.DeploymentList'],
  ['/apis/apps/v1/statefulsets', 'io.k8s.api.apps.v1.StatefulSetList'],
  ['/apis/apps/v1/daemonsets', 'io.k8s.api.apps.v1.DaemonSetList'],
];

/** Formats such as int32 and date-time are left to the types; shapes and enums are what a server gets wrong. */
const ajv = (): Ajv => new Ajv({ strict: false, allErrors: true, validateFormats: false });

/** Where every real API server differs from its own description: counts may be numbers, an unset time is null. */
const unlikeDescribed = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['string', 'integer'] },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: ['string', 'null'] },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': { type: ['string', 'null'] },
};

function faultsOf(validate: ValidateFunction, value: unknown): readonly string[] {
  return validate(value) ? [] : (validate.errors ?? []).slice(0, 5).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

/** A world in the middle of its busiest hour: surge nodes, drains, blocked evictions, new pods, a pending one. */
function busyWorld(): ClusterWorld {
  const world = recordedWorld();
  for (const pool of ['apps', 'system', 'spot']) {
    world.arm.apply(recordedStart, { method: 'POST', path: `${recordedCluster}/agentPools/${pool}/upgradeNodeImageVersion`, query: { 'api-version': '2026-06-01' }, headers: {}, body: null });
  }
  return world;
}

test('Kubernetes objects of a busy night are valid by the published description', { skip: recordings.skip || kubernetesDescription.skip }, async (context) => {
  const world = busyWorld();
  const quirks = { ...recordAt(kubernetesDescription.readJson(), 'definitions'), ...unlikeDescribed };
  const validator = ajv().addSchema({ definitions: quirks, $id: 'k8s' });
  for (const [path, definition] of kinds) {
    const validate = validator.getSchema(`k8s#/definitions/${definition}`);
    assert.ok(validate !== undefined, definition);
    await context.test(path, () => {
      for (const minute of [0, 3, 6, 8, 12, 20, 31, 45]) {
        const { body } = world.kubernetes.apply(recordedStart + minute * MINUTE_MS, { method: 'GET', path, query: {}, headers: {}, body: null }).response;

        assert.deepEqual(faultsOf(validate, body), [], `minute ${minute}`);
      }
    });
  }
});

test('ARM bodies of a busy night are valid by the published description', { skip: recordings.skip || armDescription.skip }, () => {
  const world = busyWorld();
  const validator = ajv().addSchema({ ...recordAt(armDescription.readJson()), $id: 'arm' });
  const cases: readonly [path: string, schema: string][] = [
    [recordedCluster, 'ManagedClusters.ManagedCluster'],
    [`${recordedCluster}/agentPools/apps`, 'AgentPools.AgentPool'],
    [`${recordedCluster}/agentPools/apps/upgradeProfiles/default`, 'AgentPools.AgentPoolUpgradeProfile'],
  ];
  for (const minute of [0, 10, 30, 60]) {
    for (const [path, schema] of cases) {
      const validate = validator.getSchema(`arm#/components/schemas/${schema}`);
      assert.ok(validate !== undefined, schema);
      const { status, body } = world.arm.apply(recordedStart + minute * MINUTE_MS, { method: 'GET', path, query: { 'api-version': '2026-04-01' }, headers: {}, body: null }).response;

      assert.equal(status, 200);
      assert.deepEqual(faultsOf(validate, body), [], `${path} at minute ${minute}`);
    }
  }
});

test('Event Grid events have the published shape', { skip: recordings.skip || eventSample.skip }, () => {
  const world = recordedWorld();
  const sample = recordAt(eventSample.readJson());
  const { changes } = world.arm.apply(recordedStart, { method: 'POST', path: `${recordedCluster}/agentPools/system/upgradeNodeImageVersion`, query: { 'api-version': '2026-06-01' }, headers: {}, body: null });

  const event = changes.find((change) => change.kind === 'event-grid')?.data ?? {};

  assert.deepEqual(Object.keys(event).sort(), Object.keys(sample).sort());
  assert.equal(event['type'], sample['type']);
  assert.deepEqual(event['data'], { nodePoolName: 'system' });
});
