import type {
  AdmissionWebhook,
  Cluster,
  ClusterSnapshot,
  DisruptionBudget,
  Namespace,
  Node,
  NodePool,
  Pod,
  UpgradeSettings,
  Workload,
} from '../../domain/cluster-snapshot.ts';
import type { AzureFacts } from '../../domain/azure-facts.ts';
import type { MaintenancePolicy, WindowOpening } from '../../domain/maintenance-policy.ts';
import { parseInstant } from '../../domain/local-time.ts';
import { anywhere } from '../../domain/pod-scheduling.ts';
import { noWorkloadFacts } from '../../domain/workload-facts.ts';

export const resourceId = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';
export const oldImage = 'AKSUbuntu-2204gen2containerd-202610.06.0';
export const newImage = 'AKSUbuntu-2204gen2containerd-202611.17.0';

/** A moment from its text; 0 would hide a misspelt one. */
export function at(text: string): number {
  const moment = parseInstant(text);
  if (moment === null) throw new Error(`${text} is no moment`);
  return moment;
}

export const opening: WindowOpening = {
  opens: at('2026-11-21T21:00Z'),
  closes: at('2026-11-22T03:00Z'),
  restriction: 'none',
  reason: '',
};

export function samplePolicy(change: Partial<MaintenancePolicy> = {}): MaintenancePolicy {
  const none = { maxSurge: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null };
  return {
    name: 'shop',
    source: 'policies/shop.yaml',
    clusterResourceId: resourceId,
    target: { kubernetesVersion: null, nodeImage: 'latest' },
    window: {
      timeZone: 'Europe/Paris',
      startTime: '22:00',
      durationHours: 6,
      schedule: { kind: 'weekly', intervalWeeks: 1, dayOfWeek: 'Saturday' },
      startDate: null,
      notAllowedDates: [],
    },
    nodePools: { order: [], upgradeSettings: none, overrides: {}, surgeFallback: 'withhold' },
    onFinding: { action: 'withhold' },
    onBlocked: { graceMinutes: 10, action: 'pause' },
    onQuarantined: { continueUpToNodes: 0, action: 'pause' },
    verify: null,
    onWindowEnd: 'finishInFlight',
    approvals: { required: 0, teams: [] },
    report: { repository: null, labels: [], onCall: null },
    debts: { nodeCostPerDay: null, owners: {} },
    ...change,
  };
}

export function sampleCluster(change: Partial<Cluster> = {}): Cluster {
  return {
    resourceId,
    name: 'shop',
    location: 'westeurope',
    provisioningState: 'Succeeded',
    powerState: 'Running',
    kubernetesVersion: '1.35.5',
    currentKubernetesVersion: '1.35.5',
    autoUpgradeChannel: 'none',
    nodeOsUpgradeChannel: 'None',
    forceUpgradeUntil: null,
    nodeResourceGroup: 'mc_shop',
    tier: 'Standard',
    eTag: 'e1',
    provisioningError: null,
    ...change,
  };
}

export const settings: UpgradeSettings = {
  maxSurge: '33%',
  maxUnavailable: '0',
  drainTimeoutInMinutes: 30,
  nodeSoakDurationInMinutes: 0,
  undrainableNodeBehavior: 'Schedule',
};

export function samplePool(name: string, change: Partial<NodePool> = {}): NodePool {
  return {
    name,
    mode: name === 'sys' ? 'System' : 'User',
    nodeCount: 3,
    enableAutoScaling: false,
    minCount: null,
    maxCount: null,
    scaleSetPriority: 'Regular',
    powerState: 'Running',
    provisioningState: 'Succeeded',
    orchestratorVersion: '1.35.5',
    currentOrchestratorVersion: '1.35.5',
    nodeImageVersion: oldImage,
    latestNodeImageVersion: newImage,
    offeredVersions: null,
    upgradeSettings: settings,
    osType: 'Linux',
    osSku: 'Ubuntu',
    vmSize: 'Standard_D4s_v5',
    maxPods: 30,
    availabilityZones: [],
    nodeTaints: [],
    nodeLabels: {},
    maxBlockedNodes: null,
    eTag: 'p1',
    provisioningError: null,
    ...change,
  };
}

export function sampleNode(name: string, change: Partial<Node> = {}): Node {
  return {
    name,
    nodePool: name.split('-')[0] ?? '',
    createdAt: 0,
    isReady: true,
    readyChangedAt: null,
    isCordoned: false,
    cordonedAt: null,
    isQuarantined: false,
    kubeletVersion: '1.35.5',
    imageVersion: oldImage,
    zone: null,
    labels: {},
    annotations: {},
    taints: [],
    allocatable: { cpuMillicores: 4_000, memoryBytes: 16 * 2 ** 30, pods: 30 },
    ...change,
  };
}

