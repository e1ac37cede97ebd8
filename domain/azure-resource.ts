import { readApiServerAccess } from './api-server-access.ts';
import type {
  Cluster,
  NodePool,
  NodePoolMode,
  NodePoolOffers,
  ProvisioningError,
  RecentlyUsedVersion,
  UpgradeProfile,
  UpgradeSettings,
} from './cluster-snapshot.ts';
import { collectFaults, isRecord, isTrueAt, numberAt, optionalCount, recordAt, recordsAt, requireText, textAt, textMapAt, textsAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { parseTimestamp } from './kubernetes-quantity.ts';
import { compareVersions, parseKubernetesVersion } from './kubernetes-version.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';

const remedy = 'Read it again with az aks show, az aks nodepool list or az aks get-upgrades, each with -o json.';

/**
 * Reads a cluster from an ARM GET body or from `az aks show -o json`, which flattens `properties`.
 *
 * States and channels stay open texts: real AKS shows values no published list has. Errors: every `unreadable-field`.
 */
export function readCluster(document: unknown): Result<Cluster, Fault> {
  const faults = collectFaults('the cluster', remedy);
  const body = bodyOf(document);
  if (body === null) return refuse([notAnObject('the cluster')]);
  const { outer, inner, path } = body;
  const channels = recordAt(inner, 'autoUpgradeProfile');
  const kubernetesVersion = requireText(inner, 'kubernetesVersion', path, faults);
  const cluster: Cluster = {
    resourceId: requireText(outer, 'id', '', faults),
    name: requireText(outer, 'name', '', faults),
    location: textAt(outer, 'location') ?? '',
    provisioningState: requireText(inner, 'provisioningState', path, faults),
    powerState: textAt(inner, 'powerState', 'code') ?? 'Running',
    kubernetesVersion,
    currentKubernetesVersion: textAt(inner, 'currentKubernetesVersion') ?? kubernetesVersion,
    autoUpgradeChannel: textAt(channels, 'upgradeChannel'),
    nodeOsUpgradeChannel: textAt(channels, 'nodeOSUpgradeChannel') ?? textAt(channels, 'nodeOsUpgradeChannel'),
    forceUpgradeUntil: readForceUpgrade(inner, path, faults),
    nodeResourceGroup: textAt(inner, 'nodeResourceGroup') ?? '',
    tier: textAt(outer, 'sku', 'tier') ?? '',
    eTag: textAt(inner, 'eTag') ?? textAt(outer, 'eTag'),
    provisioningError: readProvisioningError(inner),
    access: readApiServerAccess(inner),
  };
  return faults.faults.length > 0 ? refuse(faults.faults) : succeed(cluster);
}

/**
 * Reads node pools from an ARM list (`{ value: [] }`), from `az aks nodepool list -o json`, or, when `document` is null,
 * from the profiles inside `cluster`.
 *
 * `latestNodeImageVersion` and `offeredVersions` are null: only a pool's own upgrade profile tells them. Errors: every `unreadable-field`.
 */
export function readNodePools(document: unknown, cluster: unknown = null): Result<readonly NodePool[], Fault> {
  const list = document ?? recordOrEmpty(bodyOf(cluster)?.inner)['agentPoolProfiles'];
  const pools: unknown = isRecord(list) ? list['value'] : list;
  if (!Array.isArray(pools)) return refuse([notAnObject('the list of node pools')]);
  const faults = collectFaults('the node pools', remedy);
  const read = pools.map((pool: unknown, index) => readPool(pool, `[${index}]`, faults));
  if (faults.faults.length > 0) return refuse(faults.faults);
  return succeed(read.filter((pool) => pool !== null));
}

/** Reads one node pool from an ARM GET body or from `az aks nodepool show -o json`. Errors: every `unreadable-field`. */
export function readNodePool(document: unknown): Result<NodePool, Fault> {
  const faults = collectFaults('the node pool', remedy);
  const pool = readPool(document, '', faults);
  return pool === null || faults.faults.length > 0 ? refuse(faults.faults) : succeed(pool);
}

function readPool(document: unknown, prefix: string, faults: FaultList): NodePool | null {
  const body = bodyOf(document);
  if (body === null) {
    faults.add(prefix === '' ? 'the node pool' : prefix, 'an object');
    return null;
  }
  const { outer, inner } = body;
  const path = [prefix, body.path].filter((part) => part !== '').join('.');
  const orchestratorVersion = requireText(inner, 'orchestratorVersion', path, faults);
  return {
    name: requireText(outer, 'name', prefix, faults),
    mode: modeOf(textAt(inner, 'mode')),
    nodeCount: nodeCountOf(inner, path, faults),
    enableAutoScaling: isTrueAt(inner, 'enableAutoScaling'),
    minCount: optionalCount(inner, 'minCount', path, faults),
    maxCount: optionalCount(inner, 'maxCount', path, faults),
    scaleSetPriority: textAt(inner, 'scaleSetPriority')?.toLowerCase() === 'spot' ? 'Spot' : 'Regular',
    powerState: textAt(inner, 'powerState', 'code') ?? 'Running',
    provisioningState: textAt(inner, 'provisioningState') ?? '',
    orchestratorVersion,
    currentOrchestratorVersion: textAt(inner, 'currentOrchestratorVersion') ?? orchestratorVersion,
    nodeImageVersion: textAt(inner, 'nodeImageVersion') ?? '',
    latestNodeImageVersion: null,
    offeredVersions: null,
    upgradeSettings: readUpgradeSettings(recordAt(inner, 'upgradeSettings'), path === '' ? 'upgradeSettings' : `${path}.upgradeSettings`, faults),
    osType: textAt(inner, 'osType') ?? '',
    osSku: textAt(inner, 'osSKU') ?? textAt(inner, 'osSku') ?? '',
    vmSize: textAt(inner, 'vmSize') ?? '',
    maxPods: optionalCount(inner, 'maxPods', path, faults),
    availabilityZones: textsAt(inner, 'availabilityZones'),
    nodeTaints: textsAt(inner, 'nodeTaints'),
    nodeLabels: textMapAt(inner, 'nodeLabels'),
    maxBlockedNodes: emptyAsNull(textAt(inner, 'upgradeSettings', 'maxBlockedNodes')),
    eTag: textAt(inner, 'eTag') ?? textAt(outer, 'eTag'),
    provisioningError: readProvisioningError(inner),
  };
}

function modeOf(text: string | null): NodePoolMode {
  return text === 'System' || text === 'Gateway' ? text : 'User';
}

/** `count` may be null for pools of single machines, which count their machines by status instead. */
function nodeCountOf(pool: JsonRecord, path: string, faults: FaultList): number {
  const count = optionalCount(pool, 'count', path, faults);
  if (count !== null) return count;
  return recordsAt(pool, 'virtualMachineNodesStatus').reduce((sum, status) => sum + (numberAt(status, 'count') ?? 0), 0);
}

/** Reads `upgradeSettings` as it stands; what is unset, or unknown to us, is null. */
function readUpgradeSettings(settings: JsonRecord, path: string, faults: FaultList): UpgradeSettings {
  const behavior = textAt(settings, 'undrainableNodeBehavior');
  return {
    maxSurge: readShare(settings, 'maxSurge', path, faults),
    maxUnavailable: readShare(settings, 'maxUnavailable', path, faults),
    drainTimeoutInMinutes: optionalCount(settings, 'drainTimeoutInMinutes', path, faults),
    nodeSoakDurationInMinutes: optionalCount(settings, 'nodeSoakDurationInMinutes', path, faults),
    undrainableNodeBehavior: behavior === 'Schedule' || behavior === 'Cordon' ? behavior : null,
  };
}

/** `2` or `33%`, as AKS writes them; null where it is unset. */
function readShare(settings: JsonRecord, key: string, path: string, faults: FaultList): string | null {
  const value = settings[key];
  if (value === undefined || value === null || value === '') return null;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && /^\d{1,5}%?$/.test(text)) return text;
  faults.add(`${path}.${key}`, 'a whole number or a percentage such as "33%"');
  return null;
}

