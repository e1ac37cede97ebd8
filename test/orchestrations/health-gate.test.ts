import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';

const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'web', uid: 'web', resourceVersion: '5' }, spec: { selector: { app: 'frontend' }, ports: [{ port: 80 }] } };
const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'kube-system', name: 'coredns-custom', uid: 'c', resourceVersion: '77', creationTimestamp: '2026-11-01T00:00:00Z', managedFields: [{ manager: 'kubectl', operation: 'Update', time: '2026-11-20T10:00:00Z' }] }, data: { 'secret.server': 'hidden-value' } };
const onCreation = (name: string) => ({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name, uid: name, resourceVersion: '5' }, webhooks: [{ name, failurePolicy: 'Fail', clientConfig: { url: 'https://elsewhere.example/' }, rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] }] });
const verify = (settleMinutes: number): string => `  verify:\n    settleMinutes: ${settleMinutes}\n    probes:\n      - { name: dns, service: "shop/web:80" }\n`;

/** A rehearsal with a probe; `settleMinutes` null declares none. */
async function rehearse(settleMinutes: number | null, play: (rehearsal: Rehearsal) => Promise<void>, hours = 6, webhooks: readonly string[] = []): Promise<void> {
  const options: RehearsalOptions = {
    policy: (text) => (settleMinutes === null ? text : text.replace('  onWindowEnd:', `${verify(settleMinutes)}  onWindowEnd:`)).replace('durationHours: 6', `durationHours: ${hours}`),
    documents: (documents) => ({ ...documents, kubernetesItems: [...documents.kubernetesItems, service, settings, ...webhooks.map(onCreation)] }),
  };
  const rehearsal = await startRehearsal(options);
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const stateOf = (rehearsal: Rehearsal, unit: string): string | undefined => rehearsal.status().units.find((each) => each.unit === unit)?.state;
const isUpgraded = (rehearsal: Rehearsal, unit: string) => (): boolean => stateOf(rehearsal, unit) === 'upgraded';
const notices = (rehearsal: Rehearsal, kind: string): number => rehearsal.comments().filter((body) => body.includes('slackwater:notice:') && body.includes(`:${kind}-`)).length;
const isUnwell = (rehearsal: Rehearsal) => (): boolean => rehearsal.status().pause?.kind === 'health';
const whats = (rehearsal: Rehearsal): readonly string[] => rehearsal.armWrites().map(({ what }) => what);
const probeFails = (rehearsal: Rehearsal, ratio: number): void => rehearsal.world.perturb({ kind: 'service-fails', namespace: 'shop', name: 'web', ratio });
const looks = (rehearsal: Rehearsal): number => rehearsal.world.log.entries.filter(({ path }) => path.includes('/services/web:80/proxy')).length / 10;

test('a probe that fails after the control plane keeps every pool from starting, and when it is good again the run goes on by itself', () =>
  rehearse(10, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'control-plane'));
    rehearsal.world.perturb({ kind: 'upgrade-addon', name: 'coredns' });
    probeFails(rehearsal, 0.4);
    await rehearsal.until(isUnwell(rehearsal), 15);
    assert.match(rehearsal.status().pause?.detail ?? '', /^40% of DNS lookups fail \(4 of 10, last answer: 500 SERVFAIL\) since coredns was upgraded with the control plane\.$/);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 60 * MINUTE_MS);
    assert.deepEqual(whats(rehearsal), ['PUT cluster']);
    const report = rehearsal.issues()[0]?.body ?? '';
    assert.match(report, /ConfigMap kube-system\/coredns-custom was written last \(resource version 77, by kubectl\) at Fri 20 Nov 11:00/);
    assert.ok(!JSON.stringify(rehearsal.world.log.entries).includes('hidden-value'), 'no setting is ever read');
    probeFails(rehearsal, 0);
    const mendedAt = rehearsal.minute();
    await rehearsal.until(() => rehearsal.status().pause === null, 20);
    assert.ok(rehearsal.minute() - mendedAt >= 3, `${rehearsal.minute() - mendedAt} min`);
    const status = await rehearsal.untilEnded();
    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.deepEqual([notices(rehearsal, 'paused'), notices(rehearsal, 'resumed')], [1, 1]);
  }));

test('a probe that fails only after the second unit stops what comes after it; what is done before stays done', () =>
  rehearse(5, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'pool/system'));
    assert.match(rehearsal.issues()[0]?.body ?? '', /not verified yet/);
    probeFails(rehearsal, 1);
    await rehearsal.until(isUnwell(rehearsal), 10);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 30 * MINUTE_MS);
    assert.deepEqual(whats(rehearsal), ['PUT cluster', 'PUT pool/system']);
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'planned');
  }));

