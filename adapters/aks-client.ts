import type { AgentPool, ManagedCluster } from '@azure/arm-containerservice';
import type { TokenCredential } from '@azure/identity';
import type { AksPort, Clock } from '../activities/ports.ts';
import { readCluster, readNodePool, readNodePoolOffers, readNodePools, readRecentlyUsedVersions, readUpgradeProfile } from '../domain/azure-resource.ts';
import type { Cluster, NodePool, NodePoolOffers, RecentlyUsedVersion, UpgradeSettings } from '../domain/cluster-snapshot.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import type { Fault, Result } from '../domain/result.ts';
import { unreadableAnswer } from './arm-failure.ts';
import { callArm, createArmConnector } from './arm-pipeline.ts';
import type { ArmConnection, CaptureOptions, OpenArmClient, WriteGuard } from './arm-pipeline.ts';
import { parseClusterId } from './arm-resource-id.ts';
import type { ClusterId } from './arm-resource-id.ts';
import type { WriteAllowance } from './arm-write-guard.ts';

interface AksPortOptions extends ArmConnection {
  /** Tells whether a forced upgrade is still armed. */
  readonly clock: Clock;
  /** Who writes, where that is another identity than the one that reads. */
  readonly writeCredential?: TokenCredential;
}

/**
 * AKS through `@azure/arm-containerservice`.
 *
 * Reads take the JSON of the wire. A write is made from a fresh GET, changes only the field it is named for, is held
 * against what was read, leaves at most once, and is never followed: the operation is observed by later reads.
 * Errors: as ARM gives them (class by `classifyArmAnswer`), and `moved` (conflict), `unknown-field`, `unwanted-change`,
 * `force-override-active`, `invalid-resource-id` (terminal), `unreadable-answer`.
 */
export function createAksPort(options: AksPortOptions): AksPort {
  const { writeCredential = options.credential } = options;
  const openForWrites = createArmConnector({ ...options, credential: writeCredential });
  const arm: Arm = { connection: options, clock: options.clock, open: createArmConnector(options), openForWrites };
  return {
    readCluster: (resourceId) => withCluster(resourceId, (id) => readClusterWithPools(arm, id)),
    readNodePool: (resourceId, pool) => withCluster(resourceId, (id) => readPool(arm, id, pool)),
    readUpgradeProfile: (resourceId) => withCluster(resourceId, (id) => readOffers(arm, id)),
    readNodePoolOffers: (resourceId, pool) => withCluster(resourceId, (id) => readPoolOffers(arm, id, pool)),
    startControlPlaneUpgrade: (request) => withCluster(request.resourceId, (id) => writeCluster(arm, id, request)),
    changeUpgradeSettings: (request) =>
      withCluster(request.resourceId, (id) => writePool(arm, id, { ...request, kubernetesVersion: null })),
    startPoolVersionUpgrade: (request) => withCluster(request.resourceId, (id) => writePool(arm, id, request)),
    readRecentlyUsedVersions: (resourceId, pool) => withCluster(resourceId, (id) => readUsed(arm, id, pool)),
    rollBackNodePool: (request) => withCluster(request.resourceId, (id) => writePool(arm, id, { ...request, settings: null })),
    startNodeImageUpgrade: (request) => withCluster(request.resourceId, (id) => upgradeImage(arm, id, request.pool)),
    abortLatestOperation: (request) => withCluster(request.resourceId, (id) => abort(arm, id, request.pool)),
  };
}

/** What every call needs. */
interface Arm {
  readonly connection: ArmConnection;
  readonly clock: Clock;
  readonly open: OpenArmClient;
  readonly openForWrites: OpenArmClient;
}

async function withCluster<T>(resourceId: string, run: (id: ClusterId) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const id = parseClusterId(resourceId);
  return id.ok ? run(id.value) : id;
}

