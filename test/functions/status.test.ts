import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpRequest } from '@azure/functions';
import type { InstanceView } from '../../activities/ports.ts';
import { isRecord } from '../../domain/json.ts';
import { showHealth } from '../../functions/health.ts';
import { showStatus } from '../../functions/status.ts';
import { emptyWorld, failureOf, recordingPorts } from '../activities/recording-ports.ts';

const view: InstanceView = { instanceId: 'window-1', orchestration: 'maintenanceWindow', runtimeStatus: 'Running', status: null, createdAt: 0, lastUpdatedAt: 60_000, output: null };

function ask(params: Readonly<Record<string, string>>): HttpRequest {
  return new HttpRequest({ method: 'GET', url: 'http://localhost/api/status', params: { ...params } });
}

test('every run is shown, with moments a person can read', async () => {
  const world = emptyWorld(0);
  world.windows.push(view);

  const answer = await showStatus(recordingPorts(world).windows, ask({}));

  assert.equal(answer.status, 200);
  assert.deepEqual(answer.jsonBody, { schema: 'slackwater.runs/v1', runs: [{ ...view, createdAt: '1970-01-01T00:00:00.000Z', lastUpdatedAt: '1970-01-01T00:01:00.000Z' }] });
});

test('one run is shown by its instance id; one that is not there is 404 with a code', async () => {
  const world = emptyWorld(0);
  world.windows.push(view);
  const { windows } = recordingPorts(world);

  const found = await showStatus(windows, ask({ instanceId: 'window-1' }));
  const missing = await showStatus(windows, ask({ instanceId: 'window-2' }));

  assert.ok(isRecord(found.jsonBody) && isRecord(missing.jsonBody));
  assert.deepEqual([found.status, found.jsonBody['instanceId']], [200, 'window-1']);
  assert.deepEqual([missing.status, missing.jsonBody['code']], [404, 'instance-not-found']);
});

test('a task hub out of reach is 503 with its code, for one run and for all', async () => {
  const world = emptyWorld(0);
  world.failures.set('list', [failureOf('transient', 'task-hub-unreachable')]);
  world.failures.set('read', [failureOf('transient', 'task-hub-unreachable')]);
  const { windows } = recordingPorts(world);

  for (const answer of [await showStatus(windows, ask({})), await showStatus(windows, ask({ instanceId: 'window-1' }))]) {
    assert.ok(isRecord(answer.jsonBody));
    assert.deepEqual([answer.status, answer.jsonBody['code']], [503, 'task-hub-unreachable']);
  }
});

test('health tells name and version and asks nobody', () => {
  const { status, jsonBody } = showHealth();

  assert.ok(isRecord(jsonBody));
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(jsonBody), ['name', 'version']);
  assert.match(String(jsonBody['version']), /^\d+\.\d+\.\d+/);
});
