import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpRequest } from '@azure/functions';
import { readOrders } from '../../activities/read-orders.ts';
import { DEPLOYMENT_FILE, DEPLOYMENT_MINUTES_MAX } from '../../domain/deployment-order.ts';
import { isRecord, listAt, recordAt, textAt } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { receiveDeployment } from '../../functions/deployment.ts';
import { emptyWorld, failureOf, recordingPorts, type World } from '../activities/recording-ports.ts';
import { statusSample } from '../domain/window-status-samples.ts';

const now = 1_795_000_000_000;

function request(method: 'GET' | 'POST' | 'DELETE', body?: string): HttpRequest {
  return new HttpRequest({ method, url: 'http://localhost/api/deployment', ...(body === undefined ? {} : { body: { string: body } }) });
}

async function send(world: World, method: 'GET' | 'POST' | 'DELETE', body?: unknown) {
  const answer = await receiveDeployment(recordingPorts(world), request(method, typeof body === 'string' || body === undefined ? body : JSON.stringify(body)));
  assert.ok(isRecord(answer.jsonBody));
  return { status: answer.status, body: answer.jsonBody };
}

function worldAtWork(): World {
  const world = emptyWorld(now);
  const status = statusSample({ units: statusSample().units.map((unit, index) => ({ ...unit, state: index === 0 ? ('running' as const) : ('planned' as const) })) });
  world.windows.push({ instanceId: 'window-1', orchestration: 'maintenanceWindow', runtimeStatus: 'Running', status, createdAt: now, lastUpdatedAt: now, output: null });
  world.windows.push({ instanceId: 'window-2', orchestration: 'maintenanceWindow', runtimeStatus: 'Completed', status, createdAt: now, lastUpdatedAt: now, output: null });
  return world;
}

test('GET tells who is at work and that nothing is announced; it changes nothing', async () => {
  const world = worldAtWork();
  const answer = await send(world, 'GET');

  assert.equal(answer.status, 200);
  assert.equal(answer.body['isGoodMoment'], false);
  assert.equal(answer.body['order'], null);
  assert.match(textAt(answer.body, 'message') ?? '', /^At work: .+ (control-plane|pool\/\w+)\. Azure goes on with it/);
  assert.deepEqual(listAt(answer.body, 'runs').map((run) => textAt(run, 'instanceId')), ['window-1']);
  assert.deepEqual([...world.documents], []);
  const quiet = await send(emptyWorld(now), 'GET');
  assert.deepEqual([quiet.body['isGoodMoment'], quiet.body['message']], [true, 'Nothing is at work.']);
});

test('POST keeps who, when, why and until on the state branch, and every cluster\'s orders tell it', async () => {
  const world = worldAtWork();
  const answer = await send(world, 'POST', { minutes: 15, reason: 'version 1.2', by: 'pipeline 77' });

  const order = { who: 'pipeline 77', why: 'version 1.2', when: '2026-11-18T11:06:40Z', until: '2026-11-18T11:21:40Z' };
  assert.equal(answer.status, 200);
  assert.deepEqual(recordAt(answer.body, 'order'), order);
  assert.deepEqual(JSON.parse(world.documents.get(DEPLOYMENT_FILE) ?? ''), { schema: 'slackwater.deployment/v1', ...order });
  const question = { clusterResourceId: '/a', opens: now, required: 0, planDigest: '', policyVersion: '' };
  const look = await readOrders(recordingPorts(world), question);
  assert.equal(look.ok && look.value.deployment?.until, now + 15 * MINUTE_MS);
  world.now = now + 15 * MINUTE_MS;
  const after = await readOrders(recordingPorts(world), question);
  assert.equal(after.ok && after.value.deployment, null);
});