/** `shop/web-1` with label `app: web`, Running and Ready, controlled by the workload with uid `web` unless told otherwise. */
export function samplePod(fullName: string, change: Partial<Pod> = {}): Pod {
  const [namespace = '', name = ''] = fullName.split('/');
  const app = name.replace(/-\d+$/, '');
  return {
    namespace,
    name,
    uid: `uid-${name}`,
    nodeName: 'usr-1',
    labels: { app },
    annotations: {},
    phase: 'Running',
    isReady: true,
    createdAt: 0,
    deletionTimestamp: null,
    graceSeconds: 30,
    owner: { kind: 'Deployment', name: app, uid: app },
    isMirror: false,
    hasEmptyDir: false,
    finalizers: [],
    requests: { cpuMillicores: 100, memoryBytes: 2 ** 20 },
    waitingReason: null,
    restartCount: 0,
    volumeClaims: [],
    startSeconds: null,
    scheduling: anywhere,
    ...change,
  };
}

/** Budget over the pods of app `name` in the namespace. */
export function sampleBudget(
  fullName: string,
  change: Partial<Omit<DisruptionBudget, 'status'>> & { readonly status?: Partial<DisruptionBudget['status']> } = {},
): DisruptionBudget {
  const [namespace = '', name = ''] = fullName.split('/');
  const { status, ...spec } = change;
  return {
    namespace,
    name,
    generation: 1,
    labels: {},
    annotations: {},
    selector: { matchLabels: { app: name }, matchExpressions: [] },
    minAvailable: null,
    maxUnavailable: null,
    unhealthyPodEvictionPolicy: null,
    ...spec,
    status: {
      observedGeneration: 1,
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
      expectedPods: 3,
      disruptedPods: {},
      syncFailedMessage: null,
      ...status,
    },
  };
}

export function sampleWorkload(fullName: string, replicas: number | null, change: Partial<Workload> = {}): Workload {
  const [namespace = '', name = ''] = fullName.split('/');
  return { kind: 'Deployment', namespace, name, uid: name, replicas, labels: {}, annotations: {}, owner: null, ...change };
}

export function sampleNamespace(name: string, change: Partial<Namespace> = {}): Namespace {
  return { name, isTerminating: false, labels: {}, annotations: {}, ...change };
}

export function sampleWebhook(change: Partial<AdmissionWebhook> = {}): AdmissionWebhook {
  return {
    kind: 'validating',
    configuration: 'evict',
    name: 'evict.example.com',
    failurePolicy: 'Fail',
    resources: ['/pods/eviction'],
    operations: ['CREATE'],
    service: 'guard/evict',
    namespaceSelector: { matchLabels: {}, matchExpressions: [] },
    isUnconditional: true,
    ...change,
  };
}

const sampleSubnet = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes';

/** Everything was read and there is room for everything: an overlay in a /16, all pools in one subnet. */
export function sampleFacts(change: Partial<AzureFacts> = {}, pools: readonly string[] = ['sys', 'usr', 'old', 'gpu', 'big']): AzureFacts {
  const place = { nodeSubnetId: sampleSubnet, podSubnetId: null, podAllocation: 'dynamic' } as const;
  return {
    quota: [
      { name: 'cores', used: 100, limit: 10_000 },
      { name: 'standardDSv5Family', used: 100, limit: 10_000 },
    ],
    network: { podAddresses: 'overlay', podCidr: '10.244.0.0/16', poolSubnets: Object.fromEntries(pools.map((pool) => [pool, place])), outbound: null },
    subnets: [{ id: sampleSubnet, used: 6, limit: 65_531 }],
    locks: [],
    maintenanceConfigurations: null,
    deprecatedApiUses: [],
    credential: { kind: 'managed-identity', expiresAt: null },
    recentWrites: [],
    poolsWithoutNodeImage: [],
    fleet: null,
    whyUnread: { maintenanceConfigurations: 'not asked' },
    ...change,
  };
}

/** Cluster `shop` with pools `sys` (3 nodes) and `usr` (nodes `usr-1` to `usr-3`), without pods. */
export function sampleSnapshot(change: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  const nodes = ['sys-1', 'sys-2', 'sys-3', 'usr-1', 'usr-2', 'usr-3'].map((name) => sampleNode(name));
  return {
    takenAt: at('2026-11-21T20:00Z'),
    cluster: sampleCluster(),
    nodePools: [samplePool('sys'), samplePool('usr')],
    upgradeProfile: { controlPlaneUpgrades: ['1.35.6', '1.36.2'] },
    azureFacts: sampleFacts(),
    nodes,
    pods: [],
    disruptionBudgets: [],
    workloads: [],
    namespaces: [sampleNamespace('shop')],
    admissionWebhooks: [],
    workloadFacts: noWorkloadFacts,
    openDebts: [],
    unchecked: [],
    ...change,
  };
}
