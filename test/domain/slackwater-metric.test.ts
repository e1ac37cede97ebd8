import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runEndedEventName, slackwaterEvent, slackwaterEventNames } from '../../domain/slackwater-event.ts';
import type { SlackwaterEventName } from '../../domain/slackwater-event.ts';
import { METRIC_LINE, measure, metricOfLine, metricsOfEvent, slackwaterMetrics } from '../../domain/slackwater-metric.ts';

const event = (name: SlackwaterEventName, unit: 'run' | 'pool/usr', facts: Readonly<Record<string, unknown>>) => slackwaterEvent(name, { runId: 'shop-1', unit, attempt: 2 }, 0, facts);

test('the end of a run, of a pool and of a pause is measured, apart from every other, and the same when it is told again', () => {
  const told: readonly [what: ReturnType<typeof event>, expected: readonly unknown[]][] = [
    [event(runEndedEventName('completed-partial'), 'run', { minutes: 61 }), [{ metric: 'slackwater.run.duration', unit: 'min', value: 61, metricId: 'shop-1/run/2/run.completed-partial/slackwater.run.duration', about: { outcome: 'completed-partial' } }]],
    [
      event('pool.succeeded', 'pool/usr', { minutes: 34, nodes: 6 }),
      [
        { metric: 'slackwater.pool.duration', unit: 'min', value: 34, metricId: 'shop-1/pool/usr/2/pool.succeeded/slackwater.pool.duration', about: { pool: 'usr', outcome: 'succeeded' } },
        { metric: 'slackwater.pool.nodes', unit: '{node}', value: 6, metricId: 'shop-1/pool/usr/2/pool.succeeded/slackwater.pool.nodes', about: { pool: 'usr', outcome: 'succeeded' } },
      ],
    ],
    [event('hold.cleared', 'pool/usr', { minutes: 22, class: 'PDB_STRUCTURAL' }), [{ metric: 'slackwater.pause.duration', unit: 'min', value: 22, metricId: 'shop-1/pool/usr/2/hold.cleared/slackwater.pause.duration', about: { class: 'PDB_STRUCTURAL' } }]],
  ];
  for (const [what, expected] of told) {
    assert.deepEqual(metricsOfEvent(what), expected);
    assert.deepEqual(metricsOfEvent({ ...what }), metricsOfEvent(what));
  }
});

test('what was not begun, and every other event, measures nothing', () => {
  for (const name of slackwaterEventNames) assert.deepEqual(metricsOfEvent(event(name, 'run', {})), [], name);
  assert.deepEqual(metricsOfEvent(event('debt.opened', 'run', { minutes: 5 })), []);
});

test('a line tells its measurement again, and no other line tells one', () => {
  for (const { metric } of slackwaterMetrics) {
    const measured = measure(metric, 3, 'shop-1', { pool: 'usr' });
    const { about, ...fields } = measured;
    assert.deepEqual(metricOfLine(METRIC_LINE, { ...fields, ...about }), measured);
    assert.equal(metricOfLine('event.told', { ...fields, ...about }), null);
  }
  assert.equal(metricOfLine(METRIC_LINE, { metric: 'made.up', value: 1 }), null);
  assert.equal(metricOfLine(METRIC_LINE, { metric: 'slackwater.run.duration', value: 'long' }), null);
});
