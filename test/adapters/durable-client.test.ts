import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowHost } from '../../activities/ports.ts';
import { createWindowHost, purgeInstances } from '../../adapters/durable-client.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { VirtualClock } from '../../local/clock.ts';
import type { RunningHost } from '../../local/functions-host/host-options.ts';
import { START, withHost } from '../local/durable-sample-host.ts';

/** The port over the real durable client, as a function of the sample app was given it. */
async function withWindowHost(work: (windows: WindowHost, host: RunningHost, clock: VirtualClock) => Promise<void>): Promise<void> {
  await withHost({}, async (host, clock) => {
    const { lent } = await import('../local/durable-sample-app.ts');
    await fetch(`${host.url}/api/lendClient`, { method: 'POST' });
    const [client] = lent;
    assert.ok(client !== undefined);
    await work(createWindowHost(client, clock.now), host, clock);
  });
}

test('a window is started once; starting it again while it runs is success', async () => {
  await withWindowHost(async (windows, host, clock) => {
    const first = await windows.startWindow('w-1', { n: 1 });
    await clock.whenIdle();
    const second = await windows.startWindow('w-1', { n: 2 });

    assert.deepEqual([first, second], [{ ok: true, value: 'started' }, { ok: true, value: 'already-running' }]);
    assert.equal(host.engine.read('w-1')?.inputJson, '{"n":1}');
  });
});

test('a window is read with its status; a foreign status is no status; an unknown id is null', async () => {
  await withWindowHost(async (windows, _host, clock) => {
    await windows.startWindow('ours', {});
    await windows.startWindow('theirs', { schema: 'other/v9' });
    await clock.whenIdle();
    const ours = await windows.read('ours');
    const theirs = await windows.read('theirs');

    assert.ok(ours.ok && ours.value !== null && theirs.ok && theirs.value !== null);
    assert.equal(ours.value.status?.phase, 'planning');
    assert.equal(ours.value.runtimeStatus, 'Running');
    assert.equal(ours.value.createdAt, START);
    assert.equal(theirs.value.status, null);
    assert.deepEqual(await windows.read('nobody'), { ok: true, value: null });
  });
});

test('an event reaches a running window; a finished or unknown one is not running', async () => {
  await withWindowHost(async (windows, host, clock) => {
    await windows.startWindow('w', {});
    await clock.whenIdle();
    const raised = await windows.raise('w', 'decision', { verb: 'resume' });
    await clock.whenIdle();
    const late = await windows.raise('w', 'decision', { verb: 'resume' });
    const nobody = await windows.raise('nobody', 'decision', {});

    assert.deepEqual([raised, late, nobody].map((answer) => answer.ok && answer.value), ['raised', 'not-running', 'not-running']);
    assert.equal(host.engine.read('w')?.outputJson, '{"got":{"verb":"resume"}}');
  });
});

test('an id that is none of ours never reaches the task hub: the SDK would put it into an address as it is', async () => {
  await withWindowHost(async (windows, host, clock) => {
    await windows.startWindow('w', {});
    await clock.whenIdle();

    for (const id of ['', '../instances/w', 'w?showHistory=true', 'w/raiseEvent/decision', 'w#x', '%77', '@counter@x', 'w'.repeat(101)]) {
      assert.deepEqual(await windows.read(id), { ok: true, value: null }, id);
      assert.deepEqual(await windows.raise(id, 'decision', {}), { ok: true, value: 'not-running' }, id);
    }
    await clock.whenIdle();
    assert.equal(host.engine.read('w')?.runtimeStatus, 'Running');
  });
});

test('windows are listed newest first, others are not', async () => {
  await withWindowHost(async (windows, host, clock) => {
    await windows.startWindow('old', {});
    await clock.advanceTo(START + 10_000);
    await windows.startWindow('new', {});
    host.engine.start({ name: 'slowKid', instanceId: 'other', inputJson: null, version: null });
    await clock.whenIdle();
    const all = await windows.list(10);
    const one = await windows.list(1);

    assert.deepEqual(all.ok && all.value.map((view) => view.instanceId), ['new', 'old']);
    assert.deepEqual(one.ok && one.value.map((view) => view.instanceId), ['new']);
  });
});

