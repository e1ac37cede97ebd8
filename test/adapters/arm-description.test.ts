import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { createKubernetesServers } from '../../adapters/kubernetes-servers.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import { operationOf, withoutNulls } from '../described-arm.ts';
import { sharedMaterial } from '../shared-material.ts';
import { connectToSmallArm, resourceId } from './small-arm.ts';

const published = sharedMaterial('contracts/arm/openapi-2026-04-01.pandora.json');

test('every request of the adapter is one the published description knows, its body valid', { skip: published.skip }, async (context) => {
  const description = published.readJson();
  assert.ok(isRecord(description));
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(description, 'aks');
  const { aks, log, server } = await connectToSmallArm(context);
  const settings = {
    maxSurge: '33%', maxUnavailable: '0', drainTimeoutInMinutes: 45, nodeSoakDurationInMinutes: 0,
    undrainableNodeBehavior: 'Cordon',
  } as const;
  const pool = { resourceId, pool: 'apps', eTag: 'pool-1' };

  const read = await aks.readCluster(resourceId);
  assert.ok(read.ok);
  await aks.readNodePool(resourceId, 'apps');
  await aks.readUpgradeProfile(resourceId);
  await aks.readNodePoolOffers(resourceId, 'apps');
  await aks.startControlPlaneUpgrade({ resourceId, kubernetesVersion: '1.35.1', eTag: 'cluster-1' });
  await aks.changeUpgradeSettings({ ...pool, settings });
  await aks.startPoolVersionUpgrade({ ...pool, kubernetesVersion: '1.35.1', settings });
  await aks.startNodeImageUpgrade(pool);
  await aks.abortLatestOperation(pool);
  await aks.abortLatestOperation({ resourceId, pool: null });
  const credential = createLocalCredential('local', [server.url]);
  const servers = createKubernetesServers({ credential, endpoint: server.url, allowInsecureConnection: 'loopback-only' });
  await servers.find(read.value.cluster);

  const operations = new Set<string | null>();
  for (const request of log.entries) {
    const operation = operationOf(description, request);
    assert.ok(operation !== null, `${request.method} ${request.path} is in no description`);
    operations.add(textAt(operation, 'operationId'));
    const parameters = recordsAt(operation, 'parameters').map((parameter) => textAt(parameter, 'name'));
    for (const name of Object.keys(request.query)) assert.ok(parameters.includes(name), `${name} is no parameter`);
    if (request.requestHeaders['if-match'] !== undefined) assert.ok(parameters.includes('if-match'));
    const media = recordAt(recordAt(recordAt(operation, 'requestBody'), 'content'), 'application/json');
    const reference = textAt(recordAt(media, 'schema'), '$ref');
    if (reference === null) {
      assert.equal(request.requestBody, null, `${request.method} ${request.path} takes no body`);
      continue;
    }
    const isValid = ajv.validate({ $ref: `aks${reference}` }, withoutNulls(request.requestBody));
    assert.ok(isValid, `${request.method} ${request.path}: ${ajv.errorsText()}`);
  }
  assert.deepEqual([...operations].sort(), [
    'AgentPools_AbortLatestOperation',
    'AgentPools_CreateOrUpdate',
    'AgentPools_Get',
    'AgentPools_GetUpgradeProfile',
    'AgentPools_UpgradeNodeImageVersion',
    'ManagedClusters_AbortLatestOperation',
    'ManagedClusters_CreateOrUpdate',
    'ManagedClusters_Get',
    'ManagedClusters_GetUpgradeProfile',
    'ManagedClusters_ListClusterUserCredentials',
  ]);
});
