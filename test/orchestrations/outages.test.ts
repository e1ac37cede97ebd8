import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import { windowInstanceId } from '../../domain/window-identity.ts';
import type { Perturbation } from '../../sim/perturbation.ts';

async function rehearse(options: RehearsalOptions, play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal(options);
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const images = (minAvailable: number): Perturbation => ({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable, by: 'team-shop' });
const down = { method: null, path: null, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status: 503, headers: {}, body: null } } } as const;
const stateOf = (rehearsal: Rehearsal, unit: string): string | undefined => rehearsal.status().units.find((each) => each.unit === unit)?.state;
const hasEnded = (rehearsal: Rehearsal, pool: string | null) => (): boolean => rehearsal.changes.some(({ kind, data }) => kind === 'operation.ended' && data['pool'] === pool);
const isDraining = (rehearsal: Rehearsal, pool: string) => (): boolean =>
  rehearsal.changes.some(({ kind, data }) => kind === 'node.cordoned' && String(data['node']).includes(`-${pool}-`));

test('a stopped pool whose cluster cannot be read any more is settled when the window closes', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'quarantined', 240);
    rehearsal.world.faults.kubernetes.add(down);
    await rehearsal.until(() => rehearsal.minute() >= 355, 360);
    const status = await rehearsal.untilEnded(90);

    assert.equal(stateOf(rehearsal, 'pool/apps'), 'quarantined');
    assert.equal(status.outcome, 'completed-with-debt');
  }));

test('a cluster nobody can read any more ends the run after its last deadline, without a claim of success', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'system'));
    rehearsal.world.faults.kubernetes.add(down);
    rehearsal.world.faults.arm.add(down);
    await rehearsal.until(() => rehearsal.status().timeline.some(({ text }) => text.includes('could not be looked at')), 60);
    const status = await rehearsal.untilEnded(1_500);

    assert.notEqual(status.outcome, 'succeeded');
    assert.ok(status.leftOver.some((line) => line.includes('Not verified')));
  }));

test('a node that is not Ready for a moment after Azure is done is no failure and no pause', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(hasEnded(rehearsal, 'apps'));
    const node = rehearsal.world.cluster.inspect().find(({ pool }) => pool === 'apps')?.nodes[0]?.name ?? '';
    rehearsal.world.perturb({ kind: 'node-not-ready', node });
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 5 * MINUTE_MS);
    rehearsal.world.perturb({ kind: 'node-ready', node });
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.equal(rehearsal.comments().some((body) => body.includes(':paused-')), false);
  }));

test('somebody\'s short operation just after ours is waited for; the pools behind the control plane still get their turn', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(hasEnded(rehearsal, null));
    rehearsal.world.perturb({ kind: 'foreign-operation', pool: null, operation: 'Updating', minutes: 8, by: 'somebody' });
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', JSON.stringify(status.timeline));
    assert.ok(status.timeline.some(({ text }) => text.includes('control-plane: somebody else is at work')), JSON.stringify(status.timeline));
  }));

test('an operation of somebody else at the last look makes no failure of nodes that are proven', () =>
  rehearse({}, async (rehearsal) => {
    await rehearsal.until(() => stateOf(rehearsal, 'pool/spot') === 'running');
    rehearsal.world.perturb({ kind: 'foreign-operation', pool: 'apps', operation: 'Updating', minutes: 120, by: 'somebody' });
    const status = await rehearsal.untilEnded();

    assert.equal(stateOf(rehearsal, 'pool/apps'), 'upgraded', JSON.stringify(status));
  }));

test('a report repository that refuses the issue does not hold back the answer to a person elsewhere', () =>
  rehearse({}, async (rehearsal) => {
    const { github } = rehearsal.world;
    const made = github.request('operator', 'POST', `/repos/${policyRepository}/issues`, { title: 'Questions' });
    const { number } = recorded<{ readonly number: number }>(made.body);
    rehearsal.world.faults.github.add({ method: 'POST', path: /\/issues$/, times: Number.POSITIVE_INFINITY, mishap: { kind: 'answer', moment: 'before', response: { status: 410, headers: {}, body: { message: 'Issues are disabled for this repo' } } } });
    await rehearsal.until(isDraining(rehearsal, 'system'));
    const comment = { repository: policyRepository, issueNumber: number, commentId: 1 };
    const raise = (verb: string, decisionId: string): void => {
      rehearsal.host.engine.raiseEvent(windowInstanceId(rehearsal.input.policy.clusterResourceId), 'decision', JSON.stringify({ verb, target: null, by: 'operator', decisionId, comment }));
    };
    raise('pause', 'elsewhere-1');
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'operator');
    raise('resume', 'elsewhere-2');
    await rehearsal.untilEnded();

    assert.ok(rehearsal.comments().some((body) => body.includes('slackwater:answer:elsewhere-2')), rehearsal.comments().join('\n'));
    assert.ok(rehearsal.minute() < 360, `the run held its cluster until minute ${rehearsal.minute()}`);
  }));

test('several nodes set aside at once are told in one event that names them all', () =>
  rehearse({ policy: (text) => text.replace('maxSurge: 33%', 'maxSurge: 100%') }, async (rehearsal) => {
    await rehearsal.until(isDraining(rehearsal, 'apps'));
    rehearsal.world.perturb(images(3));
    await rehearsal.until(() => rehearsal.status().pause?.kind === 'quarantined', 240);
    const quarantined = rehearsal.status().units.find(({ unit }) => unit === 'pool/apps')?.inventory?.quarantined ?? [];
    const told = rehearsal.world.serviceBus.broker.peek('events/subscriptions/all', 0, 1_000).filter(({ messageId }) => messageId.endsWith('/node.quarantined'));
    const text = told.map(({ encoded }) => Buffer.from(encoded).toString('utf8')).join('\n');

    assert.ok(quarantined.length > 1, quarantined.join(', '));
    assert.equal(told.length, 1);
    for (const node of quarantined) assert.ok(text.includes(node), `${node} is not told`);
  }));
