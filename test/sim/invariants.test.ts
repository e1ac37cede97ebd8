import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkInvariants } from '../../sim/invariants.ts';
import type { LoggedRequest } from '../../sim/invariants.ts';
import type { WorldChange } from '../../sim/wire.ts';
import { at, clusterId, nodeName, poolPath } from './small-cluster.ts';

const windows = [{ opens: at(0), closes: at(60) }];

const entry = (minutes: number, service: 'arm' | 'kubernetes', method: string, path: string, body: unknown = null, status = 202): LoggedRequest => ({
  at: at(minutes),
  service,
  request: { method, path, query: {}, headers: {}, body },
  status,
});

const ended = (minutes: number, status: string): WorldChange => ({ at: at(minutes), kind: 'operation.ended', text: '', data: { pool: 'usr', status } });

const upgrade = (minutes: number, status = 202): LoggedRequest => entry(minutes, 'arm', 'POST', `${poolPath}/upgradeNodeImageVersion`, null, status);
const quarantine = (value: unknown): object => ({ metadata: { resourceVersion: '7', labels: { 'kubernetes.azure.com/upgrade-status': value } } });

const cases: readonly [what: string, requests: readonly LoggedRequest[], changes: readonly WorldChange[], rules: readonly string[]][] = [
  ['reads and one upgrade in the window', [entry(-5, 'arm', 'GET', clusterId), upgrade(1), entry(2, 'kubernetes', 'GET', '/api/v1/pods')], [], []],
  ['a write before the window opens', [upgrade(-1)], [], ['write-outside-window']],
  ['a write at the moment it closes', [upgrade(60)], [], ['write-outside-window']],
  ['an abort after it closed', [entry(70, 'arm', 'POST', `${poolPath}/abort`)], [], []],
  ['reading credentials outside a window', [entry(-5, 'arm', 'POST', `${clusterId}/listClusterUserCredential`)], [], []],
  ['the same write while the first runs', [upgrade(1), upgrade(2, 409)], [], ['repeated-write']],
  ['the same write after success', [upgrade(1), upgrade(30)], [ended(20, 'Succeeded')], ['repeated-write']],
  ['a second attempt after a failure', [upgrade(1), upgrade(30)], [ended(20, 'Failed')], []],
  ["a second attempt after a failure, with somebody else's success in between", [upgrade(1), upgrade(30)], [ended(10, 'Failed'), ended(20, 'Succeeded')], []],
  ["a repeat after success, with somebody else's failure in between", [upgrade(1), upgrade(30)], [ended(10, 'Succeeded'), ended(20, 'Failed')], ['repeated-write']],
  ['a repeat of a write that was refused', [upgrade(1, 409), upgrade(2)], [], []],
  ['settings first, then the version', [entry(1, 'arm', 'PUT', poolPath, { properties: { orchestratorVersion: '1.34.2', upgradeSettings: { maxSurge: '2' } } }), entry(2, 'arm', 'PUT', poolPath, { properties: { orchestratorVersion: '1.35.1', upgradeSettings: { maxSurge: '2' } } })], [], []],
  ['force', [entry(1, 'arm', 'PUT', clusterId, { properties: { kubernetesVersion: '1.35.1', upgradeSettings: { overrideSettings: { forceUpgrade: true } } } })], [], ['force-set']],
  ['a rollback by accident', [entry(1, 'arm', 'PUT', poolPath, { properties: { nodeImageVersion: 'x' } })], [], ['rollback-request']],
  ['a dry-run eviction', [entry(1, 'kubernetes', 'POST', '/api/v1/namespaces/shop/pods/a/eviction', { deleteOptions: { dryRun: ['All'] } }, 201)], [], []],
  ['a real eviction', [entry(1, 'kubernetes', 'POST', '/api/v1/namespaces/shop/pods/a/eviction', {}, 201)], [], ['real-eviction']],
  ['taking the quarantine label off', [entry(1, 'kubernetes', 'PATCH', `/api/v1/nodes/${nodeName(0)}`, quarantine(null), 200)], [], []],
  ['putting the quarantine label on', [entry(1, 'kubernetes', 'PATCH', `/api/v1/nodes/${nodeName(0)}`, quarantine('Quarantined'), 200)], [], ['cluster-write']],
  ['uncordoning a node', [entry(1, 'kubernetes', 'PATCH', `/api/v1/nodes/${nodeName(0)}`, { spec: { unschedulable: false } }, 200)], [], ['cluster-write']],
  ['deleting a budget', [entry(1, 'kubernetes', 'DELETE', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets/cart', null, 200)], [], ['cluster-write']],
];

test('what a person with the right asked for is no breach, in its span, of its pool and of its kind alone', () => {
  const back = (minutes: number, path = poolPath): LoggedRequest => entry(minutes, 'arm', 'PUT', path, { properties: { orchestratorVersion: '1.34.2', nodeImageVersion: 'x' } });
  const resolve = (minutes: number): LoggedRequest => entry(minutes, 'arm', 'PUT', poolPath, { properties: { orchestratorVersion: '1.34.2' } });
  const span = { pool: 'usr', opens: at(70), closes: at(90) };
  const rulesOf = (request: LoggedRequest, kind: 'resolve' | 'rollback', pool: string | null = 'usr'): readonly string[] =>
    checkInvariants({ requests: [request], changes: [], windows, cleanUps: [{ ...span, kind, pool }] }).map(({ rule }) => rule);
  assert.deepEqual(rulesOf(back(75), 'rollback'), []);
  assert.deepEqual(rulesOf(resolve(75), 'resolve'), []);
  assert.deepEqual(rulesOf(resolve(75), 'resolve', null), []);
  const again = (requests: readonly LoggedRequest[]): readonly string[] => checkInvariants({ requests, changes: [{ ...ended(30, 'Succeeded') }], windows, cleanUps: [{ ...span, kind: 'resolve' }] }).map(({ rule }) => rule);
  assert.deepEqual(again([resolve(20), resolve(75)]), [], 'the run sent the same');
  assert.deepEqual(again([resolve(75), resolve(76)]), ['repeated-write']);
  assert.deepEqual(rulesOf(back(75), 'resolve'), ['rollback-request']);
  assert.deepEqual(rulesOf(back(90), 'rollback'), ['write-outside-window', 'rollback-request']);
  assert.deepEqual(rulesOf(back(75), 'rollback', 'sys'), ['write-outside-window', 'rollback-request']);
});

for (const [what, requests, changes, rules] of cases) {
  test(`${what}: ${rules.length === 0 ? 'fine' : rules.join(', ')}`, () => {
    const violations = checkInvariants({ requests, changes, windows });

    assert.deepEqual(violations.map((one) => one.rule), rules);
    for (const one of violations) assert.match(one.request, /^(GET|PUT|POST|PATCH|DELETE) \//);
  });
}
