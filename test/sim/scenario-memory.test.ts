import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missedWindows } from '../../domain/run-history.ts';
import { parseStateFile, renderStateFile } from '../../domain/state-file.ts';
import { debtCheckTime, scenarioMemory } from '../../sim/scenario-memory.ts';
import { readScenario } from '../../sim/scenario.ts';
import type { Scenario } from '../../sim/scenario.ts';

const zero = Date.UTC(2026, 9, 10, 20);

function scenarioWith(extra: unknown, nodeExceptions: unknown = []): Scenario {
  const read = readScenario({
    id: 'X-1',
    initial: {
      cluster: { name: 'shop', k8s: '1.34.4' },
      pools: [{ name: 'usr', mode: 'User', count: 3, k8s: '1.34.4', image: '202609.22.0', imageLatest: '202610.06.0' }],
      nodeExceptions,
      extra,
    },
    policy: { window: { open: '2026-10-10T20:00:00Z', tz: 'Europe/Paris', durationMin: 360 }, target: { kind: 'node-image' } },
  });
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

test('a scenario that remembers nothing gives no memory', () => {
  assert.equal(scenarioMemory(scenarioWith({}), zero), null);
});

test('a ledger that was kept daily has told every step up to yesterday', () => {
  const steps = (since: string) => scenarioMemory(scenarioWith({ ledger: [{ node: 'usr-2', state: 'quarantined', openedBy: 'run-1' }] }, [{ name: 'usr-2', since, image: '202608.20.0' }]), zero)?.debts.map(({ stepDays }) => stepDays);

  assert.deepEqual(steps('2026-09-19T21:10:00Z'), [14]);
  assert.deepEqual(steps('2026-10-03T19:00:00Z'), [3], 'day 7 is to be told today');
  assert.deepEqual(steps('2026-10-10T18:00:00Z'), [0]);
});

test('missed windows of a history follow a window that rolled everything, and the memory can be written', () => {
  const memory = scenarioMemory(scenarioWith({ history: [{ window: '2026-09-26', result: 'missed: CLUSTER_STOPPED' }, { window: '2026-10-03', result: 'held: PDB_STRUCTURAL' }] }), zero);
  assert.ok(memory);

  const missed = missedWindows(memory.runs);
  assert.deepEqual([missed?.count, missed?.lastRollAt, missed?.reasons], [2, Date.UTC(2026, 8, 19, 20), ['PDB_STRUCTURAL', 'CLUSTER_STOPPED']]);
  assert.deepEqual(parseStateFile(renderStateFile(memory)), { ok: true, value: memory });
  assert.equal(missedWindows(scenarioMemory(scenarioWith({ history: [{ window: '2026-10-03', result: 'succeeded' }] }), zero)?.runs ?? []), null);
});

test('releases become images each pool was offered', () => {
  assert.deepEqual(scenarioMemory(scenarioWith({ imageReleases: ['202609.08.0'] }), zero)?.nodeImages, { usr: ['AKSUbuntu-2204gen2containerd-202609.08.0'] });
});

test('a daily look begins when the scenario says', () => {
  assert.equal(debtCheckTime({ begins: 'daily debt check, 2026-10-10T08:00Z' }, zero), Date.UTC(2026, 9, 10, 8));
  assert.equal(debtCheckTime({ begins: 'daily debt check' }, zero), zero);
  assert.equal(debtCheckTime({ begins: 'window open' }, zero), null);
});
