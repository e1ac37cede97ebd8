import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './bundle-import.ts';
import { writeLargeSnapshot, type LargeCluster } from './large-snapshot.ts';

const RUNS = 3;
const BUDGETS = 2_000;
const SEED = 1;

const clusters: readonly LargeCluster[] = [
  { podCount: 20_000, budgetCount: BUDGETS, seed: SEED, detail: 'lean' },
  { podCount: 150_000, budgetCount: BUDGETS, seed: SEED, detail: 'lean' },
  { podCount: 150_000, budgetCount: BUDGETS, seed: SEED, detail: 'as-listed' },
];

interface Measured {
  readonly pods: number;
  readonly matches: number;
  readonly blocked: number;
  readonly parseMs: number;
  readonly judgeMs: number;
  readonly peakMb: number;
}

/**
 * Preflight of generated clusters in fresh processes: wall time with reading and parsing, and peak memory; beside it the
 * verdicts alone found the naive way, every budget against every pod, on the same folder.
 */
export async function measurePreflight(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-bench-'));
  try {
    const rows: string[] = [];
    const perWork: number[] = [];
    for (const cluster of clusters) {
      writeLargeSnapshot(folder, cluster);
      const ours = run(folder, 'preflight');
      const verdicts = run(folder, 'verdicts');
      const naive = run(folder, 'naive');
      if (ours.matches !== naive.matches || ours.blocked !== naive.blocked) throw new Error('The two ways disagree about the budgets of the pods.');
      perWork.push((ours.parseMs + ours.judgeMs) / (ours.pods + ours.matches));
      const megabytes = (await sizeOf(join(folder, 'kubernetes'))) / 1_000_000;
      rows.push(
        `  ${String(cluster.podCount).padStart(7)} pods ${cluster.detail.padEnd(9)} ${megabytes.toFixed(0).padStart(4)} MB   ${seconds(ours.parseMs + ours.judgeMs)} s  (reading ${seconds(ours.parseMs)}, judging ${seconds(ours.judgeMs)})   peak ${ours.peakMb.toFixed(0)} MB   verdicts alone ${seconds(verdicts.judgeMs)} s, the naive way ${seconds(naive.judgeMs)} s: ${(naive.judgeMs / verdicts.judgeMs).toFixed(1)} ×`,
      );
    }
    const [small = 1, large = 1] = perWork;
    return [`Preflight of generated clusters, ${BUDGETS} budgets, seed ${SEED}: wall, median of ${RUNS} fresh processes`, ...rows, `  time per pod and match   150 000 pods take ${(large / small).toFixed(2)} × what 20 000 take (1: linear)`];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(folder: string, way: 'preflight' | 'verdicts' | 'naive'): Measured {
  const child = fileURLToPath(new URL('./preflight-child.ts', import.meta.url));
  const samples = Array.from({ length: way === 'naive' ? 1 : RUNS }, (): Measured => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', child, folder, way]);
    if (status !== 0) throw new Error(`${way} ended with ${status}: ${stderr.toString().slice(0, 500)}`);
    return JSON.parse(stdout.toString());
  });
  const [first] = samples;
  if (first === undefined) throw new Error('Nothing was measured.');
  const of = (pick: (one: Measured) => number): number => median(samples.map(pick));
  return { ...first, parseMs: of((one) => one.parseMs), judgeMs: of((one) => one.judgeMs), peakMb: Math.max(...samples.map((one) => one.peakMb)) };
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(2);
}
