import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync, readdirSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';
import { findBudgetFaults, measureBundle, startBytesMax, totalBytesMax } from '../../bundle-budget.ts';
import { appOptions } from '../../bundle-options.ts';
import { environment } from '../functions/environment.ts';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url);
const path = (name: string): string => fileURLToPath(new URL(name, root));

describe('the function app that npm run build makes', () => {
  let metafile: Metafile;
  before(async () => {
    await run(process.execPath, ['--disable-warning=ExperimentalWarning', path('build.ts')]);
    metafile = JSON.parse(readFileSync(path('dist/meta.json'), 'utf8'));
  });

  test('keeps its budget', () => {
    assert.deepEqual(findBudgetFaults(metafile), []);
  });

  test('leaves for later every client of ARM, GitHub, Service Bus and of tokens, which activities load when they need them', () => {
    const { startFiles, startShares } = measureBundle(metafile);
    const heavy = /node_modules\/(@azure\/(arm|core|identity|msal|service-bus)|@typespec|@octokit|@opentelemetry\/(?!api\/)|rhea|yaml\/)/;
    const inputsOf = (files: readonly string[]): readonly string[] => files.flatMap((file) => Object.keys(metafile.outputs[file]?.inputs ?? {}));
    const later = Object.keys(metafile.outputs).filter((file) => !startFiles.includes(file));

    assert.ok(startShares.some(({ name }) => name === 'durable-functions'));
    assert.deepEqual(inputsOf(startFiles).filter((input) => heavy.test(input)), []);
    for (const name of ['@azure/arm-containerservice', '@azure/identity', '@azure/service-bus', '@octokit/rest', 'rhea']) {
      assert.ok(inputsOf(later).some((input) => input.includes(`node_modules/${name}/`)), name);
    }
  });

  test('reads at start what the account says, and nothing more', async () => {
    const { stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', path('test/functions/record-loads.ts'), path('test/functions/list-functions.ts'), path('dist/main.mjs')], { env: { PATH: process.env['PATH'], ...environment } });
    const [, loaded = ''] = /^loaded (.*)$/m.exec(stderr) ?? [];
    const built = loaded.split(' ').filter((url) => url.startsWith(new URL('dist/', root).href)).map((url) => url.slice(root.href.length));

    assert.deepEqual(built.sort(), [...measureBundle(metafile).startFiles].sort());
  });

  test('holds every module once', () => {
    const holders = new Map<string, string[]>();
    for (const [file, { inputs }] of Object.entries(metafile.outputs)) for (const input of Object.keys(inputs)) holders.set(input, [...(holders.get(input) ?? []), file]);

    assert.ok(holders.size > 500);
    assert.deepEqual([...holders].filter(([, files]) => files.length > 1), []);
  });

  test('is all that azd sends, beside the two files that the host reads', () => {
    assert.deepEqual(listSent(), [...Object.keys(metafile.outputs), 'host.json', 'package.json'].sort());
  });

  test('is all there is in its folder beside the command line', () => {
    const files = globSync('dist/**/*.mjs', { cwd: root }).sort();

    assert.deepEqual(files, [...Object.keys(metafile.outputs), 'dist/command-line.mjs', 'dist/slackwater.mjs'].sort());
  });
});

/** Bundles the app as `npm run build` does, with one more line in a file of it. */
async function buildWith(line: string): Promise<Metafile> {
  const planted: Plugin = {
    name: 'planted',
    setup: (hooks) => hooks.onLoad({ filter: /functions[\\/]health\.ts$/ }, ({ path: file }) => ({ contents: `${line}\n${readFileSync(file, 'utf8')}`, loader: 'ts' })),
  };
  return (await build({ ...appOptions, plugins: [planted, ...appOptions.plugins] })).metafile;
}

/** What `.funcignore` leaves of the checkout: names of the root, and the files of `dist/`. */
function listSent(): readonly string[] {
  const patterns = readFileSync(path('.funcignore'), 'utf8').split('\n').filter((line) => line !== '');
  const isLike = (name: string, pattern: string): boolean => new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name);
  const isLeftOut = (file: string): boolean =>
    patterns.some((pattern) => (pattern.startsWith('/') ? isLike(file, pattern.slice(1)) : file.split('/').some((name) => isLike(name, pattern))));
  const files = [...readdirSync(root).filter((name) => name !== 'dist'), ...globSync('dist/**/*.*', { cwd: root })];
  return files.map((file) => file.replaceAll('\\', '/')).filter((file) => !isLeftOut(file)).sort();
}

