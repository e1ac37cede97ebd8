import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { virtualClock } from '../../local/clock.ts';
import { startHost } from '../../local/functions-host/host.ts';
import { runToEnd, START } from './durable-sample-host.ts';

test('an app bundled to one CommonJS file runs like its source, under the route prefix of its host.json', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slackwater-'));
  try {
    const outfile = join(directory, 'main.cjs');
    writeFileSync(join(directory, 'host.json'), JSON.stringify({ version: '2.0', extensions: { http: { routePrefix: '' }, durableTask: { defaultVersion: '7' } } }));
    await build({
      entryPoints: [fileURLToPath(new URL('./durable-sample-app.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node22',
      minify: true,
      external: ['@azure/functions-core'],
      logLevel: 'error',
    });
    const clock = virtualClock(START);
    const environment = { SAMPLE_QUEUE: 'inbox' };
    const host = await startHost({ appEntry: pathToFileURL(outfile), clock, database: ':memory:', environment, timers: 'held', drift: 'assert' });
    try {
      const response = await fetch(`${host.url}/hello/bundle`);
      const end = await runToEnd(host, clock, { name: 'waits', id: 'w' });

      assert.deepEqual(await response.json(), { name: 'bundle', query: null });
      assert.deepEqual(end.output, { winner: 'timer', at: '2026-11-08T01:00:00.000Z', version: '7' });
    } finally {
      await host.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
