import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activityNames, type ActivityContract, type ActivityName } from '../../activities/contract.ts';
import { createActivities, type Activities } from '../../activities/registry.ts';
import type { Ports } from '../../activities/ports.ts';
import { compose } from '../../functions/compose.ts';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import type { PlannedUnit } from '../../domain/upgrade-plan.ts';
import { MINUTE_MS } from '../../domain/time.ts';

/** Every request that changed something, by service. */
function effects(rehearsal: Rehearsal): readonly string[] {
  const isEffect = ({ service, method, path, status }: (typeof rehearsal.world.log.entries)[number]): boolean =>
    status < 300 && ((service === 'github' && method !== 'GET') || (service === 'arm' && method !== 'GET' && !path.endsWith('listClusterUserCredential')));
  return rehearsal.world.log.entries.filter(isEffect).map(({ service, method, path }) => `${service} ${method} ${path.split('/').at(-1)}`);
}

/** The app's own ports against the rehearsal's services; the task hub counts what is raised instead of keeping it. */
function makeActivities(rehearsal: Rehearsal): { readonly activities: Activities; readonly raised: string[] } {
  const composed = compose(rehearsal.world.environment);
  assert.ok(composed.ok);
  const raised: string[] = [];
  const silent = { error: () => undefined, warn: () => undefined, info: () => undefined };
  const ports: Ports = {
    ...composed.value.portsOf(silent),
    windows: {
      startWindow: async () => ({ ok: true, value: 'started' }),
      startCleanUp: async () => ({ ok: true, value: 'started' }),
      listCleanUps: async () => ({ ok: true, value: [] }),
      raise: async (instanceId, event) => {
        raised.push(`${instanceId} ${event}`);
        return { ok: true, value: 'raised' };
      },
      read: async () => ({ ok: true, value: null }),
      list: async () => ({ ok: true, value: [] }),
    },
  };
  return { activities: createActivities(ports), raised };
}