/** A GET through the SDK: the body as it came. */
async function read(
  arm: Arm,
  id: ClusterId,
  call: (client: Awaited<ReturnType<OpenArmClient>>, options: CaptureOptions) => Promise<unknown>,
): Promise<Outcome<unknown>> {
  const client = await arm.open(id.subscriptionId, null);
  const answer = await callArm(arm.connection, (options) => call(client, options));
  return answer.ok ? { ok: true, value: answer.value.body } : answer;
}

/** Turns a domain reader's faults into one failure. */
function understand<T>(what: string, result: Result<T, Fault>): Outcome<T> {
  if (result.ok) return result;
  return { ok: false, failure: unreadableAnswer(what, result.faults.map(({ message }) => message).join(' ')) };
}

function readClusterBody(arm: Arm, id: ClusterId): Promise<Outcome<unknown>> {
  return read(arm, id, (client, options) => client.managedClusters.get(id.resourceGroup, id.cluster, options));
}

function readPoolBody(arm: Arm, id: ClusterId, pool: string): Promise<Outcome<unknown>> {
  return read(arm, id, (client, options) => client.agentPools.get(id.resourceGroup, id.cluster, pool, options));
}

async function readClusterWithPools(
  arm: Arm,
  id: ClusterId,
): Promise<Outcome<{ readonly cluster: Cluster; readonly nodePools: readonly NodePool[] }>> {
  const body = await readClusterBody(arm, id);
  if (!body.ok) return body;
  const cluster = understand(`Cluster ${id.cluster}`, readCluster(body.value));
  if (!cluster.ok) return cluster;
  const nodePools = understand(`The node pools of ${id.cluster}`, readNodePools(null, body.value));
  return nodePools.ok ? { ok: true, value: { cluster: cluster.value, nodePools: nodePools.value } } : nodePools;
}

async function readPool(arm: Arm, id: ClusterId, pool: string): Promise<Outcome<NodePool>> {
  const body = await readPoolBody(arm, id, pool);
  return body.ok ? understand(`Node pool ${pool}`, readNodePool(body.value)) : body;
}

async function readOffers(arm: Arm, id: ClusterId) {
  const body = await read(arm, id, (client, options) =>
    client.managedClusters.getUpgradeProfile(id.resourceGroup, id.cluster, options),
  );
  return body.ok ? understand('The upgrade profile', readUpgradeProfile(body.value)) : body;
}

function readPoolProfile(arm: Arm, id: ClusterId, pool: string): Promise<Outcome<unknown>> {
  return read(arm, id, (client, options) => client.agentPools.getUpgradeProfile(id.resourceGroup, id.cluster, pool, options));
}

async function readUsed(arm: Arm, id: ClusterId, pool: string): Promise<Outcome<readonly RecentlyUsedVersion[]>> {
  const body = await readPoolProfile(arm, id, pool);
  return body.ok ? understand(`The upgrade profile of node pool ${pool}`, readRecentlyUsedVersions(body.value)) : body;
}

async function readPoolOffers(arm: Arm, id: ClusterId, pool: string): Promise<Outcome<NodePoolOffers>> {
  const body = await readPoolProfile(arm, id, pool);
  return body.ok ? understand(`The upgrade profile of node pool ${pool}`, readNodePoolOffers(body.value)) : body;
}

/**
 * AKS's own command line nulls `servicePrincipalProfile`, whose secret no GET returns; a `nodeImageVersion` in a body is
 * a rollback request since API 2026-04-01, and `creationData` pins a pool to its snapshot's version.
 */
