import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../domain/time.ts';
import type { JobRun } from '../../domain/workload-facts.ts';
import { at, samplePod } from './cluster-samples.ts';
import { facts, onlyFinding, outlineOf } from './preflight-outline.ts';

const now = at('2026-11-21T20:00Z');
const pods = [samplePod('etl/nightly-x', { owner: { kind: 'Job', name: 'nightly', uid: 'nightly' } })];

function job(change: Partial<JobRun> = {}): JobRun {
  return { namespace: 'etl', name: 'nightly', uid: 'nightly', scheduleUid: null, startedAt: now - 60 * MINUTE_MS, completedAt: null, activeDeadlineSeconds: null, backoffLimit: 0, ...change };
}

const earlier = (minutes: number) => job({ name: 'before', uid: 'before', scheduleUid: 'cron', startedAt: 0, completedAt: minutes * MINUTE_MS });

test('a Job that does not end before its node is drained will be lost', () => {
  const lost = ['warn JOB_WILL_BE_LOST etl/nightly usr'];
  const table: readonly (readonly [string, readonly JobRun[], readonly string[]])[] = [
    ['nothing tells when it ends', [job()], lost],
    ['the Job itself was not read', [], lost],
    ['it may run for hours', [job({ activeDeadlineSeconds: 4 * 3_600 })], lost],
    // `sys` goes first: 4 + 3 × (8 + 5) + 2 = 45 minutes.
    ['it ends while another pool is upgraded', [job({ activeDeadlineSeconds: (60 + 44) * 60 })], []],
    ['earlier runs took long', [job({ scheduleUid: 'cron' }), earlier(200)], lost],
    ['earlier runs were nearly through by now', [job({ scheduleUid: 'cron' }), earlier(70)], []],
    ["another schedule's runs tell nothing", [job({ scheduleUid: 'other' }), earlier(70)], lost],
    ['it has ended', [job({ completedAt: now })], []],
  ];
  for (const [name, jobs, wanted] of table) assert.deepEqual(outlineOf({ pods, ...facts({ jobs }) }), wanted, name);
});

test('what is left of a Job is told in minutes, and what an eviction does to it', () => {
  const finding = onlyFinding({ pods, ...facts({ jobs: [job({ activeDeadlineSeconds: 210 * 60 })] }) });
  assert.equal(finding.evidence['remainingMinutes'], 150);
  assert.match(finding.message, /Evicted, it fails\.$/);
  assert.match(onlyFinding({ pods, ...facts({ jobs: [job({ backoffLimit: 6 })] }) }).message, /Evicted, it starts again from the beginning\.$/);
});
