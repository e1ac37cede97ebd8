import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, recordAt, recordsAt } from '../domain/json.ts';
import { createPrng } from '../sim/prng.ts';
import type { Prng } from '../sim/prng.ts';

/** How large a generated cluster is. There are three Deployments for each budget. */
export interface LargeCluster {
  readonly podCount: number;
  readonly budgetCount: number;
  readonly seed: number;
  readonly detail: PodDetail;
  /** `large`: 1 000 nodes, as many as AKS takes · `with-room`: 500, so that surge nodes fit beside them. Default `large`. */
  readonly pools?: 'large' | 'with-room';
}

/** `lean`: what a rule can read, about 0.9 KB a pod · `as-listed`: what an API server lists for a pod of one container, about 3 KB. */
type PodDetail = 'lean' | 'as-listed';

interface Making {
  readonly detail: PodDetail;
  readonly random: Prng;
}

const PODS_PER_NODE = 30;
const NODES_PER_POOL = { large: 1_000, 'with-room': 500 } as const;
const NAMESPACE_COUNT = 200;
/** Deployments for each budget: two of three have none, as in clusters people run. */
const DEPLOYMENTS_PER_BUDGET = 3;
const OBJECTS_PER_FILE = 5_000;
const BORN = '2026-11-01T08:00:00Z';
const image = 'AKSUbuntu-2204gen2containerd-202610.06.0';

/**
 * Writes a snapshot folder of a cluster that does not exist: the same seed gives the same bytes.
 *
 * Files hold 5 000 objects. An existing folder is replaced.
 */
export function writeLargeSnapshot(folder: string, { podCount, budgetCount, seed, detail, pools = 'large' }: LargeCluster): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'kubernetes'), { recursive: true });
  const random = createPrng(seed);
  const nodeNames = nodeNamesFor(Math.ceil(podCount / PODS_PER_NODE), NODES_PER_POOL[pools]);
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify(clusterOf(nodeNames)));
  const deployments = Array.from({ length: budgetCount * DEPLOYMENTS_PER_BUDGET }, (_, index) => ({ namespace: `team-${index % NAMESPACE_COUNT}`, name: `app-${index}` }));
  writeLists(folder, 'nodes', nodeNames.map(nodeOf));
  writeLists(folder, 'namespaces', Array.from({ length: NAMESPACE_COUNT }, (_, index) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `team-${index}` }, status: { phase: 'Active' } })));
  const replicas = Math.ceil(podCount / deployments.length);
  writeLists(folder, 'deployments', deployments.map((one) => controllerOf('Deployment', one, replicas)));
  writeLists(folder, 'replicasets', deployments.map((one) => controllerOf('ReplicaSet', one, replicas)));
  writeLists(folder, 'poddisruptionbudgets', deployments.filter((_, index) => index % DEPLOYMENTS_PER_BUDGET === 0).map((one, index) => budgetOf(one, replicas, index)));
  writeLists(folder, 'pods', podsOf(deployments, { podCount, nodeNames, detail, random }));
}

function writeLists(folder: string, kind: string, items: Iterable<unknown>): void {
  let file = 0;
  let held: unknown[] = [];
  const flush = (): void => {
    writeFileSync(join(folder, 'kubernetes', `${kind}-${String((file += 1)).padStart(3, '0')}.json`), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: held }));
    held = [];
  };
  for (const item of items) if (held.push(item) === OBJECTS_PER_FILE) flush();
  if (held.length > 0) flush();
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

interface NodeName {
  readonly pool: string;
  readonly name: string;
}

function nodeNamesFor(count: number, perPool: number): readonly NodeName[] {
  return Array.from({ length: count }, (_, index) => {
    const pool = `pool${Math.floor(index / perPool)}`;
    return { pool, name: `aks-${pool}-12345678-vmss${(index % perPool).toString(36).padStart(6, '0')}` };
  });
}

function clusterOf(nodes: readonly NodeName[]): unknown {
  const own: unknown = JSON.parse(readFileSync(new URL('../fixtures/snapshot/cluster.json', import.meta.url), 'utf8'));
  const given = isRecord(own) ? own : {};
  const [profile] = recordsAt(given, 'properties', 'agentPoolProfiles');
  const pools = Map.groupBy(nodes, ({ pool }) => pool);
  const agentPoolProfiles = [...pools].map(([name, mine], index) => ({ ...profile, name, count: mine.length, mode: index === 0 ? 'System' : 'User', nodeImageVersion: image }));
  return { ...given, properties: { ...recordAt(given, 'properties'), agentPoolProfiles } };
}

