import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../domain/time.ts';
import { startRehearsal, type Rehearsal, type RehearsalOptions } from '../../local/rehearsal/rehearsal.ts';
import type { Perturbation } from '../../sim/perturbation.ts';

async function rehearse(options: RehearsalOptions, play: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const rehearsal = await startRehearsal({ beginning: 'held', ...options });
  try {
    await play(rehearsal);
    assert.deepEqual(rehearsal.violations(), []);
  } finally {
    await rehearsal.close();
  }
}

const optional: RehearsalOptions = { policy: (text) => text.replace(/^spec:$/m, 'spec:\n  kubernetesApi: optional') };
const noRoute: Perturbation = { kind: 'api-server-route', route: 'none' };
const route: Perturbation = { kind: 'api-server-route', route: 'open' };
const kindOf = (change: Partial<Extract<Perturbation, { readonly kind: 'api-server-access' }>>): Perturbation => ({ kind: 'api-server-access', signIn: 'entra', reach: 'public', judge: 'kubernetes-rbac', ...change });
const told = ({ comments, issues }: Rehearsal): string => [...issues().map(({ body }) => body), ...comments()].join('\n');
const linesOf = (rehearsal: Rehearsal): string => rehearsal.status().timeline.map(({ text }) => text).join('\n');
const stateOf = (rehearsal: Rehearsal, unit: string): string | undefined => rehearsal.status().units.find((each) => each.unit === unit)?.state;
const isHeld = (rehearsal: Rehearsal) => (): boolean => rehearsal.status().phase === 'held';
const writesOf = (rehearsal: Rehearsal): readonly string[] => rehearsal.armWrites().map(({ what }) => what);
const kubernetesCalls = (rehearsal: Rehearsal, pattern: RegExp): number => rehearsal.world.log.entries.filter(({ service, path }) => service === 'kubernetes' && pattern.test(path)).length;

test('denied events, attachments and evictions stop nothing: the run goes on without trying them, and its report names permission, identity and remedy', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb({ kind: 'deny-rights', rights: ['list events', 'list volumeattachments', 'create pods/eviction'], who: null });
    rehearsal.begin();
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', linesOf(rehearsal));
    const body = rehearsal.issues()[0]?.body ?? '';
    assert.match(body, /not checked\*\* why a drain stands still, as events tell it: Not granted to the reader: list events\. ClusterRole slackwater-reader of infra\/kubernetes\/rbac\.yaml/);
    assert.match(body, /Not granted to the writer: create pods\/eviction\. ClusterRole slackwater-drain-rehearsal/);
    assert.match(body, /Checked from Azure Resource Manager and Kubernetes \(API server public, callers prove themselves by Entra ID, Kubernetes RBAC judges, local accounts off\)\. \d+ things were not checked/);
    assert.deepEqual([kubernetesCalls(rehearsal, /\/eviction$/), kubernetesCalls(rehearsal, /volumeattachments$/)], [0, 0]);
  }));

test('a private cluster without a route holds the run, which names the cause and starts by itself once the route is there', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(kindOf({ reach: 'private' }));
    rehearsal.world.perturb(noRoute);
    rehearsal.begin();
    await rehearsal.until(isHeld(rehearsal), 60);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 31 * MINUTE_MS);
    const [hold] = rehearsal.status().holds;
    const heldReport = told(rehearsal);
    const heldStates = rehearsal.status().units.map(({ state }) => state);
    rehearsal.world.perturb(route);
    const reachedAt = rehearsal.minute();
    const status = await rehearsal.untilEnded();

    assert.deepEqual([hold?.unit, hold?.causes.map(({ code }) => code)], ['run', ['KUBERNETES_UNREADABLE']]);
    assert.ok(heldStates.length > 2 && heldStates.every((state) => state === 'withheld'), heldStates.join());
    assert.match(heldReport, /lab-aks is a private cluster, and no route leads to its API server from here/);
    assert.match(heldReport, /NETWORK_ACCESS=private, peer that network/);
    assert.equal(status.outcome, 'succeeded', linesOf(rehearsal));
    assert.deepEqual([status.holds.map(({ state }) => state), status.findings.filter(({ severity }) => severity === 'block')], [['cleared'], []]);
    const first = rehearsal.armWrites()[0]?.minute ?? 0;
    assert.ok(first >= reachedAt && first - reachedAt <= 7, `started ${first - reachedAt} min after the route was there`);
  }));

