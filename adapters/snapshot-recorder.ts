import type { ClusterSnapshot } from '../domain/cluster-snapshot.ts';
import { pickDeprecatedApiLines } from '../domain/deprecated-api-metrics.ts';
import { isRecord, recordsAt, textAt, valueAt } from '../domain/json.ts';
import { readListItems } from '../domain/kubernetes-object.ts';
import { formatInstant } from '../domain/local-time.ts';
import type { ArmAnswer } from './arm-failure.ts';
import { keepFields } from './kept-fields.ts';
import type { KeptFields } from './kept-fields.ts';
import type { KubernetesAnswer, KubernetesCall } from './kubernetes-transport.ts';
import { azureFields, keepEventFields } from './snapshot-azure-fields.ts';
import type { SnapshotManifest } from './snapshot-manifest.ts';
import { keepKubernetesFields } from './snapshot-kubernetes-fields.ts';

/** Gathers a snapshot's documents from the very answers a cluster was judged by, so that the folder is judged alike. */
interface SnapshotRecorder {
  onArmAnswer(request: { readonly method: string; readonly url: URL }, answer: ArmAnswer): void;
  onKubernetesAnswer(call: KubernetesCall, answer: KubernetesAnswer): void;
  /** File → document, once the cluster was read. What could not be read whole is left out, and its reason kept. */
  documents(snapshot: ClusterSnapshot): ReadonlyMap<string, unknown>;
}

/** Records what a snapshot holds and nothing else: each answer is cut down before it is kept. */
export function createSnapshotRecorder(): SnapshotRecorder {
  const azure = new Map<AzureList, Map<string, unknown>>();
  const lists = new Map<string, KubernetesList>();
  const found: { cluster: unknown; upgrades: unknown; metrics: readonly string[] | null } = { cluster: null, upgrades: null, metrics: null };
  return {
    onArmAnswer({ method, url }, { status, body }) {
      if (method !== 'GET' || status !== 200) return;
      const path = url.pathname.replace(/\/+$/, '');
      if (/\/managedClusters\/[^/]+$/i.test(path)) found.cluster = keepFields(body, azureFields.cluster);
      if (/\/managedClusters\/[^/]+\/upgradeProfiles\/default$/i.test(path)) found.upgrades = keepFields(body, azureFields.upgradeProfile);
      for (const [name, { path: pattern, keep }] of azureLists) {
        if (!pattern.test(path)) continue;
        const entries = azure.get(name) ?? new Map<string, unknown>();
        azure.set(name, entries);
        for (const [index, entry] of (Array.isArray(valueAt(body, 'value')) ? recordsAt(body, 'value') : [body]).entries()) {
          // The same lock shows in two groups, and a page may be asked for twice; a usage of a region has no id.
          entries.set(textAt(entry, 'id') ?? textAt(entry, 'name', 'value') ?? `${url.search} ${index}`, keep(entry));
        }
      }
    },
    onKubernetesAnswer({ method, path }, { status, body }) {
      if (method !== 'GET' || status !== 200) return;
      if (path === '/metrics' && typeof body === 'string') found.metrics = pickDeprecatedApiLines(body);
      const url = new URL(path, 'http://cluster.invalid');
      const plural = /^\/apis?\/(?:[^/]+\/)?v[^/]+\/([a-z]+)$/.exec(url.pathname)?.[1];
      const items = plural === undefined || url.searchParams.has('fieldSelector') ? null : readListItems(body, path);
      if (plural === undefined || items === null || !items.ok) return;
      const known = url.searchParams.has('continue') ? lists.get(plural) : undefined;
      const list = known ?? { kind: textAt(body, 'kind') ?? 'List', apiVersion: textAt(body, 'apiVersion') ?? 'v1', items: [] };
      // A list that starts again from its first page is of another moment: what came before is forgotten.
      lists.set(plural, list);
      for (const item of items.value) {
        const kept = keepKubernetesFields(item);
        if (kept !== null) list.items.push(kept);
      }
    },
    documents: (snapshot) => documentsOf(snapshot, found, azure, lists),
  };
}

interface KubernetesList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly items: unknown[];
}

type AzureList = 'nodepools.json' | 'nodepool-upgrades.json' | 'maintenance.json' | 'quota.json' | 'network.json' | 'locks.json' | 'activity.json';

