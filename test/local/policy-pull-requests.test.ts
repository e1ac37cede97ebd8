import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labCluster, labPolicy, policyPath, startPolicyWorld } from './policy-world.ts';

const checked = { kind: 'done', what: 'checked' };
const ignored = { kind: 'done', what: 'ignored' };
const approvedResult = { kind: 'done', what: 'approved' };
const answered = { kind: 'done', what: 'answered' };
const longer = labPolicy.replace('durationHours: 6', 'durationHours: 8');
const withApprovals = (required: number, text = labPolicy): string => text.replace('  onWindowEnd: finishInFlight', `  onWindowEnd: finishInFlight\n  approvals: { required: ${required} }`);

test('a pull request that changes a policy gets one check run, with openings, plan, digest and preflight of the cluster as it is now', async (context) => {
  const { world, commit, open, deliver, checks } = await startPolicyWorld(context);
  commit('bob', 'longer', policyPath, longer);
  open('bob', 'longer');

  assert.deepEqual(await deliver(), [checked]);

  const [check, ...others] = checks('longer');
  assert.ok(check !== undefined && others.length === 0);
  assert.equal(check.name, 'slackwater / slackwater/lab-aks.yaml');
  assert.deepEqual([check.status, check.conclusion, check.output.title, check.actions], ['completed', 'success', 'Valid; 4 units to upgrade, nothing would block now', []]);
  const summary = check.output.summary ?? '';
  assert.match(summary, /\| Sat 21 Nov 22:00 \(21:00Z\) \| Sun 22 Nov 06:00 \(05:00Z\) \|/);
  assert.equal(summary.match(/\(21:00Z\) \| Sun/g)?.length, 3, 'three openings');
  assert.match(summary, /\| `control-plane` \| `1\.35\.5` \| `1\.36\.2` \|/);
  const digest = /Plan digest `([0-9a-f]{64})`/.exec(summary)?.[1] ?? '';
  assert.equal(check.externalId, `policy:1:${digest}`);
  assert.match(check.output.text ?? '', /`SPOT_NO_DRAIN`/);
  assert.ok(world.log.entries.some(({ service, path }) => service === 'kubernetes' && path === '/api/v1/pods'), 'the cluster was really read');

  const before = JSON.stringify(check);
  assert.deepEqual(await deliver(), [], 'what the App does itself asks for nothing');
  assert.equal(JSON.stringify(checks('longer')[0]), before);
});

test('the same delivery twice, a reopening and "Re-run" give the same check run, and a push a new one on the new commit', async (context) => {
  const { ask, commit, open, deliver, checks, world, receive } = await startPolicyWorld(context);
  commit('bob', 'longer', policyPath, longer);
  open('bob', 'longer');
  await deliver();
  const [first] = checks('longer');
  const writes = (): number => world.log.entries.filter(({ service, method, path }) => service === 'github' && method !== 'GET' && path.includes('/check-runs')).length;
  const written = writes();

  ask('bob', 'PATCH', '/repos/acme/platform/pulls/1', { state: 'closed' });
  ask('bob', 'PATCH', '/repos/acme/platform/pulls/1', { state: 'open' });
  assert.deepEqual(await deliver(), [checked]);
  const data = { repository: 'acme/platform', checkRunId: first?.id, headSha: first?.headSha, identifier: '@rerun', sender: 'bob', deliveryId: 'd-again' };
  assert.deepEqual(await receive({ specversion: '1.0', type: 'dev.slackwater.check-action.v1', id: 'd-again', source: '/github/acme/platform', data }), checked);
  assert.deepEqual(checks('longer').map(({ id }) => id), [first?.id]);
  assert.equal(writes(), written, 'nothing is written that says the same');

  commit('bob', 'longer', policyPath, longer.replace('durationHours: 8', 'durationHours: 9'));
  assert.deepEqual(await deliver(), [checked]);
  assert.equal(checks('longer').length, 1);
  assert.notEqual(checks('longer')[0]?.id, first?.id);
});

