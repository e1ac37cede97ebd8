import type { Node, NodePool } from './cluster-snapshot.ts';
import { isOpen } from './debt.ts';
import type { Debt } from './debt.ts';
import { isImageAtLeast } from './judge-progress.ts';
import { compareVersions, parseKubernetesVersion } from './kubernetes-version.ts';
import { DAY_MS } from './time.ts';
import type { Instant } from './time.ts';

/** What the ledger is judged by: the nodes themselves, never their labels alone. */
export interface LedgerLook {
  readonly at: Instant;
  readonly pools: readonly NodePool[];
  readonly nodes: readonly Node[];
  /** Whether the policy wants the newest image, or the pool's own. */
  readonly nodeImage: 'latest' | 'keep';
}

/** Whose debts are looked for: every node AKS set aside, or all that a run left in the pools it touched. */
type LedgerScope = { readonly kind: 'quarantined' } | { readonly kind: 'run'; readonly pools: readonly string[] };

/** Why a pool was left as it is, and who can clear that. */
export type DebtCause = Pick<Debt, 'why' | 'owner'>;

/** Who opens a debt, and what is known of each pool's causes. */
interface DebtOpening {
  readonly who: string;
  readonly ofPool: Readonly<Record<string, DebtCause>>;
}

/** Days after which a debt is told again; from the last on weekly. */
const STEPS: readonly number[] = [1, 3, 7, 14];
const WEEK_DAYS = 7;
/** From this step on somebody above the owner is told too. Unit: days. */
export const LEAD_STEP_DAYS = 14;

/** Whole days a debt has been owed. */
export function ageDays(debt: Debt, now: Instant): number {
  return Math.max(0, Math.floor((now - debt.when) / DAY_MS));
}

/** The last step of escalation an age has reached: 0, 1, 3, 7, 14, 21, 28 … Unit: days. */
export function stepAt(days: number): number {
  const last = STEPS.findLast((step) => step <= days) ?? 0;
  return last < LEAD_STEP_DAYS ? last : LEAD_STEP_DAYS + Math.floor((days - LEAD_STEP_DAYS) / WEEK_DAYS) * WEEK_DAYS;
}

/** The step after one. Unit: days. */
export function stepAfter(step: number): number {
  return STEPS.find((next) => next > step) ?? step + WEEK_DAYS;
}

/** Whether a debt has passed a step that was not told yet. */
export function isStepDue(debt: Debt, now: Instant): boolean {
  return isOpen(debt) && stepAt(ageDays(debt, now)) > debt.stepDays;
}

/** Node images of the pool that came out after the one a debt is left on, as far as they were seen. */
export function missedImages(debt: Debt, nodeImages: Readonly<Record<string, readonly string[]>>): number {
  const seen = nodeImages[debt.pool] ?? [];
  return debt.image === '' ? 0 : seen.filter((image) => !isImageAtLeast(debt.image, image)).length;
}

/** Images seen, with those that the pools are offered or run now added behind. */
export function rememberImages(known: Readonly<Record<string, readonly string[]>>, pools: readonly NodePool[]): Readonly<Record<string, readonly string[]>> {
  const seen = new Map(Object.entries(known));
  for (const { name, nodeImageVersion, latestNodeImageVersion } of pools) {
    const images = seen.get(name) ?? [];
    const fresh = [nodeImageVersion, latestNodeImageVersion ?? ''].filter((image, index, all) => image !== '' && !images.includes(image) && all.indexOf(image) === index);
    if (fresh.length > 0) seen.set(name, [...images, ...fresh]);
  }
  return Object.fromEntries(seen);
}

/** The newest of some images; null when there is none. */
export function newestImage(images: readonly string[]): string | null {
  return images.reduce<string | null>((newest, image) => (newest === null || isImageAtLeast(image, newest) ? image : newest), null);
}

/**
 * Judges every open debt anew and adds what was found.
 *
 * A node's debt is settled only when the node is new, Ready and schedulable, or gone; a label that was taken away settles nothing.
 * The same ledger and look give the same ledger.
 */
export function judgeLedger(known: readonly Debt[], found: readonly Debt[], look: LedgerLook): readonly Debt[] {
  const judged = known.map((debt) => (isOpen(debt) ? judgeDebt(debt, look) : debt));
  const owed = new Set(judged.filter(isOpen).map(({ id }) => id));
  return [...judged, ...found.filter(({ id }) => !owed.has(id))];
}

function judgeDebt(debt: Debt, look: LedgerLook): Debt {
  const pool = look.pools.find(({ name }) => name === debt.pool);
  if (debt.node !== null) return judgeNodeDebt(debt, look.nodes.find(({ name }) => name === debt.node), pool, look);
  if (pool === undefined) return settle(debt, 'gone', look.at);
  const count = debt.kind === 'spare-nodes' ? spareCount(pool, look) : nodesBehind(pool, look).length;
  return count === 0 ? settle(debt, 'settled', look.at) : { ...debt, count };
}

function judgeNodeDebt(debt: Debt, node: Node | undefined, pool: NodePool | undefined, look: LedgerLook): Debt {
  if (node === undefined || pool === undefined) return settle(debt, 'gone', look.at);
  const isUpgraded = isNew(node, pool, look) || hasCaughtUp(node, debt, pool, look);
  if (isUpgraded && isSchedulable(node)) return settle(debt, 'upgraded', look.at);
  const label = node.isQuarantined ? 'present' : debt.label === 'never' ? 'never' : 'removed';
  const kind = node.isQuarantined ? 'quarantined-node' : debt.kind;
  return { ...debt, kind, label, state: stateOf(node, label, isUpgraded ? 'upgraded' : 'old') };
}

