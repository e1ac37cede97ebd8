import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announceDeployment, endDeployment } from '../../activities/order-deployment.ts';
import type { Ports } from '../../activities/ports.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';

const silent = { error: (): void => undefined, warn: (): void => undefined, info: (): void => undefined };

/** The ports of the route, over the rehearsal's GitHub and task hub. */
function portsOf(rehearsal: Rehearsal): Pick<Ports, 'clock' | 'logger' | 'state' | 'windows'> {
  const { engine } = rehearsal.host;
  const windows: Ports['windows'] = {
    startWindow: async () => assert.fail('nothing is started'),
    startCleanUp: async () => assert.fail('nothing is started'),
    listCleanUps: async () => ({ ok: true, value: [] }),
    read: async () => ({ ok: true, value: null }),
    list: async () => ({
      ok: true,
      value: [{ instanceId: rehearsal.instanceId, orchestration: 'maintenanceWindow', runtimeStatus: 'Running', status: rehearsal.status(), createdAt: rehearsal.opens, lastUpdatedAt: rehearsal.clock.now(), output: null }],
    }),
    raise: async (instanceId, event, payload) => {
      engine.raiseEvent(instanceId, event, JSON.stringify(payload));
      return { ok: true, value: 'raised' };
    },
  };
  return { ...rehearsal.composition.portsOf(silent), windows };
}

async function rehearse(play: (rehearsal: Rehearsal, ports: ReturnType<typeof portsOf>) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal();
  try {
    await play(rehearsal, portsOf(rehearsal));
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const announce = async (ports: ReturnType<typeof portsOf>, minutes: number): Promise<void> => {
  const announced = await announceDeployment(ports, { minutes, reason: 'version 1.2', by: 'pipeline 77' });
  assert.ok(announced.ok && announced.value.order !== null, JSON.stringify(announced));
};
const body = (rehearsal: Rehearsal): string => rehearsal.issues()[0]?.body ?? '';
const waits = (rehearsal: Rehearsal) => (): boolean => rehearsal.status().standing?.waitsFor === 'deployment' && body(rehearsal).includes('deployment of Slackwater');
const controlPlaneIsUp = (rehearsal: Rehearsal) => (): boolean => rehearsal.status().units[0]?.state === 'upgraded';

test('before a deployment no unit starts, the one at work is watched to its end, and the run goes on as soon as it is over', () =>
  rehearse(async (rehearsal, ports) => {
    await rehearsal.until(() => rehearsal.armWrites().length > 0);
    await announce(ports, 60);
    await rehearsal.until(waits(rehearsal), 60);

    assert.ok(controlPlaneIsUp(rehearsal)());
    assert.equal(rehearsal.armWrites().length, 1);
    assert.match(body(rehearsal), /\*\*Waiting for:\*\* the end of a deployment of Slackwater, announced by `pipeline 77` .*\(`version 1\.2`\)/);
    assert.match(body(rehearsal), /\*\*Needed:\*\* nothing; the run goes on by itself/);
    assert.equal(rehearsal.comments().some((text) => /Waiting|deployment/.test(text)), false, 'nobody is called for it');
    const before = rehearsal.clock.now();
    const ended = await endDeployment(ports);
    assert.ok(ended.ok && ended.value.order === null);
    await rehearsal.until(() => rehearsal.armWrites().length > 1, 2);
    assert.ok(rehearsal.clock.now() - before < MINUTE_MS, 'it was woken');
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded');
    assert.ok(status.timeline.some(({ text }) => text === 'The deployment of Slackwater is over.'));
  }));

test('a deployment that nobody ends is over by itself, to the minute', () =>
  rehearse(async (rehearsal, ports) => {
    const announcedAt = rehearsal.clock.now();
    await announce(ports, 25);
    await rehearsal.until(() => rehearsal.armWrites().length > 0);

    const waited = rehearsal.clock.now() - announcedAt;
    assert.ok(waited >= 25 * MINUTE_MS && waited < 27 * MINUTE_MS, String(waited));
    assert.equal((await rehearsal.untilEnded()).outcome, 'succeeded');
  }));

test('a deployment reaches a unit that has begun and waits for somebody else, before anything is sent', () =>
  rehearse(async (rehearsal, ports) => {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'operation.ended' && data['pool'] === null));
    rehearsal.world.perturb({ kind: 'foreign-operation', pool: 'system', operation: 'Scaling', minutes: 10, by: 'somebody' });
    await rehearsal.until(() => rehearsal.status().units.some(({ unit, state }) => unit === 'pool/system' && state === 'running'));
    const sent = rehearsal.armWrites().length;
    await announce(ports, 30);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 30 * MINUTE_MS - SECOND_MS);
    assert.equal(rehearsal.armWrites().length, sent);

    assert.equal((await rehearsal.untilEnded()).outcome, 'succeeded');
  }));

test('people who say abort while a deployment lasts are heard at once', () =>
  rehearse(async (rehearsal, ports) => {
    await announce(ports, 60);
    await rehearsal.until(waits(rehearsal), 5);
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded(5);

    assert.equal(status.outcome, 'aborted');
    assert.deepEqual(rehearsal.armWrites(), []);
  }));
