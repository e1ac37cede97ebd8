import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { measureBundle } from '../bundle-budget.ts';

const RUNS = 9;

/** Longest that the built app may take to be imported, on a machine where an empty process takes {@link EMPTY_MS}. Unit: ms. */
const IMPORT_MS_MAX = 250;
/** What an empty Node process takes from start to end on the machine the budget was made for, when nothing else runs. Unit: ms. */
const EMPTY_MS = 40;

/** Settings that let the app compose; nothing is reached while it is imported. */
const environment = {
  GITHUB_WEBHOOK_SECRETS: 'bench-bench-bench-bench',
  GITHUB_TOKEN: 'bench',
  GITHUB_APP_LOGIN: 'bench[bot]',
  POLICY_REPOSITORY: 'acme/platform',
  ServiceBusConnection__fullyQualifiedNamespace: 'bench.servicebus.windows.net',
};

const root = new URL('../', import.meta.url);
const child = fileURLToPath(new URL('./import-app.ts', import.meta.url));
const hrefOf = (file: string): string => new URL(file, root).href;
const start = hrefOf('dist/main.mjs');

/** A fresh process: how long it took in all, and its last import. Unit: ms. */
interface Sample {
  readonly processMs: number;
  readonly importMs: number;
}

/**
 * A fresh process that imports the start of the built app, the sources with their packages, and nothing at all; then each part
 * that the app loads when it first needs it, after the start. Unit: ms, least and median of {@link RUNS}.
 *
 * Throws when the start breaks the budget of {@link judgeImport}, with the table.
 */
export async function measureImports(): Promise<readonly string[]> {
  if (!existsSync(fileURLToPath(start))) throw new Error('There is no bundle. Run npm run build first.');
  const { startBytes, totalBytes, lateParts } = measureBundle(JSON.parse(readFileSync(new URL('dist/meta.json', root), 'utf8')));
  const subjects: readonly (readonly [name: string, args: readonly string[]])[] = [
    ['empty Node process', ['-e', '0']],
    [`start of the built app, ${kilobytes(startBytes)}`, [child, start]],
    ['sources, unbundled', [child, hrefOf('functions/main.ts')]],
    ...lateParts.map(({ name, file, bytes }) => [`${name}, ${kilobytes(bytes)}`, [child, start, hrefOf(file)]] as const),
  ];
  const samples = interleave(subjects);
  const least = (index: number, of: keyof Sample): number => Math.min(...(samples[index] ?? []).map((sample) => sample[of]));
  const row = ([name]: readonly [string, unknown], index: number): string => {
    const imports = index === 0 ? '    –     –' : `${format(least(index, 'importMs'))} ${format(median((samples[index] ?? []).map(({ importMs }) => importMs)))}`;
    const processes = index > 2 ? '' : `${format(least(index, 'processMs'))}   ${(least(index, 'processMs') / least(0, 'processMs')).toFixed(1)} × empty`;
    return `  ${name.padEnd(44)} ${imports}   ${processes}`.trimEnd();
  };
  const fault = judgeImport({ importMs: least(1, 'importMs'), emptyMs: least(0, 'processMs') });
  const table = [
    `Import of the function app (${kilobytes(totalBytes)} in all), fresh process each, ms: least and median of ${RUNS}; the whole process, least`,
    ...subjects.slice(0, 3).map(row),
    `  start against sources: ${(least(1, 'importMs') / least(2, 'importMs')).toFixed(2)} ×; budget ${IMPORT_MS_MAX} ms: ${fault ?? 'kept'}`,
    'Parts that are loaded when they are first needed, after the start (what parts share counts for each)',
    ...subjects.slice(3).map((subject, index) => row(subject, index + 3)),
  ];
  if (fault !== null) throw new Error([fault, ...table].join('\n'));
  return table;
}

/**
 * Says what is wrong when the app takes too long to be imported; null while it keeps its budget. Give the least of several
 * samples: others use the machine too, and can only add to it. On a machine that is slower, as an empty process shows, it may take longer by as much.
 */
export function judgeImport({ importMs, emptyMs }: { readonly importMs: number; readonly emptyMs: number }): string | null {
  const most = IMPORT_MS_MAX * Math.max(1, emptyMs / EMPTY_MS);
  return importMs <= most ? null : `the start takes ${importMs.toFixed(0)} ms to import, more than ${most.toFixed(0)}. npm run build names its largest parts.`;
}

/** One sample of the built start and one of an empty process. */
export function sampleStart(): { readonly importMs: number; readonly emptyMs: number } {
  return { importMs: sample('start', [child, start]).importMs, emptyMs: sample('empty', ['-e', '0']).processMs };
}

/** The subjects in turn, so that a drift of the machine's speed meets all of them; the first round only warms up. */
function interleave(subjects: readonly (readonly [string, readonly string[]])[]): readonly (readonly Sample[])[] {
  const samples = subjects.map((): Sample[] => []);
  for (let run = -1; run < RUNS; run += 1) {
    subjects.forEach(([name, args], index) => {
      const taken = sample(name, args);
      if (run >= 0) samples[index]?.push(taken);
    });
  }
  return samples;
}

function sample(name: string, args: readonly string[]): Sample {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { env: { ...process.env, ...environment }, encoding: 'utf8' });
  const processMs = performance.now() - began;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.slice(0, 500)}`);
  const spans: unknown = args[0] === child ? JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') : [];
  return { processMs, importMs: Array.isArray(spans) ? Number(spans.at(-1) ?? 0) : 0 };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(0)} KB`;
}

function format(value: number): string {
  return value.toFixed(0).padStart(5);
}
