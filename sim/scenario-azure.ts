import { numberAt, recordAt, recordsAt, textAt, textsAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { scenarioSubnetId } from './scenario-usage.ts';
import { nodeNamesOf } from './scenario.ts';
import type { Scenario, ScenarioPool } from './scenario.ts';

const nobody = '00000000-0000-0000-0000-000000000000';

/** The ARM id of a scenario's cluster. */
export function scenarioResourceId({ cluster }: Pick<Scenario, 'cluster'>): string {
  const name = textAt(cluster, 'name') ?? '';
  return `/subscriptions/${nobody}/resourceGroups/${name}-rg/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

/** The node image as nodes and ARM name it, from the date a scenario gives. */
export function imageVersionOf(pool: ScenarioPool, date: string): string {
  const sku = textAt(pool.words, 'osSku') ?? 'Ubuntu2204';
  if (sku.startsWith('Windows')) return `AKSWindows-${sku.slice('Windows'.length)}-${date}`;
  const release = /(\d{2})(\d{2})$/.exec(sku);
  return release === null ? `AKS${sku}-gen2-${date}` : `AKSUbuntu-${release[1]}${release[2]}gen2containerd-${date}`;
}

/** Newest image per pool; empty where AKS names none. */
export function latestImagesOf(scenario: Scenario): Readonly<Record<string, string>> {
  return Object.fromEntries(scenario.pools.map((pool) => [pool.name, pool.imageLatest === null ? '' : imageVersionOf(pool, pool.imageLatest)]));
}

/** The documents ARM gives of a scenario's cluster, in the shape of the API. */
export function azureDocuments(scenario: Scenario): {
  readonly cluster: JsonRecord;
  readonly nodePools: readonly JsonRecord[];
  readonly upgrades: JsonRecord;
  readonly nodePoolUpgrades: readonly JsonRecord[];
  readonly maintenanceConfigurations: readonly JsonRecord[];
  readonly activityLog: readonly JsonRecord[];
  readonly deprecatedApis: null;
} {
  const id = scenarioResourceId(scenario);
  const nodePools = scenario.pools.map((pool) => poolDocument(scenario, pool));
  return {
    cluster: clusterDocument(scenario, nodePools),
    nodePools,
    upgrades: {
      id: `${id}/upgradeprofiles/default`,
      name: 'default',
      type: 'Microsoft.ContainerService/managedClusters/upgradeprofiles',
      properties: {
        controlPlaneProfile: {
          kubernetesVersion: textAt(scenario.cluster, 'k8s'),
          osType: 'Linux',
          upgrades: textsAt(scenario.cluster, 'availableControlPlaneUpgrades').map((kubernetesVersion) => ({ kubernetesVersion })),
        },
        agentPoolProfiles: null,
      },
    },
    nodePoolUpgrades: scenario.pools.map((pool) => ({
      id: `${id}/agentPools/${pool.name}/upgradeProfiles/default`,
      name: 'default',
      type: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles',
      properties: {
        kubernetesVersion: pool.kubernetesVersion,
        osType: textAt(pool.words, 'osType') ?? 'Linux',
        upgrades: textsAt(pool.words, 'availableUpgrades').map((kubernetesVersion) => ({ kubernetesVersion })),
        latestNodeImageVersion: latestImagesOf(scenario)[pool.name],
      },
    })),
    activityLog: lastFailureOf(scenario),
    deprecatedApis: null,
    maintenanceConfigurations: recordsAt(scenario.cluster, 'aksMaintenanceConfigs').map((configuration) => configurationDocument(id, configuration)),
  };
}

function clusterDocument(scenario: Scenario, nodePools: readonly JsonRecord[]): JsonRecord {
  const { cluster } = scenario;
  const name = textAt(cluster, 'name') ?? '';
  const region = textAt(cluster, 'region') ?? 'westeurope';
  const forceUntil = textAt(cluster, 'forceUpgradeUntil');
  const version = textAt(cluster, 'k8s');
  return {
    id: scenarioResourceId(scenario),
    location: region,
    name,
    type: 'Microsoft.ContainerService/ManagedClusters',
    sku: { name: 'Base', tier: textAt(cluster, 'tier') ?? 'Standard' },
    identity: textAt(cluster, 'identity', 'type') === 'servicePrincipal' ? { type: 'None' } : { type: 'SystemAssigned', principalId: nobody, tenantId: nobody },
    properties: {
      provisioningState: textAt(cluster, 'provisioningState') ?? 'Succeeded',
      powerState: { code: textAt(cluster, 'powerState') ?? 'Running' },
      kubernetesVersion: version,
      currentKubernetesVersion: version,
      dnsPrefix: name,
      fqdn: `${name}-00000000.hcp.${region}.azmk8s.io`,
      aadProfile: { managed: true },
      disableLocalAccounts: true,
      agentPoolProfiles: nodePools.map((pool) => ({ name: pool['name'], ...recordAt(pool, 'properties') })),
      // A scenario names the node resource group only where a lock sits on it, as AKS would: `MC_…`.
      nodeResourceGroup: recordsAt(cluster, 'locks').flatMap((lock) => textAt(lock, 'scope') ?? []).find((scope) => scope.startsWith('MC_')) ?? `MC_${name}`,
      networkProfile: networkOf(cluster),
      servicePrincipalProfile: { clientId: textAt(cluster, 'identity', 'type') === 'servicePrincipal' ? nobody : 'msi' },
      autoUpgradeProfile: { upgradeChannel: textAt(cluster, 'autoUpgradeChannel') ?? 'none', nodeOSUpgradeChannel: textAt(cluster, 'nodeOSUpgradeChannel') ?? 'None' },
      ...(forceUntil === null ? {} : { upgradeSettings: { overrideSettings: { forceUpgrade: true, until: forceUntil } } }),
      ...errorOf(cluster),
    },
  };
}

/** The failure a scenario dates (`UpgradeFailed 2026-09-28`), as the activity log tells it. */
function lastFailureOf({ cluster }: Scenario): readonly JsonRecord[] {
  const [, code, day] = /^(\S+) (\d{4}-\d{2}-\d{2})$/.exec(textAt(cluster, 'lastError') ?? '') ?? [];
  if (code === undefined || day === undefined) return [];
  return [
    {
      caller: 'someone before this run',
      correlationId: `failed-${day}`,
      eventTimestamp: `${day}T00:00:00Z`,
      operationName: { value: 'Microsoft.ContainerService/managedClusters/write' },
      resourceId: scenarioResourceId({ cluster }),
      status: { value: 'Failed' },
      subStatus: { value: '' },
      properties: { statusMessage: JSON.stringify({ error: { code, message: code } }) },
    },
  ];
}

function networkOf(cluster: JsonRecord): JsonRecord {
  const plugin = textAt(cluster, 'networkPlugin') ?? 'azure-overlay';
  const type = textAt(cluster, 'outbound', 'type') ?? 'loadBalancer';
  const ports = numberAt(cluster, 'outbound', 'allocatedOutboundPorts');
  const ips = numberAt(cluster, 'outbound', 'ips');
  return {
    networkPlugin: plugin.startsWith('azure') ? 'azure' : plugin,
    ...(plugin === 'azure-overlay' ? { networkPluginMode: 'overlay' } : {}),
    outboundType: type,
    loadBalancerSku: 'standard',
    ...(ports === null ? {} : { loadBalancerProfile: { allocatedOutboundPorts: ports, ...(ips === null ? {} : { managedOutboundIPs: { count: ips } }) } }),
  };
}

function errorOf(cluster: JsonRecord): JsonRecord {
  const [code = '', ...rest] = (textAt(cluster, 'lastError') ?? '').split(' ');
  return code === '' ? {} : { status: { provisioningError: { code, message: [code, ...rest].join(' ') } } };
}

function poolDocument(scenario: Scenario, pool: ScenarioPool): JsonRecord {
  const { words } = pool;
  const autoscale = recordAt(words, 'autoscale');
  const isAutoscaled = numberAt(autoscale, 'max') !== null;
  const zones = textsAt(words, 'zones');
  const { key, value, effect } = ADD_ON_TAINT;
  const taints = [...textsAt(words, 'taints'), ...(isForAddOns(scenario, pool) ? [`${key}=${value}:${effect}`] : [])];
  const isSpot = textAt(words, 'priority') === 'Spot';
  const subnet = scenarioSubnetId(scenario);
  return {
    id: `${scenarioResourceId(scenario)}/agentPools/${pool.name}`,
    name: pool.name,
    type: 'Microsoft.ContainerService/managedClusters/agentPools',
    properties: {
      count: pool.count,
      vmSize: textAt(words, 'vmSize') ?? 'Standard_D4s_v5',
      osDiskType: textAt(words, 'osDisk') === 'ephemeral' ? 'Ephemeral' : 'Managed',
      maxPods: numberAt(words, 'maxPods') ?? 30,
      ...(subnet === null ? {} : { vnetSubnetID: subnet }),
      type: 'VirtualMachineScaleSets',
      ...(zones.length === 0 ? {} : { availabilityZones: zones }),
      ...(taints.length === 0 ? {} : { nodeTaints: taints }),
      ...(isSpot ? { scaleSetPriority: 'Spot', scaleSetEvictionPolicy: 'Delete' } : {}),
      mode: pool.mode,
      osType: textAt(words, 'osType') ?? 'Linux',
      osSKU: textAt(words, 'osSku') ?? 'Ubuntu2204',
      powerState: { code: textAt(words, 'powerState') ?? 'Running' },
      provisioningState: textAt(words, 'provisioningState') ?? 'Succeeded',
      orchestratorVersion: pool.kubernetesVersion,
      currentOrchestratorVersion: pool.kubernetesVersion,
      nodeImageVersion: imageVersionOf(pool, pool.image),
      upgradeSettings: settingsOf(words),
      enableAutoScaling: isAutoscaled,
      ...(isAutoscaled ? { minCount: numberAt(autoscale, 'min'), maxCount: numberAt(autoscale, 'max') } : {}),
    },
  };
}

function settingsOf(words: JsonRecord): JsonRecord {
  const settings = {
    maxSurge: textAt(words, 'maxSurge'),
    maxUnavailable: textAt(words, 'maxUnavailable'),
    drainTimeoutInMinutes: numberAt(words, 'drainTimeoutMin'),
    nodeSoakDurationInMinutes: numberAt(words, 'soakMin'),
    undrainableNodeBehavior: textAt(words, 'undrainable'),
    maxBlockedNodes: textAt(words, 'maxBlocked'),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function configurationDocument(id: string, words: JsonRecord): JsonRecord {
  const name = textAt(words, 'name') ?? 'default';
  return {
    id: `${id}/maintenanceConfigurations/${name}`,
    name,
    type: 'Microsoft.ContainerService/managedClusters/maintenanceConfigurations',
    properties: {
      maintenanceWindow: {
        schedule: { weekly: { dayOfWeek: textAt(words, 'day') ?? 'Saturday', intervalWeeks: 1 } },
        durationHours: numberAt(words, 'durationHours') ?? 4,
        utcOffset: textAt(words, 'utcOffset') ?? '+00:00',
        startTime: textAt(words, 'start') ?? '00:00',
      },
    },
  };
}

/** Taint that keeps a system pool for add-ons. */
export const ADD_ON_TAINT = { key: 'CriticalAddonsOnly', value: 'true', effect: 'NoSchedule' } as const;

/** Whether a pool takes add-ons only, as AKS advises for system pools; a cluster without another pool cannot afford it. */
export function isForAddOns({ pools }: Pick<Scenario, 'pools'>, pool: ScenarioPool): boolean {
  return pool.mode === 'System' && pools.some(({ mode }) => mode === 'User');
}

/** Nodes a pool has now; a stopped pool has none. */
export function nodesThere(pool: ScenarioPool): readonly string[] {
  return textAt(pool.words, 'powerState') === 'Stopped' ? [] : nodeNamesOf(pool);
}
