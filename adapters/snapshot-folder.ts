import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nodePoolOfId, readCluster, readLatestNodeImage, readNodePools, readUpgradeProfile } from '../domain/azure-resource.ts';
import type { AzureFacts } from '../domain/azure-facts.ts';
import type { ClusterSnapshot, NodePool, Unchecked, UpgradeProfile } from '../domain/cluster-snapshot.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../domain/json.ts';
import { isStopped } from '../domain/node-pool.ts';
import type { KubernetesParts } from '../domain/kubernetes-object.ts';
import { readKubernetesItems, readListItems } from '../domain/kubernetes-object.ts';
import { parseTimestamp } from '../domain/kubernetes-quantity.ts';
import type { Fault, Result } from '../domain/result.ts';
import { refuse, succeed } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { pickAzureDocuments, readAzureDocuments } from './snapshot-azure-facts.ts';
import type { AzureDocuments } from './snapshot-azure-facts.ts';

/** The documents of a snapshot folder, parsed as JSON and not yet understood. */
export interface SnapshotDocuments extends AzureDocuments {
  readonly cluster: unknown;
  /** Null when there is no `nodepools.json`: the cluster's own profiles are then the pools. */
  readonly nodePools: unknown;
  /** Null when there is no `upgrades.json`. */
  readonly upgrades: unknown;
  /** Upgrade profiles of single pools, which alone tell the newest node image; empty when there is no `nodepool-upgrades.json`. */
  readonly nodePoolUpgrades: readonly unknown[];
  /** Every item of every Kubernetes list in the folder, each once. */
  readonly kubernetesItems: readonly unknown[];
}

const azureFiles: ReadonlySet<string> = new Set(['cluster.json', 'nodepools.json', 'upgrades.json', 'nodepool-upgrades.json']);

/**
 * Reads the documents of a snapshot folder without understanding them.
 *
 * `cluster.json` and at least one Kubernetes list are needed; `kubernetes.json`, `kubernetes/*.json` and any other
 * `*.json` that is a Kubernetes list count. Errors, all at once, each named by its file: `snapshot-not-found`,
 * `snapshot-file-missing`, `not-json`, `not-a-kubernetes-list`. Changes nothing; may be repeated.
 */
export async function readSnapshotDocuments(directory: string): Promise<Result<SnapshotDocuments, Fault>> {
  const names = await listJsonFiles(directory);
  if (names === null) return refuse([notFound(directory)]);
  const faults: Fault[] = [];
  const documents = new Map<string, unknown>();
  for (const name of names) {
    const parsed = parseJson(await readText(join(directory, name)), name);
    if (parsed.ok) documents.set(name, parsed.value);
    else faults.push(...parsed.faults);
  }
  if (!names.includes('cluster.json')) faults.push(missing('cluster.json', 'az aks show -o json'));
  const kubernetesItems = collectItems(documents, faults);
  if (!names.some((name) => isKubernetesFile(name)) && kubernetesItems.length === 0) {
    faults.push(missing('kubernetes.json', 'kubectl get nodes,namespaces,pods,pdb,… -A -o json'));
  }
  if (faults.length > 0) return refuse(faults);
  const profiles = documents.get('nodepool-upgrades.json') ?? [];
  return succeed({
    cluster: documents.get('cluster.json'),
    nodePools: documents.get('nodepools.json') ?? null,
    upgrades: documents.get('upgrades.json') ?? null,
    nodePoolUpgrades: Array.isArray(profiles) ? profiles : [profiles],
    kubernetesItems,
    ...pickAzureDocuments(documents),
  });
}

/**
 * Reads a snapshot folder into what rules may know.
 *
 * `takenAt` is the newest moment the documents themselves tell, so that copying the folder does not change the
 * judgement; without any it is the age of `cluster.json`. A missing optional part is named in `unchecked`. Errors: those
 * of {@link readSnapshotDocuments}, and `unreadable-field` with file and path.
 */
export async function readSnapshotFolder(directory: string): Promise<Result<ClusterSnapshot, Fault>> {
  const read = await readSnapshotDocuments(directory);
  if (!read.ok) return read;
  const documents = read.value;
  const parts = understand(documents);
  if (!parts.ok) return parts;
  const { cluster, nodePools, upgradeProfile, azureFacts, kubernetes } = parts.value;
  const takenAt = newestMoment(documents.kubernetesItems) ?? Math.floor((await stat(join(directory, 'cluster.json'))).mtimeMs);
  return succeed({ takenAt, cluster, nodePools, upgradeProfile, azureFacts, ...kubernetes, unchecked: uncheckedParts(documents, nodePools, kubernetes) });
}

