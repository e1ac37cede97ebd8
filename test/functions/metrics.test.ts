import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../../adapters/trust-boundary.ts';
import { isRecord, numberAt, parseJson, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { startBundle } from './bundle-host.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

test('a night with one pause is measured once, as its report tells it, however often orchestrations are replayed', async (t) => {
  const lines: JsonRecord[] = [];
  const { world, host, clock } = await startBundle(t, 'functions/main.ts', ':memory:', 'token', {
    log: (_level, code, { message }) => {
      const line = code === 'app.log' && typeof message === 'string' ? parseJson(message) : null;
      if (isRecord(line)) lines.push(line);
    },
  });
  const budget = (minAvailable: number): void => world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable, by: 'team-shop' });
  await host.fireTimer('windowTimer');
  const [run] = host.engine.list({}).filter(({ name }) => name === 'maintenanceWindow');
  const status = (): WindowStatus | null => {
    const json = host.engine.read(run?.instanceId ?? '')?.customStatusJson ?? null;
    return json === null ? null : recorded<WindowStatus>(JSON.parse(json));
  };
  const until = async (holds: () => boolean, hours: number): Promise<void> => assert.equal(await clock.runUntil(holds, hours * HOUR), 'reached');
  const isDraining = (): boolean => world.cluster.inspect().some(({ pool, nodes }) => pool === 'apps' && nodes.some(({ isCordoned }) => isCordoned));
  await until(isDraining, 3);
  budget(3);
  await until(() => status()?.pause !== null && status()?.phase === 'paused', 1);
  const since = status()?.pause?.since ?? 0;
  const causes = status()?.pause?.causes ?? [];
  budget(2);
  await until(() => status()?.pause === null, 1);
  const pausedMinutes = Math.floor((clock.now() - since) / MINUTE);
  await until(() => host.engine.read(run?.instanceId ?? '')?.runtimeStatus === 'Completed', 10);
  await clock.whenIdle();
  await host.fireTimer('debtTimer');
  await clock.whenIdle();

  const measured = lines.filter(({ code }) => code === 'metric').map((line) => ({ metric: textAt(line, 'metric'), value: numberAt(line, 'value'), about: textAt(line, 'pool') ?? textAt(line, 'class') ?? textAt(line, 'outcome') ?? '', id: textAt(line, 'metricId') ?? '', cluster: textAt(line, 'cluster') }));
  const units = status()?.units ?? [];
  const minutesOf = (pool: string): number => {
    const unit = units.find((each) => each.unit === `pool/${pool}`);
    return Math.floor(((unit?.endedAt ?? 0) - (unit?.startedAt ?? 0)) / MINUTE);
  };
  const of = (metric: string): readonly (readonly [string, number | null])[] => measured.filter((each) => each.metric === metric).map(({ about, value }) => [about, value] as const);

  assert.equal(status()?.outcome, 'succeeded');
  assert.deepEqual(measured.map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index), [], 'each is told once');
  assert.deepEqual(of('slackwater.pool.duration'), ['system', 'apps', 'spot'].map((pool) => [pool, minutesOf(pool)]));
  assert.deepEqual(of('slackwater.pool.nodes').map(([, nodes]) => nodes), [3, 6, 2]);
  assert.deepEqual(of('slackwater.pause.duration').map(([cause]) => cause), [causes[0]?.class]);
  assert.ok(Math.abs((of('slackwater.pause.duration')[0]?.[1] ?? 0) - pausedMinutes) <= 2, `${JSON.stringify(of('slackwater.pause.duration'))} and ${pausedMinutes}`);
  assert.deepEqual(of('slackwater.run.duration').length, 1);
  assert.ok((of('slackwater.run.duration')[0]?.[1] ?? 0) > minutesOf('system') + minutesOf('apps') + minutesOf('spot'));
  assert.deepEqual(of('slackwater.debts.open'), [['', 0]]);
  assert.deepEqual([...new Set(measured.map(({ cluster }) => cluster))], [world.cluster.resourceId]);
});