test('every fault of a changed policy is a remark at its line, also more than GitHub takes at once, and never twice', async (context) => {
  const { ask, commit, open, deliver, checks, world } = await startPolicyWorld(context);
  const faulty = `${labPolicy.replace('durationHours: 6', 'durationHours: 30')}${Array.from({ length: 130 }, (_, index) => `  wrong${index}: 1\n`).join('')}`;
  commit('bob', 'faulty', policyPath, faulty);
  open('bob', 'faulty');
  assert.deepEqual(await deliver(), [checked]);

  const [check] = checks('faulty');
  assert.deepEqual([check?.conclusion, check?.output.title, check?.annotations.length], ['failure', '131 faults', 131]);
  const lines = faulty.split('\n');
  const remark = check?.annotations.find(({ message }) => String(message).includes('durationHours'));
  assert.equal(remark?.['start_line'], lines.findIndex((line) => line.includes('durationHours')) + 1);
  assert.equal(remark?.['path'], policyPath);
  assert.match(check?.output.summary ?? '', /The cluster was not looked at/);
  assert.ok(world.log.entries.filter(({ service }) => service === 'arm').length === 0);

  ask('bob', 'PATCH', '/repos/acme/platform/pulls/1', { state: 'closed' });
  ask('bob', 'PATCH', '/repos/acme/platform/pulls/1', { state: 'open' });
  await deliver();
  assert.equal(checks('faulty')[0]?.annotations.length, 131);
});

test('a policy that clashes with one on the default branch fails at its line; one that is moved does not', async (context) => {
  const { commit, open, deliver, checks } = await startPolicyWorld(context);
  commit('bob', 'second', 'slackwater/second.yaml', labPolicy.replace('name: lab-aks', 'name: lab-two'));
  open('bob', 'second');
  assert.deepEqual(await deliver(), [checked]);
  const [check] = checks('second');
  assert.equal(check?.conclusion, 'failure');
  assert.equal(check?.annotations[0]?.['start_line'], labPolicy.split('\n').findIndex((line) => line.includes('resourceId:')) + 1);
});

test('files outside the folder, a closed pull request, and another repository are nobody\'s to check', async (context) => {
  const { ask, commit, open, deliver, checks, receive } = await startPolicyWorld(context);
  commit('bob', 'readme', 'docs/lab.yaml', 'a: 1\n');
  open('bob', 'readme');
  await deliver();
  commit('bob', 'longer', policyPath, longer);
  const number = open('bob', 'longer');
  ask('bob', 'PATCH', `/repos/acme/platform/pulls/${number}`, { state: 'closed' });
  await deliver();
  const data = { repository: 'acme/other', number: 1, action: 'opened', headSha: 'a'.repeat(40), author: 'bob', deliveryId: 'd-1' };
  assert.deepEqual(await receive({ specversion: '1.0', type: 'dev.slackwater.pull-request.v1', id: 'd-1', source: '/github/acme/other', data }), ignored);
  assert.deepEqual([...checks('readme'), ...checks('longer')], []);
});

test('a cluster that cannot be read is said in the check, which does not pass for it', async (context) => {
  const { world, commit, open, deliver, checks } = await startPolicyWorld(context);
  const answer = { status: 403, headers: {}, body: { error: { code: 'AuthorizationFailed', message: 'No right to read.' } } };
  world.faults.arm.add({ method: 'GET', path: /managedClusters/i, times: 20, mishap: { kind: 'answer', moment: 'before', response: answer } });
  commit('bob', 'longer', policyPath, withApprovals(1, longer));
  open('bob', 'longer');
  assert.deepEqual(await deliver(), [checked]);
  const [check] = checks('longer');
  assert.deepEqual([check?.conclusion, check?.actions], ['action_required', []], 'an approval is asked for and cannot be given');
  assert.match(check?.output.summary ?? '', /The cluster could not be read/);
});

