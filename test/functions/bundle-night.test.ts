import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isRecord, parseJson, textsAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Plays the night with the app of this entry and reads what the process told of it. */
async function play(entry: string, folder: string): Promise<JsonRecord> {
  const told = join(folder, `${entry.replaceAll('/', '-')}.json`);
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', path('test/functions/night-child.ts'), entry, told], { timeout: 240_000 });
  const night: unknown = parseJson(readFileSync(told, 'utf8'));
  return isRecord(night) ? night : assert.fail(`${told} tells nothing`);
}

/** What only one of two lists holds, so that a failure is readable. */
function differences(source: readonly string[], built: readonly string[]): readonly string[] {
  const rest = new Map<string, number>();
  for (const line of built) rest.set(line, (rest.get(line) ?? 0) + 1);
  for (const line of source) rest.set(line, (rest.get(line) ?? 0) - 1);
  return [...rest].flatMap(([line, count]) => (count === 0 ? [] : [`${count > 0 ? 'only built' : 'only from source'}: ${line.slice(0, 400)}`])).slice(0, 20);
}

test('the app as npm run build makes it plays a night exactly as its sources do: every request, every line of the issues, every event of the histories', async () => {
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', path('build.ts')]);
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-'));
  try {
    const [source, built] = await Promise.all([play('functions/main.ts', folder), play('dist/main.mjs', folder)]);
    const requests = textsAt(source, 'requests');
    const count = (pattern: RegExp): number => requests.filter((line) => pattern.test(line)).length;

    for (const [pattern, least] of [[/^arm \S+ PUT /, 4], [/^kubernetes \S+ POST /, 100], [/^github \S+ PATCH /, 20], [/^service-bus  SEND events /, 10], [/^service-bus  COMPLETE inbox /, 10]] as const) {
      assert.ok(count(pattern) >= least, `${pattern} only ${count(pattern)} times`);
    }
    assert.ok(textsAt(source, 'issues').some((line) => line.includes('Waiting for')));
    assert.deepEqual(differences(requests, textsAt(built, 'requests')), []);
    assert.deepEqual(differences(textsAt(source, 'logged'), textsAt(built, 'logged')), []);
    assert.deepEqual(built['issues'], source['issues']);
    assert.deepEqual(built['instances'], source['instances']);
    assert.deepEqual(built['histories'], source['histories']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
