import type { AzureFactsPort, Clock } from '../activities/ports.ts';
import {
  nameManagedSubnet,
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
import { recordsAt, textAt } from '../domain/json.ts';
import { lastFailedWrite, readRecentWrites } from '../domain/recent-write.ts';
import type { RecentWrite } from '../domain/recent-write.ts';
import type { Fault, Result } from '../domain/result.ts';
import { DAY_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { unreadableAnswer } from './arm-failure.ts';
import { callArm, createArmConnector } from './arm-pipeline.ts';
import type { ArmConnection } from './arm-pipeline.ts';
import { parseClusterId } from './arm-resource-id.ts';
import type { ClusterId } from './arm-resource-id.ts';
import { createAzureLists } from './azure-lists.ts';
import type { AzureLists } from './azure-lists.ts';

interface AzureFactsPortOptions extends ArmConnection {
  /** Tells how far back the activity log is asked. */
  readonly clock: Clock;
}

/**
 * What Azure says around a cluster: usages of Compute and Network, locks, maintenance configurations, the activity log, and the
 * cluster's own body for its network and credential. Every list is read whole.
 *
 * A part that is refused or unreadable is null with the reason. The end of a service principal's secret is not told by Azure Resource
 * Manager, and neither is the use of deprecated APIs, which the API server tells. Errors: `invalid-resource-id`.
 */
export function createAzureFactsPort(options: AzureFactsPortOptions): AzureFactsPort {
  const open = createArmConnector(options);
  return {
    async readAzureFacts(cluster) {
      const id = parseClusterId(cluster.resourceId);
      if (!id.ok) return id;
      const client = await open(id.value.subscriptionId, null);
      const { resourceGroup, cluster: name } = id.value;
      const body = await callArm(options, (call) => client.managedClusters.get(resourceGroup, name, call));
      return { ok: true, value: await gather(createAzureLists(options, id.value), body.ok ? { ok: true, value: body.value.body } : body, cluster, id.value, options.clock.now()) };
    },
    async readRecentWrites(cluster) {
      const id = parseClusterId(cluster.resourceId);
      if (!id.ok) return id;
      return readLastDay(createAzureLists(options, id.value), cluster, id.value.resourceGroup, options.clock.now());
    },
  };
}

async function gather(lists: AzureLists, body: Outcome<unknown>, cluster: Cluster, id: ClusterId, now: Instant): Promise<AzureFacts> {
  const [quota, locks, configurations, network, writes] = await Promise.all([
    lists.coreUsages(cluster.location).then(readAs('The vCPU usages', readCoreUsages)),
    readLocks(lists, [cluster.nodeResourceGroup, id.resourceGroup]),
    lists.maintenanceConfigurations().then(readAs('The maintenance configurations', readMaintenanceConfigurations)),
    body.ok ? findManagedSubnet(lists, cluster.nodeResourceGroup, readClusterNetwork(body.value)) : body,
    readWrites(lists, cluster, id.resourceGroup, now),
  ]);
  const subnets = network.ok ? await readSubnets(lists, network.value) : network;
  const parts = { quota, network, subnets, locks, maintenanceConfigurations: configurations, recentWrites: writes };
  const [throttled] = Object.values(parts).flatMap((part) => (part.ok || part.failure.retryAfterSeconds === null ? [] : [part.failure]));
  return {
    quota: valueOf(quota),
    network: valueOf(network),
    subnets: valueOf(subnets),
    locks: valueOf(locks),
    maintenanceConfigurations: valueOf(configurations),
    recentWrites: valueOf(writes),
    deprecatedApiUses: null,
    credential: body.ok ? readClusterCredential(body.value) : null,
    poolsWithoutNodeImage: null,
    fleet: null,
    ...(throttled === undefined ? {} : { throttled }),
    whyUnread: {
      ...Object.fromEntries(Object.entries(parts).flatMap(([name, part]) => (part.ok ? [] : [[name, part.failure.message]]))),
      ...(body.ok ? {} : { credential: body.failure.message }),
      deprecatedApiUses: 'Azure Resource Manager does not tell it.',
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

/** How long the activity log is kept (facts: Azure Monitor docs, "Activity log": 90 days); a day less, so that no clock is argued with. */
const LOG_KEPT_DAYS = 89;

/**
 * Writes to the cluster and its pools in the last day; of a failed cluster without a failure in it, further back for the cluster itself, which says
 * since when it is.
 */
async function readWrites(lists: AzureLists, cluster: Cluster, resourceGroup: string, now: Instant): Promise<Outcome<readonly RecentWrite[]>> {
  const recent = await readLastDay(lists, cluster, resourceGroup, now);
  if (!recent.ok || cluster.provisioningState !== 'Failed' || lastFailedWrite(recent.value) !== null) return recent;
  const older = readLog(cluster)(await lists.activityLog({ since: now - LOG_KEPT_DAYS * DAY_MS, until: now - DAY_MS, of: { kind: 'resource', id: cluster.resourceId } }));
  return older.ok ? { ok: true, value: [...recent.value, ...older.value] } : recent;
}

function readLog(cluster: Cluster): (document: Outcome<unknown>) => Outcome<readonly RecentWrite[]> {
  return readAs('The activity log', (document) => readRecentWrites(document, cluster.resourceId));
}

async function readLastDay(lists: AzureLists, cluster: Cluster, resourceGroup: string, now: Instant): Promise<Outcome<readonly RecentWrite[]>> {
  return readLog(cluster)(await lists.activityLog({ since: now - DAY_MS, until: now, of: { kind: 'resource-group', name: resourceGroup } }));
}

/** Locks of several resource groups, each once; a lock of the subscription shows in both. */
async function readLocks(lists: AzureLists, groups: readonly string[]): Promise<Outcome<readonly ResourceLock[]>> {
  const locks = new Map<string, ResourceLock>();
  for (const group of new Set(groups)) {
    const read = readAs('The locks', readResourceLocks)(await lists.locks(group));
    if (!read.ok) return read;
    for (const lock of read.value) locks.set(`${lock.scope} ${lock.name}`.toLowerCase(), lock);
  }
  return { ok: true, value: [...locks.values()] };
}

/** Pools without a subnet of their own are in the one AKS made in the nodes' resource group. */
async function findManagedSubnet(lists: AzureLists, nodeResourceGroup: string, network: ClusterNetwork): Promise<Outcome<ClusterNetwork>> {
  if (Object.values(network.poolSubnets).every(({ nodeSubnetId }) => nodeSubnetId !== null)) return { ok: true, value: network };
  const networks = await lists.networks(nodeResourceGroup);
  const subnets = networks.ok ? recordsAt({ networks: networks.value }, 'networks').flatMap((one) => recordsAt(one, 'properties', 'subnets')) : [];
  return { ok: true, value: nameManagedSubnet(network, subnets.flatMap((subnet) => textAt(subnet, 'id') ?? [])) };
}

/** Usages of every virtual network the pools lie in. */
async function readSubnets(lists: AzureLists, { poolSubnets }: ClusterNetwork): Promise<Outcome<readonly SubnetUsage[]>> {
  const ids = Object.values(poolSubnets).flatMap(({ nodeSubnetId, podSubnetId }) => [nodeSubnetId, podSubnetId].filter((id) => id !== null));
  const networks = new Set(ids.map((id) => id.replace(/\/subnets\/[^/]+$/i, '')));
  const usages: SubnetUsage[] = [];
  for (const network of networks) {
    const read = readAs('The subnet usages', readSubnetUsages)(await lists.subnetUsages(network));
    if (!read.ok) return read;
    usages.push(...read.value);
  }
  return { ok: true, value: usages };
}