describe('a planted fault is told with who brings it', () => {
  test('a client of ARM that is read at start', async () => {
    const faults = findBudgetFaults(await buildWith("import { ContainerServiceClient } from '@azure/arm-containerservice'; console.log(ContainerServiceClient);"));
    const [fault = ''] = faults.filter((each) => each.startsWith('@azure/arm-containerservice'));

    assert.match(fault, /^@azure\/arm-containerservice \(\d+ bytes\) is read at every start: functions\/main\.ts → functions\/health\.ts → @azure\/arm-containerservice\. Load it by await import\(\)/);
    assert.ok(faults.some((each) => each.startsWith('@azure/core-rest-pipeline')));
  });

  test('a package in CommonJS that is loaded late by itself, and would have no names', async () => {
    const faults = findBudgetFaults(await buildWith("export const late = async () => (await import('validator')).isURL;"));

    assert.deepEqual(faults.filter((fault) => fault.includes('names are lost')).length, 1);
  });

  test('a part of the local host, even where it is loaded later', async () => {
    const faults = findBudgetFaults(await buildWith("export const late = () => import('../local/request-log.ts');"));

    assert.deepEqual(faults, ['local/ must not be in the function app: functions/main.ts → functions/health.ts → local/request-log.ts.']);
  });
});

describe('sizes', () => {
  const entry = { entryPoint: 'functions/main.ts', bytes: 700_000, exports: [], inputs: { 'functions/main.ts': { bytesInOutput: 700_000 } } };
  const part = (bytes: number, input: string) => ({ bytes, imports: [], exports: [], inputs: { [input]: { bytesInOutput: bytes } } });
  const of = (startPart: number, laterPart: number): Metafile => ({
    inputs: {
      'functions/main.ts': { bytes: 1, imports: [{ path: 'adapters/large.ts', kind: 'import-statement' }, { path: 'adapters/later.ts', kind: 'dynamic-import' }] },
      'adapters/large.ts': { bytes: 1, imports: [{ path: 'node_modules/lodash/index.js', kind: 'import-statement' }] },
      'node_modules/lodash/index.js': { bytes: 1, imports: [] },
      'adapters/later.ts': { bytes: 1, imports: [] },
    },
    outputs: {
      'dist/main.mjs': { ...entry, imports: [{ path: 'dist/parts/large.mjs', kind: 'import-statement' }, { path: 'dist/parts/later.mjs', kind: 'dynamic-import' }, { path: 'node:fs', kind: 'import-statement', external: true }] },
      'dist/parts/large.mjs': part(startPart, 'node_modules/lodash/index.js'),
      'dist/parts/later.mjs': { ...part(laterPart, 'adapters/later.ts'), entryPoint: 'adapters/later.ts' },
    },
  });

  test('what is read at start is the entry and the parts it imports, not those it loads later', () => {
    const { startFiles, startBytes, totalBytes } = measureBundle(of(400_000, 900_000));

    assert.deepEqual({ startFiles, startBytes, totalBytes }, { startFiles: ['dist/main.mjs', 'dist/parts/large.mjs'], startBytes: 1_100_000, totalBytes: 2_000_000 });
  });

  test('exactly the limits are kept', () => {
    assert.deepEqual(findBudgetFaults(of(startBytesMax - 700_000, totalBytesMax - startBytesMax)), []);
  });

  test('a start too large names its largest parts and who imports them', () => {
    const [fault = ''] = findBudgetFaults(of(startBytesMax - 699_999, 0));

    assert.match(fault, /^The start reads 1200001 bytes, more than 1200000\./);
    assert.match(fault, /\n {2}500001 lodash: functions\/main\.ts → adapters\/large\.ts → lodash$/m);
  });

  test('parts that are loaded later count in the whole', () => {
    const [fault = ''] = findBudgetFaults(of(0, totalBytesMax - 699_999));

    assert.match(fault, /^The function app has \d+ bytes, more than \d+\. Beside 700000 of the start:\n {2}\d+ adapters\/later\.ts: functions\/main\.ts → adapters\/later\.ts$/);
  });

  test('a metafile of something else is no bundle that keeps its budget', () => {
    assert.throws(() => measureBundle({ inputs: {}, outputs: {} }), /no bundle of functions\/main\.ts/);
  });
});