interface UnderstoodParts {
  readonly cluster: ClusterSnapshot['cluster'];
  readonly nodePools: readonly NodePool[];
  readonly upgradeProfile: UpgradeProfile | null;
  readonly azureFacts: AzureFacts;
  readonly kubernetes: KubernetesParts;
}

function understand(documents: SnapshotDocuments): Result<UnderstoodParts, Fault> {
  const cluster = inFile('cluster.json', readCluster(documents.cluster));
  const poolsFile = documents.nodePools === null ? 'cluster.json' : 'nodepools.json';
  const pools = inFile(poolsFile, readNodePools(documents.nodePools, documents.cluster));
  const upgrades: Result<UpgradeProfile | null, Fault> =
    documents.upgrades === null ? succeed(null) : inFile('upgrades.json', readUpgradeProfile(documents.upgrades));
  const kubernetes = inFile('kubernetes.json', readKubernetesItems(documents.kubernetesItems));
  const azure = readAzureDocuments(documents);
  if (cluster.ok && pools.ok && upgrades.ok && kubernetes.ok && azure.ok) {
    const images = latestNodeImages(documents);
    return succeed({
      cluster: cluster.value,
      nodePools: pools.value.map((pool) => ({ ...pool, latestNodeImageVersion: images[pool.name.toLowerCase()] ?? null })),
      upgradeProfile: upgrades.value,
      azureFacts: { ...azure.value, poolsWithoutNodeImage: poolsWithoutNodeImage(documents) },
      kubernetes: kubernetes.value,
    });
  }
  return refuse([cluster, pools, upgrades, azure, kubernetes].flatMap((one) => (one.ok ? [] : one.faults)));
}

function absentPools(pools: readonly NodePool[], cluster: unknown): readonly string[] {
  const named = readNodePools(null, cluster);
  return named.ok ? named.value.map(({ name }) => name).filter((name) => pools.every((pool) => pool.name !== name)) : [];
}

function inFile<T>(file: string, result: Result<T, Fault>): Result<T, Fault> {
  if (result.ok) return result;
  return refuse(result.faults.map((fault) => ({ ...fault, where: `${file}: ${fault.where}` })));
}

/** Newest node image AKS offers per pool name, as far as the folder tells. AKS pool names are lower case. */
export function latestNodeImages(documents: Pick<SnapshotDocuments, 'nodePoolUpgrades'>): Readonly<Record<string, string>> {
  const images: Record<string, string> = {};
  for (const profile of documents.nodePoolUpgrades) {
    const pool = isRecord(profile) ? nodePoolOfId(textAt(profile, 'id') ?? '') : null;
    const image = readLatestNodeImage(profile);
    if (pool !== null && image.ok && image.value !== null) images[pool.toLowerCase()] = image.value;
  }
  return images;
}

/** Pools whose upgrade profile is in the folder and names no image. */
function poolsWithoutNodeImage({ nodePoolUpgrades }: SnapshotDocuments): readonly string[] {
  return nodePoolUpgrades.flatMap((profile) => {
    const pool = isRecord(profile) ? nodePoolOfId(textAt(profile, 'id') ?? '') : null;
    const image = readLatestNodeImage(profile);
    return pool !== null && image.ok && image.value === null ? [pool.toLowerCase()] : [];
  });
}

/** Names relative to the folder, sorted; null when there is no such folder. */
async function listJsonFiles(directory: string): Promise<readonly string[] | null> {
  const entries = await entriesOf(directory);
  if (entries === null) return null;
  const inner = entries.some((entry) => entry.name === 'kubernetes' && entry.isDirectory())
    ? await entriesOf(join(directory, 'kubernetes'))
    : null;
  return [...jsonFiles(entries), ...jsonFiles(inner ?? []).map((name) => `kubernetes/${name}`)].sort();
}

async function entriesOf(directory: string): Promise<readonly Dirent[] | null> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch {
    return null;
  }
}

function jsonFiles(entries: readonly Dirent[]): readonly string[] {
  return entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json')).map((entry) => entry.name);
}

/** Older PowerShell redirects to UTF-16 with a byte order mark, newer tools to UTF-8 with or without one. */
async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

function parseJson(text: string, file: string): Result<unknown, Fault> {
  try {
    const value: unknown = JSON.parse(text);
    return succeed(value);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const message = `${file} is not JSON: ${why}`;
    return refuse([{ code: 'not-json', where: file, message, remedy: `Write ${file} again, with -o json and nothing else in it.` }]);
  }
}

function isKubernetesFile(name: string): boolean {
  return name === 'kubernetes.json' || name.startsWith('kubernetes/');
}

