import type { Dirent } from 'node:fs';
import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nodePoolOfId, readCluster, readNodePoolOffers, readNodePools, readUpgradeProfile } from '../domain/azure-resource.ts';
import type { AzureFacts } from '../domain/azure-facts.ts';
import type { ClusterSnapshot, NodePool, NodePoolOffers, Unchecked, UpgradeProfile } from '../domain/cluster-snapshot.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../domain/json.ts';
import { isStopped } from '../domain/node-pool.ts';
import type { KubernetesParts } from '../domain/kubernetes-object.ts';
import { beginKubernetesReading, readListItems } from '../domain/kubernetes-object.ts';
import { parseTimestamp } from '../domain/kubernetes-quantity.ts';
import type { Fault, Result } from '../domain/result.ts';
import { refuse, succeed } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { pickAzureDocuments, readAzureDocuments } from './snapshot-azure-facts.ts';
import type { AzureDocuments } from './snapshot-azure-facts.ts';
import { readManifest } from './snapshot-manifest.ts';
import type { ReadManifest } from './snapshot-manifest.ts';

/** The documents of a snapshot folder, parsed as JSON and not yet understood. */
export interface SnapshotDocuments extends AzureDocuments {
  readonly cluster: unknown;
  /** Null when there is no `nodepools.json`: the cluster's own profiles are then the pools. */
  readonly nodePools: unknown;
  /** Null when there is no `upgrades.json`. */
  readonly upgrades: unknown;
  /** Upgrade profiles of single pools, which alone tell the newest node image; empty when there is no `nodepool-upgrades.json`. */
  readonly nodePoolUpgrades: readonly unknown[];
  /** `snapshot.json` of a folder that Slackwater wrote; null or absent for one made by hand. */
  readonly manifest?: ReadManifest | null;
  /** Every item of every Kubernetes list in the folder, each once. */
  readonly kubernetesItems: readonly unknown[];
}

const azureFiles: ReadonlySet<string> = new Set(['cluster.json', 'nodepools.json', 'upgrades.json', 'nodepool-upgrades.json']);

/**
 * Reads the documents of a snapshot folder without understanding them.
 *
 * `cluster.json` and at least one Kubernetes list are needed; `kubernetes.json`, `kubernetes/*.json` and any other
 * `*.json` that is a Kubernetes list count. Errors, all at once, each named by its file: `snapshot-not-found`,
 * `snapshot-file-missing`, `snapshot-file-too-large`, `not-json`, `not-a-kubernetes-list`. Changes nothing; may be repeated.
 */
export async function readSnapshotDocuments(directory: string): Promise<Result<SnapshotDocuments, Fault>> {
  const kubernetesItems: unknown[] = [];
  const read = await readDocuments(directory, (items) => {
    for (const item of items) kubernetesItems.push(item);
  });
  return read.ok ? succeed({ ...read.value, kubernetesItems }) : read;
}

/**
 * Reads a snapshot folder into what rules may know, one file after the other, so that memory holds the raw text of one.
 *
 * A folder that Slackwater wrote says itself when it was taken and what it lacks. Else `takenAt` is the newest moment the documents tell, so that copying the folder does not change the
 * judgement; without any it is the age of `cluster.json`. A missing optional part is named in `unchecked`. Errors: those
 * of {@link readSnapshotDocuments}, and `unreadable-field` with file and path.
 */
export async function readSnapshotFolder(directory: string): Promise<Result<ClusterSnapshot, Fault>> {
  const reader = beginKubernetesReading();
  const newest = seekNewestMoment();
  const read = await readDocuments(directory, (items) => {
    reader.add(items);
    newest.see(items);
  });
  if (!read.ok) return read;
  const documents = read.value;
  const parts = understand(documents, reader.finish());
  if (!parts.ok) return parts;
  const { cluster, nodePools, upgradeProfile, azureFacts, kubernetes } = parts.value;
  const takenAt = documents.manifest?.takenAt ?? newest.found() ?? Math.floor((await stat(join(directory, 'cluster.json'))).mtimeMs);
  return succeed({ takenAt, cluster, nodePools, upgradeProfile, azureFacts, ...kubernetes, openDebts: [], unchecked: documents.manifest?.unchecked ?? uncheckedParts(documents, nodePools, kubernetes) });
}

