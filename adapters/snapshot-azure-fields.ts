import { isRecord, parseJson, textAt } from '../domain/json.ts';
import { keepFields } from './kept-fields.ts';
import type { KeptFields } from './kept-fields.ts';

const provisioningError: KeptFields = { provisioningError: { code: 'all', message: 'all' } };
const poolProperties: KeptFields = {
  count: 'all', vmSize: 'all', osDiskSizeGB: 'all', osDiskType: 'all', maxPods: 'all', type: 'all', enableAutoScaling: 'all', minCount: 'all', maxCount: 'all', scaleDownMode: 'all',
  powerState: 'all', provisioningState: 'all', orchestratorVersion: 'all', currentOrchestratorVersion: 'all', nodeImageVersion: 'all', mode: 'all', osType: 'all', osSKU: 'all',
  upgradeSettings: 'all', upgradeStrategy: 'all', availabilityZones: 'all', nodeTaints: 'all', nodeLabels: 'all', scaleSetPriority: 'all', scaleSetEvictionPolicy: 'all', spotMaxPrice: 'all',
  vnetSubnetID: 'all', podSubnetID: 'all', podIPAllocationMode: 'all', enableNodePublicIP: 'all', eTag: 'all', status: provisioningError, virtualMachineNodesStatus: 'all', recentlyUsedVersions: 'all',
};
const pool: KeptFields = { id: 'all', name: 'all', type: 'all', properties: poolProperties };

/**
 * What a snapshot holds of each document of ARM. Left out are tags, add-on settings, proxies, keys of the nodes and whatever nobody has looked at: none of
 * them is judged, and people keep secrets in the first three.
 */
export const azureFields = {
  cluster: {
    id: 'all', name: 'all', type: 'all', location: 'all', sku: 'all', kind: 'all', eTag: 'all', identity: { type: 'all' },
    properties: {
      provisioningState: 'all', powerState: 'all', kubernetesVersion: 'all', currentKubernetesVersion: 'all', nodeResourceGroup: 'all', supportPlan: 'all', maxAgentPools: 'all', eTag: 'all',
      dnsPrefix: 'all', enableRBAC: 'all', aadProfile: { managed: 'all', enableAzureRBAC: 'all' }, apiServerAccessProfile: { enablePrivateCluster: 'all', authorizedIPRanges: 'all' }, disableLocalAccounts: 'all', autoUpgradeProfile: 'all', upgradeSettings: 'all', networkProfile: 'all', servicePrincipalProfile: { clientId: 'all' }, status: provisioningError,
      agentPoolProfiles: { name: 'all', ...poolProperties },
    },
  },
  pool,
  upgradeProfile: { id: 'all', name: 'all', type: 'all', properties: 'all' },
  usage: { id: 'all', name: 'all', unit: 'all', currentValue: 'all', limit: 'all' },
  lock: { id: 'all', name: 'all', type: 'all', properties: { level: 'all' } },
  maintenanceConfiguration: { id: 'all', name: 'all', type: 'all', properties: 'all' },
} as const satisfies Readonly<Record<string, KeptFields>>;

/** An event of the activity log: who, what, when and how it ended; of an error its code alone. */
export function keepEventFields(event: unknown): unknown {
  const message = parseJson(textAt(event, 'properties', 'statusMessage') ?? '');
  const code = textAt(message, 'error', 'code') ?? textAt(message, 'code');
  const kept = keepFields(event, { caller: 'all', correlationId: 'all', eventTimestamp: 'all', operationId: 'all', operationName: { value: 'all' }, resourceId: 'all', status: { value: 'all' }, subStatus: { value: 'all' } });
  return code === null || !isRecord(kept) ? kept : { ...kept, properties: { statusMessage: JSON.stringify({ error: { code } }) } };
}
