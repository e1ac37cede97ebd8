/** Which role grants an operation of Azure Resource Manager. */
export type AzureRole = 'reader' | 'operator' | 'kubernetes-reader';
/** Which ClusterRole grants an operation of a cluster's own API; `system:basic-user` is Kubernetes' own, for everybody who is known. */
export type ClusterRole = 'reader' | 'drain-rehearsal' | 'node-release' | 'system:basic-user';

/** One operation of Azure Resource Manager that Slackwater uses. */
export interface ArmOperation {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** What follows the resource group or subscription; `{}` stands for one name. */
  readonly path: string;
  /** Every action the caller needs for it. */
  readonly actions: readonly string[];
  readonly role: AzureRole;
  readonly why: string;
}

/** One operation of the Kubernetes API that Slackwater uses. */
export interface KubernetesOperation {
  readonly verb: 'get' | 'list' | 'create' | 'patch';
  /** Empty: the core group. */
  readonly group: string;
  /** `resource` or `resource/subresource`; a path that begins with a slash is no resource. */
  readonly resource: string;
  /** The data action that grants it where Azure RBAC judges; null: Azure has none narrow enough, so a ClusterRole must. */
  readonly dataAction: string | null;
  readonly role: ClusterRole;
  readonly why: string;
}

const aks = 'Microsoft.ContainerService/managedClusters';
const cluster = `/providers/${aks}/{}`;
const pool = `${cluster}/agentPools/{}`;
const join = 'Microsoft.Network/virtualNetworks/subnets/join/action';

/**
 * Every operation of Azure Resource Manager the adapters know: infra's roles and docs/permissions.md are held against it, and a
 * request that is no GET leaves only if it is listed. Source of the actions: Azure docs, "Azure permissions for Containers".
 */
export const armOperations: readonly ArmOperation[] = [
  { method: 'GET', path: cluster, actions: [`${aks}/read`], role: 'reader', why: 'the cluster with its pools' },
  { method: 'GET', path: `${cluster}/agentPools`, actions: [`${aks}/agentPools/read`], role: 'reader', why: 'pools, for a snapshot folder' },
  { method: 'GET', path: pool, actions: [`${aks}/agentPools/read`], role: 'reader', why: 'a pool with its eTag' },
  { method: 'GET', path: `${cluster}/upgradeProfiles/default`, actions: [`${aks}/upgradeProfiles/read`], role: 'reader', why: 'versions offered to the control plane' },
  { method: 'GET', path: `${pool}/upgradeProfiles/default`, actions: [`${aks}/agentPools/upgradeProfiles/read`], role: 'reader', why: 'versions and images offered to a pool' },
  { method: 'GET', path: `${cluster}/maintenanceConfigurations`, actions: [`${aks}/maintenanceConfigurations/read`], role: 'reader', why: 'windows in which AKS itself may act' },
  { method: 'GET', path: '/providers/Microsoft.Compute/locations/{}/usages', actions: ['Microsoft.Compute/locations/usages/read'], role: 'reader', why: 'vCPUs left for surge nodes' },
  { method: 'GET', path: '/providers/Microsoft.Network/virtualNetworks', actions: ['Microsoft.Network/virtualNetworks/read'], role: 'reader', why: 'the subnet AKS made itself' },
  { method: 'GET', path: '/providers/Microsoft.Network/virtualNetworks/{}/usages', actions: ['Microsoft.Network/virtualNetworks/usages/read'], role: 'reader', why: 'addresses left for surge nodes' },
  { method: 'GET', path: '/providers/Microsoft.Authorization/locks', actions: ['Microsoft.Authorization/locks/read'], role: 'reader', why: 'locks in the way' },
  { method: 'GET', path: '/providers/Microsoft.Insights/eventtypes/management/values', actions: ['Microsoft.Insights/eventtypes/values/read'], role: 'reader', why: 'who wrote to the cluster of late' },
  { method: 'POST', path: `${cluster}/listClusterUserCredential`, actions: [`${aks}/listClusterUserCredential/action`], role: 'kubernetes-reader', why: 'address and certificate authority of the API server; changes nothing' },
  { method: 'PUT', path: cluster, actions: [`${aks}/write`, join], role: 'operator', why: 'upgrade of the control plane: the body as read, with another version' },
  { method: 'PUT', path: pool, actions: [`${aks}/agentPools/write`, join], role: 'operator', why: 'upgrade, upgrade settings or rollback of a pool: the body as read, with those fields changed' },
  { method: 'POST', path: `${pool}/upgradeNodeImageVersion`, actions: [`${aks}/agentPools/upgradeNodeImageVersion/action`], role: 'operator', why: 'newest node image for a pool' },
  { method: 'POST', path: `${cluster}/abort`, actions: [`${aks}/abort/action`], role: 'operator', why: 'abort of a control plane upgrade, on a person\'s word' },
  { method: 'POST', path: `${pool}/abort`, actions: [`${aks}/agentPools/abort/action`], role: 'operator', why: 'abort of a pool upgrade, on a person\'s word' },
];