/** The documents of a snapshot that is not written to a folder: file name → document, as {@link readSnapshotDocuments} names them. */
export async function readSnapshotFiles(files: ReadonlyMap<string, unknown>): Promise<Result<SnapshotDocuments, Fault>> {
  const kubernetesItems: unknown[] = [];
  const given: SnapshotSource = { names: [...files.keys()].sort(), read: (name) => Promise.resolve(succeed(files.get(name))) };
  const read = await readSource(given, (items) => {
    for (const item of items) kubernetesItems.push(item);
  });
  return read.ok ? succeed({ ...read.value, kubernetesItems }) : read;
}

type AzureDocumentsOfFolder = Omit<SnapshotDocuments, 'kubernetesItems'>;

/** Reads every file once; the items of each Kubernetes list are handed on and not kept, each object once. */
async function readDocuments(directory: string, take: (items: readonly unknown[]) => void): Promise<Result<AzureDocumentsOfFolder, Fault>> {
  const names = await listJsonFiles(directory);
  return names === null ? refuse([notFound(directory)]) : readSource({ names, read: (name) => readJson(join(directory, name), name) }, take);
}

/** Where documents come from. */
interface SnapshotSource {
  readonly names: readonly string[];
  read(name: string): Promise<Result<unknown, Fault>>;
}

async function readSource({ names, read }: SnapshotSource, take: (items: readonly unknown[]) => void): Promise<Result<AzureDocumentsOfFolder, Fault>> {
  const faults: Fault[] = [];
  const documents = new Map<string, unknown>();
  const once = takeOnce(names.length);
  let lists = 0;
  for (const name of names) {
    const parsed = await read(name);
    if (!parsed.ok) faults.push(...parsed.faults);
    else if (!isKubernetesList(name, parsed.value)) documents.set(name, parsed.value);
    else {
      lists += 1;
      const list = readListItems(parsed.value, name);
      if (list.ok) take(once(list.value));
      else faults.push(...list.faults);
    }
  }
  if (!names.includes('cluster.json')) faults.push(missing('cluster.json', 'az aks show -o json'));
  const manifest = readManifest(documents.get('snapshot.json'));
  // A folder that Slackwater wrote says why there are none: the cluster was stopped.
  if (!names.some(isKubernetesFile) && lists === 0 && manifest === null) {
    faults.push(missing('kubernetes.json', 'kubectl get nodes,namespaces,pods,pdb,… -A -o json'));
  }
  if (faults.length > 0) return refuse(faults);
  const profiles = documents.get('nodepool-upgrades.json') ?? [];
  return succeed({
    cluster: documents.get('cluster.json'),
    nodePools: documents.get('nodepools.json') ?? null,
    upgrades: documents.get('upgrades.json') ?? null,
    nodePoolUpgrades: Array.isArray(profiles) ? profiles : [profiles],
    manifest,
    ...pickAzureDocuments(documents),
  });
}

interface UnderstoodParts {
  readonly cluster: ClusterSnapshot['cluster'];
  readonly nodePools: readonly NodePool[];
  readonly upgradeProfile: UpgradeProfile | null;
  readonly azureFacts: AzureFacts;
  readonly kubernetes: KubernetesParts;
}

