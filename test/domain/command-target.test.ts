import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTarget } from '../../domain/command-target.ts';
import type { AddressableRun, CommandLocation } from '../../domain/command-target.ts';

function run(clusterName: string, change: Partial<AddressableRun> = {}): AddressableRun {
  return {
    instanceId: `window-${clusterName}`,
    clusterName,
    runId: `${clusterName}-20261010T2000Z`,
    issueNumber: null,
    repository: 'acme/platform',
    isLive: true,
    units: ['control-plane', 'sys', 'usr'],
    ...change,
  };
}

const elsewhere: CommandLocation = { repository: 'acme/platform', issueNumber: 99, issueRunId: null };
const weu = run('shop-prod-weu', { issueNumber: 12 });
const neu = run('shop-prod-neu', { issueNumber: 13 });

test('in the report of a run a command is for that run, and a name is its pool', () => {
  const report = { ...elsewhere, issueNumber: 12 };
  const table: readonly (readonly [string | null, unknown])[] = [
    [null, { kind: 'run', run: weu, unit: null }],
    ['usr', { kind: 'run', run: weu, unit: 'usr' }],
    ['USR', { kind: 'run', run: weu, unit: 'usr' }],
    ['pool/usr', { kind: 'run', run: weu, unit: 'usr' }],
    ['control-plane', { kind: 'run', run: weu, unit: 'control-plane' }],
    ['shop-prod-weu', { kind: 'run', run: weu, unit: null }],
    ['shop-prod-weu/usr', { kind: 'run', run: weu, unit: 'usr' }],
    ['gpu', { kind: 'unknown-target', run: weu }],
    ['shop-prod-neu', { kind: 'unknown-target', run: weu }],
    ['shop-prod-neu/usr', { kind: 'unknown-target', run: weu }],
    ['pool/usr/x', { kind: 'unknown-target', run: weu }],
  ];
  for (const [target, expected] of table) assert.deepEqual(findTarget([neu, weu], report, target), expected, String(target));
});

test('elsewhere a command without a name is for the only run under way, and is asked back when there are more', () => {
  assert.deepEqual(findTarget([weu], elsewhere, null), { kind: 'run', run: weu, unit: null });
  assert.deepEqual(findTarget([weu], elsewhere, 'usr'), { kind: 'run', run: weu, unit: 'usr' });
  assert.deepEqual(findTarget([weu, neu], elsewhere, null), { kind: 'which-one', runs: [weu, neu] });
  assert.deepEqual(findTarget([weu, neu], elsewhere, 'usr'), { kind: 'which-one', runs: [weu, neu] });
  assert.deepEqual(findTarget([], elsewhere, null), { kind: 'no-run' });
});

test('a name in full picks one of several, a short one is asked back and never guessed', () => {
  assert.deepEqual(findTarget([weu, neu], elsewhere, 'Shop-Prod-NEU'), { kind: 'run', run: neu, unit: null });
  assert.deepEqual(findTarget([weu, neu], elsewhere, 'shop-prod-neu/usr'), { kind: 'run', run: neu, unit: 'usr' });
  assert.deepEqual(findTarget([weu, neu], elsewhere, 'shop-prod-neu/gpu'), { kind: 'unknown-target', run: neu });
  assert.deepEqual(findTarget([weu, neu], elsewhere, 'shop-prod'), { kind: 'which-one', runs: [weu, neu] });
  assert.deepEqual(findTarget([weu, neu], elsewhere, 'shop-prod-w'), { kind: 'which-one', runs: [weu] });
  const twin = run('shop-prod-weu', { instanceId: 'other-subscription' });
  assert.deepEqual(findTarget([weu, twin], elsewhere, 'shop-prod-weu'), { kind: 'which-one', runs: [weu, twin] });
});

test('runs that report to another repository do not exist here, so no right there counts for them', () => {
  const foreign = run('shop-prod-weu', { repository: 'acme/other', issueNumber: 99 });

  assert.deepEqual(findTarget([foreign], elsewhere, null), { kind: 'no-run' });
  assert.deepEqual(findTarget([foreign], elsewhere, 'shop-prod-weu'), { kind: 'no-run' });
});

test('the report of an ended run takes no command, and points to the run under way', () => {
  const ended = run('shop-prod-weu', { issueNumber: 12, isLive: false });
  assert.deepEqual(findTarget([ended, neu], { ...elsewhere, issueNumber: 12 }, null), { kind: 'closed', runId: ended.runId, current: null });

  const lastWeek = { ...elsewhere, issueNumber: 7, issueRunId: 'shop-prod-weu-20261003T2000Z' };
  assert.deepEqual(findTarget([weu], lastWeek, null), { kind: 'closed', runId: lastWeek.issueRunId, current: weu });
  assert.deepEqual(findTarget([neu], lastWeek, null), { kind: 'closed', runId: lastWeek.issueRunId, current: null });
});