/**
 * Reads a cluster's upgrade profile from ARM or from `az aks get-upgrades -o json`.
 *
 * The real answer carries `agentPoolProfiles: null`, and `upgrades: null` when nothing is offered; both are read as
 * nothing. Previews are left out. Errors: `unreadable-field`.
 */
export function readUpgradeProfile(document: unknown): Result<UpgradeProfile, Fault> {
  const body = bodyOf(document);
  const controlPlane = body?.inner['controlPlaneProfile'];
  if (!isRecord(controlPlane)) {
    const faults = collectFaults('the upgrade profile', remedy);
    faults.add('controlPlaneProfile', 'an object');
    return refuse(faults.faults);
  }
  return succeed({ controlPlaneUpgrades: offeredIn(controlPlane) });
}

/** The released versions a profile offers, each once, ascending. */
function offeredIn(profile: JsonRecord): readonly string[] {
  const offered = recordsAt(profile, 'upgrades')
    .filter((upgrade) => !isTrueAt(upgrade, 'isPreview'))
    .map((upgrade) => textAt(upgrade, 'kubernetesVersion'))
    .filter((version) => version !== null);
  return [...new Set(offered)].sort(compareOffered);
}

function compareOffered(one: string, other: string): number {
  const [first, second] = [parseKubernetesVersion(one), parseKubernetesVersion(other)];
  if (first === null || second === null) return Number(first === null) - Number(second === null);
  return compareVersions(first, second);
}