function settle(debt: Debt, settledBy: Debt['settledBy'], at: Instant): Debt {
  return { ...debt, until: at, settledBy, state: '' };
}

function isSchedulable(node: Node): boolean {
  return node.isReady && !node.isCordoned;
}

/** On the pool's version and the newest image that is wanted. */
function isNew(node: Node, pool: NodePool, look: LedgerLook): boolean {
  const wanted = (look.nodeImage === 'latest' ? pool.latestNodeImageVersion : null) ?? pool.nodeImageVersion;
  return node.kubeletVersion === pool.orchestratorVersion && isImageAtLeast(node.imageVersion, wanted);
}

/** On a newer image than when the debt was opened, and behind none of its siblings: a release of yesterday makes no debt of it. */
function hasCaughtUp(node: Node, debt: Debt, pool: NodePool, look: LedgerLook): boolean {
  if (debt.image === '' || node.kubeletVersion !== pool.orchestratorVersion || isImageAtLeast(debt.image, node.imageVersion)) return false;
  return look.nodes.every((other) => other.nodePool !== node.nodePool || !isBehind(node, other));
}

function isBehind(node: Node, other: Node): boolean {
  return !isImageAtLeast(node.imageVersion, other.imageVersion) || isOlderVersion(node.kubeletVersion, other.kubeletVersion);
}

function isOlderVersion(version: string, other: string): boolean {
  const [have, want] = [parseKubernetesVersion(version), parseKubernetesVersion(other)];
  return have !== null && want !== null && compareVersions(have, want) < 0;
}

function stateOf(node: Node, label: Debt['label'], image: 'upgraded' | 'old'): string {
  const pods = node.isCordoned ? 'still takes no pods' : node.isReady ? 'takes pods again' : 'is not Ready';
  if (label === 'removed') {
    return image === 'old' ? `the label was removed, the node was not upgraded and ${pods}` : `the label was removed and the node was upgraded, but it ${pods}`;
  }
  if (image === 'upgraded') return `the node was upgraded, but it ${pods}`;
  return node.isCordoned ? '' : `the node was not upgraded and ${pods}`;
}

/** What is owed now, as debts that begin; ids tell which of them are known already. */
export function findDebts(look: LedgerLook, scope: LedgerScope, opening: DebtOpening): readonly Debt[] {
  return look.pools.flatMap((pool) => {
    const isWhole = scope.kind === 'run' && scope.pools.includes(pool.name);
    if (scope.kind === 'run' && !isWhole) return [];
    const isOwed = (node: Node): boolean => !(isNew(node, pool, look) && isSchedulable(node));
    const setAside = nodesOf(pool, look).filter((node) => (node.isQuarantined || (isWhole && node.isCordoned)) && isOwed(node));
    const debts = setAside.map((node) => nodeDebt(node, look, opening));
    return isWhole ? [...debts, ...poolDebts(pool, look, opening)] : debts;
  });
}

function nodeDebt(node: Node, look: LedgerLook, opening: DebtOpening): Debt {
  const whenFrom = node.cordonedAt !== null ? 'node' : opening.ofPool[node.nodePool] !== undefined ? 'run' : 'first-seen';
  return {
    ...emptyDebt(`node/${node.name}`, node.nodePool, look, opening),
    kind: node.isQuarantined ? 'quarantined-node' : 'cordoned-node',
    node: node.name,
    when: node.cordonedAt ?? look.at,
    whenFrom,
    image: node.imageVersion,
    label: node.isQuarantined ? 'present' : 'never',
  };
}

function poolDebts(pool: NodePool, look: LedgerLook, opening: DebtOpening): readonly Debt[] {
  const [spare, behind] = [spareCount(pool, look), nodesBehind(pool, look)];
  const oldest = behind.reduce<Node | null>((one, other) => (one === null || isBehind(other, one) ? other : one), null);
  return [
    ...(spare === 0 ? [] : [{ ...emptyDebt(`spare/${pool.name}`, pool.name, look, opening), kind: 'spare-nodes' as const, count: spare }]),
    ...(oldest === null ? [] : [{ ...emptyDebt(`versions/${pool.name}`, pool.name, look, opening), kind: 'mixed-versions' as const, count: behind.length, image: oldest.imageVersion }]),
  ];
}

function emptyDebt(id: string, pool: string, look: LedgerLook, { who, ofPool }: DebtOpening): Debt {
  return {
    id,
    kind: 'spare-nodes',
    pool,
    node: null,
    who,
    when: look.at,
    whenFrom: 'run',
    why: ofPool[pool]?.why ?? '',
    until: null,
    settledBy: null,
    owner: ofPool[pool]?.owner ?? null,
    image: '',
    count: 1,
    label: 'never',
    state: '',
    stepDays: 0,
  };
}

function nodesOf(pool: NodePool, look: LedgerLook): readonly Node[] {
  return look.nodes.filter((node) => node.nodePool === pool.name);
}

/** Nodes beyond the pool's count that no node set aside accounts for: the stand-in of a quarantined node is its debt, not one more. */
function spareCount(pool: NodePool, look: LedgerLook): number {
  const nodes = nodesOf(pool, look);
  return Math.max(0, nodes.length - pool.nodeCount - nodes.filter((node) => node.isQuarantined || node.isCordoned).length);
}

/** Nodes that take pods and are older than another of their pool that does. */
function nodesBehind(pool: NodePool, look: LedgerLook): readonly Node[] {
  const serving = nodesOf(pool, look).filter((node) => !node.isQuarantined && !node.isCordoned);
  // Thousands of nodes run a handful of releases.
  const releases = [...new Map(serving.map((node) => [`${node.kubeletVersion} ${node.imageVersion}`, node])).values()];
  return serving.filter((node) => releases.some((other) => isBehind(node, other)));
}