const clusterAllowance: WriteAllowance = {
  changed: ['properties.kubernetesVersion'],
  dropped: ['properties.servicePrincipalProfile', 'properties.agentPoolProfiles.*.nodeImageVersion'],
};
const settingsAllowance: WriteAllowance = {
  // Named one by one: a setting of a preview API beside them must not vanish unseen.
  changed: [
    'properties.upgradeSettings.maxSurge', 'properties.upgradeSettings.maxUnavailable',
    'properties.upgradeSettings.drainTimeoutInMinutes', 'properties.upgradeSettings.nodeSoakDurationInMinutes',
    'properties.upgradeSettings.undrainableNodeBehavior',
  ],
  dropped: ['properties.nodeImageVersion'],
};
const versionAllowance: WriteAllowance = {
  changed: ['properties.orchestratorVersion'],
  dropped: ['properties.nodeImageVersion', 'properties.creationData'],
};
/** The image is the request: nothing else may carry it. */
const rollbackAllowance: WriteAllowance = {
  changed: ['properties.orchestratorVersion', 'properties.nodeImageVersion'],
  dropped: ['properties.creationData'],
};
const versionAndSettingsAllowance: WriteAllowance = {
  changed: [...versionAllowance.changed, ...settingsAllowance.changed],
  dropped: versionAllowance.dropped,
};

async function writeCluster(
  arm: Arm,
  id: ClusterId,
  request: { readonly kubernetesVersion: string; readonly eTag: string },
): Promise<Outcome<null>> {
  const models: ManagedCluster[] = [];
  const body = await read(arm, id, async (client, options) => {
    models.push(await client.managedClusters.get(id.resourceGroup, id.cluster, options));
  });
  if (!body.ok) return body;
  const cluster = understand(`Cluster ${id.cluster}`, readCluster(body.value));
  if (!cluster.ok) return cluster;
  const model = models[0];
  const refusal = refuseMoved(cluster.value.eTag, request.eTag) ?? refuseForced(cluster.value, arm.clock);
  if (refusal !== null) return { ok: false, failure: refusal };
  if (model === undefined) return { ok: false, failure: unreadableAnswer(`Cluster ${id.cluster}`, 'the SDK could not read it') };
  const { servicePrincipalProfile: _secret, status: _readOnly, agentPoolProfiles, ...kept } = model;
  const sent: ManagedCluster = {
    ...kept,
    kubernetesVersion: request.kubernetesVersion,
    ...(agentPoolProfiles === undefined
      ? {}
      : { agentPoolProfiles: agentPoolProfiles.map(({ nodeImageVersion: _rollback, status: _state, ...pool }) => pool) }),
  };
  const guard: WriteGuard = { read: body.value, allowance: clusterAllowance };
  return write(arm, id, guard, (client, options) =>
    client.managedClusters.createOrUpdate(id.resourceGroup, id.cluster, sent, { ...options, ifMatch: request.eTag }),
  );
}

interface PoolWrite {
  readonly pool: string;
  readonly eTag: string;
  readonly kubernetesVersion: string | null;
  readonly settings: UpgradeSettings | null;
  /** Of a rollback only. */
  readonly nodeImageVersion?: string;
}

async function writePool(arm: Arm, id: ClusterId, request: PoolWrite): Promise<Outcome<null>> {
  const { pool, eTag, kubernetesVersion } = request;
  if (kubernetesVersion !== null) {
    const armed = await refuseWhileForced(arm, id);
    if (armed !== null) return { ok: false, failure: armed };
  }
  const models: AgentPool[] = [];
  const body = await read(arm, id, async (client, options) => {
    models.push(await client.agentPools.get(id.resourceGroup, id.cluster, pool, options));
  });
  if (!body.ok) return body;
  const current = understand(`Node pool ${pool}`, readNodePool(body.value));
  if (!current.ok) return current;
  const moved = refuseMoved(current.value.eTag, eTag);
  if (moved !== null) return { ok: false, failure: moved };
  const model = models[0];
  if (model === undefined) return { ok: false, failure: unreadableAnswer(`Node pool ${pool}`, 'the SDK could not read it') };
  const sent = changePool(model, request);
  return write(arm, id, { read: body.value, allowance: allowanceOf(request) }, (client, options) =>
    client.agentPools.createOrUpdate(id.resourceGroup, id.cluster, pool, sent, { ...options, ifMatch: eTag }),
  );
}

