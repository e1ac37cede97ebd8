import type { AzureFactsPort } from '../activities/ports.ts';
import {
  readClusterCredential,
  readClusterNetwork,
  readCoreUsages,
  readMaintenanceConfigurations,
  readResourceLocks,
  readSubnetUsages,
} from '../domain/azure-facts-reading.ts';
import type { AzureFacts, ClusterNetwork, ResourceLock, SubnetUsage } from '../domain/azure-facts.ts';
import type { Cluster } from '../domain/cluster-snapshot.ts';
import type { Outcome } from '../domain/failure.ts';
import { listAt, recordsAt, textAt, valueAt } from '../domain/json.ts';
import type { Fault, Result } from '../domain/result.ts';
import { unreadableAnswer } from './arm-failure.ts';
import { callArm, createArmConnector } from './arm-pipeline.ts';
import type { ArmConnection } from './arm-pipeline.ts';
import { parseClusterId } from './arm-resource-id.ts';

/** Versions of the ARM descriptions these answers were written from. */
const apiVersions = {
  containerService: '2026-06-01',
  compute: '2024-07-01',
  network: '2024-05-01',
  locks: '2020-05-01',
} as const;

const PUBLIC_CLOUD = 'https://management.azure.com';

/** GETs one ARM path. */
type Get = (path: string, apiVersion: string) => Promise<Outcome<unknown>>;

/**
 * What Azure says around a cluster, by plain GETs through the pipeline of the AKS client: usages of Compute and Network, locks,
 * maintenance configurations, and the cluster's own body for its network and credential.
 *
 * A part that is refused or unreadable is null with the reason. The use of deprecated APIs and the end of a service principal's secret
 * are not told by Azure Resource Manager. Errors: `invalid-resource-id`.
 */
export function createAzureFactsPort(connection: ArmConnection): AzureFactsPort {
  const open = createArmConnector(connection);
  const base = (connection.endpoint ?? PUBLIC_CLOUD).replace(/\/+$/, '');
  return {
    async readAzureFacts(cluster) {
      const id = parseClusterId(cluster.resourceId);
      if (!id.ok) return id;
      const { createDefaultHttpClient, createPipelineRequest } = await import('@azure/core-rest-pipeline');
      const { pipeline } = await open(id.value.subscriptionId, null);
      const client = createDefaultHttpClient();
      const get: Get = async (path, apiVersion) => {
        const answer = await callArm(connection, ({ onResponse, requestOptions }) => {
          const request = createPipelineRequest({ url: `${base}${path}?api-version=${apiVersion}`, method: 'GET', timeout: requestOptions.timeout });
          return pipeline.sendRequest(client, request).then(onResponse);
        });
        return answer.ok ? { ok: true, value: answer.value.body } : answer;
      };
      return { ok: true, value: await gather(get, cluster, id.value) };
    },
  };
}

async function gather(get: Get, cluster: Cluster, id: { subscriptionId: string; resourceGroup: string }): Promise<AzureFacts> {
  const subscription = `/subscriptions/${id.subscriptionId}`;
  const body = await get(cluster.resourceId, apiVersions.containerService);
  const [quota, locks, configurations, network] = await Promise.all([
    list(get, `${subscription}/providers/Microsoft.Compute/locations/${cluster.location}/usages`, apiVersions.compute).then(
      readAs('The vCPU usages', readCoreUsages),
    ),
    readLocks(get, [cluster.nodeResourceGroup, id.resourceGroup].map((group) => `${subscription}/resourceGroups/${group}`)),
    list(get, `${cluster.resourceId}/maintenanceConfigurations`, apiVersions.containerService).then(
      readAs('The maintenance configurations', readMaintenanceConfigurations),
    ),
    body.ok ? nameManagedSubnet(get, `${subscription}/resourceGroups/${cluster.nodeResourceGroup}`, readClusterNetwork(body.value)) : body,
  ]);
  const subnets = network.ok ? await readSubnets(get, network.value) : network;
  const parts = { quota, network, subnets, locks, maintenanceConfigurations: configurations };
  return {
    quota: valueOf(quota),
    network: valueOf(network),
    subnets: valueOf(subnets),
    locks: valueOf(locks),
    maintenanceConfigurations: valueOf(configurations),
    deprecatedApiUses: null,
    credential: body.ok ? readClusterCredential(body.value) : null,
    poolsWithoutNodeImage: null,
    fleet: null,
    whyUnread: {
      ...Object.fromEntries(Object.entries(parts).flatMap(([name, part]) => (part.ok ? [] : [[name, part.failure.message]]))),
      ...(body.ok ? {} : { credential: body.failure.message }),
      deprecatedApiUses: 'Azure Resource Manager does not tell it; az aks upgrade would refuse, and the portal shows it under "Diagnose and solve problems".',
    },
  };
}