function nodeOf({ pool, name }: NodeName): unknown {
  const labels = { agentpool: pool, 'kubernetes.azure.com/agentpool': pool, 'kubernetes.azure.com/mode': 'user', 'kubernetes.azure.com/node-image-version': image, 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': 'westeurope-1' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, creationTimestamp: BORN, labels },
    spec: { providerID: `azure:///${name}` },
    status: {
      allocatable: { cpu: '15740m', memory: '60Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: '2026-11-21T20:00:00Z', lastTransitionTime: BORN }],
      nodeInfo: { kubeletVersion: 'v1.34.2', osImage: 'Ubuntu 22.04.5 LTS', operatingSystem: 'linux' },
    },
  };
}

function controllerOf(kind: 'Deployment' | 'ReplicaSet', { namespace, name }: Named, replicas: number): unknown {
  const own = kind === 'Deployment' ? name : `${name}-7c9d7f6b8`;
  const ownerReferences = kind === 'Deployment' ? [] : [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `deployment-${name}`, controller: true }];
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace, name: own, uid: `${kind.toLowerCase()}-${name}`, creationTimestamp: BORN, labels: { app: name }, ownerReferences },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'registry.example/app:1' }] } } },
    status: { replicas, readyReplicas: replicas, observedGeneration: 1 },
  };
}

/** One budget in ten allows nothing; the others let a quarter go. */
function budgetOf({ namespace, name }: Named, replicas: number, index: number): unknown {
  const isTight = index % 10 === 0;
  const desiredHealthy = isTight ? replicas : replicas - Math.ceil(replicas / 4);
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { namespace, name, uid: `budget-${name}`, generation: 1, creationTimestamp: BORN },
    spec: { selector: { matchLabels: { app: name } }, ...(isTight ? { minAvailable: '100%' } : { maxUnavailable: '25%' }) },
    status: { observedGeneration: 1, expectedPods: replicas, currentHealthy: replicas, desiredHealthy, disruptionsAllowed: replicas - desiredHealthy },
  };
}

function* podsOf(deployments: readonly Named[], { podCount, nodeNames, ...making }: Making & { readonly podCount: number; readonly nodeNames: readonly NodeName[] }): Generator<unknown> {
  for (let index = 0; index < podCount; index += 1) {
    const deployment = deployments[index % deployments.length];
    const node = nodeNames[making.random.integer({ min: 0, max: nodeNames.length - 1 })];
    if (deployment !== undefined && node !== undefined) yield podOf(deployment, node, making);
  }
}

/** Pods of every second workload are bound to the node pools by label, as people do. */
function podOf({ namespace, name }: Named, node: NodeName, { detail, random }: Making): unknown {
  const suffix = random.suffix(8);
  const isListed = detail === 'as-listed';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name: `${name}-7c9d7f6b8-${suffix}`,
      uid: random.uuid(),
      creationTimestamp: BORN,
      labels: { app: name, 'pod-template-hash': '7c9d7f6b8', team: namespace },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-7c9d7f6b8`, uid: `replicaset-${name}`, controller: true }],
      ...(isListed ? { generateName: `${name}-7c9d7f6b8-`, resourceVersion: String(random.integer({ min: 1_000, max: 9_999_999 })) } : {}),
    },
    spec: {
      nodeName: node.name,
      ...(/[02468]$/.test(name) ? { nodeSelector: { 'kubernetes.azure.com/mode': 'user' } } : {}),
      containers: [{ name: 'main', image: 'registry.example/app:1', resources: { requests: { cpu: '50m', memory: '64Mi' } }, ...(isListed ? listedContainer : {}) }],
      terminationGracePeriodSeconds: 30,
      ...(isListed ? listedSpec : {}),
    },
    status: {
      phase: 'Running',
      conditions: conditionsOf(detail).map((type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: BORN })),
      startTime: BORN,
      containerStatuses: [{ name: 'main', state: { running: { startedAt: BORN } }, ready: true, restartCount: 0, ...(isListed ? listedStatus : {}) }],
      ...(isListed ? { podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }], hostIP: '10.0.0.4', hostIPs: [{ ip: '10.0.0.4' }], qosClass: 'Burstable' } : {}),
    },
  };
}

function conditionsOf(detail: PodDetail): readonly string[] {
  return detail === 'lean' ? ['Ready', 'PodScheduled'] : ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
}

const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const listedContainer = {
  ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
  env: [{ name: 'LOG_LEVEL', value: 'info' }, { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
  volumeMounts: [{ name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
  livenessProbe: { httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' }, ...probe },
  readinessProbe: { httpGet: { path: '/ready', port: 'http', scheme: 'HTTP' }, ...probe },
  terminationMessagePath: '/dev/termination-log',
  imagePullPolicy: 'IfNotPresent',
};
const listedSpec = {
  volumes: [
    {
      name: 'kube-api-access',
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    },
  ],
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  serviceAccountName: 'default',
  serviceAccount: 'default',
  securityContext: {},
  schedulerName: 'default-scheduler',
  tolerations: ['not-ready', 'unreachable'].map((key) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
  priority: 0,
  enableServiceLinks: true,
  preemptionPolicy: 'PreemptLowerPriority',
};
const digest = 'sha256:00000000000000000000000000000000000000000000000000000000f0ebb0d8';
const listedStatus = { lastState: {}, image: 'registry.example/app:1', imageID: `registry.example/app@${digest}`, containerID: `containerd://${digest}`, started: true };
