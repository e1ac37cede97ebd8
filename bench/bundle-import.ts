import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const RUNS = 9;

/** Settings that let the app compose; nothing is reached while it is imported. */
const environment = {
  GITHUB_WEBHOOK_SECRETS: 'bench-bench-bench-bench',
  GITHUB_TOKEN: 'bench',
  GITHUB_APP_LOGIN: 'bench[bot]',
  POLICY_REPOSITORY: 'acme/platform',
  ServiceBusConnection__fullyQualifiedNamespace: 'bench.servicebus.windows.net',
};

/**
 * Wall time of a fresh process that imports the app: the bundle, the sources with their packages, and nothing at all.
 * Unit: ms, median of {@link RUNS} after one warm-up; ratios to the empty process.
 */
export async function measureImports(): Promise<readonly string[]> {
  const bundle = fileURLToPath(new URL('../dist/main.mjs', import.meta.url));
  if (!existsSync(bundle)) throw new Error('There is no bundle. Run npm run build first.');
  const core = fileURLToPath(new URL('./import-app.ts', import.meta.url));
  const subjects: readonly [name: string, args: readonly string[]][] = [
    ['empty Node process', ['-e', '0']],
    ['host core alone', [core]],
    ['bundle dist/main.mjs', [core, new URL('../dist/main.mjs', import.meta.url).href]],
    ['sources, unbundled', [core, new URL('../functions/main.ts', import.meta.url).href]],
  ];
  const medians = interleave(subjects);
  const base = medians[0] ?? 1;
  return [
    `Import of the function app (${Math.round(statSync(bundle).size / 1024)} KiB bundle), fresh process, wall ms, median of ${RUNS}`,
    ...subjects.map(([name], index) => `  ${name.padEnd(24)} ${format(medians[index])} ms   ${((medians[index] ?? 0) / base).toFixed(2)} × empty`),
    `  bundle against sources   ${((medians[2] ?? 1) / (medians[3] ?? 1)).toFixed(2)} ×`,
  ];
}

/** The subjects in turn, so that a drift of the machine's speed meets all of them. */
function interleave(subjects: readonly (readonly [string, readonly string[]])[]): readonly number[] {
  const samples = subjects.map((): number[] => []);
  for (let run = -1; run < RUNS; run += 1) {
    subjects.forEach(([name, args], index) => {
      const began = performance.now();
      const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { env: { ...process.env, ...environment } });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.toString().slice(0, 500)}`);
      if (run >= 0) samples[index]?.push(performance.now() - began);
    });
  }
  return samples.map(median);
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function format(value: number | undefined): string {
  return (value ?? 0).toFixed(0).padStart(5);
}
