import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLine, beginStatus, changeUnit, fitToHost, judgeOutcome } from '../../domain/window-story.ts';
import type { UnitStatus, WindowStatus } from '../../domain/window-status.ts';

function unit(name: string, change: Partial<UnitStatus>): UnitStatus {
  return { unit: `pool/${name}`, state: 'upgraded', from: '1', to: '2', attempt: 1, startedAt: 1, endedAt: 2, estimateMinutes: 3, inventory: null, note: '', ...change };
}

function status(change: Partial<WindowStatus>): WindowStatus {
  const policy = {
    name: 'shop',
    source: 'shop.yaml',
    clusterResourceId: '/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerService/managedClusters/shop',
    target: { kubernetesVersion: null, nodeImage: 'latest' },
    window: { timeZone: 'UTC', startTime: '22:00', durationHours: 6, schedule: { kind: 'daily', intervalDays: 1 }, startDate: null, notAllowedDates: [] },
    nodePools: { order: [], upgradeSettings: { maxSurge: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null }, overrides: {}, surgeFallback: 'withhold' },
    onFinding: { action: 'withhold' },
    onBlocked: { graceMinutes: 10, action: 'pause' },
    onQuarantined: { continueUpToNodes: 0, action: 'pause' },
    verify: null,
    onWindowEnd: 'finishInFlight',
    approvals: { required: 0, teams: [] },
    report: { repository: null, labels: [], onCall: null },
    debts: { nodeCostPerDay: null, owners: {} },
  } as const;
  return { ...beginStatus({ policy, opening: { opens: 0, closes: 1, restriction: 'none', reason: '' }, runId: 'shop-1', clusterName: 'shop' }), ...change };
}

test('the status fits 16 KB of UTF-16 however large the cluster and long the story', () => {
  const names = Array.from({ length: 500 }, (_, index) => `aks-apps-12345678-vmss${index}`);
  const inventory = { total: 500, upgraded: 0, old: names, cordoned: names, quarantined: names, notReady: names, surge: names };
  const cause = { class: 'PDB_STRUCTURAL', node: 'n', pod: 'a/b', budgets: ['a/c'], owner: 'team', workload: null, evidence: 'x'.repeat(4_000), remedy: 'y'.repeat(4_000), webhook: null, disk: null, guiltyNode: null, since: 0, waitsUntil: null, ruledOut: [] };
  let large = status({
    sight: 's'.repeat(2_000),
    unseen: { since: 0, why: 'w'.repeat(2_000) },
    units: Array.from({ length: 100 }, (_, index) => unit(`pool${index}`, { inventory, note: 'z'.repeat(300) })),
    findings: Array.from({ length: 40 }, () => ({ code: 'PDB_STRUCTURAL', where: 'a/b', severity: 'block' as const, pools: ['x'], message: 'm'.repeat(300), remedy: 'r'.repeat(300), owner: 'o'.repeat(300) })),
    holds: Array.from({ length: 40 }, (_, index) => ({ unit: `pool/pool${index}` as const, state: 'waiting' as const, since: 1, endedAt: null, causes: Array.from({ length: 3 }, () => ({ code: 'PDB_STRUCTURAL', where: 'a/b', message: 'm'.repeat(500), remedy: 'r'.repeat(500), owner: 'o'.repeat(100) })), causesOmitted: 1, estimateMinutes: 45, lastUsefulStart: 2, clearedSince: null, number: index })),
    acknowledgements: Array.from({ length: 50 }, (_, index) => ({ where: `ops/pod-${index}-${'x'.repeat(200)}`, codes: ['UNMANAGED_POD'], pools: ['pool1'], by: 'lia', at: 1, until: 2 })),
    pause: { unit: 'pool/pool1', since: 1, kind: 'blocked', causes: Array.from({ length: 20 }, () => cause), drainDeadline: 2, windowDeadline: 3, clearedSince: null, number: 1, detail: '' },
  });
  for (let line = 0; line < 300; line += 1) large = addLine(large, line, `line ${line} ${'w'.repeat(100)}`);

  const fitted = fitToHost(large);

  assert.ok(JSON.stringify(fitted).length * 2 <= 16_384, `${JSON.stringify(fitted).length * 2} bytes`);
  assert.equal(fitted.pause?.windowDeadline, 3);
  assert.equal(fitted.timeline.length + fitted.timelineOmitted >= 240, true);
});

