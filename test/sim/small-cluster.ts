import { recordAt, without } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { Instant } from '../../domain/time.ts';
import { createClusterWorld } from '../../sim/cluster-world.ts';
import type { ClusterWorld, ClusterWorldOptions } from '../../sim/cluster-world.ts';
import type { Simulated, WireResponse, WorldChange } from '../../sim/wire.ts';

const startsAt: Instant = 1_795_302_000_000; // 2026-11-21T21:00:00Z
export const clusterId =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop-rg/providers/Microsoft.ContainerService/managedClusters/shop-aks';
const oldImage = 'AKSUbuntu-2204gen2containerd-202610.06.0';
export const newImage = 'AKSUbuntu-2204gen2containerd-202611.15.0';

export const at = (minutes: number): Instant => startsAt + minutes * MINUTE_MS;

interface SmallCluster {
  /** Nodes of the user pool. */
  readonly nodeCount?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly pool?: Readonly<Record<string, unknown>>;
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** Replicas of Deployment `shop/cart`, spread over the nodes in turn. */
  readonly replicas?: number;
  /** `spec` of the budget over `shop/cart` beside its selector; null: none. */
  readonly budget?: Readonly<Record<string, unknown>> | null;
  readonly items?: readonly unknown[];
  readonly podSpec?: Readonly<Record<string, unknown>>;
}

export const nodeName = (index: number): string => `aks-usr-12345678-vmss${index.toString(36).padStart(6, '0')}`;

export function smallWorld(small: SmallCluster = {}, options: Partial<ClusterWorldOptions> = {}): ClusterWorld {
  return createClusterWorld({
    documents: {
      cluster: clusterBody(small),
      nodePools: null,
      upgrades: { properties: { controlPlaneProfile: { kubernetesVersion: '1.34.2', upgrades: [{ kubernetesVersion: '1.34.4' }, { kubernetesVersion: '1.35.1' }, { kubernetesVersion: '1.36.0' }] } } },
      kubernetesItems: [...nodes(small), ...workload(small), ...(small.items ?? [])],
    },
    seed: 7,
    startsAt,
    physics: { jitterRatio: 0 },
    latestNodeImages: { usr: newImage, sys: newImage },
    ...options,
  });
}

function clusterBody(small: SmallCluster): unknown {
  const shared = {
    vmSize: 'Standard_D4s_v5', osType: 'Linux', osSKU: 'Ubuntu', type: 'VirtualMachineScaleSets', provisioningState: 'Succeeded', powerState: { code: 'Running' },
    orchestratorVersion: '1.34.2', currentOrchestratorVersion: '1.34.2', nodeImageVersion: oldImage, maxPods: 110, availabilityZones: ['1', '2', '3'],
  };
  return {
    id: clusterId,
    name: 'shop-aks',
    location: 'westeurope',
    type: 'Microsoft.ContainerService/ManagedClusters',
    sku: { name: 'Base', tier: 'Standard' },
    properties: {
      provisioningState: 'Succeeded',
      powerState: { code: 'Running' },
      kubernetesVersion: '1.34.2',
      currentKubernetesVersion: '1.34.2',
      nodeResourceGroup: 'MC_shop-rg_shop-aks_westeurope',
      agentPoolProfiles: [
        { ...shared, name: 'usr', mode: 'User', count: small.nodeCount ?? 3, upgradeSettings: { maxSurge: '1', ...small.settings }, ...small.pool },
        { ...shared, name: 'sys', mode: 'System', count: 0, upgradeSettings: {} },
      ],
      autoUpgradeProfile: { upgradeChannel: 'none', nodeOSUpgradeChannel: 'None' },
      ...small.cluster,
    },
  };
}

function nodes(small: SmallCluster): readonly unknown[] {
  return Array.from({ length: small.nodeCount ?? 3 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName(index),
      uid: `node-${index}`,
      resourceVersion: String(10 + index),
      creationTimestamp: '2026-10-01T00:00:00Z',
      labels: {
        'kubernetes.azure.com/agentpool': 'usr',
        'kubernetes.azure.com/node-image-version': oldImage,
        'kubernetes.io/hostname': nodeName(index),
        'topology.kubernetes.io/zone': `westeurope-${(index % 3) + 1}`,
        'team.example/handmade': 'yes',
      },
    },
    spec: { providerID: `azure:///vm/${index}` },
    status: {
      allocatable: { cpu: '3860m', memory: '12Gi', pods: '110' },
      capacity: { cpu: '4', memory: '16Gi', pods: '110' },
      addresses: [{ type: 'InternalIP', address: `10.224.0.${index + 4}` }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: '2026-10-01T00:00:00Z', lastTransitionTime: '2026-10-01T00:00:00Z' }],
      nodeInfo: {
        kubeletVersion: 'v1.34.2', bootID: `boot-${index}`, machineID: 'm', systemUUID: 's', kernelVersion: '5.15', osImage: 'Ubuntu 22.04', operatingSystem: 'linux',
        architecture: 'amd64', containerRuntimeVersion: 'containerd://1.7', kubeProxyVersion: '',
      },
    },
  }));
}

const owner = (apiVersion: string, kind: string, name: string, uid: string): readonly unknown[] => [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }];

