import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceStatistics } from '../../local/durable/instance.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import { images } from './clean-up-rehearsal.ts';

/** Looks of one history (50), each a call, a timer, at times a word to the window: rows of the longest one execution of a unit may have. */
const UNIT_ROWS_MAX = 600;
/** A run keeps one history from its first look to its last word; rows an hour that nothing new happens in. */
const RUN_ROWS_AN_HOUR_MAX = 150;

const statistics = (rehearsal: Rehearsal): readonly InstanceStatistics[] => rehearsal.host.engine.statistics();

test('a pool that is blocked all night long is watched in histories that begin again, and its run grows by no more than its words', async () => {
  const rehearsal = await startRehearsal({ policy: (text) => text.replace('drainTimeoutInMinutes: 30', 'drainTimeoutInMinutes: 600') });
  try {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes('-apps-')));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().phase === 'paused');
    const [before] = statistics(rehearsal).filter(({ name }) => name === 'maintenanceWindow');
    const from = rehearsal.minute();
    await rehearsal.until(() => rehearsal.minute() >= from + 240);

    const now = statistics(rehearsal);
    const [run] = now.filter(({ name }) => name === 'maintenanceWindow');
    const blocked = now.filter(({ name }) => name === 'nodePoolUpgrade').at(-1);
    assert.ok(run !== undefined && before !== undefined && blocked !== undefined);
    assert.ok(blocked.historyRowCount > 1.5 * blocked.historyRowCountPeak, `its history began again: ${JSON.stringify(blocked)}`);
    for (const unit of now.filter(({ name }) => name.endsWith('Upgrade'))) assert.ok(unit.historyRowCountPeak <= UNIT_ROWS_MAX, JSON.stringify(unit));
    assert.ok(run.historyRowCount - before.historyRowCount <= 4 * RUN_ROWS_AN_HOUR_MAX, `${run.historyRowCount - before.historyRowCount} rows in four hours`);
  } finally {
    await rehearsal.close();
  }
});

test('a pool that somebody else keeps busy for hours waits in histories that begin again, is told once, and is sent once when they are done', async () => {
  const rehearsal = await startRehearsal();
  try {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'operation.ended' && data['pool'] === null));
    rehearsal.world.perturb({ kind: 'foreign-operation', pool: 'system', operation: 'Scaling', minutes: 130, by: 'somebody' });
    await rehearsal.until(() => rehearsal.armWrites().some(({ what }) => what === 'PUT pool/system'), 200);

    const [unit] = statistics(rehearsal).filter(({ name }) => name === 'nodePoolUpgrade');
    assert.ok(unit !== undefined && unit.historyRowCount > 1.5 * unit.historyRowCountPeak, `its history began again: ${JSON.stringify(unit)}`);
    assert.ok(unit.historyRowCountPeak <= UNIT_ROWS_MAX, JSON.stringify(unit));
    const told = rehearsal.status().timeline.filter(({ text }) => text.startsWith('pool/system cannot be sent yet'));
    await rehearsal.until(() => rehearsal.status().timeline.some(({ text }) => text.startsWith('pool/system waited')));
    assert.equal(told.length, 1);
    assert.equal(rehearsal.armWrites().filter(({ what }) => what === 'PUT pool/system').length, 1);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
});