test('one bad look between good ones tells nobody', () =>
  rehearse(10, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'control-plane'));
    const before = looks(rehearsal);
    probeFails(rehearsal, 1);
    await rehearsal.until(() => looks(rehearsal) > before, 10);
    probeFails(rehearsal, 0);
    const status = await rehearsal.untilEnded();
    assert.equal(status.outcome, 'succeeded');
    assert.equal(notices(rehearsal, 'paused'), 0);
  }));

test('failures up to what the policy allows stop nothing', () =>
  rehearse(5, async (rehearsal) => {
    probeFails(rehearsal, 0.1);
    const status = await rehearsal.untilEnded();
    assert.equal(status.outcome, 'succeeded');
    assert.equal(notices(rehearsal, 'paused'), 0);
  }));

test('a unit counts as verified, and the next begins, only after the time to settle; without the policy no time is spent', async () => {
  const gapAfter = async (settleMinutes: number | null): Promise<number> => {
    let gap = -1;
    await rehearse(settleMinutes, async (rehearsal) => {
      await rehearsal.untilEnded();
      const [first, second] = rehearsal.status().units;
      gap = ((second?.startedAt ?? 0) - (first?.endedAt ?? 0)) / MINUTE_MS;
    });
    return gap;
  };
  const settled = await gapAfter(12);
  assert.ok(settled >= 12 && settled < 13, String(settled));
  const bare = await gapAfter(null);
  assert.ok(bare < 0.1, String(bare));
});

test('a window that closes while the cluster is unwell ends: pools not started, the control plane not verified, no word of going on', () =>
  rehearse(5, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'control-plane'));
    probeFails(rehearsal, 1);
    const status = await rehearsal.untilEnded();
    assert.deepEqual(whats(rehearsal), ['PUT cluster']);
    assert.equal(stateOf(rehearsal, 'control-plane'), 'unproven');
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'not-started');
    assert.equal(status.outcome, 'completed-partial');
    assert.deepEqual([notices(rehearsal, 'paused'), notices(rehearsal, 'resumed')], [1, 0]);
  }, 3));

test('a cluster that is unwell before the run begins is not touched at all', () =>
  rehearse(5, async (rehearsal) => {
    probeFails(rehearsal, 1);
    const status = await rehearsal.untilEnded();
    assert.deepEqual(whats(rehearsal), []);
    assert.equal(status.outcome, 'not-started');
    assert.match(rehearsal.comments().join('\n'), /100% of DNS lookups fail/);
  }, 3));

test('resume goes on all the same for one unit, is asked again after it, and nothing that ended so is called verified', () =>
  rehearse(2, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'control-plane'));
    probeFails(rehearsal, 1);
    await rehearsal.until(isUnwell(rehearsal), 10);
    rehearsal.say('resume');
    await rehearsal.until(isUpgraded(rehearsal, 'pool/system'));
    await rehearsal.until(isUnwell(rehearsal), 10);
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded();
    assert.deepEqual(whats(rehearsal), ['PUT cluster', 'PUT pool/system']);
    assert.equal(status.outcome, 'aborted');
    assert.deepEqual([stateOf(rehearsal, 'control-plane'), stateOf(rehearsal, 'pool/system'), stateOf(rehearsal, 'pool/apps')], ['unproven', 'unproven', 'not-started']);
  }));

test('skip is taken up while the cluster is unwell, and the pause goes on as one', () =>
  rehearse(2, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'control-plane'));
    probeFails(rehearsal, 1);
    await rehearsal.until(isUnwell(rehearsal), 10);
    rehearsal.say('skip', 'system');
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'skipped', 5);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 20 * MINUTE_MS);
    probeFails(rehearsal, 0);
    await rehearsal.untilEnded();
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'upgraded');
    assert.deepEqual([notices(rehearsal, 'paused'), notices(rehearsal, 'resumed')], [1, 1]);
  }));

test('three webhooks that time out and logs that fail are the path to nodes: no pod or team is blamed, nothing more is started, mended it goes on', () =>
  rehearse(null, async (rehearsal) => {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'drain.started' && data['pool'] === 'apps'));
    rehearsal.world.perturb({ kind: 'webhooks-time-out', names: ['policy.shop', 'cert-manager', 'vpa'], ratio: 1 });
    rehearsal.world.perturb({ kind: 'tunnel-fails', error: 'dial tcp :10250 i/o timeout' });
    await rehearsal.until(() => rehearsal.status().pause !== null, 40);
    const { pause } = rehearsal.status();
    assert.equal(pause?.health?.kind, 'path', JSON.stringify(pause));
    assert.deepEqual(pause?.causes, []);
    const report = rehearsal.issues()[0]?.body ?? '';
    assert.match(report, /The path from control plane to nodes is down; webhooks are victims/);
    assert.match(report, /a call to a node broke on its way \(i\/o timeout\)/);
    rehearsal.world.perturb({ kind: 'webhooks-time-out', names: [], ratio: 0 });
    rehearsal.world.perturb({ kind: 'tunnel-fails', error: null });
    const status = await rehearsal.untilEnded();
    assert.equal(stateOf(rehearsal, 'pool/spot'), 'upgraded', JSON.stringify(status.timeline));
  }));

