import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import type { TestContext } from 'node:test';
import { isRecord, numberAt, recordAt, recordsAt, textAt, valueAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { sharedMaterial } from '../shared-material.ts';
import { slackwater } from './slackwater.ts';

const recordings = sharedMaterial('recordings/kubernetes/');
const folder = mkdtempSync(join(tmpdir(), 'slackwater-recorded-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What the API server answered to a dry-run eviction, as far as a verdict must agree with it. */
interface Answer {
  readonly pod: string;
  readonly status: number | null;
  readonly text: string;
  readonly budgets: readonly string[];
}

function answersOf(file: string): readonly Answer[] {
  return recordsAt({ rows: recordings.readJson(file) }, 'rows').map((row) => {
    const [cause] = [...recordsAt(row, 'causes'), ...recordsAt(row, 'body', 'details', 'causes')];
    const namespace = textAt(row, 'namespace') ?? '';
    const names = [...recordsAt(row, 'pdbs').map((budget) => textAt(budget, 'name') ?? ''), ...textList(row, 'budgets')];
    return {
      pod: `${namespace}/${textAt(row, 'pod') ?? ''}`,
      status: numberAt(row, 'status'),
      text: textAt(cause ?? {}, 'message') ?? textAt(row, 'message') ?? textAt(row, 'body', 'message') ?? '',
      budgets: names.map((name) => `${namespace}/${name}`).sort(),
    };
  });
}

function textList(row: JsonRecord, key: string): readonly string[] {
  const list = valueAt(row, key);
  return Array.isArray(list) ? list.map(String) : [];
}

/** Holds every verdict of the command against the recording, and prints the table of them. */
async function assertVerdicts(context: TestContext, snapshot: string, answers: readonly Answer[]): Promise<void> {
  const { exitCode, stdout, stderr } = await slackwater('preflight', '--snapshot', snapshot, '-o', 'json');
  assert.deepEqual([exitCode, stderr], [2, '']);
  const report: unknown = JSON.parse(stdout);
  assert.ok(isRecord(report));
  const verdicts = new Map(recordsAt(report, 'pods').map((pod) => [`${textAt(pod, 'namespace')}/${textAt(pod, 'name')}`, pod]));
  const table = answers.map((answer) => ({ answer, verdict: verdicts.get(answer.pod) ?? {} }));
  const rows = table.map(({ answer, verdict }) =>
    [agreesWith(answer, verdict) ? 'agrees ' : 'DIFFERS', String(answer.status).padEnd(4), (textAt(verdict, 'verdict') ?? 'no verdict').padEnd(10), answer.pod.padEnd(46), answer.budgets.join(' ')].join(' '),
  );
  context.diagnostic(`recorded answer, verdict, pod, budgets\n${rows.join('\n')}`);
  assert.deepEqual(rows.filter((row) => row.startsWith('DIFFERS')), []);
  assert.equal(verdicts.size, answers.length, 'every pod of the list was asked');
}

const statusOfVerdict: Readonly<Record<string, readonly number[]>> = { evictable: [201], unmanaged: [201], blocked: [429], error: [500, 403], skipped: [201, 429, 500, 403] };

function agreesWith(answer: Answer, verdict: JsonRecord): boolean {
  const word = textAt(verdict, 'verdict') ?? '';
  const budgets = valueAt(verdict, 'budgets');
  return (
    numberAt(verdict, 'status') === answer.status &&
    (statusOfVerdict[word] ?? []).includes(answer.status ?? 0) &&
    JSON.stringify(budgets) === JSON.stringify(answer.budgets) &&
    (word !== 'blocked' && word !== 'error' ? true : textAt(verdict, 'reason') === answer.text)
  );
}

test('every verdict on the recorded snapshot agrees with what the API server answered', { skip: recordings.skip }, async (context) => {
  await assertVerdicts(context, fileURLToPath(new URL('snapshot/', recordings.url)), answersOf('snapshot/evictions.json'));
});

test('so does every verdict on lists saved kind by kind, as kubectl prints them', { skip: recordings.skip }, async (context) => {
  const kinds = ['nodes', 'pods', 'poddisruptionbudgets', 'deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'replicationcontrollers'];
  mkdirSync(join(folder, 'kubernetes'));
  for (const kind of kinds) {
    const body = recordAt({ file: recordings.readJson(`list-${kind}.json`) }, 'file', 'body');
    writeFileSync(join(folder, 'kubernetes', `${kind}.json`), JSON.stringify(body));
  }
  for (const name of ['cluster', 'nodepools']) writeFileSync(join(folder, `${name}.json`), JSON.stringify(recordings.readJson(`snapshot/${name}.json`)));

  await assertVerdicts(context, folder, answersOf('evictions-dryrun.json'));
});
