import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createAksPort } from '../../adapters/aks-client.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import type { UpgradeSettings } from '../../domain/cluster-snapshot.ts';
import type { Outcome } from '../../domain/failure.ts';
import type { LoggedRequest, RequestLog } from '../../local/request-log.ts';
import { clusterDocument, connectToSmallArm, poolDocument, resourceId } from './small-arm.ts';

const settings: UpgradeSettings = {
  maxSurge: '33%',
  maxUnavailable: null,
  drainTimeoutInMinutes: 45,
  nodeSoakDurationInMinutes: 0,
  undrainableNodeBehavior: 'Cordon',
};

function failureOf(outcome: Outcome<unknown>) {
  assert.ok(!outcome.ok, 'a failure was expected');
  return outcome.failure;
}

function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.failure.message);
  return outcome.value;
}

function writesOf(log: RequestLog): readonly LoggedRequest[] {
  return log.entries.filter(({ method }) => method !== 'GET');
}

test('one GET reads the cluster with its pools from the wire', async (context) => {
  const { aks, log } = await connectToSmallArm(context);

  const { cluster, nodePools } = valueOf(await aks.readCluster(resourceId));

  assert.deepEqual([cluster.name, cluster.kubernetesVersion, cluster.eTag], ['shop-prod', '1.34.2', 'cluster-1']);
  assert.deepEqual(nodePools.map(({ name, eTag }) => [name, eTag]), [['apps', 'pool-1']]);
  assert.equal(log.entries.length, 1);
  assert.equal(log.entries[0]?.query['api-version'], '2026-06-01');
  assert.equal(log.entries[0]?.requestHeaders['authorization'], 'Bearer [redacted]');
});

test('the upgrade profile is read although its agentPoolProfiles is null, previews left out', async (context) => {
  const { aks } = await connectToSmallArm(context);

  const profile = valueOf(await aks.readUpgradeProfile(resourceId));
  const offers = valueOf(await aks.readNodePoolOffers(resourceId, 'apps'));

  assert.deepEqual(profile.controlPlaneUpgrades, ['1.35.0', '1.35.1']);
  assert.equal(offers.latestNodeImageVersion, 'AKSUbuntu-2204gen2containerd-202602.01.0');
});

test('a control plane upgrade is one PUT with If-Match that changes only the version', async (context) => {
  const { aks, log } = await connectToSmallArm(context);

  valueOf(await aks.startControlPlaneUpgrade({ resourceId, kubernetesVersion: '1.35.1', eTag: 'cluster-1' }));
  await delay(50);

  assert.deepEqual(log.entries.map(({ method }) => method), ['GET', 'PUT']);
  const put = writesOf(log)[0];
  assert.equal(put?.requestHeaders['if-match'], 'cluster-1');
  assert.deepEqual(put?.requestBody, {
    location: 'westeurope',
    tags: { 'cost.center': '42' },
    sku: { name: 'Base', tier: 'Standard' },
    identity: { type: 'SystemAssigned' },
    properties: {
      kubernetesVersion: '1.35.1',
      dnsPrefix: 'shop',
      agentPoolProfiles: [
        {
          name: 'apps',
          count: 3,
          vmSize: 'Standard_D4s_v5',
          osDiskSizeGB: 128,
          osDiskType: 'Managed',
          maxPods: 110,
          type: 'VirtualMachineScaleSets',
          availabilityZones: ['1', '2', '3'],
          enableAutoScaling: false,
          scaleDownMode: 'Delete',
          powerState: { code: 'Running' },
          orchestratorVersion: '1.34.2',
          enableNodePublicIP: false,
          nodeLabels: { 'example.com/team': 'shop' },
          mode: 'User',
          osType: 'Linux',
          osSKU: 'Ubuntu',
          upgradeSettings: { maxSurge: '10%', drainTimeoutInMinutes: 30 },
          enableFIPS: false,
        },
      ],
      addonProfiles: { azurepolicy: { enabled: true, config: null } },
      nodeResourceGroup: 'MC_shop',
      enableRBAC: true,
      aadProfile: { managed: true, enableAzureRBAC: true },
      supportPlan: 'KubernetesOfficial',
      networkProfile: {
        networkPlugin: 'azure',
        loadBalancerSku: 'standard',
        loadBalancerProfile: { managedOutboundIPs: { count: 1 } },
      },
      identityProfile: { kubeletidentity: { resourceId: 'r', clientId: 'c', objectId: 'o' } },
      autoUpgradeProfile: { upgradeChannel: 'none', nodeOSUpgradeChannel: 'NodeImage' },
      oidcIssuerProfile: { enabled: true },
    },
  });
});