function understand(documents: AzureDocumentsOfFolder, objects: Result<KubernetesParts, Fault>): Result<UnderstoodParts, Fault> {
  const cluster = inFile('cluster.json', readCluster(documents.cluster));
  const poolsFile = documents.nodePools === null ? 'cluster.json' : 'nodepools.json';
  const pools = inFile(poolsFile, readNodePools(documents.nodePools, documents.cluster));
  const upgrades: Result<UpgradeProfile | null, Fault> =
    documents.upgrades === null ? succeed(null) : inFile('upgrades.json', readUpgradeProfile(documents.upgrades));
  const kubernetes = inFile('kubernetes.json', objects);
  const azure = readAzureDocuments({ ...documents, whyUnread: documents.manifest?.whyUnread ?? {} });
  if (cluster.ok && pools.ok && upgrades.ok && kubernetes.ok && azure.ok) {
    const offers = nodePoolOffers(documents);
    return succeed({
      cluster: cluster.value,
      nodePools: pools.value.map((pool) => ({ ...pool, ...offers[pool.name.toLowerCase()] })),
      upgradeProfile: upgrades.value,
      azureFacts: { ...azure.value, poolsWithoutNodeImage: poolsWithoutNodeImage(offers) },
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

/** What AKS offers per pool name, as far as the folder tells. AKS pool names are lower case. */
export function nodePoolOffers(documents: Pick<SnapshotDocuments, 'nodePoolUpgrades'>): Readonly<Record<string, NodePoolOffers>> {
  const offers: Record<string, NodePoolOffers> = {};
  for (const profile of documents.nodePoolUpgrades) {
    const pool = isRecord(profile) ? nodePoolOfId(textAt(profile, 'id') ?? '') : null;
    const read = readNodePoolOffers(profile);
    if (pool !== null && read.ok) offers[pool.toLowerCase()] = read.value;
  }
  return offers;
}

/** Pools whose upgrade profile is in the folder and names no image. */
function poolsWithoutNodeImage(offers: Readonly<Record<string, NodePoolOffers>>): readonly string[] {
  return Object.entries(offers).flatMap(([pool, { latestNodeImageVersion }]) => (latestNodeImageVersion === null ? [pool] : []));
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

/** The longest text a JavaScript engine holds, as bytes of a file. */
const FILE_BYTES_MAX = 500_000_000;

/** Older PowerShell redirects to UTF-16 with a byte order mark, newer tools to UTF-8 with or without one. */
async function readJson(path: string, file: string): Promise<Result<unknown, Fault>> {
  const { size } = await stat(path);
  if (size > FILE_BYTES_MAX) {
    const message = `${file} has ${Math.round(size / 1_000_000)} MB; one file may have ${FILE_BYTES_MAX / 1_000_000}.`;
    return refuse([{ code: 'snapshot-file-too-large', where: file, message, remedy: 'Split it: one file in kubernetes/ for each kind or namespace (kubectl get pods -n … -o json).' }]);
  }
  // At once, not in portions: parsing holds the thread anyway, and a large cluster is read a tenth quicker.
  const bytes = readFileSync(path);
  return parseJson(new TextDecoder(encodingOf(bytes)).decode(bytes), file);
}

/** By the byte order mark, or by where the zero lies in the first character, which JSON always has from ASCII. */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== 0) ? 'utf-16be' : 'utf-8';
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

/** Other files in the folder are none of ours unless they are lists; those of Kubernetes must be. */
function isKubernetesList(name: string, document: unknown): boolean {
  if (azureFiles.has(name)) return false;
  return isKubernetesFile(name) || (isRecord(document) && textAt(document, 'kind')?.endsWith('List') === true);
}

/** Leaves out what an earlier file held already: the same object in two files of a split snapshot must not count twice. */
function takeOnce(fileCount: number): (items: readonly unknown[]) => readonly unknown[] {
  const seen = new Set<string>();
  return (items) => {
    if (fileCount === 1) return items;
    return items.filter((item) => {
      const identity = identityOf(item);
      if (identity === null) return true;
      if (seen.has(identity)) return false;
      seen.add(identity);
      return true;
    });
  };
}

function identityOf(item: unknown): string | null {
  if (!isRecord(item)) return null;
  const metadata = recordAt(item, 'metadata');
  const uid = textAt(metadata, 'uid');
  if (uid !== null && uid !== '') return uid;
  const name = textAt(metadata, 'name');
  return name === null ? null : `${textAt(item, 'kind') ?? ''} ${textAt(metadata, 'namespace') ?? ''}/${name}`;
}

interface MomentSeeker {
  see(items: readonly unknown[]): void;
  found(): Instant | null;
}

function seekNewestMoment(): MomentSeeker {
  let newest: Instant | null = null;
  let newestText = '';
  const see = (text: string | null): void => {
    // Most moments are older and of the same form, and then their texts sort as they do.
    if (text === null || (text.length === newestText.length && text.endsWith('Z') && text <= newestText)) return;
    const moment = parseTimestamp(text);
    if (moment === null || (newest !== null && moment <= newest)) return;
    newest = moment;
    newestText = text.endsWith('Z') ? text : '';
  };
  return {
    found: () => newest,
    see(items) {
      for (const item of items) {
        if (!isRecord(item)) continue;
        see(textAt(recordAt(item, 'metadata'), 'creationTimestamp'));
        see(textAt(item, 'lastTimestamp'));
        for (const condition of recordsAt(recordAt(item, 'status'), 'conditions')) {
          see(textAt(condition, 'lastHeartbeatTime'));
          see(textAt(condition, 'lastTransitionTime'));
        }
      }
    },
  };
}

function uncheckedParts(documents: AzureDocumentsOfFolder, nodePools: readonly NodePool[], kubernetes: KubernetesParts): readonly Unchecked[] {
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