test('every activity may run twice: the second time gives an equal answer and has no second effect', async () => {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    const { activities, raised } = makeActivities(rehearsal);
    const seen = new Set<ActivityName>();
    const twice = async <N extends ActivityName>(name: N, input: ActivityContract[N]['input'], effectsMax: number): Promise<ActivityContract[N]['output']> => {
      seen.add(name);
      const before = effects(rehearsal).length;
      const first = await activities[name](input);
      const second = await activities[name](input);
      assert.ok(effects(rehearsal).length - before <= effectsMax, `${name} had ${effects(rehearsal).slice(before).join(', ')}`);
      if (name !== 'startUnit' && name !== 'changeUpgradeSettings' && name !== 'restoreSettings' && name !== 'abortUnit') assert.deepEqual(strip(second), strip(first), name);
      return first;
    };
    const { policy, opening, runId } = rehearsal.input;
    const clusterResourceId = policy.clusterResourceId;
    const state = await twice('takeSnapshot', { clusterResourceId }, 0);
    assert.ok(state.ok);
    const { plan } = await twice('makePlan', { policy, opening, state: state.value }, 0);
    const preflight = await twice('runPreflight', { policy, plan, acknowledgements: [] }, 0);
    const pools = plan.units.flatMap(({ unit: name }) => (name === 'control-plane' ? [] : [name.slice('pool/'.length)]));
    await twice('judgeHolds', { policy, opening, pools, lowered: [], acknowledgements: [] }, 0);
    await twice('readOrders', { clusterResourceId, opens: opening.opens, required: 1, planDigest: plan.digest, policyVersion: '' }, 0);
    assert.ok(preflight.ok);
    const unit = (name: string): PlannedUnit => {
      const found = plan.units.find((each) => each.unit === name);
      assert.ok(found, name);
      return found;
    };
    const controlPlane = unit('control-plane');
    const ready = await twice('prepareUnit', { clusterResourceId, unit: controlPlane }, 0);
    assert.ok(ready.ok && ready.value.eTag !== null);
    const write = { clusterResourceId, unit: controlPlane, runId, attempt: 1, windowOpens: opening.opens, windowCloses: opening.closes, eTag: ready.value.eTag };
    await twice('startUnit', write, 1);
    assert.equal((await activities.startUnit(write)).ok, true);
    await twice('observeUnit', { clusterResourceId, unit: controlPlane, earlier: { startedAt: opening.opens, signals: [] } }, 0);
    await twice('abortUnit', { clusterResourceId, unit: controlPlane, by: 'operator' }, 1);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 30 * MINUTE_MS);

    const pool = unit('pool/apps');
    const poolReady = await activities.prepareUnit({ clusterResourceId, unit: pool });
    assert.ok(poolReady.ok && poolReady.value.eTag !== null);
    await twice('changeUpgradeSettings', { ...write, unit: pool, eTag: poolReady.value.eTag }, 1);

    const ownSettings = { ...(pool.upgradeSettings ?? state.value.nodePools.find(({ name }) => name === 'apps')?.upgradeSettings ?? assert.fail()) };
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 5 * MINUTE_MS);
    await twice('restoreSettings', { clusterResourceId, unit: { ...pool, upgradeSettings: ownSettings, restoreSettings: { ...ownSettings, maxSurge: '2' } }, windowOpens: opening.opens, windowCloses: opening.closes }, 1);

    const status = { ...rehearsal.firstStatus(), planDigest: plan.digest };
    const issue = await twice('publishReport', { status, report: policy.report, repository: 'acme/platform' }, 4);
    assert.ok(issue.ok);
    assert.equal(rehearsal.issues().length, 1);
    const withIssue = { ...status, issue: issue.value };
    await twice('postNotice', { status: withIssue, report: policy.report, key: 'paused-1', kind: 'ended' }, 1);
    await twice('answerComment', { comment: { repository: 'acme/platform', issueNumber: issue.value.number, commentId: 1 }, decisionId: 'delivery-1', body: 'Held.' }, 1);
    await twice('publishEvent', { name: 'dev.slackwater.run.started', subject: runId, at: rehearsal.opens, messageId: `${runId}/run/1/run.started`, data: {} }, 0);
    assert.equal(rehearsal.world.serviceBus.broker.counts('events/subscriptions/all').active, 1);
    await twice('tellWindow', { windowInstanceId: 'window', report: {} }, 0);
    await twice('wakeUnit', { instanceId: 'unit', signal: {} }, 0);
    assert.deepEqual(new Set(raised), new Set(['window unitProgress', 'unit wake']));
    await twice('verifyCluster', { clusterResourceId, units: plan.units }, 0);
    await twice('checkHealth', { clusterResourceId, verify: { settleMinutes: 1, probes: [] }, refusals: [] }, 0);

    const ended = { ...status, phase: 'ended' as const, outcome: 'not-started' as const };
    const remembered = await twice('recordRun', { status: ended, nodeImage: policy.target.nodeImage }, 4);
    assert.deepEqual(remembered.ok && remembered.value.missed?.count, 1);

    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 5 * MINUTE_MS);
    const comment = { repository: 'acme/platform', issueNumber: issue.value.number, commentId: 2 };
    const request = { verb: 'resolve', target: 'apps', outsideWindow: null, by: 'chief', decisionId: 'comment-2', comment } as const;
    const judged = await twice('judgeCleanUp', { request, policy, instanceId: 'clean-up-1' }, 0);
    assert.equal(judged.ok && judged.value.kind, 'nothing-to-do');
    const [node] = rehearsal.world.cluster.inspect().flatMap(({ pool: name, nodes }) => (name === 'apps' ? nodes : []));
    assert.ok(node);
    rehearsal.world.perturb({ kind: 'label-node', node: node.name, key: 'kubernetes.azure.com/upgrade-status', value: 'Quarantined', by: 'AKS' });
    const release = await twice('judgeNodeRelease', { clusterResourceId, node: node.name }, 0);
    assert.equal(release.ok && release.value.kind, 'ready', JSON.stringify(release));
    await twice('releaseNode', { clusterResourceId, node: node.name, by: 'operator' }, 1);
    await twice('recordCleanUp', { policy, repository: 'acme/platform', cleanUpId: 'lab-aks-resolve-comment-2', pools: ['apps'] }, 3);
    await twice('keepAnswer', { comment, decisionId: 'comment-2', body: 'Resolving.' }, 2);
    assert.equal(rehearsal.comments().filter((body) => body.includes('slackwater:answer:comment-2 ')).length, 1);

    const placesOfCode = (policy.report.writeBack ?? []).map((place) => ({ ...place, repository: 'acme/platform' }));
    await twice('writeBack', { status: withIssue, places: placesOfCode, repository: 'acme/platform' }, 5);

    await twice('keepDashboard', { policyRepository: 'acme/platform' }, 1);

    assert.deepEqual([...seen].sort(), [...activityNames].sort());
  } finally {
    await rehearsal.close();
  }
});

/** Without the moment of the look, which differs by nature. */
function strip(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'takenAt' || key === 'seenAt' ? 0 : each)));
}

test('nothing is sent before the window opens, after it closes, or when the estimate does not fit', async () => {
  const rehearsal = await startRehearsal({ beginning: 'held' });
  try {
    const { activities } = makeActivities(rehearsal);
    const { policy, opening, runId } = rehearsal.input;
    const clusterResourceId = policy.clusterResourceId;
    const state = await activities.takeSnapshot({ clusterResourceId });
    assert.ok(state.ok);
    const { plan } = await activities.makePlan({ policy, opening, state: state.value });
    const [unit] = plan.units;
    assert.ok(unit);
    const ready = await activities.prepareUnit({ clusterResourceId, unit });
    assert.ok(ready.ok && ready.value.eTag !== null);
    const now = rehearsal.clock.now();
    const spans: readonly (readonly [opens: number, closes: number])[] = [
      [now + 1, now + 600 * MINUTE_MS],
      [now - 600 * MINUTE_MS, now],
      [now - 1, now + (unit.estimateMinutes - 1) * MINUTE_MS],
    ];

    for (const [windowOpens, windowCloses] of spans) {
      const started = await activities.startUnit({ clusterResourceId, unit, runId, attempt: 1, windowOpens, windowCloses, eTag: ready.value.eTag });

      assert.equal(started.ok && started.value.kind, 'too-late');
    }
    const moved = await activities.startUnit({ clusterResourceId, unit, runId, attempt: 1, windowOpens: opening.opens, windowCloses: opening.closes, eTag: '"older"' });
    assert.equal(moved.ok && moved.value.kind, 'moved');
    assert.deepEqual(effects(rehearsal), []);
  } finally {
    await rehearsal.close();
  }
});