test('a pool upgrade is one PUT: version and settings changed, node image and read-only fields left out', async (context) => {
  const { aks, log } = await connectToSmallArm(context);

  const request = { resourceId, pool: 'apps', kubernetesVersion: '1.35.1', settings, eTag: 'pool-1' };
  valueOf(await aks.startPoolVersionUpgrade(request));
  await delay(50);

  const [put, ...more] = writesOf(log);
  assert.deepEqual(more, []);
  assert.deepEqual(log.entries.map(({ method }) => method), ['GET', 'GET', 'PUT']);
  assert.equal(put?.requestHeaders['if-match'], 'pool-1');
  assert.deepEqual(put?.requestBody, {
    properties: {
      count: 3,
      vmSize: 'Standard_D4s_v5',
      osDiskSizeGB: 128,
      osDiskType: 'Managed',
      maxPods: 110,
      type: 'VirtualMachineScaleSets',
      availabilityZones: ['1', '2', '3'],
      enableAutoScaling: false,
      scaleDownMode: 'Delete',
      powerState: { code: 'Running' },
      orchestratorVersion: '1.35.1',
      enableNodePublicIP: false,
      nodeLabels: { 'example.com/team': 'shop' },
      mode: 'User',
      osType: 'Linux',
      osSKU: 'Ubuntu',
      upgradeSettings: {
        maxSurge: '33%',
        drainTimeoutInMinutes: 45,
        nodeSoakDurationInMinutes: 0,
        undrainableNodeBehavior: 'Cordon',
      },
      enableFIPS: false,
    },
  });
});