function allowanceOf({ kubernetesVersion, settings, nodeImageVersion }: PoolWrite): WriteAllowance {
  if (nodeImageVersion !== undefined) return rollbackAllowance;
  if (kubernetesVersion === null) return settingsAllowance;
  return settings === null ? versionAllowance : versionAndSettingsAllowance;
}

/** The pool as read, with the wanted change; a setting that is null stays as it is. */
function changePool(model: AgentPool, { kubernetesVersion, settings, nodeImageVersion }: PoolWrite): AgentPool {
  const { nodeImageVersion: _rollback, status: _readOnly, creationData, ...kept } = model;
  const wanted = settings === null ? [] : Object.entries(settings).filter(([, value]) => value !== null);
  return {
    ...kept,
    ...(kubernetesVersion === null
      ? creationData === undefined
        ? {}
        : { creationData }
      : { orchestratorVersion: kubernetesVersion }),
    ...(nodeImageVersion === undefined ? {} : { nodeImageVersion }),
    ...(settings === null ? {} : { upgradeSettings: { ...model.upgradeSettings, ...Object.fromEntries(wanted) } }),
  };
}

async function upgradeImage(arm: Arm, id: ClusterId, pool: string): Promise<Outcome<null>> {
  const armed = await refuseWhileForced(arm, id);
  if (armed !== null) return { ok: false, failure: armed };
  return write(arm, id, null, (client, options) =>
    client.agentPools.upgradeNodeImageVersion(id.resourceGroup, id.cluster, pool, options),
  );
}

async function abort(arm: Arm, id: ClusterId, pool: string | null): Promise<Outcome<null>> {
  return write(arm, id, null, (client, options) =>
    pool === null
      ? client.managedClusters.abortLatestOperation(id.resourceGroup, id.cluster, options)
      : client.agentPools.abortLatestOperation(id.resourceGroup, id.cluster, pool, options),
  );
}

/** Sends the first request of a long-running operation and nothing else. */
async function write(
  arm: Arm,
  id: ClusterId,
  guard: WriteGuard | null,
  start: (client: Awaited<ReturnType<OpenArmClient>>, options: CaptureOptions) => { submitted(): Promise<void> },
): Promise<Outcome<null>> {
  const client = await arm.openForWrites(id.subscriptionId, guard);
  // A poller polls as soon as it is awaited or returned from an async function; `submitted` waits for the first answer only.
  const answer = await callArm(arm.connection, (options) => start(client, options).submitted());
  return answer.ok ? { ok: true, value: null } : answer;
}

function refuseMoved(current: string | null, expected: string): Failure | null {
  if (current === expected) return null;
  return {
    code: 'moved',
    class: 'conflict',
    message: `Nothing was sent: the resource changed since it was read (eTag ${current ?? 'none'}, expected ${expected}).`,
    remedy: 'It is read again.',
    retryAfterSeconds: null,
  };
}

async function refuseWhileForced(arm: Arm, id: ClusterId): Promise<Failure | null> {
  const body = await readClusterBody(arm, id);
  if (!body.ok) return body.failure;
  const cluster = understand(`Cluster ${id.cluster}`, readCluster(body.value));
  return cluster.ok ? refuseForced(cluster.value, arm.clock) : cluster.failure;
}

/** `until` is compared with an upgrade's start only, and lasts for everybody's upgrades until then. */
function refuseForced({ forceUpgradeUntil }: Cluster, clock: Clock): Failure | null {
  if (forceUpgradeUntil === null || forceUpgradeUntil <= clock.now()) return null;
  return {
    code: 'force-override-active',
    class: 'terminal',
    message: 'Nothing was sent: a forced upgrade is armed on the cluster, which would bypass every disruption budget.',
    remedy: 'Take it off: az aks update --disable-force-upgrade, then resume.',
    retryAfterSeconds: null,
  };
}
