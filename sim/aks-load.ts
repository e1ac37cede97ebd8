import { isRecord, listAt, numberAt, recordAt, textAt, valueAt, without } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { AksState, PoolState } from './aks-state.ts';
import type { KubernetesStore } from './kubernetes-store.ts';
import type { Prng } from './prng.ts';

/** Members of the cluster's body that lie beside `properties`. */
const ENVELOPE = ['id', 'location', 'name', 'type', 'tags', 'kind', 'sku', 'identity', 'extendedLocation', 'systemData'];
/** Members of `properties` that the state keeps itself. */
const CLUSTER_FIELDS = ['kubernetesVersion', 'currentKubernetesVersion', 'provisioningState', 'agentPoolProfiles', 'status'];
const POOL_FIELDS = [
  'name', 'upgradeSettings', 'orchestratorVersion', 'currentOrchestratorVersion', 'nodeImageVersion', 'provisioningState',
  'status', 'eTag',
];

/** What the documents say beside the cluster's own body. */
interface AksDocuments {
  readonly cluster: unknown;
  readonly nodePools: unknown;
  readonly upgrades: unknown;
}

/** Choices of the world that override or complete the documents. */
interface AksChoices {
  readonly resourceId: string | null;
  readonly latestNodeImages: Readonly<Record<string, string>>;
  readonly offeredPoolVersions: Readonly<Record<string, readonly string[]>>;
  /** Image date for pools whose newest image nobody named, for example `202611.21.0`. */
  readonly imageDate: string;
}

/** Reads the ARM side of a snapshot; every fault at once as a sentence. */
export function loadAksState(
  documents: AksDocuments,
  choices: AksChoices,
  store: KubernetesStore,
  prng: Prng,
): { readonly ok: true; readonly state: AksState } | { readonly ok: false; readonly faults: readonly string[] } {
  const body = readBody(documents.cluster, 'cluster');
  const id = choices.resourceId ?? textAt(body, 'id') ?? '';
  const match = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)$/i.exec(id);
  const properties = recordAt(body, 'properties');
  const version = textAt(properties, 'kubernetesVersion');
  const faults: string[] = [];
  if (match === null) faults.push('cluster: `id` must be the resource id of a managed cluster');
  if (version === null) faults.push('cluster: `properties.kubernetesVersion` must be a text');
  const pools = readPools(documents.nodePools ?? properties['agentPoolProfiles']);
  if (pools.length === 0) faults.push('nodePools: there must be at least one pool with a name');
  if (faults.length > 0 || match === null || version === null) return { ok: false, faults };
  const [, subscriptionId = '', resourceGroup = '', name = ''] = match;
  return {
    ok: true,
    state: {
      resourceId: id,
      subscriptionId,
      resourceGroup,
      name,
      location: textAt(body, 'location') ?? 'westeurope',
      envelope: { ...pick(body, ENVELOPE), id, name },
      properties: without(properties, ...CLUSTER_FIELDS),
      kubernetesVersion: version,
      currentKubernetesVersion: textAt(properties, 'currentKubernetesVersion') ?? version,
      servedVersion: textAt(properties, 'currentKubernetesVersion') ?? version,
      offeredVersions: readOffers(documents.upgrades),
      provisioningState: textAt(properties, 'provisioningState') ?? 'Succeeded',
      error: readError(properties),
      eTag: textAt(body, 'eTag') ?? prng.uuid(),
      running: null,
      pools: new Map(pools.map((pool) => [pool.name, loadPool(pool, version, choices, store, prng)])),
      operations: new Map(),
      evictionWebhooks: [],
      scriptedReplies: [],
    },
  };
}

/** The body in ARM's shape, whichever of ARM and `az` printed it; members that are null are absent in ARM. */
function readBody(document: unknown, kind: 'cluster' | 'pool'): JsonRecord {
  const given = dropNulls(document);
  if (isRecord(given['properties'])) return given;
  const outside = kind === 'cluster' ? [...ENVELOPE, 'eTag'] : ['id', 'name', 'type'];
  const inner = without(given, ...outside, 'resourceGroup', 'typePropertiesType');
  const poolType = kind === 'pool' ? { type: given['typePropertiesType'] ?? 'VirtualMachineScaleSets' } : {};
  return { ...pick(given, outside), properties: { ...inner, ...poolType } };
}

