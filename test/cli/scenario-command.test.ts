import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseJson, recordAt, textAt } from '../../domain/json.ts';
import { root, slackwater } from './slackwater.ts';

const corpus = join(root, 'fixtures/scenarios/own.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'slackwater-scenario-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('one scenario is told as a row for people and as a line for machines', async () => {
  const text = await slackwater('scenario', corpus, '--id', 'OWN-03');
  const machine = await slackwater('scenario', corpus, '--id', 'OWN-03', '-o', 'json');

  assert.deepEqual([text.exitCode, machine.exitCode, text.stderr], [0, 0, '']);
  assert.match(text.stdout, /^OWN-03 +agrees +agrees +agrees +hold$/m);
  assert.match(text.stdout, /1 of 1 scenario agree/);
  const result = parseJson(machine.stdout);
  assert.deepEqual([textAt(result, 'id'), textAt(result, 'decision'), recordAt(result, 'final')['run']], ['OWN-03', 'REFUSE_START', 'not-started']);
});

test('a file that cannot be read, a line that is no scenario and an unknown id are told apart', async () => {
  const broken = join(folder, 'broken.jsonl');
  writeFileSync(broken, '{"id":"X"}\nno json\n');

  const faults = await slackwater('scenario', broken);
  assert.equal(faults.exitCode, 1);
  assert.match(faults.stderr, /broken\.jsonl:1: initial\.cluster\.name must be/);
  assert.match(faults.stderr, /broken\.jsonl:2: the line must be a JSON object/);
  for (const words of [[], [join(folder, 'gone.jsonl')], [corpus, '--id', 'NONE']]) assert.equal((await slackwater('scenario', ...words)).exitCode, 1);
});