test('a required approval is a button: pressed by who may, it is kept for this plan and commit, and a push makes it void', async (context) => {
  const { world, ports, commit, open, deliver, checks, press, comments } = await startPolicyWorld(context, { 'lab-aks.yaml': withApprovals(2) });
  const read = (branch: string): string | undefined => {
    const repository = world.github.github.world.repositories.get('acme/platform');
    return repository?.commits.get(repository.branches.get(branch) ?? '')?.files.get(policyPath)?.sha;
  };
  const orders = async () => {
    const state = await ports.state.readState(labCluster);
    return state.ok ? state.value.orders : [];
  };
  // Asking for no approval any more is a change that still needs those of before.
  commit('dan', 'longer', policyPath, longer);
  const number = open('dan', 'longer');
  await deliver();
  const check = checks('longer')[0];
  assert.ok(check !== undefined);
  assert.deepEqual([check.conclusion, check.output.title], ['action_required', 'Valid; 2 approvals missing']);
  assert.deepEqual(check.actions.map(({ identifier, label }) => [identifier, label]), [['approve', 'Approve']]);

  for (const [login, words] of [['bob', /needs the permission \*\*maintain\*\*.*`write`/], ['dan', /who opened a pull request cannot approve it/]] as const) {
    press(login, check.id);
    assert.deepEqual(await deliver(), [answered], login);
    assert.match(comments(number).at(-1) ?? '', words);
  }
  assert.deepEqual(await orders(), []);

  press('ann', check.id);
  press('ann', check.id);
  assert.deepEqual(await deliver(), [approvedResult, approvedResult]);
  assert.equal(checks('longer')[0]?.output.title, 'Valid; 1 approval missing', 'each person counts once');
  const [order, ...more] = await orders();
  assert.deepEqual(more, []);
  assert.ok(order?.kind === 'approval' && order.who === 'ann');
  assert.match(checks('longer')[0]?.output.summary ?? '', new RegExp(`Plan digest \`${order.planDigest}\``));

  press('cat', check.id);
  assert.deepEqual(await deliver(), [approvedResult]);
  const approved = checks('longer')[0];
  assert.deepEqual([approved?.conclusion, approved?.actions], ['success', []]);
  assert.match(approved?.output.summary ?? '', /\*\*Approved\*\*: 2 of 2\.\n\n- approved by `ann`, .*\n- approved by `cat`/);
  assert.equal(comments(number).length, 2, 'an approval is told in the check run, not in a comment');

  const policies = await ports.policies.readPolicies();
  assert.ok(policies.ok);
  assert.notEqual(policies.value.policies[0]?.version, order.policyVersion);
  const raised = read('longer');
  assert.equal(order.policyVersion, raised, 'what was approved is the content of the file, which merging does not change');

  commit('dan', 'longer', 'slackwater/notes.md', 'Only a note.\n');
  await deliver();
  assert.deepEqual(await orders(), [], 'a push makes every approval of the pull request void');
  assert.equal(checks('longer')[0]?.output.title, 'Valid; 2 approvals missing');
});

test('a button of an old commit, of a closed pull request, or for a plan that has changed since approves nothing', async (context) => {
  const { ask, ports, commit, open, deliver, checks, press, comments } = await startPolicyWorld(context, { 'lab-aks.yaml': withApprovals(1) });
  commit('bob', 'longer', policyPath, withApprovals(1, longer));
  const number = open('bob', 'longer');
  await deliver();
  const old = checks('longer')[0]?.id ?? 0;
  commit('bob', 'longer', policyPath, withApprovals(1, longer.replace('durationHours: 8', 'durationHours: 9')));
  await deliver();
  press('ann', old);
  assert.deepEqual(await deliver(), [answered]);
  assert.match(comments(number).at(-1) ?? '', /was pushed to since/);

  const check = checks('longer')[0]?.id ?? 0;
  const read = await ports.aks.readNodePool(labCluster, 'apps');
  assert.ok(read.ok);
  const moved = await ports.aks.changeUpgradeSettings({ resourceId: labCluster, pool: 'apps', settings: { ...read.value.upgradeSettings, maxSurge: '33%', drainTimeoutInMinutes: 30, nodeSoakDurationInMinutes: 0, undrainableNodeBehavior: 'Cordon' }, eTag: read.value.eTag ?? '' });
  assert.ok(moved.ok, JSON.stringify(moved));
  press('ann', check);
  assert.deepEqual(await deliver(), [answered]);
  assert.match(comments(number).at(-1) ?? '', /the plan has changed since it was shown/);

  ask('bob', 'PATCH', `/repos/acme/platform/pulls/${number}`, { state: 'closed' });
  press('ann', check);
  assert.deepEqual(await deliver(), [answered]);
  assert.match(comments(number).at(-1) ?? '', /is closed/);
  const state = await ports.state.readState(labCluster);
  assert.deepEqual(state.ok ? state.value.orders : null, []);
});