test('a rollback is one PUT with If-Match that changes version and image alone', async (context) => {
  const { aks, log } = await connectToSmallArm(context);
  const [used] = valueOf(await aks.readRecentlyUsedVersions(resourceId, 'apps'));
  assert.deepEqual(used, { kubernetesVersion: '1.33.5', nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202512.01.0', usedAt: Date.parse('2026-11-05T21:00:00Z') });

  valueOf(await aks.rollBackNodePool({ resourceId, pool: 'apps', kubernetesVersion: '1.33.5', nodeImageVersion: used?.nodeImageVersion ?? '', eTag: 'pool-1' }));
  const moved = failureOf(await aks.rollBackNodePool({ resourceId, pool: 'apps', kubernetesVersion: '1.33.5', nodeImageVersion: 'x', eTag: 'pool-0' }));

  const [put, ...more] = writesOf(log);
  assert.deepEqual(more, []);
  assert.equal(put?.requestHeaders['if-match'], 'pool-1');
  const body = JSON.stringify(put?.requestBody);
  assert.match(body, /"orchestratorVersion":"1.33.5"/);
  assert.match(body, /"nodeImageVersion":"AKSUbuntu-2204gen2containerd-202512.01.0"/);
  assert.match(body, /"upgradeSettings":\{"maxSurge":"10%","drainTimeoutInMinutes":30\}/);
  assert.deepEqual([moved.code, moved.class], ['moved', 'conflict']);
});

test('while a forced upgrade is armed no pool is taken back', async (context) => {
  const armed = { overrideSettings: { forceUpgrade: true, until: '2026-11-07T21:00:01Z' } };
  const { aks, log } = await connectToSmallArm(context, { cluster: clusterDocument({ upgradeSettings: armed }) });
  const refused = failureOf(await aks.rollBackNodePool({ resourceId, pool: 'apps', kubernetesVersion: '1.33.5', nodeImageVersion: 'x', eTag: 'pool-1' }));
  assert.equal(refused.code, 'force-override-active');
  assert.deepEqual(writesOf(log), []);
});

test('a change of settings keeps the version, and a setting that is null stays as it is', async (context) => {
  const pool = poolDocument({ upgradeSettings: { maxSurge: '1', maxUnavailable: '2' } });
  const { aks, log } = await connectToSmallArm(context, { pool });

  valueOf(await aks.changeUpgradeSettings({ resourceId, pool: 'apps', settings, eTag: 'pool-1' }));

  const body = JSON.stringify(writesOf(log)[0]?.requestBody);
  assert.match(body, /"orchestratorVersion":"1.34.2"/);
  assert.match(body, /"maxSurge":"33%","maxUnavailable":"2"/);
  assert.doesNotMatch(body, /nodeImageVersion/);
});

test('a node image upgrade and an abort are one POST each, and nothing polls', async (context) => {
  const { aks, log } = await connectToSmallArm(context);

  valueOf(await aks.startNodeImageUpgrade({ resourceId, pool: 'apps' }));
  valueOf(await aks.abortLatestOperation({ resourceId, pool: 'apps' }));
  valueOf(await aks.abortLatestOperation({ resourceId, pool: null }));
  await delay(50);

  assert.deepEqual(
    writesOf(log).map(({ method, path }) => `${method} ${path.slice(resourceId.length)}`),
    ['POST /agentPools/apps/upgradeNodeImageVersion', 'POST /agentPools/apps/abort', 'POST /abort'],
  );
  assert.equal(log.entries.filter(({ path }) => path.includes('/operations/')).length, 0);
});

test('a field our API version does not know is named and nothing is sent', async (context) => {
  const pool = poolDocument({ upgradeSettings: { maxSurge: '1', maxBlockedNodes: '2' }, upgradeStrategy: 'BlueGreen' });
  const cluster = clusterDocument({ futureProfile: { enabled: true } });
  const { aks, log } = await connectToSmallArm(context, { pool, cluster });

  const request = { resourceId, pool: 'apps', kubernetesVersion: '1.35.1', settings, eTag: 'pool-1' };
  const poolFailure = failureOf(await aks.startPoolVersionUpgrade(request));
  const clusterFailure = failureOf(
    await aks.startControlPlaneUpgrade({ resourceId, kubernetesVersion: '1.35.1', eTag: 'cluster-1' }),
  );

  assert.deepEqual([poolFailure.code, poolFailure.class], ['unknown-field', 'terminal']);
  assert.match(poolFailure.message, /properties\.upgradeSettings\.maxBlockedNodes/);
  assert.match(poolFailure.message, /properties\.upgradeStrategy/);
  assert.match(clusterFailure.message, /properties\.futureProfile\.enabled/);
  assert.deepEqual(writesOf(log), []);
});

test('while a forced upgrade is armed nothing starts; an expired one does not hold', async (context) => {
  const armed = { overrideSettings: { forceUpgrade: true, until: '2026-11-07T21:00:01Z' } };
  const expired = { overrideSettings: { forceUpgrade: true, until: '2026-11-07T21:00:00Z' } };
  const refusing = await connectToSmallArm(context, { cluster: clusterDocument({ upgradeSettings: armed }) });
  const passing = await connectToSmallArm(context, { cluster: clusterDocument({ upgradeSettings: expired }) });
  const request = { resourceId, pool: 'apps', kubernetesVersion: '1.35.1', settings: null, eTag: 'pool-1' };
  const controlPlane = { resourceId, kubernetesVersion: '1.35.1', eTag: 'cluster-1' };

  const codes = [
    failureOf(await refusing.aks.startControlPlaneUpgrade(controlPlane)).code,
    failureOf(await refusing.aks.startPoolVersionUpgrade(request)).code,
    failureOf(await refusing.aks.startNodeImageUpgrade({ resourceId, pool: 'apps' })).code,
  ];
  valueOf(await passing.aks.startControlPlaneUpgrade(controlPlane));

  assert.deepEqual(new Set(codes), new Set(['force-override-active']));
  assert.deepEqual(writesOf(refusing.log), []);
  assert.equal(writesOf(passing.log).length, 1);
});

test('a resource that moved since it was read is not written; one that moves meanwhile is refused by the service', async (context) => {
  const { aks, faults, log } = await connectToSmallArm(context);
  const request = { resourceId, pool: 'apps', kubernetesVersion: '1.35.1', settings: null };

  const before = failureOf(await aks.startPoolVersionUpgrade({ ...request, eTag: 'pool-0' }));
  const response = { status: 412, headers: {}, body: { code: 'PreConditionFailed', message: 'eTag' } };
  faults.add({ method: 'PUT', path: null, times: 1, mishap: { kind: 'answer', moment: 'before', response } });
  const meanwhile = failureOf(await aks.startPoolVersionUpgrade({ ...request, eTag: 'pool-1' }));

  assert.deepEqual([before.code, before.class], ['moved', 'conflict']);
  assert.deepEqual([meanwhile.code, meanwhile.class], ['PreConditionFailed', 'conflict']);
  assert.equal(writesOf(log).length, 1);
});

test('throttling, a bad gateway and a conflict are values, never repeated inside the SDK', async (context) => {
  const { aks, faults, log } = await connectToSmallArm(context);
  const answers = [
    { status: 429, headers: { 'retry-after': '37' }, body: { error: { code: 'Throttled', message: 'slow down' } } },
    { status: 502, headers: {}, body: '<html>Bad Gateway</html>' },
    { status: 503, headers: { 'retry-after': '2' }, body: { code: 'ServiceUnavailable', message: '' } },
    { status: 409, headers: {}, body: { code: 'OperationNotAllowed', message: 'Another operation (Upgrading) is in progress' } },
  ];

  const seen = [];
  for (const response of answers) {
    faults.add({ method: 'PUT', path: null, times: 1, mishap: { kind: 'answer', moment: 'before', response } });
    const failure = failureOf(
      await aks.startPoolVersionUpgrade({ resourceId, pool: 'apps', kubernetesVersion: '1.35.1', settings: null, eTag: 'pool-1' }),
    );
    seen.push([failure.code, failure.class, failure.retryAfterSeconds]);
  }

  assert.deepEqual(seen, [
    ['Throttled', 'transient', 37],
    ['http-502', 'transient', null],
    ['ServiceUnavailable', 'transient', 2],
    ['OperationNotAllowed', 'conflict', null],
  ]);
  assert.equal(writesOf(log).length, answers.length);
});

test('a connection cut before or after the write, and silence, are transient and sent once', async (context) => {
  const { aks, faults, log } = await connectToSmallArm(context, { timeLimitMs: 300 });
  const mishaps = [
    { kind: 'cut', moment: 'before' },
    { kind: 'cut', moment: 'after' },
    { kind: 'delay', milliseconds: 600 },
  ] as const;

  const seen = [];
  for (const mishap of mishaps) {
    faults.add({ method: 'POST', path: null, times: 1, mishap });
    const failure = failureOf(await aks.abortLatestOperation({ resourceId, pool: 'apps' }));
    seen.push([failure.code, failure.class]);
  }
  await delay(350);

  assert.deepEqual(seen, [
    ['no-connection', 'transient'],
    ['no-connection', 'transient'],
    ['time-limit', 'transient'],
  ]);
  assert.equal(writesOf(log).length, mishaps.length);
});

test('an answer of success that is no JSON or lacks what a rule needs is unreadable, not success', async (context) => {
  const { aks, faults } = await connectToSmallArm(context, { pool: { id: 'x', name: 'apps', properties: {} } });
  faults.add({
    method: 'GET',
    path: /shop-prod$/,
    times: 1,
    mishap: { kind: 'answer', moment: 'before', response: { status: 200, headers: {}, body: '<html>' } },
  });

  const cluster = failureOf(await aks.readCluster(resourceId));
  const pool = failureOf(await aks.readNodePool(resourceId, 'apps'));

  assert.deepEqual([cluster.class, pool.class], ['unreadable', 'unreadable']);
  assert.match(pool.message, /orchestratorVersion/);
});

test('an id that is no cluster is refused before anything is sent', async (context) => {
  const { aks, log } = await connectToSmallArm(context);

  const failure = failureOf(await aks.readCluster('/subscriptions/x/resourceGroups/y'));

  assert.deepEqual([failure.code, failure.class], ['invalid-resource-id', 'terminal']);
  assert.equal(log.entries.length, 0);
});

test('a token never goes over http to another machine', () => {
  const options = { clock: { now: () => 0 }, credential: { getToken: () => Promise.resolve(null) } };

  assert.throws(
    () => createAksPort({ ...options, endpoint: 'http://10.0.0.4:80', allowInsecureConnection: 'loopback-only' }),
    /not safe/,
  );
  assert.throws(
    () => createAksPort({ ...options, endpoint: 'http://127.0.0.1:80', allowInsecureConnection: 'never' }),
    /not safe/,
  );
  assert.throws(() => createLocalCredential('t', ['https://management.azure.com']), /loopback only/);
});

test('a redirect is followed by no call, so a write leaves once', async (context) => {
  const { aks, server, faults, log } = await connectToSmallArm(context);
  for (const method of ['GET', 'PUT']) {
    const response = { status: 307, headers: { location: `${server.url}/elsewhere` }, body: {} };
    faults.add({ method, path: null, times: 1, mishap: { kind: 'answer', moment: 'before', response } });
  }

  const read = failureOf(await aks.readCluster(resourceId));
  const write = failureOf(await aks.startControlPlaneUpgrade({ resourceId, kubernetesVersion: '1.35.1', eTag: 'cluster-1' }));

  assert.deepEqual([read.class, write.class], ['unreadable', 'unreadable']);
  assert.deepEqual(log.entries.map(({ method, status }) => [method, status]), [['GET', 307], ['GET', 200], ['PUT', 307]]);
});
