import type {
  ClusterCredential,
  ClusterNetwork,
  CoreUsage,
  MaintenanceConfiguration,
  OutboundPorts,
  PoolSubnets,
  ResourceLock,
  SubnetUsage,
} from './azure-facts.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { collectFaults, isRecord, numberAt, recordAt, recordsAt, requireText, textAt } from './json.ts';
import { readSchedule } from './maintenance-configuration.ts';
import type { Fault, Result } from './result.ts';
import { refuse, succeed } from './result.ts';

/**
 * Reads the vCPU meters of a region from `az vm list-usage -o json`, which prints numbers as texts, or from the ARM list
 * of `Microsoft.Compute` usages. Errors: every `unreadable-field`.
 */
export function readCoreUsages(document: unknown): Result<readonly CoreUsage[], Fault> {
  return readEntries(document, 'the vCPU usages', 'Read them again with az vm list-usage -o json.', (entry, path, faults) => {
    const { used, limit } = readUsage(entry, path, faults);
    return { name: requireText(recordAt(entry, 'name'), 'value', `${path}.name`, faults), used, limit };
  });
}

/**
 * Reads the addresses of subnets from `az network vnet list-usage -o json` or from the ARM list of a network's usages.
 *
 * Gateway subnets, which Azure counts as -1 of -1, are left out. Errors: every `unreadable-field`.
 */
export function readSubnetUsages(document: unknown): Result<readonly SubnetUsage[], Fault> {
  const read = readEntries(document, 'the subnet usages', 'Read them again with az network vnet list-usage -o json.', (entry, path, faults) => ({
    id: requireText(entry, 'id', path, faults),
    ...readUsage(entry, path, faults),
  }));
  return read.ok ? succeed(read.value.filter(({ limit }) => limit >= 0)) : read;
}

/** Reads locks from `az lock list -o json` or from the ARM list. Errors: every `unreadable-field`. */
export function readResourceLocks(document: unknown): Result<readonly ResourceLock[], Fault> {
  return readEntries(document, 'the locks', 'Read them again with az lock list -o json.', (entry, path, faults) => {
    const inner = isRecord(entry['properties']) ? entry['properties'] : entry;
    const id = requireText(entry, 'id', path, faults);
    return {
      name: requireText(entry, 'name', path, faults),
      level: requireText(inner, 'level', path, faults),
      scope: id.replace(/\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i, ''),
    };
  });
}

/**
 * Reads maintenance configurations from `az aks maintenanceconfiguration list -o json` or from the ARM list.
 *
 * The older form (`timeInWeek`) has no window here. Errors: every `unreadable-field`.
 */
export function readMaintenanceConfigurations(document: unknown): Result<readonly MaintenanceConfiguration[], Fault> {
  const remedy = 'Read them again with az aks maintenanceconfiguration list -o json.';
  return readEntries(document, 'the maintenance configurations', remedy, (entry, path, faults) => {
    const inner = isRecord(entry['properties']) ? entry['properties'] : entry;
    const window = inner['maintenanceWindow'];
    const read = isRecord(window) ? readSchedule(window) : null;
    if (isRecord(window) && read === null) faults.add(`${path}.maintenanceWindow`, 'one of the four AKS schedules with startTime and durationHours');
    return { name: requireText(entry, 'name', path, faults), window: read };
  });
}

/** Reads how a cluster addresses nodes and pods, and its outbound ports, from its ARM body or from `az aks show -o json`. */
export function readClusterNetwork(cluster: unknown, nodePools: unknown = null): ClusterNetwork {
  const properties = propertiesOf(cluster);
  const profile = recordAt(properties, 'networkProfile');
  const isOverlay = textAt(profile, 'networkPluginMode')?.toLowerCase() === 'overlay' || textAt(profile, 'networkPlugin') === 'kubenet';
  const listed = nodePools ?? properties['agentPoolProfiles'];
  const pools = (isRecord(listed) ? recordsAt(listed, 'value') : recordsAt({ listed }, 'listed')).map((pool) => ({ ...propertiesOf(pool), name: pool['name'] }));
  return {
    podAddresses: isOverlay ? 'overlay' : 'node-subnet',
    podCidr: textAt(profile, 'podCidr'),
    poolSubnets: Object.fromEntries(pools.map((pool) => [textAt(pool, 'name') ?? '', readPoolSubnets(pool)])),
    outbound: readOutbound(profile),
  };
}