test('a right to list nodes that is missing holds the run until somebody grants it', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(kindOf({ judge: 'azure-rbac' }));
    rehearsal.world.perturb({ kind: 'deny-rights', rights: ['list nodes'], who: null });
    rehearsal.begin();
    await rehearsal.until(isHeld(rehearsal), 60);
    const held = rehearsal.status();
    assert.equal(kubernetesCalls(rehearsal, /\/api\/v1\/nodes$/), 0, 'what is denied is not tried');
    rehearsal.world.perturb({ kind: 'deny-rights', rights: [], who: null });
    const status = await rehearsal.untilEnded();

    assert.match(held.findings[0]?.message ?? '', /refuses what no drain can be judged without: list nodes\./);
    assert.match(held.findings[0]?.remedy ?? '', /^Assign the role Slackwater Kubernetes Reader/);
    assert.equal(status.outcome, 'succeeded', linesOf(rehearsal));
  }));

test('a cluster that stays out of reach is not started, and the next window is told why', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(kindOf({ reach: 'authorized-ranges' }));
    rehearsal.world.perturb(noRoute);
    rehearsal.begin();
    const status = await rehearsal.untilEnded(420);

    assert.deepEqual([status.outcome, writesOf(rehearsal), status.holds.map(({ state }) => state)], ['not-started', [], ['over']]);
    assert.match(told(rehearsal), /answers authorized address ranges alone/);
    assert.match(told(rehearsal), /EGRESS_ADDRESS/);
  }));

test('where the policy can do without, a cluster without Entra ID is upgraded by Azure alone, and nothing of it is called proven', () =>
  rehearse(optional, async (rehearsal) => {
    rehearsal.world.perturb(kindOf({ signIn: 'certificates' }));
    rehearsal.begin();
    await rehearsal.until(() => stateOf(rehearsal, 'pool/apps') === 'running', 240);
    await rehearsal.clock.advanceTo(rehearsal.clock.now() + 31_000);
    const meanwhile = rehearsal.issues()[0]?.body ?? '';
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded-with-unproven', linesOf(rehearsal));
    assert.deepEqual(status.units.map(({ unit, state, inventory }) => [unit, state, inventory]).sort(), [
      ['control-plane', 'upgraded', null], ['pool/apps', 'unproven', null], ['pool/spot', 'unproven', null], ['pool/system', 'unproven', null],
    ]);
    assert.match(meanwhile, /Users: not seen\.\*\* Kubernetes cannot be read since .* drains cannot be judged and nodes cannot be counted; Azure Resource Manager alone is watched/);
    const body = rehearsal.issues()[0]?.body ?? '';
    assert.match(body, /Upgraded according to Azure Resource Manager, nodes not seen: /);
    assert.match(body, /has no Entra ID, so no token of ours counts there/);
    assert.match(body, /Checked from Azure Resource Manager alone: .* Not seen: Kubernetes/);
    assert.match(body, /warn.*KUBERNETES_UNREADABLE/);
    assert.equal(rehearsal.issues()[0]?.state, 'open', 'what nobody saw is not settled');
    assert.equal(new Set(writesOf(rehearsal).filter((what) => what.startsWith('PUT') || what.includes('upgradeNodeImage'))).size, 4);
    assert.equal(rehearsal.status().pause, null);
  }));