function readPools(document: unknown): readonly { readonly name: string; readonly properties: JsonRecord }[] {
  const items = Array.isArray(document) ? document : listAt(document, 'value');
  return items.filter(isRecord).flatMap((item) => {
    const body = readBody(item, 'pool');
    const name = textAt(item, 'name');
    return name === null ? [] : [{ name, properties: { ...recordAt(body, 'properties'), eTag: textAt(body, 'eTag') ?? valueAt(body, 'properties', 'eTag') } }];
  });
}

function loadPool(
  { name, properties }: { readonly name: string; readonly properties: JsonRecord },
  clusterVersion: string,
  choices: AksChoices,
  store: KubernetesStore,
  prng: Prng,
): PoolState {
  const nodes = [...store.nodes.values()].filter((node) => node.pool === name);
  const version = textAt(properties, 'orchestratorVersion') ?? clusterVersion;
  const image = textAt(properties, 'nodeImageVersion') ?? nodes[0]?.labels['kubernetes.azure.com/node-image-version'] ?? '';
  const named = nodes.map((node) => /^(.+-vmss)([0-9a-z]{6})$/.exec(node.name)).filter((match) => match !== null);
  const instances = named.map((match) => Number.parseInt(match[2] ?? '0', 36));
  const surplus = nodes.length - (numberAt(properties, 'count') ?? nodes.length);
  const newest = [...nodes].sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? 1 : -1));
  // Nodes beyond the count are what an earlier upgrade left in place of a quarantined one.
  for (const node of newest.slice(0, Math.max(0, surplus))) node.isSurge = true;
  return {
    name,
    properties: without(properties, ...POOL_FIELDS),
    upgradeSettings: recordAt(properties, 'upgradeSettings'),
    orchestratorVersion: version,
    currentOrchestratorVersion: textAt(properties, 'currentOrchestratorVersion') ?? version,
    nodeImageVersion: image,
    latestNodeImageVersion: choices.latestNodeImages[name] ?? image.replace(/\d{6}\.\d{2}\.\d+$/, choices.imageDate),
    offeredVersions: choices.offeredPoolVersions[name] ?? [],
    provisioningState: textAt(properties, 'provisioningState') ?? 'Succeeded',
    error: readError(properties),
    eTag: textAt(properties, 'eTag') ?? prng.uuid(),
    running: null,
    blockedNodes: new Map(),
    lastGood: { orchestratorVersion: version, nodeImageVersion: image },
    recentlyUsed: [],
    surgeFailure: null,
    surgeUnreadyMinutes: 0,
    surgeZone: null,
    hold: null,
    scaleSet: named[0]?.[1] ?? `aks-${name}-${prng.integer({ min: 10_000_000, max: 49_999_999 })}-vmss`,
    nextInstance: instances.length === 0 ? 0 : Math.max(...instances) + 1,
  };
}

function readOffers(document: unknown): AksState['offeredVersions'] {
  const profile = valueAt(document, 'properties', 'controlPlaneProfile') ?? valueAt(document, 'controlPlaneProfile');
  return listAt(profile, 'upgrades').flatMap((offer) => {
    const version = typeof offer === 'string' ? offer : textAt(offer, 'kubernetesVersion');
    return version === null ? [] : [{ version, isPreview: valueAt(offer, 'isPreview') === true }];
  });
}

function readError(properties: JsonRecord): AksState['error'] {
  const code = textAt(properties, 'status', 'provisioningError', 'code');
  return code === null ? null : { code, message: textAt(properties, 'status', 'provisioningError', 'message') ?? '' };
}

function dropNulls(document: unknown): JsonRecord {
  if (!isRecord(document)) return {};
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean);
    return isRecord(value) ? dropNulls(value) : value;
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null).map(([key, value]) => [key, clean(value)]));
}

function pick(object: JsonRecord, keys: readonly string[]): JsonRecord {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}
