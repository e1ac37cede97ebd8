import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withArmLimits } from '../../sim/arm-limits.ts';
import type { Simulated, WireRequest } from '../../sim/wire.ts';

const cluster = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop';

function setUp() {
  const served: string[] = [];
  const simulated: Simulated = {
    apply: (_now, { method, path }) => {
      served.push(`${method} ${path}`);
      return { response: { status: 200, headers: {}, body: {} }, changes: [] };
    },
    advance: () => [],
    nextAt: () => null,
  };
  const limited = withArmLimits(simulated);
  const ask = (now: number, path: string, method = 'GET') => limited.apply(now, { method, path, query: {}, headers: {}, body: null } satisfies WireRequest).response;
  return { served, ask };
}

test('sixty reads of pools pass at once, then one a second; what is refused says how long, and is not served', () => {
  const { served, ask } = setUp();

  const first = Array.from({ length: 61 }, (_, index) => ask(0, `${cluster}/agentPools/p${index}`));

  assert.deepEqual(first.map(({ status }) => status), [...Array.from({ length: 60 }, () => 200), 429]);
  assert.deepEqual([first.at(-1)?.headers['retry-after'], first.at(-1)?.headers['x-ms-failure-cause'], served.length], ['1', 'service', 60]);
  assert.equal(ask(999, `${cluster}/agentPools/a`).status, 429);
  assert.equal(ask(1_000, `${cluster}/agentPools/a`).status, 200);
  assert.equal(ask(1_000, cluster).status, 200, 'reads of the cluster have a bucket of their own');
});

test('a pool takes twenty writes, then one a minute', () => {
  const { ask } = setUp();
  for (let index = 0; index < 20; index += 1) assert.equal(ask(0, `${cluster}/agentPools/apps`, 'PUT').status, 200);

  assert.equal(ask(0, `${cluster}/agentPools/apps`, 'PUT').headers['retry-after'], '60');
  assert.equal(ask(60_000, `${cluster}/agentPools/apps`, 'PUT').status, 200);
});

test('ARM\'s own bucket is told with every answer, and empties for all of a subscription', () => {
  const { ask } = setUp();
  const other = cluster.replace(/1\/resourceGroups/, '2/resourceGroups');

  const answers = Array.from({ length: 251 }, (_, index) => ask(0, cluster.replace(/shop$/, `shop-${index}`)));

  assert.deepEqual([answers[0], answers[249], answers[250]].map((answer) => [answer?.status, answer?.headers['x-ms-ratelimit-remaining-subscription-reads'] ?? null]), [[200, '249'], [200, '0'], [429, null]]);
  assert.deepEqual(answers[250]?.body, { error: { code: 'SubscriptionRequestsThrottled', message: "Number of requests for subscription '00000000-0000-0000-0000-000000000001' exceeded the limit. Please try again after '1' seconds." } });
  assert.equal(ask(0, other).status, 200);
});