test('a small status is published as it is', () => {
  const small = status({ units: [unit('apps', {})] });

  assert.deepEqual(fitToHost(small), small);
});

test('a run is called by what its units really are', () => {
  const facts = { isAborted: false, isOverrun: false, isUnfinishedPlan: false, isUnreconciled: false };
  const table: readonly [units: readonly UnitStatus[], facts: Partial<typeof facts>, expected: string][] = [
    [[unit('a', {}), unit('b', {})], {}, 'succeeded'],
    [[unit('a', {}), unit('b', { state: 'unproven' })], {}, 'succeeded-with-unproven'],
    [[unit('a', {}), unit('b', { state: 'withheld', startedAt: null })], {}, 'completed-partial'],
    [[unit('a', {}), unit('b', { state: 'failed' })], {}, 'completed-partial'],
    [[unit('a', {}), unit('b', { state: 'quarantined' })], {}, 'completed-with-debt'],
    [[unit('a', {})], { isOverrun: true }, 'completed-overrun'],
    [[unit('a', {})], { isUnfinishedPlan: true }, 'replanned'],
    [[unit('a', {})], { isUnreconciled: true }, 'needs-reconcile'],
    [[unit('a', {}), unit('b', { state: 'failed' })], { isUnreconciled: true }, 'completed-partial'],
    [[unit('a', {}), unit('b', { state: 'failed' })], { isUnfinishedPlan: true }, 'completed-partial'],
    [[unit('a', {}), unit('b', { state: 'aborted' })], { isAborted: true }, 'aborted'],
    [[unit('a', { state: 'withheld', startedAt: null })], {}, 'not-started'],
    [[], {}, 'none'],
  ];

  for (const [units, change, expected] of table) assert.equal(judgeOutcome(status({ units }), { ...facts, ...change }), expected);
});

test('a run that leaves a pool out for a finding has not done everything', () => {
  const facts = { isAborted: false, isOverrun: false, isUnfinishedPlan: false, isUnreconciled: false };
  const finding = { code: 'OS_IMAGE_RETIRED', where: 'old', severity: 'block' as const, pools: ['old'], message: '', remedy: '', owner: null };

  assert.equal(judgeOutcome(status({ units: [unit('a', {})], findings: [finding] }), facts), 'completed-partial');
  assert.equal(judgeOutcome(status({ units: [unit('a', {})], findings: [{ ...finding, pools: ['a'] }] }), facts), 'succeeded');
  assert.equal(judgeOutcome(status({ units: [unit('a', {})], findings: [{ ...finding, severity: 'warn' }] }), facts), 'succeeded');
});

test('Azure errors of many paragraphs fit too, wherever they are told', () => {
  const paragraphs = 'Drain node failed. '.repeat(600);
  let large = status({
    units: Array.from({ length: 6 }, (_, index) => unit(`pool${index}`, {})),
    leftOver: [paragraphs, paragraphs, paragraphs, paragraphs],
    unchecked: [{ what: paragraphs, why: paragraphs }],
    findings: [{ code: 'CLUSTER_UNREADABLE', where: 'cluster', severity: 'block', pools: ['*'], message: paragraphs, remedy: paragraphs, owner: paragraphs }],
    pause: { unit: 'pool/pool1', since: 1, kind: 'failed', causes: [], drainDeadline: null, windowDeadline: 3, clearedSince: null, number: 1, detail: paragraphs },
  });
  large = changeUnit(large, 'pool/pool1', { note: paragraphs });
  for (let line = 0; line < 20; line += 1) large = addLine(large, line, paragraphs);

  const fitted = fitToHost(large);

  assert.ok(JSON.stringify(fitted).length * 2 <= 16_384, `${JSON.stringify(fitted).length * 2} bytes`);
  assert.match(fitted.pause?.detail ?? '', /^Drain node failed/);
  assert.ok(JSON.stringify(large.timeline).length < 20_000, 'history keeps the timeline with every report');
});
