import { textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { AksError, AksState, OperationRecord, PoolState } from './aks-state.ts';
import { armTime } from './timestamp.ts';
import { isOlderVersion } from './aks-versions.ts';

/** The body of a GET of the cluster. */
export function renderCluster(state: AksState): JsonRecord {
  return {
    ...state.envelope,
    type: 'Microsoft.ContainerService/ManagedClusters',
    eTag: state.eTag,
    properties: {
      ...state.properties,
      provisioningState: state.provisioningState,
      kubernetesVersion: state.kubernetesVersion,
      currentKubernetesVersion: state.currentKubernetesVersion,
      agentPoolProfiles: [...state.pools.values()].map((pool) => ({ name: pool.name, ...renderPoolProperties(pool) })),
      ...renderStatus(state.error),
    },
  };
}

/** The body of a GET of a pool. */
export function renderPool(state: AksState, pool: PoolState): JsonRecord {
  return {
    // AKS answers with `resourcegroups` in lower case, whatever was asked.
    id: `/subscriptions/${state.subscriptionId}/resourcegroups/${state.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${state.name}/agentPools/${pool.name}`,
    name: pool.name,
    type: 'Microsoft.ContainerService/managedClusters/agentPools',
    properties: renderPoolProperties(pool),
  };
}

/** The cluster's upgrade profile; real AKS sends null for `agentPoolProfiles`. */
export function renderClusterProfile(state: AksState): JsonRecord {
  const upgrades = state.offeredVersions.map(({ version, isPreview }) => ({ kubernetesVersion: version, ...(isPreview ? { isPreview } : {}) }));
  return {
    id: `${state.resourceId}/upgradeprofiles/default`,
    name: 'default',
    type: 'Microsoft.ContainerService/managedClusters/upgradeprofiles',
    properties: {
      controlPlaneProfile: { kubernetesVersion: state.currentKubernetesVersion, osType: 'Linux', ...(upgrades.length === 0 ? {} : { upgrades }) },
      agentPoolProfiles: null,
    },
  };
}

/** A pool's upgrade profile. */
export function renderPoolProfile(state: AksState, pool: PoolState): JsonRecord {
  const offers = [...new Set([...pool.offeredVersions, state.servedVersion])].filter(
    (version) => isOlderVersion(pool.orchestratorVersion, version) && !isOlderVersion(state.servedVersion, version),
  );
  return {
    id: `${state.resourceId}/agentPools/${pool.name}/upgradeProfiles/default`,
    name: 'default',
    type: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles',
    properties: {
      kubernetesVersion: pool.orchestratorVersion,
      osType: textAt(pool.properties, 'osType') ?? 'Linux',
      ...(offers.length === 0 ? {} : { upgrades: offers.map((kubernetesVersion) => ({ kubernetesVersion })) }),
      ...(pool.latestNodeImageVersion === '' ? {} : { latestNodeImageVersion: pool.latestNodeImageVersion }),
      ...(pool.recentlyUsed.length === 0
        ? {}
        : { recentlyUsedVersions: pool.recentlyUsed.map(({ at, ...version }) => ({ ...version, timestamp: armTime(at) })) }),
    },
  };
}

/** The body of an operation's status URL. AKS shows the id there in .NET's byte order. */
export function renderOperation(operation: OperationRecord): JsonRecord {
  return {
    name: swapGuidBytes(operation.id),
    status: operation.status,
    startTime: armTime(operation.startedAt),
    ...(operation.endedAt === null ? {} : { endTime: armTime(operation.endedAt) }),
    ...(operation.error === null ? {} : { error: operation.error }),
  };
}

function renderPoolProperties(pool: PoolState): JsonRecord {
  return {
    ...pool.properties,
    eTag: pool.eTag,
    provisioningState: pool.provisioningState,
    orchestratorVersion: pool.orchestratorVersion,
    currentOrchestratorVersion: pool.currentOrchestratorVersion,
    nodeImageVersion: pool.nodeImageVersion,
    upgradeSettings: pool.upgradeSettings,
    ...renderStatus(pool.error),
  };
}

function renderStatus(error: AksError | null): JsonRecord {
  return error === null ? {} : { status: { provisioningError: { code: error.code, message: error.message } } };
}

function swapGuidBytes(id: string): string {
  const [first = '', second = '', third = '', ...rest] = id.split('-');
  const swap = (part: string): string => (part.match(/../g) ?? []).toReversed().join('');
  return [swap(first), swap(second), swap(third), ...rest].join('-');
}