test('Kubernetes lost in the middle of a pool: the run that can do without goes on by Azure, and counts nodes again once it may', () =>
  rehearse(optional, async (rehearsal) => {
    rehearsal.begin();
    await rehearsal.until(() => (rehearsal.status().units.find(({ unit }) => unit === 'pool/system')?.inventory?.upgraded ?? 0) > 0, 240);
    rehearsal.world.perturb(noRoute);
    await rehearsal.until(() => linesOf(rehearsal).includes('Kubernetes cannot be read, and the policy goes on without it'), 60);
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'unproven', 120);
    rehearsal.world.perturb(route);
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', linesOf(rehearsal));
    assert.match(linesOf(rehearsal), /Kubernetes is read again: nodes are counted and drains judged from here on/);
    assert.equal(stateOf(rehearsal, 'pool/system'), 'upgraded', 'the last look saw its nodes');
  }));

test('a pod that holds a pool back is not forgotten because Kubernetes was lost after preflight', () =>
  rehearse(optional, async (rehearsal) => {
    rehearsal.world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 3, by: 'team-shop' });
    rehearsal.begin();
    await rehearsal.until(() => stateOf(rehearsal, 'pool/system') === 'running', 240);
    assert.equal(stateOf(rehearsal, 'pool/apps'), 'withheld');
    rehearsal.world.perturb(noRoute);
    const status = await rehearsal.untilEnded();

    assert.equal(stateOf(rehearsal, 'pool/apps'), 'withheld', linesOf(rehearsal));
    assert.deepEqual(writesOf(rehearsal).filter((what) => what.includes('pool/apps')), []);
    assert.equal(status.outcome, 'completed-partial');
  }));

test('a private cluster without a route is upgraded by Azure alone after some minutes, and a policy that verifies does not hold it', () =>
  rehearse({ policy: (text) => text.replace(/^spec:$/m, 'spec:\n  kubernetesApi: optional\n  verify: { settleMinutes: 5, probes: [{ name: dns, service: "kube-system/kube-dns:53", path: / }] }') }, async (rehearsal) => {
    rehearsal.world.perturb(kindOf({ reach: 'private' }));
    rehearsal.world.perturb(noRoute);
    rehearsal.begin();
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded-with-unproven', linesOf(rehearsal));
    const first = rehearsal.armWrites()[0]?.minute ?? 0;
    assert.ok(first >= 1 && first <= 5, `started at minute ${first}`);
    assert.match(told(rehearsal), /private cluster, and no route leads to its API server/);
  }));

test('an aborted wait for Kubernetes ends the run at once', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb(noRoute);
    rehearsal.begin();
    await rehearsal.until(isHeld(rehearsal), 60);
    rehearsal.say('abort');
    const status = await rehearsal.untilEnded(30);

    assert.deepEqual([status.outcome, writesOf(rehearsal)], ['aborted', []]);
  }));

test('a block is named by its budget although the writer may not ask about evictions', () =>
  rehearse({}, async (rehearsal) => {
    rehearsal.world.perturb({ kind: 'deny-rights', rights: ['create pods/eviction'], who: null });
    rehearsal.begin();
    await rehearsal.until(() => stateOf(rehearsal, 'pool/apps') === 'running', 240);
    rehearsal.world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 3, by: 'team-shop' });
    await rehearsal.until(() => rehearsal.status().pause !== null, 120);

    assert.deepEqual(rehearsal.status().pause?.causes[0]?.budgets, ['shop/images']);
    assert.equal(kubernetesCalls(rehearsal, /\/eviction$/), 0);
    rehearsal.world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 2, by: 'team-shop' });
    await rehearsal.untilEnded();
  }));

test('what users feel and nobody ever could look at holds nothing where the policy can do without, and is not called verified', () =>
  rehearse({ policy: (text) => text.replace(/^spec:$/m, 'spec:\n  kubernetesApi: optional\n  verify: { settleMinutes: 5 }') }, async (rehearsal) => {
    rehearsal.world.faults.kubernetes.add({ method: null, path: /\/deployments\/coredns$/, times: Infinity, mishap: { kind: 'cut', moment: 'before' } });
    rehearsal.begin();
    const status = await rehearsal.untilEnded();

    assert.equal(status.outcome, 'succeeded', linesOf(rehearsal));
    assert.equal(rehearsal.comments().some((body) => body.includes(':paused-')), false);
    assert.equal(status.verifiedAt, null);
  }));
