import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPolicyText } from '../adapters/policy-file.ts';
import { readSnapshotDocuments, readSnapshotFolder } from '../adapters/snapshot-folder.ts';
import { nextOpenings } from '../domain/maintenance-window.ts';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { rehearseSnapshot, type SnapshotRehearsal } from '../local/rehearsal/rehearse-snapshot.ts';
import { createClusterWorld } from '../sim/cluster-world.ts';
import { writeLargeSnapshot } from './large-snapshot.ts';

const PODS_PER_NODE = 30;
/** Nodes of the clusters that are rehearsed unless others are named. */
const NODE_COUNTS = [100, 1_000];

/**
 * One rehearsed night of generated clusters, images of all pools, a third of each pool at a time: CPU and memory; beside it the same
 * upgrades in the same simulated cluster with nobody looking, which is what a rehearsal costs without the wire and without the looks.
 */
export async function measureRehearsal(nodeCounts: readonly number[] = NODE_COUNTS): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const nodes of nodeCounts) rows.push(await measure(nodes));
  return ['One rehearsed night, node images, maxSurge 33%, 30 pods a node, seed 1', ...rows];
}

async function measure(nodes: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-bench-'));
  try {
    const order = await prepare(folder, nodes);
    const alone = cpuSecondsOf(() => upgradeAlone(order));
    const cpuBefore = process.cpuUsage();
    const began = performance.now();
    const report = await rehearseSnapshot(order);
    const { user, system } = process.cpuUsage(cpuBefore);
    const cpuSeconds = (user + system) / 1_000_000;
    if (!report.fits || report.units.length === 0) throw new Error(`The night of ${nodes} nodes does not come to its end: ${JSON.stringify(report.units).slice(0, 500)}`);
    return `  ${String(nodes).padStart(5)} nodes, ${String(nodes * PODS_PER_NODE).padStart(6)} pods   ${report.estimateMin.p50} min of cluster time   CPU ${cpuSeconds.toFixed(1)} s, wall ${((performance.now() - began) / 1_000).toFixed(1)} s   the cluster alone ${alone.toFixed(1)} s: ${(cpuSeconds / alone).toFixed(0)} ×   peak ${(process.resourceUsage().maxRSS / 1_024).toFixed(0)} MB`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, nodes: number): Promise<SnapshotRehearsal> {
  writeLargeSnapshot(folder, { podCount: nodes * PODS_PER_NODE, budgetCount: nodes, seed: 1, detail: 'lean', pools: 'with-room' });
  makeQuiet(folder);
  const text = readFileSync(new URL('../fixtures/policies/lab-aks.yaml', import.meta.url), 'utf8');
  const changed = text.replace(/kubernetesVersion: .*/, '').replace('durationHours: 6', 'durationHours: 24').replace(/order: .*/, 'order: []');
  const read = readPolicyText(changed, 'lab-aks.yaml');
  const [policy] = read.ok ? read.value : [];
  const [opening] = policy === undefined ? [] : nextOpenings(policy.window, Date.UTC(2026, 10, 21, 12), 1);
  const snapshot = await readSnapshotFolder(folder);
  const documents = await readSnapshotDocuments(folder);
  if (policy === undefined || opening === undefined || !snapshot.ok || !documents.ok) throw new Error('The generated cluster does not read.');
  return { documents: documents.value, snapshot: snapshot.value, policy, opening, seed: 1, seeds: 1, onProgress: () => undefined };
}

/** A cluster whose budgets all let something go, and whose pods have addresses for more nodes. */
function makeQuiet(folder: string): void {
  const change = (file: string, edit: (text: string) => string): void => writeFileSync(file, edit(readFileSync(file, 'utf8')));
  change(join(folder, 'cluster.json'), (text) => text.replace(/"podCidr":\s*"[^"]*"/, '"podCidr":"10.0.0.0/9"'));
  for (const name of readdirSync(join(folder, 'kubernetes')).filter((each) => each.startsWith('poddisruptionbudgets'))) {
    change(join(folder, 'kubernetes', name), (text) => text.replaceAll('"minAvailable":"100%"', '"maxUnavailable":"25%"').replaceAll('"disruptionsAllowed":0', '"disruptionsAllowed":2'));
  }
}

function cpuSecondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

/** The same pools upgraded one after the other, with nobody watching. */
function upgradeAlone({ documents, snapshot, opening }: SnapshotRehearsal): void {
  const world = createClusterWorld({ documents, seed: 1, startsAt: opening.opens });
  let now = opening.opens;
  for (const { name } of snapshot.nodePools) {
    world.arm.apply(now, { method: 'POST', path: `${world.resourceId}/agentPools/${name}/upgradeNodeImageVersion`, query: { 'api-version': '2026-05-01' }, headers: {}, body: null });
    const isBusy = (): boolean => world.inspect().some(({ pool, provisioningState }) => pool === name && provisioningState !== 'Succeeded');
    if (!isBusy()) throw new Error(`${name} was not begun.`);
    for (const until = now + 12 * HOUR_MS; isBusy() && now < until; now += MINUTE_MS) world.advance(now);
    if (isBusy()) throw new Error(`${name} does not end.`);
  }
}