/**
 * Reads what a pool's upgrade profile offers (ARM, or `az aks nodepool get-upgrades -o json`): the newest image, null when it
 * names none, and the released versions. Errors: `unreadable-document`.
 */
export function readNodePoolOffers(document: unknown): Result<NodePoolOffers, Fault> {
  const body = bodyOf(document);
  if (body === null) return refuse([notAnObject("the pool's upgrade profile")]);
  return succeed({
    latestNodeImageVersion: emptyAsNull(textAt(body.inner, 'latestNodeImageVersion')),
    offeredVersions: offeredIn(body.inner),
  });
}

/**
 * Reads which versions a pool's upgrade profile says it ran before, newest first; one that names no version or image is no place to go
 * back to and left out. Errors: `unreadable-document`.
 */
export function readRecentlyUsedVersions(document: unknown): Result<readonly RecentlyUsedVersion[], Fault> {
  const body = bodyOf(document);
  if (body === null) return refuse([notAnObject("the pool's upgrade profile")]);
  const used = recordsAt(body.inner, 'recentlyUsedVersions').flatMap((each) => {
    const [kubernetesVersion, nodeImageVersion] = [textAt(each, 'orchestratorVersion') ?? '', textAt(each, 'nodeImageVersion') ?? ''];
    return kubernetesVersion === '' || nodeImageVersion === '' ? [] : [{ kubernetesVersion, nodeImageVersion, usedAt: parseTimestamp(textAt(each, 'timestamp') ?? '') }];
  });
  return succeed(used.toSorted((one, other) => (other.usedAt ?? 0) - (one.usedAt ?? 0)));
}

/** The pool's name in an ARM id of a pool or of something below it, as the id spells it; null when the id has none. */
export function nodePoolOfId(resourceId: string): string | null {
  const parts = resourceId.split('/');
  const index = parts.findIndex((part) => part.toLowerCase() === 'agentpools');
  return index === -1 ? null : parts[index + 1] ?? null;
}

/** Whether two ARM ids name the same resource: the service changes their case. */
export function isSameResource(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** When a forced upgrade is armed: `forceUpgrade` acts only together with `until`. */
function readForceUpgrade(inner: JsonRecord, path: string, faults: FaultList): number | null {
  const override = recordAt(inner, 'upgradeSettings', 'overrideSettings');
  if (!isTrueAt(override, 'forceUpgrade')) return null;
  const until = textAt(override, 'until');
  if (until === null) return null;
  const moment = parseTimestamp(until);
  if (moment === null) faults.add(`${path === '' ? '' : `${path}.`}upgradeSettings.overrideSettings.until`, 'an RFC 3339 timestamp');
  return moment;
}

function readProvisioningError(inner: JsonRecord): ProvisioningError | null {
  const error = recordAt(inner, 'status')['provisioningError'];
  if (!isRecord(error)) return null;
  return { code: textAt(error, 'code') ?? '', message: textAt(error, 'message') ?? '' };
}

interface Body {
  readonly outer: JsonRecord;
  /** `properties`, or the document itself where they were flattened into it. */
  readonly inner: JsonRecord;
  /** Where `inner` lies in the document. */
  readonly path: string;
}

function bodyOf(document: unknown): Body | null {
  if (!isRecord(document)) return null;
  const properties = document['properties'];
  return isRecord(properties)
    ? { outer: document, inner: properties, path: 'properties' }
    : { outer: document, inner: document, path: '' };
}

function recordOrEmpty(record: JsonRecord | undefined): JsonRecord {
  return record ?? {};
}

function emptyAsNull(text: string | null): string | null {
  return text === '' ? null : text;
}

function notAnObject(what: string): Fault {
  return { code: 'unreadable-document', where: what, message: `${what} is not the JSON that Azure or its command line prints.`, remedy };
}
