import {
  readClusterCredential,
  readClusterNetwork,
  readCoreUsages,
  readMaintenanceConfigurations,
  readResourceLocks,
  readSubnetUsages,
} from '../domain/azure-facts-reading.ts';
import type { AzureFacts } from '../domain/azure-facts.ts';
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
}

const files = {
  subnetUsages: { file: 'network.json', command: 'az network vnet list-usage' },
  coreUsages: { file: 'quota.json', command: 'az vm list-usage' },
  locks: { file: 'locks.json', command: 'az lock list' },
  maintenanceConfigurations: { file: 'maintenance.json', command: 'az aks maintenanceconfiguration list' },
} as const;

/** The documents of these names among those of a folder. */
export function pickAzureDocuments(documents: ReadonlyMap<string, unknown>): AzureDocuments {
  const of = (name: keyof typeof files): unknown => documents.get(files[name].file) ?? null;
  return {
    subnetUsages: of('subnetUsages'),
    coreUsages: of('coreUsages'),
    locks: of('locks'),
    maintenanceConfigurations: of('maintenanceConfigurations'),
  };
}

/** Reads them, with the cluster's own body for network and credential. Errors: `unreadable-field` with file and path. */
export function readAzureDocuments(documents: AzureDocuments & { readonly cluster: unknown; readonly nodePools: unknown }): Result<Omit<AzureFacts, 'poolsWithoutNodeImage'>, Fault> {
  const quota = read(documents, 'coreUsages', readCoreUsages);
  const subnets = read(documents, 'subnetUsages', readSubnetUsages);
  const locks = read(documents, 'locks', readResourceLocks);
  const configurations = read(documents, 'maintenanceConfigurations', readMaintenanceConfigurations);
  if (!quota.ok || !subnets.ok || !locks.ok || !configurations.ok) {
    return refuse([quota, subnets, locks, configurations].flatMap((one) => (one.ok ? [] : one.faults)));
  }
  const lacks = ({ file, command }: { readonly file: string; readonly command: string }): string => `There is no ${file} (${command} -o json).`;
  return succeed({
    quota: quota.value,
    subnets: subnets.value,
    network: readClusterNetwork(documents.cluster, documents.nodePools),
    locks: locks.value,
    maintenanceConfigurations: configurations.value,
    credential: readClusterCredential(documents.cluster),
    deprecatedApiUses: null,
    fleet: null,
    whyUnread: {
      quota: lacks(files.coreUsages),
      subnets: lacks(files.subnetUsages),
      locks: lacks(files.locks),
      maintenanceConfigurations: lacks(files.maintenanceConfigurations),
      deprecatedApiUses: 'A snapshot folder does not hold it.',
    },
  });
}

function read<T>(documents: AzureDocuments, name: keyof typeof files, reader: (document: unknown) => Result<T, Fault>): Result<T | null, Fault> {
  const document = documents[name];
  if (document === null) return succeed(null);
  const result = reader(document);
  return result.ok ? result : refuse(result.faults.map((fault) => ({ ...fault, where: `${files[name].file}: ${fault.where}` })));
}