test('where the policy names teams only their members approve, whatever their permission; a doubt is a no', async (context) => {
  const named = labPolicy.replace('  onWindowEnd: finishInFlight', '  onWindowEnd: finishInFlight\n  approvals: { required: 1, teams: [acme/platform-leads, acme/oncall] }\n  commands: { approve: [acme/admins] }');
  const { ports, commit, open, deliver, checks, press, comments } = await startPolicyWorld(context, { 'lab-aks.yaml': named });
  commit('bob', 'longer', policyPath, named.replace('durationHours: 6', 'durationHours: 8').replace('teams: [acme/platform-leads, acme/oncall]', 'teams: [acme/everybody]'));
  const number = open('bob', 'longer');
  await deliver();
  const id = checks('longer')[0]?.id ?? 0;
  const asked: string[] = [];
  let members: readonly string[] = [];
  ports.github.isTeamMember = async ({ team, login }) => {
    asked.push(`${team} ${login}`);
    return { ok: true, value: members.includes(`${team} ${login}`) };
  };
  press('cat', id);
  assert.deepEqual(await deliver(), [answered]);
  assert.match(comments(number).at(-1) ?? '', /only members of `acme\/admins` approve/);
  members = ['acme/admins cat'];
  press('cat', id);
  assert.deepEqual(await deliver(), [answered]);
  assert.match(comments(number).at(-1) ?? '', /only members of `acme\/platform-leads`, `acme\/oncall` approve/);
  assert.deepEqual(asked, ['acme/admins cat', 'acme/admins cat', 'acme/platform-leads cat', 'acme/oncall cat'], 'the teams of the default branch');
  members = ['acme/admins cat', 'acme/oncall cat'];
  press('cat', id);
  assert.deepEqual(await deliver(), [approvedResult]);
  assert.equal(checks('longer')[0]?.conclusion, 'success');
});

test('a button that is delivered while GitHub is away comes again and is one approval', async (context) => {
  const { world, ports, receive, commit, open, deliver, checks } = await startPolicyWorld(context, { 'lab-aks.yaml': withApprovals(1) });
  commit('bob', 'longer', policyPath, withApprovals(1, longer));
  open('bob', 'longer');
  await deliver();
  const check = checks('longer')[0];
  const data = { repository: 'acme/platform', checkRunId: check?.id, headSha: check?.headSha, identifier: 'approve', sender: 'ann', deliveryId: 'd-7' };
  const message = { specversion: '1.0', type: 'dev.slackwater.check-action.v1', id: 'd-7', source: '/github/acme/platform', data };
  const away = (path: RegExp, method: string, moment: 'before' | 'after') => world.faults.github.add({ method, path, times: 1, mishap: moment === 'before' ? { kind: 'answer', moment, response: { status: 502, headers: {}, body: null } } : { kind: 'cut', moment } });
  const moments: readonly (readonly [RegExp, string, 'before' | 'after'])[] = [
    [/check-runs\/\d+$/, 'GET', 'before'],
    [/pulls\/1$/, 'GET', 'before'],
    [/permission$/, 'GET', 'before'],
    [/contents\/clusters/, 'PUT', 'after'],
    [/check-runs\/\d+$/, 'PATCH', 'after'],
  ];
  for (const [path, method, moment] of moments) {
    away(path, method, moment);
    assert.equal((await receive(message)).kind, 'retry-later', `${method} ${path.source}`);
  }
  assert.deepEqual(await receive(message), approvedResult);
  const state = await ports.state.readState(labCluster);
  assert.deepEqual(state.ok ? state.value.orders.map(({ who }) => who) : null, ['ann']);
  assert.equal(checks('longer')[0]?.conclusion, 'success');
});
