import type { TestContext } from 'node:test';
import { createAksPort } from '../../adapters/aks-client.ts';
import { createLocalCredential } from '../../adapters/credential.ts';
import { isRecord, recordAt } from '../../domain/json.ts';
import { serveArm } from '../../local/arm-server.ts';
import { createFaultList } from '../../local/faults.ts';
import { createRequestLog } from '../../local/request-log.ts';
import type { Simulated, WireRequest, WireResponse } from '../../sim/wire.ts';

export const resourceId =
  '/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod';

/** A pool in the shape of a real GET, read-only fields included. */
export function poolDocument(changed: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: `${resourceId.replace('resourceGroups', 'resourcegroups')}/agentPools/apps`,
    name: 'apps',
    type: 'Microsoft.ContainerService/managedClusters/agentPools',
    properties: { ...poolProperties, ...changed },
  };
}

const poolProperties = {
  eTag: 'pool-1',
  count: 3,
  vmSize: 'Standard_D4s_v5',
  osDiskSizeGB: 128,
  osDiskType: 'Managed',
  maxPods: 110,
  type: 'VirtualMachineScaleSets',
  availabilityZones: ['1', '2', '3'],
  enableAutoScaling: false,
  scaleDownMode: 'Delete',
  provisioningState: 'Succeeded',
  powerState: { code: 'Running' },
  orchestratorVersion: '1.34.2',
  currentOrchestratorVersion: '1.34.2',
  enableNodePublicIP: false,
  nodeLabels: { 'example.com/team': 'shop' },
  mode: 'User',
  osType: 'Linux',
  osSKU: 'Ubuntu',
  nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202601.05.0',
  upgradeSettings: { maxSurge: '10%', drainTimeoutInMinutes: 30 },
  enableFIPS: false,
  status: { provisioningError: null },
};

/** A cluster in the shape of a real GET. */
export function clusterDocument(changed: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: resourceId,
    name: 'shop-prod',
    type: 'Microsoft.ContainerService/ManagedClusters',
    location: 'westeurope',
    eTag: 'cluster-1',
    tags: { 'cost.center': '42' },
    sku: { name: 'Base', tier: 'Standard' },
    identity: { type: 'SystemAssigned', principalId: 'p', tenantId: 't' },
    systemData: { createdAt: '2026-01-05T00:00:00Z' },
    properties: {
      provisioningState: 'Succeeded',
      powerState: { code: 'Running' },
      kubernetesVersion: '1.34.2',
      currentKubernetesVersion: '1.34.2',
      dnsPrefix: 'shop',
      fqdn: 'shop.hcp.westeurope.azmk8s.io',
      agentPoolProfiles: [{ name: 'apps', ...poolProperties }],
      servicePrincipalProfile: { clientId: 'msi' },
      addonProfiles: { azurepolicy: { enabled: true, config: null, identity: { clientId: 'c' } } },
      nodeResourceGroup: 'MC_shop',
      enableRBAC: true,
      aadProfile: { managed: true, enableAzureRBAC: true },
      supportPlan: 'KubernetesOfficial',
      networkProfile: {
        networkPlugin: 'azure',
        loadBalancerSku: 'standard',
        loadBalancerProfile: { managedOutboundIPs: { count: 1 }, effectiveOutboundIPs: [{ id: 'ip' }] },
      },
      maxAgentPools: 100,
      identityProfile: { kubeletidentity: { resourceId: 'r', clientId: 'c', objectId: 'o' } },
      autoUpgradeProfile: { upgradeChannel: 'none', nodeOSUpgradeChannel: 'NodeImage' },
      oidcIssuerProfile: { enabled: true, issuerURL: 'https://oidc.example.com/' },
      ...changed,
    },
  };
}

/** Serves these two documents as ARM does, with `If-Match` and operation headers; writes are answered, not applied. */
export function createSmallArm(cluster: unknown, pool: unknown): Simulated {
  return {
    apply: (now, request) => ({ response: answer(cluster, pool, now, request), changes: [] }),
    advance: () => [],
    nextAt: () => null,
  };
}

function answer(cluster: unknown, pool: unknown, now: number, request: WireRequest): WireResponse {
  const path = request.path.toLowerCase();
  if (path.endsWith('/upgradeprofiles/default')) return upgradeProfile(path.includes('/agentpools/'));
  if (request.method === 'GET') return { status: 200, headers: {}, body: path.includes('/agentpools/') ? pool : cluster };
  const document = path.includes('/agentpools/') ? pool : cluster;
  const eTag = eTagOf(document);
  if (request.method === 'PUT' && request.headers['if-match'] !== eTag) {
    return { status: 412, headers: {}, body: { code: 'PreConditionFailed', message: 'The eTag does not match.' } };
  }
  const operation = `/subscriptions/s/providers/Microsoft.ContainerService/locations/westeurope/operations/${now}`;
  if (request.method === 'PUT') return { status: 201, headers: { 'azure-asyncoperation': operation }, body: document };
  return { status: 202, headers: { 'azure-asyncoperation': operation, location: operation }, body: document };
}

function eTagOf(document: unknown): unknown {
  if (!isRecord(document)) return null;
  return document['eTag'] ?? recordAt(document, 'properties')['eTag'];
}

function upgradeProfile(isPool: boolean): WireResponse {
  const properties = isPool
    ? { kubernetesVersion: '1.34.2', osType: 'Linux', latestNodeImageVersion: 'AKSUbuntu-2204gen2containerd-202602.01.0', recentlyUsedVersions: [{ orchestratorVersion: '1.33.5', nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202512.01.0', timestamp: '2026-11-05T21:00:00Z' }] }
    : {
        controlPlaneProfile: {
          kubernetesVersion: '1.34.2',
          osType: 'Linux',
          upgrades: [{ kubernetesVersion: '1.35.1' }, { kubernetesVersion: '1.35.0' }, { kubernetesVersion: '1.36.0', isPreview: true }],
        },
        agentPoolProfiles: null,
      };
  return { status: 200, headers: {}, body: { id: 'profile', name: 'default', properties } };
}

/** The real adapter on the real SDK against a local ARM server. */
export async function connectToSmallArm(
  context: TestContext,
  documents: { cluster?: unknown; pool?: unknown; simulated?: Simulated; timeLimitMs?: number } = {},
) {
  const faults = createFaultList();
  const log = createRequestLog(null);
  const server = await serveArm({
    simulated: documents.simulated ?? createSmallArm(documents.cluster ?? clusterDocument(), documents.pool ?? poolDocument()),
    now: () => Date.parse('2026-11-07T21:00:00Z'),
    journal: null,
    onChanges: () => undefined,
    faults,
    log,
    kubernetesUrl: null,
  });
  context.after(() => server.close());
  const aks = createAksPort({
    credential: createLocalCredential('local', [server.url]),
    endpoint: server.url,
    allowInsecureConnection: 'loopback-only',
    timeLimitMs: documents.timeLimitMs ?? 5_000,
    clock: { now: () => Date.parse('2026-11-07T21:00:00Z') },
  });
  return { aks, server, faults, log };
}
