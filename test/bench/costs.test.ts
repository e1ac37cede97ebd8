import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { countTurn, idleHub, schedulerActions, type ActionCount } from '../../bench/action-tally.ts';
import { replaceInputs, standardInputs } from '../../bench/cost-inputs.ts';
import { alertRules, billedSeconds, costOfMonth, costOfWindow, tellMoney, usageOf } from '../../bench/cost-model.ts';
import { COUNT_TOLERANCE, renderCosts } from '../../bench/cost-page.ts';
import { measureCosts, readCounts } from '../../bench/costs.ts';
import { countWindow } from '../../bench/count-actions.ts';
import { eventTypes } from '../../local/durable/history.ts';
import type { HistoryEvent } from '../../local/durable/history.ts';

const root = new URL('../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const head = { EventId: -1, Timestamp: '2026-11-21T21:00:00.000Z' };

test('docs/costs.md is what the committed counts and prices give', () => {
  assert.equal(textOf('docs/costs.md'), `${renderCosts(readCounts(), standardInputs).join('\n')}\n`, 'Run npm run bench -- costs --write.');
});

test('the small window, played today, still asks for what was counted', async () => {
  const counted = readCounts().windows['image-3'];
  const played = await countWindow('image-3');
  const numbers = ({ actions }: typeof played): Readonly<Record<string, number>> => {
    const { functions, durable, serviceBusOperations } = actions;
    const all = Object.values(functions);
    const calls = (kind: 'armRead' | 'armWrite' | 'kubernetes' | 'gitHubRead' | 'gitHubWrite'): number => all.reduce((sum, one) => sum + one.calls[kind], 0);
    return {
      schedulerActions: schedulerActions(durable),
      orchestratorExecutions: durable.orchestratorExecutions,
      historyRows: durable.historyRows,
      executions: all.reduce((sum, one) => sum + one.executions, 0),
      serviceBusOperations,
      armReads: calls('armRead'),
      armWrites: calls('armWrite'),
      kubernetesCalls: calls('kubernetes'),
      gitHubReads: calls('gitHubRead'),
      gitHubWrites: calls('gitHubWrite'),
    };
  };
  const [then, now] = [numbers(counted), numbers(played)];
  const strayed = Object.entries(then).filter(([name, number]) => Math.abs((now[name] ?? 0) - number) > number * COUNT_TOLERANCE + 1);

  assert.equal(played.outcome, 'succeeded');
  assert.deepEqual(strayed.map(([name, number]) => `${name}: counted ${number}, now ${now[name]}`), [], 'The code asks for more or less than docs/costs.md tells. Run npm run bench -- costs --write.');
});

test('an orchestration of three activities is seven actions, as the scheduler\'s documentation counts it', () => {
  const task = (id: number): readonly HistoryEvent[] => [{ ...head, EventType: eventTypes.taskScheduled, Name: 'hello', Input: '[]' }, { ...head, EventType: eventTypes.taskCompleted, TaskScheduledId: id, Result: '1' }];
  const start: HistoryEvent = { ...head, EventType: eventTypes.executionStarted, Name: 'hellos', Version: null, Input: null, OrchestrationInstance: { InstanceId: 'a', ExecutionId: 'b' }, ParentInstance: null };
  const turn: readonly HistoryEvent[] = [{ ...head, EventType: eventTypes.orchestratorStarted }, start, ...task(0), ...task(1), ...task(2), { ...head, EventType: eventTypes.orchestratorCompleted }];

  assert.equal(schedulerActions(countTurn(idleHub, turn)), 7);
});

test('a look is three actions: its timer, its activity, and the result', () => {
  const look: readonly HistoryEvent[] = [
    { ...head, EventType: eventTypes.timerCreated, FireAt: head.Timestamp },
    { ...head, EventType: eventTypes.timerFired, TimerId: 0, FireAt: head.Timestamp },
    { ...head, EventType: eventTypes.taskScheduled, Name: 'observeUnit', Input: '[]' },
    { ...head, EventType: eventTypes.taskCompleted, TaskScheduledId: 1, Result: '{}' },
  ];

  assert.equal(schedulerActions(countTurn(idleHub, look)), 3);
});

test('a period is billed by a second at least, then by tenths', () => {
  const table: readonly (readonly [seconds: number, billed: number])[] = [[0.01, 1], [1, 1], [1.01, 1.1], [1.3, 1.3], [2.55, 2.6]];

  for (const [seconds, billed] of table) assert.equal(billedSeconds(seconds), billed);
});

test('a price that is not known stays a symbol, and a given one is reckoned with', () => {
  const { actions } = readCounts().windows['image-20'];
  const cost = (words: readonly string[]): string => {
    const inputs = replaceInputs({ prices: words, assumptions: [] });
    return tellMoney(inputs, costOfWindow(inputs, usageOf(inputs, actions, 'apart'), { memoryGb: 2, instances: 'on-demand', backend: 'scheduler' }), 4);
  };

  assert.match(cost([]), /^\$0\.\d{4} \+ 0\.\d+·p$/);
  assert.match(cost(['millionSchedulerActions=10']), /^\$0\.\d{4}$/);
});

test('words that are no input are refused with the names that are', () => {
  assert.throws(() => replaceInputs({ prices: ['gold=1'], assumptions: [] }), /gold=1 is not understood.*millionSchedulerActions/);
  assert.throws(() => replaceInputs({ prices: [], assumptions: ['secondsArmRead'] }), /secondsArmRead is not understood/);
});

test('inputs of one\'s own are never written into the page', async () => {
  await assert.rejects(measureCosts({ prices: ['logGb=1'], assumptions: [], counts: 'played', page: 'written' }), /leave out --price/);
});

test('free grants are taken off a month on demand, and not where an instance is kept ready', () => {
  const idle: ActionCount = { functions: {}, periods: [], durable: idleHub, serviceBusOperations: 0, eventGridEvents: 0, logLines: 0, logBytes: 0 };
  const usage = { ...usageOf(standardInputs, idle, 'apart'), otherSeconds: 50_000, executions: 250_000 };
  const compute = (instances: 'on-demand' | 'always-ready'): number => costOfMonth(standardInputs, usage, { memoryGb: 2, instances, backend: 'scheduler' }).compute.dollars;

  assert.equal(compute('on-demand'), 0);
  assert.ok(compute('always-ready') > 50_000 * 2 * 0.000026, String(compute('always-ready')));
});

test('what stands all month is what infra makes', () => {
  const [main, app, alerts] = ['infra/main.bicep', 'infra/modules/app.bicep', 'infra/modules/alerts.bicep'].map(textOf);

  for (const name of ['windowTimerSchedule', 'deliveryTimerSchedule']) assert.match(main ?? '', new RegExp(`param ${name} string = '\\d+ \\*/5 \\* \\* \\* \\*'`));
  assert.ok(main?.includes('param instanceMemoryMB int = 2048') && main.includes('param alwaysReadyDurableInstanceCount int = 1') && main.includes('param alwaysReadyHttpInstanceCount int = 0'));
  assert.ok(app?.includes("maxQueuePollingInterval: '00:00:10'"));
  assert.equal(alerts?.match(/^ +query: '/gm)?.length, alertRules.onLogs);
  assert.equal(alerts?.match(/Microsoft\.Insights\/metricAlerts@/g)?.length, alertRules.onMetrics);
});

test('every timer of the app is among those that are counted', () => {
  const timers = [...textOf('functions/main.ts').matchAll(/app\.timer\('(\w+)'/g)].map(([, name]) => name);
  const { standing, debtCheck } = readCounts();
  const counted = [...standing.flatMap(({ windowTick, deliveryTick }) => [windowTick, deliveryTick]), debtCheck].flatMap(({ functions }) => Object.keys(functions));

  assert.deepEqual(timers.filter((name) => !counted.includes(name ?? '')), []);
});

test('executions billed together never cost more than apart', () => {
  for (const { actions } of Object.values(readCounts().windows)) {
    const [apart, together] = [usageOf(standardInputs, actions, 'apart'), usageOf(standardInputs, actions, 'together')];
    assert.ok(together.durableSeconds <= apart.durableSeconds && together.durableSeconds > 0);
  }
});

test('docs/deploy.md tells no price itself, and leads to the page', () => {
  const deploy = textOf('docs/deploy.md');

  assert.ok(deploy.includes('(costs.md)'));
  assert.deepEqual(deploy.match(/\d\s*\$(?!\()|\$\s*\d/g), null);
});