test('a clean-up is begun once, whether it runs or has ended; those that run are listed with what they show, and no window is', async () => {
  await withWindowHost(async (windows, host, clock) => {
    await windows.startWindow('w', {});
    const first = await windows.startCleanUp('c-1', { n: 1 });
    await windows.startCleanUp('c-2', { schema: 'other/v9' });
    await clock.whenIdle();
    const again = await windows.startCleanUp('c-1', { n: 2 });
    const running = await windows.listCleanUps();
    await windows.raise('c-1', 'decision', { verb: 'abort' });
    await clock.whenIdle();
    const late = await windows.startCleanUp('c-1', { n: 3 });
    const left = await windows.listCleanUps();

    assert.deepEqual([first, again, late].map((answer) => answer.ok && answer.value), ['started', 'known', 'known']);
    assert.equal(host.engine.read('c-1')?.inputJson, '{"n":1}');
    assert.deepEqual(running.ok && running.value.map(({ instanceId, createdAt, status }) => [instanceId, createdAt, status?.verb ?? null]).toSorted(), [['c-1', START, 'rollback'], ['c-2', START, null]]);
    assert.deepEqual(left.ok && left.value.map(({ instanceId }) => instanceId), ['c-2']);
    const all = await windows.list(10);
    assert.deepEqual(all.ok && all.value.map(({ instanceId }) => instanceId), ['w']);
  });
});

test('no query reads the whole hub: of what ended only the last month is listed, while what runs is, however old', async () => {
  await withWindowHost(async (windows, host, clock) => {
    await windows.startWindow('ended-long-ago', {});
    await clock.whenIdle();
    await windows.raise('ended-long-ago', 'decision', {});
    await windows.startWindow('runs-for-ever', {});
    host.engine.suspend('runs-for-ever', 'a person looks');
    await clock.advanceTo(START + 40 * DAY_MS);
    await windows.startWindow('ended-today', {});
    await clock.whenIdle();
    await windows.raise('ended-today', 'decision', {});
    await clock.whenIdle();
    const asked: string[] = [];
    const { list } = host.engine;
    host.engine.list = (filter) => {
      asked.push(Object.keys(filter ?? {}).sort().join(' '));
      return list.call(host.engine, filter);
    };
    const listed = await windows.list(10);
    await windows.listCleanUps();

    assert.deepEqual(listed.ok && listed.value.map(({ instanceId }) => instanceId), ['ended-today', 'runs-for-ever']);
    assert.deepEqual(asked, ['runtimeStatus', 'createdFrom runtimeStatus', 'runtimeStatus']);
  });
});

test('history is forgotten of units that ended well first, then of every run that ended; nothing that runs is touched, and doing it twice is harmless', async () => {
  await withHost({}, async (host, clock) => {
    const { lent } = await import('../local/durable-sample-app.ts');
    await fetch(`${host.url}/api/lendClient`, { method: 'POST' });
    const client = lent[0] ?? assert.fail();
    const begin = (name: string, instanceId: string, input: object = {}): void => void host.engine.start({ name, instanceId, inputJson: JSON.stringify(input), version: null });
    const present = (): readonly string[] => host.engine.list().map(({ instanceId }) => instanceId).sort();
    begin('nodePoolUpgrade', 'unit-old');
    begin('nodePoolUpgrade', 'unit-failed', { fails: true });
    begin('maintenanceWindow', 'window-old');
    begin('maintenanceWindow', 'window-runs');
    await clock.whenIdle();
    host.engine.suspend('window-runs', 'a person looks');
    await clock.advanceTo(START + 20 * DAY_MS);
    begin('nodePoolUpgrade', 'unit-new');
    await clock.advanceTo(START + 20 * DAY_MS + 2 * 3_600_000);
    assert.deepEqual(['unit-old', 'unit-failed', 'window-old', 'window-runs', 'unit-new'].map((id) => host.engine.read(id)?.runtimeStatus), ['Completed', 'Failed', 'Completed', 'Suspended', 'Completed']);

    const units = await purgeInstances(client, { unitsBefore: clock.now() - 2 * DAY_MS, allBefore: null });
    assert.deepEqual([units, present()], [{ ok: true, value: { unitsCount: 1, othersCount: 0 } }, ['unit-failed', 'unit-new', 'window-old', 'window-runs']]);
    const rule = { unitsBefore: clock.now() - 2 * DAY_MS, allBefore: clock.now() - 14 * DAY_MS };
    const all = await purgeInstances(client, rule);
    assert.deepEqual([all, present()], [{ ok: true, value: { unitsCount: 0, othersCount: 2 } }, ['unit-new', 'window-runs']]);
    assert.deepEqual(await purgeInstances(client, rule), { ok: true, value: { unitsCount: 0, othersCount: 0 } });
  });
});

test('a task hub that does not answer is a transient failure', async () => {
  const { lent } = await import('../local/durable-sample-app.ts');
  const [client] = lent;
  assert.ok(client !== undefined);
  const windows = createWindowHost(client, () => START);

  for (const answer of [await windows.read('w'), await windows.list(1), await windows.startWindow('w', {}), await windows.startCleanUp('c', {}), await windows.listCleanUps(), await windows.raise('w', 'decision', {})]) {
    assert.ok(!answer.ok);
    assert.equal(answer.failure.code, 'task-hub-unreachable');
    assert.equal(answer.failure.class, 'transient');
  }
});