test('DELETE ends it, and wakes the runs that wait; without one it changes nothing and is success', async () => {
  const world = worldAtWork();
  await send(world, 'POST', { minutes: 60, reason: 'x' });
  world.now = now + MINUTE_MS;
  const ended = await send(world, 'DELETE');
  const kept = world.documents.get(DEPLOYMENT_FILE);
  const again = await send(world, 'DELETE');

  assert.deepEqual([ended.status, ended.body['order'], again.status], [200, null, 200]);
  assert.equal(textAt(JSON.parse(kept ?? ''), 'until'), '2026-11-18T11:07:40Z');
  assert.equal(world.documents.get(DEPLOYMENT_FILE), kept);
  assert.deepEqual(world.raised.map(({ instanceId, event }) => [instanceId, event]), [['window-1', 'wake'], ['window-1', 'wake']]);
});

test('a request that is not understood says every fault at once and announces nothing', async () => {
  const world = emptyWorld(now);
  const faulty = await send(world, 'POST', { minutes: DEPLOYMENT_MINUTES_MAX + 1, by: '', until: 'tomorrow' });

  assert.equal(faulty.status, 400);
  assert.equal(faulty.body['code'], 'request-faulty');
  assert.deepEqual(listAt(faulty.body, 'faults').map((fault) => [textAt(fault, 'where'), textAt(fault, 'code')]).toSorted(), [['by', 'wrong-form'], ['minutes', 'out-of-range'], ['reason', 'missing-field'], ['until', 'unknown-field']]);
  for (const fault of listAt(faulty.body, 'faults')) assert.ok((textAt(fault, 'remedy') ?? '').length > 10);
  for (const body of ['', 'not json', '[]', '"15"', JSON.stringify({ minutes: 0.5, reason: 'x' }), JSON.stringify({ minutes: 0, reason: 'x' }), JSON.stringify({ minutes: 5, reason: 'x'.repeat(20_000) })]) {
    assert.equal((await send(world, 'POST', body)).status, 400, body.slice(0, 40));
  }
  assert.deepEqual([...world.documents], []);
});

test('GitHub or the task hub out of reach is 503 with when to try again; orders that could be read count without it', async () => {
  for (const [call, method] of [['changeDocument', 'POST'], ['readDocument', 'GET'], ['readDocument', 'DELETE'], ['list', 'GET'], ['listCleanUps', 'GET']] as const) {
    const world = worldAtWork();
    world.failures.set(call, [failureOf('transient', 'out-of-reach')]);
    const answer = await receiveDeployment(recordingPorts(world), request(method, method === 'POST' ? '{"minutes":5,"reason":"x"}' : undefined));

    assert.equal(answer.status, 503, call);
    assert.ok(isRecord(answer.headers) && answer.headers['retry-after'] === '30');
    assert.equal(world.documents.size, 0);
  }
  const world = emptyWorld(now);
  world.failures.set('readDocument', [failureOf('transient', 'out-of-reach')]);
  const look = await readOrders(recordingPorts(world), { clusterResourceId: '/a', opens: now, required: 0, planDigest: '', policyVersion: '' });
  assert.equal(look.ok && look.value.deployment, null);
});

test('a file that nobody can read, or that asks for more than an hour, holds no fleet', async () => {
  const iso = (at: number): string => new Date(at).toISOString();
  const written = (when: number, until: number): string => JSON.stringify({ schema: 'slackwater.deployment/v1', who: 'hana', when: iso(when), why: 'by hand', until: iso(until) });
  const texts = [
    ['soon', null],
    [written(now, now + 600 * MINUTE_MS), now + 60 * MINUTE_MS],
    [written(now - 90 * MINUTE_MS, now + 600 * MINUTE_MS), null],
    [written(now + 5 * MINUTE_MS, now + 600 * MINUTE_MS), null],
  ] as const;
  for (const [text, until] of texts) {
    const world = emptyWorld(now);
    world.documents.set(DEPLOYMENT_FILE, text);
    const { body } = await send(world, 'GET');

    assert.equal(textAt(body, 'order', 'until'), until === null ? null : iso(until).replace('.000', ''), text);
    assert.deepEqual(world.logged.map(({ code }) => code), text === 'soon' ? ['deployment.unreadable'] : []);
  }
});
