import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedPhrase } from '../../domain/missed-words.ts';
import { renderPhrase } from '../../domain/markdown-text.ts';
import { missedWindows, recordOfRun, rememberRun } from '../../domain/run-history.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import type { RunOutcome } from '../../domain/window-status.ts';
import { sampleNode, samplePool } from './cluster-samples.ts';
import { statusSample, unitSample } from './window-status-samples.ts';

const week = 7 * DAY_MS;
const run = (weeks: number, outcome: RunOutcome, reasons: readonly string[] = []): RunRecord => ({ who: `run-${weeks}`, when: weeks * week, until: weeks * week + HOUR_MS, why: '', outcome, reasons, nodeImages: { usr: 'AKSUbuntu-202609.22.0', sys: 'AKSUbuntu-202610.06.0' }, tookMinutes: {} });

test('windows missed in a row are those since the last that rolled everything', () => {
  const cases: readonly (readonly [what: string, runs: readonly RunRecord[], count: number | null, lastRollWeek: number | null])[] = [
    ['none remembered', [], null, null],
    ['the last rolled everything', [run(1, 'not-started'), run(2, 'succeeded')], null, null],
    ['what is left over of a roll is a debt, not a miss', [run(1, 'not-started'), run(2, 'completed-with-debt')], null, null],
    ['nothing to do is no miss', [run(1, 'not-started'), run(2, 'none')], null, null],
    ['one', [run(1, 'succeeded'), run(2, 'completed-partial')], 1, 1],
    ['three', [run(1, 'succeeded-with-unproven'), run(2, 'not-started'), run(3, 'aborted'), run(4, 'completed-partial')], 3, 1],
    ['never rolled', [run(2, 'not-started'), run(3, 'not-started')], 2, null],
  ];
  for (const [what, runs, count, lastRollWeek] of cases) {
    const missed = missedWindows(runs);
    assert.deepEqual([missed?.count ?? null, missed?.lastRollAt ?? null], [count, lastRollWeek === null ? null : lastRollWeek * week], what);
  }
});

test('reasons are told once each, latest first, and the oldest image with its age', () => {
  const missed = missedWindows([run(1, 'succeeded'), run(2, 'not-started', ['CLUSTER_STOPPED']), run(3, 'completed-partial', ['PDB_STRUCTURAL']), run(4, 'completed-partial', ['PDB_STRUCTURAL', 'QUOTA_SHORT'])]);
  assert.deepEqual([missed?.reasons, missed?.oldestImage], [['PDB_STRUCTURAL', 'QUOTA_SHORT', 'CLUSTER_STOPPED'], 'AKSUbuntu-202609.22.0']);

  const opens = Date.UTC(2026, 9, 10, 20);
  const words = (change: object) => renderPhrase(missedPhrase(statusSample({ window: { opens, closes: opens + HOUR_MS }, missed: { count: 3, lastRollAt: opens - 21 * DAY_MS, reasons: ['A', 'B'], oldestImage: 'AKSUbuntu-202609.22.0', ...change } })), 'Europe/Paris');
  assert.match(words({}), /^No full roll since Sat 19 Sep 22:00 \(20:00Z\), 21 days: 3 windows in a row were missed, this one included, for 2 different reasons: `A`, `B`\. The oldest node image is of Tue 22 Sep 2026, 18 days old\.$/);
  assert.equal(words({ lastRollAt: null, reasons: ['A'], oldestImage: 'custom' }), 'No full roll is remembered: 3 windows in a row were missed, this one included, for one reason: `A`.');
  assert.deepEqual(missedPhrase(statusSample({ missed: null })), []);
});

test('a run has one record, however often it is remembered, in the order of its opening', () => {
  const runs = rememberRun(rememberRun([run(3, 'none')], run(2, 'not-started')), run(2, 'succeeded'));

  assert.deepEqual(runs.map(({ who, outcome }) => `${who} ${outcome}`), ['run-2 succeeded', 'run-3 none']);
});

test('a record says how long units took, which images run, and why not everything was rolled', () => {
  const status = statusSample({
    phase: 'ended',
    outcome: 'completed-partial',
    findings: [{ code: 'PDB_STRUCTURAL', where: 'pay/ledger-pdb', severity: 'block', pools: ['usr'], message: 'It allows none.', remedy: '', owner: null }],
    units: [unitSample({ unit: 'pool/sys', state: 'upgraded', startedAt: 0, endedAt: 46 * 60_000 }), unitSample({ unit: 'pool/usr', state: 'withheld', note: 'PDB_STRUCTURAL pay/ledger-pdb: It allows none.' })],
  });
  const nodes = ['202609.22.0', '202608.20.0'].map((date, index) => sampleNode(`usr-${index}`, { nodePool: 'usr', imageVersion: `AKSUbuntu-${date}` }));

  const record = recordOfRun(status, [samplePool('usr')], nodes);

  assert.deepEqual([record.outcome, record.reasons, record.tookMinutes, record.nodeImages], ['completed-partial', ['PDB_STRUCTURAL'], { sys: 46 }, { usr: 'AKSUbuntu-202608.20.0' }]);
  assert.match(record.why, /It allows none/);
  assert.deepEqual(recordOfRun({ ...status, outcome: 'succeeded' }, [], []).reasons, []);
  assert.deepEqual(recordOfRun({ ...status, outcome: 'aborted', findings: [], units: [unitSample({ unit: 'pool/usr', state: 'aborted', note: 'Aborted by somebody.' })] }, [], []).reasons, ['aborted']);
});
