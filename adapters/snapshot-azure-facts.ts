import {
  nameManagedSubnet,
  readClusterCredential,
  readClusterNetwork,
  readCoreUsages,
  readMaintenanceConfigurations,
  readResourceLocks,
  readSubnetUsages,
} from '../domain/azure-facts-reading.ts';
import type { AzureFacts } from '../domain/azure-facts.ts';
import { readCluster } from '../domain/azure-resource.ts';
import { metricsTellNoTime, readDeprecatedApiMetrics } from '../domain/deprecated-api-metrics.ts';
import { textsAt } from '../domain/json.ts';
import { readRecentWrites } from '../domain/recent-write.ts';
import type { Fault, Result } from '../domain/result.ts';
import { refuse, succeed } from '../domain/result.ts';

/** What a snapshot folder may hold of Azure around the cluster, parsed as JSON and not yet understood; null where there is no such file. */
export interface AzureDocuments {
  /** `network.json`: `az network vnet list-usage`. */
  readonly subnetUsages: unknown;
  /** `quota.json`: `az vm list-usage`. */
  readonly coreUsages: unknown;
  /** `locks.json`: `az lock list`. */
  readonly locks: unknown;
  /** `maintenance.json`: `az aks maintenanceconfiguration list`. */
  readonly maintenanceConfigurations: unknown;
  /** `activity.json`: `az monitor activity-log list`. */
  readonly activityLog: unknown;
  /** `deprecated-apis.json`: the lines of `kubectl get --raw /metrics` on deprecated APIs, as a list of texts. */
  readonly deprecatedApis: unknown;
}

const files = {
  subnetUsages: { file: 'network.json', command: 'az network vnet list-usage' },
  coreUsages: { file: 'quota.json', command: 'az vm list-usage' },
  locks: { file: 'locks.json', command: 'az lock list' },
  maintenanceConfigurations: { file: 'maintenance.json', command: 'az aks maintenanceconfiguration list' },
  activityLog: { file: 'activity.json', command: 'az monitor activity-log list' },
  deprecatedApis: { file: 'deprecated-apis.json', command: 'slackwater snapshot' },
} as const;

/** The documents of these names among those of a folder. */
export function pickAzureDocuments(documents: ReadonlyMap<string, unknown>): AzureDocuments {
  const of = (name: keyof typeof files): unknown => documents.get(files[name].file) ?? null;
  return {
    subnetUsages: of('subnetUsages'),
    coreUsages: of('coreUsages'),
    locks: of('locks'),
    maintenanceConfigurations: of('maintenanceConfigurations'),
    activityLog: of('activityLog'),
    deprecatedApis: of('deprecatedApis'),
  };
}

/** What else of a folder tells about Azure. */
interface AroundDocuments {
  readonly cluster: unknown;
  readonly nodePools: unknown;
  /** Why a part was not read, where whoever wrote the folder said so. */
  readonly whyUnread: AzureFacts['whyUnread'];
}

/** Reads them, with the cluster's own body for network and credential. Errors: `unreadable-field` with file and path. */
export function readAzureDocuments(documents: AzureDocuments & AroundDocuments): Result<Omit<AzureFacts, 'poolsWithoutNodeImage'>, Fault> {
  const cluster = readCluster(documents.cluster);
  const quota = read(documents, 'coreUsages', readCoreUsages);
  const subnets = read(documents, 'subnetUsages', readSubnetUsages);
  const locks = read(documents, 'locks', readResourceLocks);
  const configurations = read(documents, 'maintenanceConfigurations', readMaintenanceConfigurations);
  const writes = read(documents, 'activityLog', (log) => readRecentWrites(log, cluster.ok ? cluster.value.resourceId : ''));
  if (!quota.ok || !subnets.ok || !locks.ok || !configurations.ok || !writes.ok) {
    return refuse([quota, subnets, locks, configurations, writes].flatMap((one) => (one.ok ? [] : one.faults)));
  }
  const group = cluster.ok ? `/resourcegroups/${cluster.value.nodeResourceGroup}/`.toLowerCase() : '';
  const inNodeGroup = (subnets.value ?? []).map(({ id }) => id).filter((id) => id.toLowerCase().includes(group));
  return succeed({
    quota: quota.value,
    subnets: subnets.value,
    network: nameManagedSubnet(readClusterNetwork(documents.cluster, documents.nodePools), inNodeGroup),
    locks: locks.value,
    maintenanceConfigurations: configurations.value,
    recentWrites: writes.value,
    credential: readClusterCredential(documents.cluster),
    deprecatedApiUses: documents.deprecatedApis === null ? null : readDeprecatedApiMetrics(textsAt(documents, 'deprecatedApis').join('\n')),
    fleet: null,
    whyUnread: {
      quota: lacks(files.coreUsages),
      subnets: lacks(files.subnetUsages),
      locks: lacks(files.locks),
      maintenanceConfigurations: lacks(files.maintenanceConfigurations),
      recentWrites: lacks(files.activityLog),
      deprecatedApiUses: documents.deprecatedApis === null ? 'There is no deprecated-apis.json; slackwater snapshot writes it.' : metricsTellNoTime,
      ...documents.whyUnread,
    },
  });
}

function lacks({ file, command }: { readonly file: string; readonly command: string }): string {
  return `There is no ${file} (${command} -o json).`;
}

function read<T>(documents: AzureDocuments, name: keyof typeof files, reader: (document: unknown) => Result<T, Fault>): Result<T | null, Fault> {
  const document = documents[name];
  if (document === null) return succeed(null);
  const result = reader(document);
  return result.ok ? result : refuse(result.faults.map((fault) => ({ ...fault, where: `${files[name].file}: ${fault.where}` })));
}
