import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeWrite, lastFailedWrite, readRecentWrites } from '../../domain/recent-write.ts';

const cluster = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';

function event(minute: number, change: Readonly<Record<string, unknown>> = {}) {
  return {
    eventTimestamp: `2026-11-21T21:${String(minute).padStart(2, '0')}:00Z`,
    correlationId: 'one',
    caller: 'ann@example.com',
    resourceId: cluster,
    operationName: { value: 'Microsoft.ContainerService/managedClusters/write' },
    status: { value: 'Started' },
    ...change,
  };
}

const status = (value: string) => ({ status: { value } });
const operation = (value: string) => ({ operationName: { value: `Microsoft.ContainerService/managedClusters/${value}` } });

test('the events of one operation are one write, in whatever order they come', () => {
  const events = [event(9, status('Succeeded')), event(1), event(2, status('Accepted')), event(3, { ...status('Succeeded'), caller: null })];
  const read = readRecentWrites({ value: events }, cluster.toUpperCase());
  assert.ok(read.ok);
  const at = (minute: number) => Date.UTC(2026, 10, 21, 21, minute);
  assert.deepEqual(
    read.value.map(({ startedAt, endedAt, outcome, caller }) => [startedAt, endedAt, outcome, caller]),
    [[at(1), at(9), 'succeeded', 'ann@example.com']],
  );
});

test('two operations that one run wrote under one correlation id are two writes', () => {
  const events = [event(1, { operationId: 'a' }), event(2, { operationId: 'a', ...status('Failed') }), event(5, { operationId: 'b' }), event(9, { operationId: 'b', ...status('Succeeded') })];
  const read = readRecentWrites({ value: events }, cluster);

  assert.deepEqual(read.ok ? read.value.map(({ outcome }) => outcome) : read, ['succeeded', 'failed']);
});

test('reads, credentials, other resources and half events are no writes', () => {
  const none = [
    event(1, operation('read')),
    event(1, operation('listClusterUserCredential/action')),
    event(1, operation('getAccessProfile/action')),
    event(1, { resourceId: `${cluster}2` }),
    event(1, { operationName: { value: 'Microsoft.Authorization/policies/audit/action' } }),
    event(1, { eventTimestamp: 'yesterday' }),
    'text',
    null,
  ];
  assert.deepEqual(readRecentWrites(none, cluster), { ok: true, value: [] });
  assert.equal(readRecentWrites({ value: 'none' }, cluster).ok, false);
});

test('how a write ended is told by its last word, and a failure by the code of the service', () => {
  const table: readonly (readonly [string, Readonly<Record<string, unknown>>, string, string | null])[] = [
    ['none yet', {}, 'under-way', null],
    ['a word nobody knows', status('Resolving'), 'under-way', null],
    ['canceled', status('Canceled'), 'canceled', null],
    ['failed with an error', { ...status('Failed'), properties: { statusMessage: '{"error":{"code":"QuotaExceeded"}}' } }, 'failed', 'QuotaExceeded'],
    ['failed with the bare shape', { ...status('Failed'), properties: { statusMessage: '{"code":"Conflict"}' } }, 'failed', 'Conflict'],
    ['failed with a status only', { ...status('Failed'), subStatus: { value: 'BadRequest' }, properties: { statusMessage: 'no JSON' } }, 'failed', 'BadRequest'],
    ['failed without a word', { ...status('Failed'), subStatus: { value: '' } }, 'failed', null],
  ];
  for (const [name, change, outcome, errorCode] of table) {
    const read = readRecentWrites([event(1, change)], cluster);
    assert.deepEqual(read.ok && read.value.map((write) => [write.outcome, write.errorCode]), [[outcome, errorCode]], name);
  }
});

test('the newest twenty are kept, and the newest failure is found among them', () => {
  const many = Array.from({ length: 30 }, (_, minute) => event(minute, { correlationId: `c${minute}`, ...status(minute % 10 === 4 ? 'Failed' : 'Succeeded'), ...operation('agentPools/write'), resourceId: `${cluster}/agentPools/usr` }));
  const read = readRecentWrites(many, cluster);
  assert.ok(read.ok);
  assert.equal(read.value.length, 20);
  assert.equal(lastFailedWrite(read.value)?.startedAt, Date.UTC(2026, 10, 21, 21, 24));
  assert.equal(lastFailedWrite([]), null);
  const [newest] = read.value;
  assert.ok(newest);
  assert.equal(describeWrite(newest), 'agentPools/write on usr by ann@example.com');
  assert.equal(describeWrite({ ...newest, caller: null }), 'agentPools/write on usr');
});