/** Puts pools without a subnet of their own into the one AKS made for them: the only one of `subnetIds`, or the one called `aks-subnet`. */
export function nameManagedSubnet(network: ClusterNetwork, subnetIds: readonly string[]): ClusterNetwork {
  const [managed = null] = subnetIds.length === 1 ? subnetIds : subnetIds.filter((id) => id.toLowerCase().endsWith('/aks-subnet'));
  const pools = Object.entries(network.poolSubnets);
  return { ...network, poolSubnets: Object.fromEntries(pools.map(([pool, each]) => [pool, { ...each, nodeSubnetId: each.nodeSubnetId ?? managed }])) };
}

/** Reads what a cluster signs in with; when a service principal's secret ends is not in the cluster's body. */
export function readClusterCredential(cluster: unknown): ClusterCredential {
  const client = textAt(propertiesOf(cluster), 'servicePrincipalProfile', 'clientId');
  return { kind: client === null || client.toLowerCase() === 'msi' ? 'managed-identity' : 'service-principal', expiresAt: null };
}

function readPoolSubnets(pool: JsonRecord): PoolSubnets {
  return {
    nodeSubnetId: textAt(pool, 'vnetSubnetID') ?? textAt(pool, 'vnetSubnetId'),
    podSubnetId: textAt(pool, 'podSubnetID') ?? textAt(pool, 'podSubnetId'),
    podAllocation: (textAt(pool, 'podIPAllocationMode') ?? textAt(pool, 'podIpAllocationMode')) === 'StaticBlock' ? 'static-block' : 'dynamic',
  };
}

/** Null unless the cluster goes out through its load balancer by a fixed number of ports and of addresses. */
function readOutbound(profile: JsonRecord): OutboundPorts | null {
  const balancer = recordAt(profile, 'loadBalancerProfile');
  const portsPerNode = numberAt(balancer, 'allocatedOutboundPorts');
  if ((textAt(profile, 'outboundType') ?? 'loadBalancer') !== 'loadBalancer' || portsPerNode === null) return null;
  const effective = recordsAt(balancer, 'effectiveOutboundIPs').length;
  const publicAddresses = effective > 0 ? effective : numberAt(recordAt(balancer, 'managedOutboundIPs'), 'count');
  return publicAddresses === null ? null : { publicAddresses, portsPerNode };
}

function propertiesOf(document: unknown): JsonRecord {
  if (!isRecord(document)) return {};
  return isRecord(document['properties']) ? document['properties'] : document;
}

function readUsage(entry: JsonRecord, path: string, faults: FaultList): { readonly used: number; readonly limit: number } {
  const count = (key: string): number => {
    const text = textAt(entry, key);
    const value = text !== null && /^-?\d+$/.test(text) ? Number(text) : numberAt(entry, key);
    if (value === null) faults.add(`${path}.${key}`, 'a whole number');
    return value ?? 0;
  };
  return { used: count('currentValue'), limit: count('limit') };
}

function readEntries<T>(
  document: unknown,
  source: string,
  remedy: string,
  read: (entry: JsonRecord, path: string, faults: FaultList) => T,
): Result<readonly T[], Fault> {
  const list: unknown = isRecord(document) ? document['value'] : document;
  const faults = collectFaults(source, remedy);
  if (!Array.isArray(list)) {
    faults.add('the document', 'a list');
    return refuse(faults.faults);
  }
  const entries = list.flatMap((entry: unknown, index): readonly T[] => {
    if (isRecord(entry)) return [read(entry, `[${index}]`, faults)];
    faults.add(`[${index}]`, 'an object');
    return [];
  });
  return faults.faults.length > 0 ? refuse(faults.faults) : succeed(entries);
}
