import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { drawsOf } from '../../domain/arm-budget.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';

const RETRY_AFTER_SECONDS = 120;

async function begin(context: TestContext, beginning: 'at-once' | 'held' = 'at-once'): Promise<Rehearsal> {
  const rehearsal = await startRehearsal({ beginning });
  context.after(() => rehearsal.close());
  return rehearsal;
}

/** The next request that matches is refused as AKS refuses one too many. */
function throttle({ world }: Rehearsal, method: string, path: RegExp): void {
  const message = `The request limit has been exceeded for SubID='00000000-0000-0000-0000-000000000000', please retry again in ${RETRY_AFTER_SECONDS} seconds. For more information, see aka.ms/aks/throttling`;
  world.faults.arm.add({ method, path, times: 1, mishap: { kind: 'answer', moment: 'before', response: { status: 429, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) }, body: { code: 'Throttled', message } } } });
}

/** Requests that drew from the throttled bucket while Azure had asked to wait; those on their way when it did are none. */
function tooEarly({ world }: Rehearsal): readonly string[] {
  const refused = world.log.entries.filter(({ service, status }) => service === 'arm' && status === 429);
  assert.ok(refused.length > 0, 'nothing was throttled');
  return refused.flatMap((first) => {
    const key = drawsOf(first.method, first.path)[1]?.key;
    const until = first.at + RETRY_AFTER_SECONDS * SECOND_MS;
    const after = world.log.entries.slice(world.log.entries.indexOf(first) + 1).filter(({ service, at }) => service === 'arm' && at > first.at && at < until);
    return after.flatMap(({ method, path, at }) => (drawsOf(method, path).some((draw) => draw.key === key) ? [`${method} ${path} after ${(at - first.at) / SECOND_MS} s`] : []));
  });
}

test('a throttled look waits as long as Azure asks, whatever wakes it, and the run ends as ever', async (context) => {
  const rehearsal = await begin(context);
  await rehearsal.until(() => rehearsal.status().units.some(({ unit, state }) => unit === 'pool/apps' && state === 'running'));
  throttle(rehearsal, 'GET', /managedClusters\/[^/]+$/i);
  await rehearsal.until(() => rehearsal.world.log.entries.some(({ status }) => status === 429));
  rehearsal.host.engine.raiseEvent(rehearsal.instanceId, 'wake', JSON.stringify({ kind: 'look', reason: 'an event of AKS', pool: 'apps' }));

  const ended = await rehearsal.untilEnded();

  assert.deepEqual(tooEarly(rehearsal), []);
  assert.equal(ended.outcome, 'succeeded');
  assert.deepEqual(rehearsal.violations(), []);
});

test('what AKS offers, throttled as the run begins, is read when Azure takes it again: no pool is left out of the plan', async (context) => {
  const rehearsal = await begin(context, 'held');
  throttle(rehearsal, 'GET', /agentPools\/spot\/upgradeProfiles/i);

  rehearsal.begin();
  const ended = await rehearsal.untilEnded();

  assert.deepEqual(tooEarly(rehearsal), []);
  assert.deepEqual([ended.outcome, ended.units.map(({ unit }) => unit).sort()], ['succeeded', ['control-plane', 'pool/apps', 'pool/spot', 'pool/system']]);
  const asked = rehearsal.world.log.entries.filter(({ path, status }) => status === 200 && /agentPools\/apps\/upgradeProfiles/i.test(path));
  assert.equal(asked.length, 1, 'what was read before the refusal was kept');
});

test('a throttled write is sent again, once, when Azure takes it, with nothing sent in between', async (context) => {
  const rehearsal = await begin(context);
  throttle(rehearsal, 'PUT', /agentPools\/apps$/i);

  const ended = await rehearsal.untilEnded();

  assert.deepEqual(tooEarly(rehearsal), []);
  assert.equal(ended.outcome, 'succeeded');
  assert.equal(rehearsal.armWrites().filter(({ what }) => what === 'PUT pool/apps').length, 1);
  assert.deepEqual(rehearsal.violations(), []);
});

test('a look at users that the API server throttles waits as long as it asks', async (context) => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'web', uid: 'web', resourceVersion: '5' }, spec: { selector: { app: 'frontend' }, ports: [{ port: 80 }] } };
  const verify = '  verify:\n    settleMinutes: 10\n    probes:\n      - { name: dns, service: "shop/web:80" }\n';
  const rehearsal = await startRehearsal({
    policy: (text) => text.replace('  onWindowEnd:', `${verify}  onWindowEnd:`),
    documents: (documents) => ({ ...documents, kubernetesItems: [...documents.kubernetesItems, service] }),
  });
  context.after(() => rehearsal.close());
  await rehearsal.until(() => rehearsal.status().units.some(({ unit, state }) => unit === 'control-plane' && state === 'running'));
  const lists = /\/namespaces\/kube-system\/pods|\/api\/v1\/nodes$|\/deployments/;
  rehearsal.world.faults.kubernetes.add({ method: 'GET', path: lists, times: 1, mishap: { kind: 'answer', moment: 'before', response: { status: 429, headers: { 'retry-after': '300' }, body: 'Too many requests, please try again later.\n' } } });

  const ended = await rehearsal.untilEnded();

  const asked = rehearsal.world.log.entries.filter(({ service: name }) => name === 'kubernetes');
  const refused = asked.find(({ status }) => status === 429);
  const next = asked.find(({ at, path }) => refused !== undefined && at > refused.at && lists.test(path));
  assert.ok(refused !== undefined && next !== undefined && next.at >= refused.at + 300 * SECOND_MS, `${refused?.path} ${refused?.at}, then ${next?.path} ${next?.at}`);
  assert.equal(ended.outcome, 'succeeded');
});