function collectItems(documents: ReadonlyMap<string, unknown>, faults: Fault[]): readonly unknown[] {
  const items = new Map<string, unknown>();
  for (const [name, document] of documents) {
    const isList = isRecord(document) && textAt(document, 'kind')?.endsWith('List') === true;
    // Other files in the folder are none of ours unless they are lists; the named ones must be.
    if (azureFiles.has(name) || (!isList && !isKubernetesFile(name))) continue;
    const list = readListItems(document, name);
    if (!list.ok) faults.push(...list.faults);
    else list.value.forEach((item, index) => items.set(identityOf(item) ?? `${name}#${index}`, item));
  }
  return [...items.values()];
}

/** The same object in two files of a split snapshot must not count twice. */
function identityOf(item: unknown): string | null {
  if (!isRecord(item)) return null;
  const metadata = recordAt(item, 'metadata');
  const name = textAt(metadata, 'name');
  return name === null ? null : `${textAt(item, 'kind') ?? ''} ${textAt(metadata, 'namespace') ?? ''}/${name}`;
}

function newestMoment(items: readonly unknown[]): Instant | null {
  let newest: Instant | null = null;
  const see = (text: string | null): void => {
    const moment = text === null ? null : parseTimestamp(text);
    if (moment !== null && (newest === null || moment > newest)) newest = moment;
  };
  for (const item of items) {
    if (!isRecord(item)) continue;
    see(textAt(recordAt(item, 'metadata'), 'creationTimestamp'));
    see(textAt(item, 'lastTimestamp'));
    for (const condition of recordsAt(recordAt(item, 'status'), 'conditions')) {
      see(textAt(condition, 'lastHeartbeatTime'));
      see(textAt(condition, 'lastTransitionTime'));
    }
  }
  return newest;
}

function uncheckedParts(documents: SnapshotDocuments, nodePools: readonly NodePool[], kubernetes: KubernetesParts): readonly Unchecked[] {
  const parts: Unchecked[] = [];
  const lacks = (isLacking: boolean, what: string, why: string): void => {
    if (isLacking) parts.push({ what, why });
  };
  lacks(documents.upgrades === null, 'offered Kubernetes versions', 'There is no upgrades.json (az aks get-upgrades -o json).');
  for (const name of absentPools(nodePools, documents.cluster)) lacks(true, `pool ${name}`, 'cluster.json names it, nodepools.json does not hold it.');
  for (const { name, nodeCount, powerState } of nodePools) {
    const held = kubernetes.nodes.filter(({ nodePool }) => nodePool === name).length;
    lacks(held < nodeCount && !isStopped({ powerState }), `nodes of pool ${name}`, `Azure counts ${nodeCount}, the snapshot holds ${held}.`);
  }
  lacks(kubernetes.pods.length === 0, 'pods', 'The snapshot holds no pods.');
  lacks(kubernetes.disruptionBudgets.length === 0, 'disruption budgets', 'The snapshot holds none; nothing shows whether they were listed.');
  lacks(kubernetes.workloads.length === 0, 'wanted replicas', 'The snapshot holds no Deployments, ReplicaSets or StatefulSets.');
  lacks(kubernetes.namespaces.length === 0, 'namespaces being deleted', 'The snapshot holds no Namespaces; evictions in one that is being deleted answer 403.');
  const { autoscalers, services, volumeClaims } = kubernetes.workloadFacts;
  lacks(autoscalers.length === 0, 'how far workloads may be scaled in', 'The snapshot holds no HorizontalPodAutoscalers (kubectl get hpa).');
  lacks(services.length === 0, 'pods behind webhooks and load balancers', 'The snapshot holds no Services (kubectl get services).');
  // Claims nobody uses and volumes nobody claims say nothing; a pod that names a claim does.
  lacks(
    volumeClaims.length === 0 && kubernetes.pods.some((pod) => pod.volumeClaims.length > 0),
    'volumes on nodes and in zones',
    'Pods use volumes, and the snapshot holds no PersistentVolumeClaims (kubectl get pvc,pv).',
  );
  lacks(kubernetes.admissionWebhooks.length === 0, 'admission webhooks on evictions', 'The snapshot holds no webhook configurations.');
  return parts;
}

function notFound(directory: string): Fault {
  return {
    code: 'snapshot-not-found',
    where: directory,
    message: `There is no folder ${directory}, or it cannot be read.`,
    remedy: 'Name the folder that holds cluster.json and kubernetes.json.',
  };
}

function missing(file: string, command: string): Fault {
  return {
    code: 'snapshot-file-missing',
    where: file,
    message: `The snapshot has no ${file}.`,
    remedy: `Write it with ${command} > ${file}.`,
  };
}