export function pod(name: string, node: number | null, more: { readonly spec?: object; readonly labels?: object; readonly owners?: readonly unknown[]; readonly namespace?: string } = {}): unknown {
  const since = '2026-10-01T00:00:00Z';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: more.namespace ?? 'shop', uid: `pod-${name}`, resourceVersion: '50', creationTimestamp: since, labels: more.labels ?? { app: 'cart' }, ...(more.owners === undefined ? {} : { ownerReferences: more.owners }) },
    spec: { containers: [{ name: 'main', image: 'cart:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }], terminationGracePeriodSeconds: 30, ...(node === null ? {} : { nodeName: nodeName(node) }), ...more.spec },
    status: {
      phase: 'Running',
      qosClass: 'Burstable',
      startTime: since,
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: since }, { type: 'Ready', status: 'True', lastTransitionTime: since }],
      containerStatuses: [{ name: 'main', image: 'cart:1', imageID: '', ready: true, restartCount: 0, started: true, state: { running: { startedAt: since } }, lastState: {} }],
    },
  };
}

function workload(small: SmallCluster): readonly unknown[] {
  const replicas = small.replicas ?? 3;
  const nodeCount = small.nodeCount ?? 3;
  const template = { metadata: { labels: { app: 'cart' } }, spec: { containers: [{ name: 'main', image: 'cart:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }], terminationGracePeriodSeconds: 30, ...small.podSpec } };
  const meta = (name: string, uid: string, owners?: readonly unknown[]): object => ({ name, namespace: 'shop', uid, resourceVersion: '40', generation: 1, creationTimestamp: '2026-10-01T00:00:00Z', labels: { app: 'cart' }, ...(owners === undefined ? {} : { ownerReferences: owners }) });
  const selector = { matchLabels: { app: 'cart' } };
  const healthy = { observedGeneration: 1, replicas, readyReplicas: replicas, availableReplicas: replicas };
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta('cart', 'deployment-cart'), spec: { replicas, selector, template }, status: healthy },
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: meta('cart-5d', 'replicaset-cart', owner('apps/v1', 'Deployment', 'cart', 'deployment-cart')), spec: { replicas, selector, template }, status: healthy },
    ...Array.from({ length: replicas }, (_, index) => pod(`cart-5d-${index}`, index % nodeCount, { owners: owner('apps/v1', 'ReplicaSet', 'cart-5d', 'replicaset-cart'), ...(small.podSpec === undefined ? {} : { spec: small.podSpec }) })),
    ...(small.budget === undefined || small.budget === null ? [] : [budget('cart', { selector, ...small.budget }, { expectedPods: replicas, currentHealthy: replicas, ...budgetNumbers(small.budget, replicas) })]),
  ];
}

function budgetNumbers(spec: Readonly<Record<string, unknown>>, replicas: number): { desiredHealthy: number; disruptionsAllowed: number } {
  const desiredHealthy = typeof spec['minAvailable'] === 'number' ? spec['minAvailable'] : replicas - Number(spec['maxUnavailable'] ?? 0);
  return { desiredHealthy, disruptionsAllowed: Math.max(0, replicas - desiredHealthy) };
}

export function budget(name: string, spec: object, status: object): unknown {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: 'shop', uid: `budget-${name}`, resourceVersion: '60', generation: 1, creationTimestamp: '2026-10-01T00:00:00Z' },
    spec,
    status: { observedGeneration: 1, ...status, conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '', lastTransitionTime: '2026-10-01T00:00:00Z' }] },
  };
}

/** Sends one request and lets the caller see the answer alone. */
export function send(face: Simulated, minutes: number, method: string, path: string, body: unknown = null, headers: Readonly<Record<string, string>> = {}): WireResponse {
  const [bare = '', text = ''] = path.split('?');
  const query = { 'api-version': '2026-06-01', ...Object.fromEntries(new URLSearchParams(text)) };
  return face.apply(at(minutes), { method, path: bare, query, headers, body }).response;
}

export const poolPath = `${clusterId}/agentPools/usr`;

/** The pool as read, with other properties, sent back as a PUT with `If-Match`. */
export function putPool(world: ClusterWorld, minutes: number, change: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}): WireResponse {
  const read = send(world.arm, minutes, 'GET', poolPath).body;
  const kept = without(recordAt(read, 'properties'), 'nodeImageVersion');
  return send(world.arm, minutes, 'PUT', poolPath, { properties: { ...kept, ...change } }, headers);
}

export const startImageUpgrade = (world: ClusterWorld, minutes = 0): WireResponse => send(world.arm, minutes, 'POST', `${poolPath}/upgradeNodeImageVersion`);

export const poolState = (world: ClusterWorld): string => world.inspect().find((one) => one.pool === 'usr')?.provisioningState ?? '';

export const kinds = (changes: readonly WorldChange[]): readonly string[] => changes.map((change) => change.kind);

/** Node facts in one line each, for whole comparisons. */
export function describeNodes(world: ClusterWorld): readonly string[] {
  return (world.inspect().find((one) => one.pool === 'usr')?.nodes ?? []).map((node) =>
    [node.name.slice(-2), node.imageVersion === newImage ? 'new' : 'old', node.isCordoned ? 'cordoned' : '', node.isQuarantined ? 'quarantined' : '', node.isSurge ? 'surge' : ''].filter((word) => word !== '').join(' '),
  );
}