const keeping = (kept: KeptFields) => (entry: unknown): unknown => keepFields(entry, kept);

const azureLists: readonly (readonly [AzureList, { readonly path: RegExp; readonly keep: (entry: unknown) => unknown }])[] = [
  ['nodepools.json', { path: /\/managedClusters\/[^/]+\/agentPools$/i, keep: keeping(azureFields.pool) }],
  ['nodepool-upgrades.json', { path: /\/agentPools\/[^/]+\/upgradeProfiles\/default$/i, keep: keeping(azureFields.upgradeProfile) }],
  ['maintenance.json', { path: /\/maintenanceConfigurations$/i, keep: keeping(azureFields.maintenanceConfiguration) }],
  ['quota.json', { path: /\/Microsoft\.Compute\/locations\/[^/]+\/usages$/i, keep: keeping(azureFields.usage) }],
  ['network.json', { path: /\/Microsoft\.Network\/virtualNetworks\/[^/]+\/usages$/i, keep: keeping(azureFields.usage) }],
  ['locks.json', { path: /\/Microsoft\.Authorization\/locks$/i, keep: keeping(azureFields.lock) }],
  ['activity.json', { path: /\/Microsoft\.Insights\/eventtypes\/management\/values$/i, keep: keepEventFields }],
];

/** Which fact a file carries; a fact that was not read leaves no half file. */
const factOfFile = { 'quota.json': 'quota', 'network.json': 'subnets', 'locks.json': 'locks', 'maintenance.json': 'maintenanceConfigurations', 'activity.json': 'recentWrites' } as const;

function documentsOf(
  snapshot: ClusterSnapshot,
  { cluster, upgrades, metrics }: { readonly cluster: unknown; readonly upgrades: unknown; readonly metrics: readonly string[] | null },
  azure: ReadonlyMap<AzureList, ReadonlyMap<string, unknown>>,
  lists: ReadonlyMap<string, KubernetesList>,
): ReadonlyMap<string, unknown> {
  const { azureFacts, unchecked } = snapshot;
  const isRead = (file: AzureList): boolean => !Object.hasOwn(factOfFile, file) || Object.entries(factOfFile).some(([name, fact]) => name === file && azureFacts[fact] !== null);
  const manifest: SnapshotManifest = {
    schema: 'slackwater.snapshot/v1',
    takenAt: formatInstant(snapshot.takenAt),
    cluster: snapshot.cluster.resourceId,
    unchecked,
    whyUnread: azureFacts.whyUnread,
  };
  const isOfCluster = (event: unknown): boolean => (textAt(event, 'resourceId') ?? '').toLowerCase().startsWith(snapshot.cluster.resourceId.toLowerCase());
  return new Map<string, unknown>([
    ['snapshot.json', manifest],
    ['cluster.json', cluster],
    ...(upgrades === null ? [] : [['upgrades.json', upgrades] as const]),
    ...[...azure].flatMap(([file, entries]) => (isRead(file) ? [[file, [...entries.values()].filter((entry) => file !== 'activity.json' || isOfCluster(entry))] as const] : [])),
    ...(metrics === null ? [] : [['deprecated-apis.json', metrics] as const]),
    ...[...lists].flatMap(([plural, list]) => portionsOf(plural, list)),
  ]);
}

/** Objects of one file: some 40 MB of pods, which every tool still opens. */
const FILE_OBJECTS = 10_000;

function portionsOf(plural: string, { kind, apiVersion, items }: KubernetesList): readonly (readonly [string, unknown])[] {
  const count = Math.max(1, Math.ceil(items.length / FILE_OBJECTS));
  return Array.from({ length: count }, (_, index) => [
    `kubernetes/${plural}${index === 0 ? '' : `-${index + 1}`}.json`,
    { kind, apiVersion, metadata: {}, items: items.slice(index * FILE_OBJECTS, (index + 1) * FILE_OBJECTS).map(withoutKind(kind)) },
  ]);
}

/** In a typed list the items need no kind of their own. */
function withoutKind(listKind: string): (item: unknown) => unknown {
  return (item) => (isRecord(item) && listKind === `${textAt(item, 'kind') ?? ''}List` ? Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'kind')) : item);
}