function valueOf<T>(outcome: Outcome<T>): T | null {
  return outcome.ok ? outcome.value : null;
}

/** Turns an answer into domain values, its faults into a failure. */
function readAs<T>(what: string, read: (document: unknown) => Result<T, Fault>): (answer: Outcome<unknown>) => Outcome<T> {
  return (answer) => {
    if (!answer.ok) return answer;
    const result = read(answer.value);
    return result.ok ? result : { ok: false, failure: unreadableAnswer(what, result.faults.map(({ message }) => message).join(' ')) };
  };
}

/** The entries of a list; one that goes on on another page is refused, because a partial list hides what matters. */
async function list(get: Get, path: string, apiVersion: string): Promise<Outcome<unknown>> {
  const answer = await get(path, apiVersion);
  if (!answer.ok) return answer;
  if (!Array.isArray(valueAt(answer.value, 'value'))) return { ok: false, failure: unreadableAnswer(path, 'it holds no list') };
  const link = textAt(answer.value, 'nextLink');
  if (link !== null && link !== '') return { ok: false, failure: unreadableAnswer(path, 'it is only the first page of several') };
  return { ok: true, value: listAt(answer.value, 'value') };
}

/** Locks of several resource groups, each once; a lock of the subscription shows in both. */
async function readLocks(get: Get, groups: readonly string[]): Promise<Outcome<readonly ResourceLock[]>> {
  const locks = new Map<string, ResourceLock>();
  for (const group of new Set(groups)) {
    const read = readAs('The locks', readResourceLocks)(await list(get, `${group}/providers/Microsoft.Authorization/locks`, apiVersions.locks));
    if (!read.ok) return read;
    for (const lock of read.value) locks.set(`${lock.scope} ${lock.name}`.toLowerCase(), lock);
  }
  return { ok: true, value: [...locks.values()] };
}

/** Pools without a subnet of their own are in the one AKS made in the nodes' resource group. */
async function nameManagedSubnet(get: Get, nodeGroup: string, network: ClusterNetwork): Promise<Outcome<ClusterNetwork>> {
  const pools = Object.entries(network.poolSubnets);
  if (pools.every(([, { nodeSubnetId }]) => nodeSubnetId !== null)) return { ok: true, value: network };
  const networks = await list(get, `${nodeGroup}/providers/Microsoft.Network/virtualNetworks`, apiVersions.network);
  const subnets = networks.ok ? recordsAt({ networks: networks.value }, 'networks').flatMap((one) => recordsAt(one, 'properties', 'subnets')) : [];
  const ids = subnets.flatMap((subnet) => textAt(subnet, 'id') ?? []);
  const [managed = null] = ids.length === 1 ? ids : ids.filter((id) => id.toLowerCase().endsWith('/aks-subnet'));
  return {
    ok: true,
    value: { ...network, poolSubnets: Object.fromEntries(pools.map(([pool, each]) => [pool, { ...each, nodeSubnetId: each.nodeSubnetId ?? managed }])) },
  };
}

/** Usages of every virtual network the pools lie in. */
async function readSubnets(get: Get, { poolSubnets }: ClusterNetwork): Promise<Outcome<readonly SubnetUsage[]>> {
  const ids = Object.values(poolSubnets).flatMap(({ nodeSubnetId, podSubnetId }) => [nodeSubnetId, podSubnetId].filter((id) => id !== null));
  const networks = new Set(ids.map((id) => id.replace(/\/subnets\/[^/]+$/i, '')));
  const usages: SubnetUsage[] = [];
  for (const network of networks) {
    const read = readAs('The subnet usages', readSubnetUsages)(await list(get, `${network}/usages`, apiVersions.network));
    if (!read.ok) return read;
    usages.push(...read.value);
  }
  return { ok: true, value: usages };
}
