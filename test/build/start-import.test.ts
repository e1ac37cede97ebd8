import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { judgeImport, sampleStart } from '../../bench/bundle-import.ts';

const run = promisify(execFile);
/** The machine may be busy: any one of these samples may show that the app is fast enough. */
const SAMPLES_MAX = 15;

test('the built app is imported within its budget', async () => {
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('../../build.ts', import.meta.url))]);
  let least = { importMs: Infinity, emptyMs: Infinity };
  for (let count = 0; count < SAMPLES_MAX && judgeImport(least) !== null; count += 1) {
    const { importMs, emptyMs } = sampleStart();
    least = { importMs: Math.min(least.importMs, importMs), emptyMs: Math.min(least.emptyMs, emptyMs) };
  }

  assert.ok(least.importMs > 1, 'nothing was imported');
  assert.equal(judgeImport(least), null);
});

for (const [importMs, emptyMs, said] of [
  [250, 40, null],
  [251, 40, 'the start takes 251 ms to import, more than 250. npm run build names its largest parts.'],
  [250, 10, null],
  [251, 10, 'the start takes 251 ms to import, more than 250. npm run build names its largest parts.'],
  [500, 80, null],
  [510, 80, 'the start takes 510 ms to import, more than 500. npm run build names its largest parts.'],
  [Infinity, 1e9, 'the start takes Infinity ms to import, more than 6250000000. npm run build names its largest parts.'],
] as const) {
  test(`an import of ${importMs} ms where an empty process takes ${emptyMs} ms is ${said === null ? 'fast enough' : 'too slow'}`, () => {
    assert.equal(judgeImport({ importMs, emptyMs }), said);
  });
}
