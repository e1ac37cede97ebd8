import type { ContainerServiceClient } from '@azure/arm-containerservice';
import type { Pipeline } from '@azure/core-rest-pipeline';
import type { Outcome } from '../domain/failure.ts';
import { parseJson, textAt } from '../domain/json.ts';
import { formatInstant } from '../domain/local-time.ts';
import type { Instant } from '../domain/time.ts';
import { baseOf, listArm } from './arm-pipeline.ts';
import type { ArmClientOptions, ArmConnection } from './arm-pipeline.ts';
import type { ClusterId } from './arm-resource-id.ts';

/** Versions of the ARM descriptions for what is read without a client (facts: Azure REST reference, "Management locks", "Activity logs", "Virtual networks"). */
const apiVersions = { locks: '2020-05-01', activityLog: '2015-04-01', networks: '2024-05-01' } as const;

/** What of an event is asked for: no claims, addresses or authorisation of whoever wrote. */
const eventFields = 'caller,correlationId,eventTimestamp,operationId,operationName,properties,resourceId,status,subStatus';

type List = Promise<Outcome<readonly unknown[]>>;

/** Which events of the activity log are asked for. */
export interface EventScope {
  readonly since: Instant;
  readonly until: Instant;
  /** All of a resource group, or one resource alone: the log takes no other filter that would do. */
  readonly of: { readonly kind: 'resource-group'; readonly name: string } | { readonly kind: 'resource'; readonly id: string };
}

/** Lists of ARM around one cluster, each whole, its entries as they came. */
export interface AzureLists {
  /** vCPU meters of a region, through the Compute client. */
  coreUsages(location: string): List;
  /** Virtual networks of a resource group. */
  networks(resourceGroup: string): List;
  /** Addresses of the subnets of the network with this id, through the Network client. */
  subnetUsages(networkId: string): List;
  maintenanceConfigurations(): List;
  agentPools(): List;
  /** Management locks that show in a resource group. */
  locks(resourceGroup: string): List;
  activityLog(scope: EventScope): List;
}

/**
 * Lists through the clients of Compute, Network and AKS, loaded when they are first needed, and through plain GETs over the same pipeline where no client
 * is worth its size (locks, activity log, and virtual networks, whose models are 31 KB).
 */
export function createAzureLists(connection: ArmConnection, id: ClusterId): AzureLists {
  const { subscriptionId, resourceGroup, cluster } = id;
  const { credential } = connection;
  const loadCompute = async () => {
    const { ComputeManagementClient } = await import('./azure-usage-clients.ts');
    return (options: ArmClientOptions) => new ComputeManagementClient(credential, subscriptionId, options);
  };
  const loadNetwork = async (subscription: string) => {
    const { NetworkManagementClient } = await import('./azure-usage-clients.ts');
    return (options: ArmClientOptions) => new NetworkManagementClient(credential, subscription, options);
  };
  const loadAks = async () => {
    const { ContainerServiceClient } = await import('./aks-sdk.ts');
    return (options: ArmClientOptions): ContainerServiceClient => new ContainerServiceClient(credential, subscriptionId, options);
  };
  const plain = async (what: string, path: string, query: Readonly<Record<string, string>>): List => {
    // Not by URLSearchParams, which writes a blank as a plus sign.
    const terms = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const url = new URL(`${baseOf(connection).href.replace(/\/+$/, '')}${path}?${terms.join('&')}`);
    return listArm(connection, what, await loadAks(), ({ pipeline }) => plainPages(pipeline, url));
  };
  const group = (name: string): string => `/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(name)}`;
  return {
    coreUsages: async (location) => listArm(connection, 'The vCPU usages', await loadCompute(), (client) => client.usage.list(location).byPage()),
    networks: (name) => plain('The virtual networks', `${group(name)}/providers/Microsoft.Network/virtualNetworks`, { 'api-version': apiVersions.networks }),
    subnetUsages: async (networkId) => {
      const [, subscription = '', name = '', network = ''] = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(networkId) ?? [];
      return listArm(connection, 'The subnet usages', await loadNetwork(subscription), (client) => client.virtualNetworks.listUsage(name, network).byPage());
    },
    maintenanceConfigurations: async () =>
      listArm(connection, 'The maintenance configurations', await loadAks(), (client) => client.maintenanceConfigurations.listByManagedCluster(resourceGroup, cluster).byPage()),
    agentPools: async () => listArm(connection, 'The node pools', await loadAks(), (client) => client.agentPools.list(resourceGroup, cluster).byPage()),
    locks: (name) => plain('The locks', `${group(name)}/providers/Microsoft.Authorization/locks`, { 'api-version': apiVersions.locks }),
    activityLog: (scope) =>
      plain('The activity log', `/subscriptions/${subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values`, {
        'api-version': apiVersions.activityLog,
        $filter: filterOf(scope),
        $select: eventFields,
      }),
  };
}

/** The only forms of filter the log takes (facts: Azure REST reference, "Activity Logs - List"). */
function filterOf({ since, until, of }: EventScope): string {
  const time = `eventTimestamp ge '${formatInstant(since)}' and eventTimestamp le '${formatInstant(until)}'`;
  return of.kind === 'resource' ? `${time} and resourceUri eq '${of.id}'` : `${time} and resourceGroupName eq '${of.name}'`;
}

async function* plainPages(pipeline: Pipeline, first: URL): AsyncGenerator<null> {
  const { createDefaultHttpClient, createPipelineRequest } = await import('@azure/core-rest-pipeline');
  const http = createDefaultHttpClient();
  for (let url: string | null = first.href; url !== null && url !== ''; ) {
    const { status, bodyAsText } = await pipeline.sendRequest(http, createPipelineRequest({ url, method: 'GET' }));
    if (status !== 200) return;
    url = textAt(parseJson(bodyAsText ?? ''), 'nextLink');
    yield null;
  }
}