test('webhooks that keep pods from being made, not from leaving, make budgets refuse: the path is named, not the budget', () =>
  rehearse(null, async (rehearsal) => {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'drain.started' && data['pool'] === 'apps'));
    rehearsal.world.perturb({ kind: 'webhooks-time-out', names: ['policy.shop', 'cert-manager', 'vpa'], ratio: 1 });
    await rehearsal.until(() => rehearsal.status().pause !== null, 60);
    const { pause } = rehearsal.status();
    assert.equal(pause?.health?.kind, 'path', JSON.stringify(pause));
    assert.ok(pause.causes.every(({ class: cause }) => cause !== 'PDB_TRANSIENT' && cause !== 'EVICTION_WEBHOOK_UNREACHABLE'));
  }, 6, ['policy.shop', 'cert-manager', 'vpa']));

test('one webhook alone is that webhook', () =>
  rehearse(null, async (rehearsal) => {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'drain.started' && data['pool'] === 'system'));
    rehearsal.world.perturb({ kind: 'webhooks-time-out', names: ['policy.shop'], ratio: 1 });
    await rehearsal.until(() => rehearsal.status().pause !== null, 40);
    assert.equal(rehearsal.status().pause?.health, undefined);
    assert.equal(rehearsal.status().pause?.causes[0]?.class, 'EVICTION_WEBHOOK_UNREACHABLE');
  }));

test('without a policy that verifies, a cluster that finds no names is still not touched further', () =>
  rehearse(null, async (rehearsal) => {
    await rehearsal.until(() => stateOf(rehearsal, 'control-plane') === 'running');
    const coredns = { kind: 'Deployment', namespace: 'kube-system', name: 'coredns' } as const;
    rehearsal.world.perturb({ kind: 'sicken-workload', workload: coredns, count: 2 });
    await rehearsal.until(isUnwell(rehearsal), 60);
    assert.match(rehearsal.status().pause?.detail ?? '', /No pod of coredns is Ready \(0 of 2\)/);
    assert.deepEqual(whats(rehearsal), ['PUT cluster']);
    rehearsal.world.perturb({ kind: 'sicken-workload', workload: coredns, count: 0 });
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'running', 30);
  }));

test('where the policy verifies, a node that turned not Ready stops the next unit until it is Ready again', () =>
  rehearse(2, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'control-plane'));
    const node = rehearsal.world.cluster.inspect().find(({ pool }) => pool === 'apps')?.nodes[0]?.name ?? '';
    rehearsal.world.perturb({ kind: 'node-not-ready', node });
    await rehearsal.until(isUnwell(rehearsal), 15);
    assert.ok(rehearsal.status().pause?.detail.includes(node));
    rehearsal.world.perturb({ kind: 'node-ready', node });
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'running', 30);
  }));

test('a cluster that a policy wants verified and that cannot be read is not touched further', () =>
  rehearse(2, async (rehearsal) => {
    await rehearsal.until(isUpgraded(rehearsal, 'control-plane'));
    rehearsal.world.faults.kubernetes.add({ method: null, path: null, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } } });
    await rehearsal.until(isUnwell(rehearsal), 30);
    assert.match(rehearsal.status().pause?.detail ?? '', /cannot be read/);
    rehearsal.world.faults.kubernetes.clear();
    const status = await rehearsal.untilEnded();
    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
  }));

test('while a pool is at work people are told after its first new nodes, and the one pause lasts until the cluster is well', () =>
  rehearse(2, async (rehearsal) => {
    await rehearsal.until(() => rehearsal.changes.some(({ kind, data }) => kind === 'drain.started' && data['pool'] === 'apps'));
    probeFails(rehearsal, 1);
    await rehearsal.until(isUnwell(rehearsal), 60);
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'running');
    await rehearsal.until(isUpgraded(rehearsal, 'pool/apps'), 120);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 10 * MINUTE_MS);
    assert.equal(stateOf(rehearsal, 'pool/spot'), 'planned');
    probeFails(rehearsal, 0);
    const status = await rehearsal.untilEnded();
    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.deepEqual([notices(rehearsal, 'paused'), notices(rehearsal, 'resumed')], [1, 1]);
  }));
