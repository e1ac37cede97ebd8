import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createArmThrottle } from '../../adapters/arm-throttle.ts';

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000001';
const cluster = (name: string, of = subscription): string => `${of}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/${name}`;
const pool = (name: string): string => `${cluster(name)}/agentPools/apps`;
const other = subscription.replace(/1$/, '2');

function setUp() {
  const world = { now: Date.UTC(2026, 10, 21, 21) };
  const throttle = createArmThrottle({ now: () => world.now });
  const isHeld = (method: string, path: string): boolean => throttle.judge({ method, path }) !== null;
  return { world, throttle, isHeld };
}

describe('a throttled answer holds back whoever draws from the same bucket, and nobody else', () => {
  const asks = { status: 429, headers: { 'retry-after': '120' } };
  const gateway = { status: 429, headers: { 'retry-after': '120', 'x-ms-failure-cause': 'gateway' } };
  const away = { status: 503, headers: { 'retry-after': '120' } };
  const cases: readonly (readonly [what: string, answer: typeof asks, of: readonly [method: string, path: string], held: readonly (readonly [string, string])[], free: readonly (readonly [string, string])[]])[] = [
    ['pools of a subscription', asks, ['GET', pool('shop')], [['GET', pool('pay')], ['GET', `${cluster('pay')}/upgradeProfiles/default`], ['POST', `${pool('pay')}/upgradeNodeImageVersion`]], [['GET', cluster('shop')], ['PUT', pool('shop')], ['GET', `${cluster('shop', other)}/agentPools/apps`]]],
    ['one cluster\'s own reads', asks, ['GET', cluster('shop')], [['GET', cluster('shop').toUpperCase()]], [['GET', cluster('pay')], ['GET', pool('shop')], ['PUT', cluster('shop')]]],
    ['writes to one pool', asks, ['PUT', pool('shop')], [['PUT', pool('shop')]], [['PUT', pool('pay')], ['GET', pool('shop')]]],
    ['all reads of a subscription', gateway, ['GET', pool('shop')], [['GET', cluster('pay')], ['GET', `${subscription}/providers/Microsoft.Authorization/locks`]], [['PUT', pool('shop')], ['GET', cluster('shop', other)]]],
    ['another resource provider', asks, ['GET', `${subscription}/providers/Microsoft.Compute/locations/westeurope/usages`], [['GET', `${subscription}/providers/Microsoft.Compute/locations/westeurope/usages`]], [['GET', cluster('shop')], ['GET', pool('shop')]]],
    ['a cluster whose service is away', away, ['GET', pool('shop')], [['GET', cluster('shop')]], [['GET', cluster('pay')], ['POST', `${cluster('shop')}/abort`]]],
  ];
  for (const [what, answer, [method, path], held, free] of cases) {
    test(what, () => {
      const { world, throttle, isHeld } = setUp();

      throttle.note({ method, path }, answer);

      for (const [verb, where] of held) assert.ok(isHeld(verb, where), `${verb} ${where} is held back`);
      for (const [verb, where] of free) assert.ok(!isHeld(verb, where), `${verb} ${where} goes out`);
      world.now += 120_000;
      for (const [verb, where] of held) assert.ok(!isHeld(verb, where), `${verb} ${where} goes out again`);
    });
  }
});

test('the sender gets the wait that is left, and not all of them come back in one second', () => {
  const { world, throttle } = setUp();
  throttle.note({ method: 'GET', path: pool('shop') }, { status: 429, headers: { 'retry-after': '120' } });
  world.now += 50_000;

  const failures = Array.from({ length: 30 }, (_, index) => throttle.judge({ method: 'GET', path: pool(`shop-${index}`) }));

  const waits = failures.map((failure) => failure?.retryAfterSeconds ?? 0);
  assert.ok(Math.min(...waits) >= 70 && Math.max(...waits) < 90, waits.join(' '));
  assert.ok(new Set(waits).size > 5);
  assert.deepEqual([failures[0]?.code, failures[0]?.class], ['throttled-earlier', 'transient']);
});

test('a Retry-After that is a date counts from the answer\'s own date, and a 429 that names none holds back nobody', () => {
  const { world, throttle, isHeld } = setUp();

  throttle.note({ method: 'GET', path: pool('shop') }, { status: 429, headers: {} });
  assert.ok(!isHeld('GET', pool('shop')));
  throttle.note({ method: 'GET', path: pool('shop') }, { status: 429, headers: { date: 'Sat, 21 Nov 2026 20:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 20:01:30 GMT' } });

  world.now += 89_000;
  assert.ok(isHeld('GET', pool('shop')));
  world.now += 1_000;
  assert.ok(!isHeld('GET', pool('shop')));
});

test('reads wait some seconds when ARM says that few are left, before it has to refuse any; writes do not', () => {
  const { world, throttle, isHeld } = setUp();

  throttle.note({ method: 'GET', path: cluster('shop') }, { status: 200, headers: { 'x-ms-ratelimit-remaining-subscription-reads': '60' } });
  assert.ok(!isHeld('GET', cluster('pay')));
  throttle.note({ method: 'GET', path: cluster('shop') }, { status: 200, headers: { 'x-ms-ratelimit-remaining-subscription-reads': '20' } });

  assert.ok(isHeld('GET', cluster('pay')));
  assert.ok(!isHeld('PUT', pool('pay')));
  world.now += 5_000;
  assert.ok(!isHeld('GET', cluster('pay')));
});