const list = (group: string, resource: string, why: string): KubernetesOperation => ({
  verb: 'list', group, resource, dataAction: `${aks}/${group === '' ? '' : `${group}/`}${resource}/read`, role: 'reader', why,
});

/** Likewise every operation of the Kubernetes API. Guard, which judges for Azure, maps a subresource to its resource except `pods/exec`. */
export const kubernetesOperations: readonly KubernetesOperation[] = [
  list('', 'nodes', 'nodes, without which no drain can be judged'),
  list('', 'pods', 'pods, without which no drain can be judged'),
  list('policy', 'poddisruptionbudgets', 'budgets, without which no drain can be judged'),
  list('', 'namespaces', 'terminating namespaces'),
  list('', 'events', 'why a drain stands still'),
  list('', 'services', 'what stands behind webhooks and load balancers'),
  list('', 'persistentvolumeclaims', 'which volumes pods use'),
  list('', 'persistentvolumes', 'which volumes lie on a node or in a zone'),
  list('', 'replicationcontrollers', 'who re-creates pods'),
  list('apps', 'deployments', 'who re-creates pods'),
  list('apps', 'replicasets', 'who re-creates pods'),
  list('apps', 'statefulsets', 'who re-creates pods'),
  list('apps', 'daemonsets', 'which pods a drain leaves'),
  list('batch', 'jobs', 'which jobs an eviction would interrupt'),
  list('autoscaling', 'horizontalpodautoscalers', 'how far workloads may be scaled in'),
  list('admissionregistration.k8s.io', 'validatingwebhookconfigurations', 'webhooks that can refuse an eviction'),
  list('admissionregistration.k8s.io', 'mutatingwebhookconfigurations', 'webhooks that can refuse an eviction'),
  list('storage.k8s.io', 'volumeattachments', 'disks that still hang on a drained node'),
  { ...list('karpenter.sh', 'nodepools', 'whether node auto-provisioning drains nodes by itself'), dataAction: null },
  { ...list('', 'nodes', 'one node, before its label is taken away'), verb: 'get' },
  { ...list('apps', 'deployments', 'CoreDNS'), verb: 'get' },
  { verb: 'get', group: '', resource: 'pods/log', dataAction: `${aks}/pods/read`, role: 'reader', why: 'one byte of a log: whether a node can be reached' },
  { verb: 'get', group: '', resource: 'services/proxy', dataAction: `${aks}/services/read`, role: 'reader', why: 'probes a policy names' },
  { verb: 'get', group: '', resource: 'configmaps', dataAction: null, role: 'reader', why: 'when coredns-custom changed: its metadata alone, that one object alone' },
  { verb: 'get', group: '', resource: '/metrics', dataAction: `${aks}/metrics/read`, role: 'reader', why: 'deprecated APIs still in use' },
  { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', dataAction: null, role: 'system:basic-user', why: 'what our own identity may do; stores nothing, whichever identity asks' },
  { verb: 'create', group: '', resource: 'pods/eviction', dataAction: null, role: 'drain-rehearsal', why: 'dry run: would this pod be evicted now? Azure\'s narrowest action could create any pod' },
  { verb: 'patch', group: '', resource: 'nodes', dataAction: null, role: 'node-release', why: 'takes the quarantine label from a node, on a person\'s word' },
];

/** Whether a request of Azure Resource Manager is one of ours; reads that are not listed may be the next page of one that is. */
export function findArmOperation(method: string, path: string): ArmOperation | null {
  const short = path.replace(/^\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?/i, '').replace(/\/+$/, '');
  return armOperations.find((each) => each.method === method && patternOf(each.path).test(short)) ?? null;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('{}', '[^/]+')}$`, 'i');
}

/** The operation a request of the Kubernetes API is, read as the API server itself reads it; null when it is none of ours. */
export function findKubernetesOperation(method: string, path: string): KubernetesOperation | null {
  const asked = readRequest(method, path);
  return kubernetesOperations.find(({ verb, group, resource }) => verb === asked.verb && group === asked.group && resource === asked.resource) ?? null;
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PATCH: 'patch', PUT: 'update', DELETE: 'delete' };

function readRequest(method: string, path: string): { readonly verb: string; readonly group: string; readonly resource: string } {
  const [bare = ''] = path.split('?');
  const core = /^\/api\/v1\/(.+)$/.exec(bare);
  const grouped = /^\/apis\/([^/]+)\/[^/]+\/(.+)$/.exec(bare);
  const rest = core?.[1] ?? grouped?.[2];
  if (rest === undefined) return { verb: verbs[method] ?? 'get', group: '', resource: bare };
  const [, inNamespace] = /^namespaces\/[^/]+\/(.+)$/.exec(rest) ?? [];
  const [resource = '', name, subresource] = (inNamespace ?? rest).split('/');
  return { verb: verbs[method] ?? (name === undefined ? 'list' : 'get'), group: grouped?.[1] ?? '', resource: subresource === undefined ? resource : `${resource}/${subresource}` };
}
