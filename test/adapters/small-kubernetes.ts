import type { TestContext } from 'node:test';
import { createLocalCredential } from '../../adapters/credential.ts';
import { createKubernetesPort } from '../../adapters/kubernetes-client.ts';
import type { KubernetesServers } from '../../adapters/kubernetes-client.ts';
import type { Cluster } from '../../domain/cluster-snapshot.ts';
import { createFaultList } from '../../local/faults.ts';
import { serveKubernetes } from '../../local/kubernetes-server.ts';
import { createRequestLog } from '../../local/request-log.ts';
import type { Simulated, WireRequest, WireResponse } from '../../sim/wire.ts';

export const cluster: Cluster = {
  resourceId: '/subscriptions/s/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod',
  name: 'shop-prod',
  location: 'westeurope',
  provisioningState: 'Succeeded',
  powerState: 'Running',
  kubernetesVersion: '1.34.2',
  currentKubernetesVersion: '1.34.2',
  autoUpgradeChannel: 'none',
  nodeOsUpgradeChannel: 'NodeImage',
  forceUpgradeUntil: null,
  nodeResourceGroup: 'MC_shop',
  tier: 'Standard',
  eTag: 'cluster-1',
  provisioningError: null,
};

export function node(name: string, labels: Readonly<Record<string, string>> = {}) {
  return {
    metadata: {
      name, uid: name, resourceVersion: '7', creationTimestamp: '2026-11-01T00:00:00Z',
      labels: { 'kubernetes.azure.com/agentpool': 'apps', ...labels },
    },
    spec: {},
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { kubeletVersion: 'v1.34.2' },
      allocatable: { cpu: '3860m', memory: '12Gi', pods: '110' },
    },
  };
}

export function pod(name: string) {
  return {
    metadata: { namespace: 'shop', name, uid: name, creationTimestamp: '2026-11-01T00:00:00Z' },
    spec: { nodeName: 'n1', containers: [{ name: 'main', resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

/** A `Status` as the API server writes it. */
export function status(code: number, reason: string, message: string, causes: readonly object[] = []): WireResponse {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details: { causes }, code };
  return { status: code, headers: {}, body };
}

/** Answers lists from `lists` (path → items), every other list empty, and anything else by `other`. */
export function createSmallKubernetes(
  lists: Readonly<Record<string, readonly unknown[]>>,
  other: (request: WireRequest) => WireResponse | null = () => null,
): Simulated {
  return {
    apply: (_now, request) => ({ response: other(request) ?? list(request.path, lists[request.path] ?? []), changes: [] }),
    advance: () => [],
    nextAt: () => null,
  };
}

const listKinds: Readonly<Record<string, string>> = {
  nodes: 'NodeList', pods: 'PodList', poddisruptionbudgets: 'PodDisruptionBudgetList', namespaces: 'NamespaceList',
  deployments: 'DeploymentList', replicasets: 'ReplicaSetList', statefulsets: 'StatefulSetList', daemonsets: 'DaemonSetList',
  horizontalpodautoscalers: 'HorizontalPodAutoscalerList', services: 'ServiceList',
  persistentvolumeclaims: 'PersistentVolumeClaimList', persistentvolumes: 'PersistentVolumeList',
  volumeattachments: 'VolumeAttachmentList',
  jobs: 'JobList', replicationcontrollers: 'ReplicationControllerList', events: 'EventList',
  validatingwebhookconfigurations: 'ValidatingWebhookConfigurationList',
  mutatingwebhookconfigurations: 'MutatingWebhookConfigurationList',
};

/** A typed list, whose items carry no kind, as the API server gives it. */
export function list(path: string, items: readonly unknown[], continueToken = ''): WireResponse {
  const kind = listKinds[path.split('/').at(-1) ?? ''];
  if (kind === undefined) return status(404, 'NotFound', 'the server could not find the requested resource');
  const metadata = continueToken === '' ? { resourceVersion: '1' } : { resourceVersion: '1', continue: continueToken };
  return { status: 200, headers: {}, body: { kind, apiVersion: 'v1', metadata, items } };
}

const noServers: KubernetesServers = {
  find: () => Promise.reject(new Error('the override decides')),
  forget: () => undefined,
};

/** The real adapter against a local API server. */
export async function connectToSmallKubernetes(context: TestContext, simulated: Simulated, timeLimitMs = 2_000) {
  const faults = createFaultList();
  const log = createRequestLog(null);
  const server = await serveKubernetes({
    simulated,
    now: () => Date.parse('2026-11-07T21:00:00Z'),
    journal: null,
    onChanges: () => undefined,
    faults,
    log,
  });
  context.after(() => server.close());
  const kubernetes = createKubernetesPort({
    credential: createLocalCredential('local', [server.url]),
    endpointOverride: server.url,
    servers: noServers,
    timeLimitMs,
  });
  return { kubernetes, faults, log, server };
}
