import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearBoxes, keepTicks, newlyTicked, renderBox, tickedBoxes } from '../../domain/dashboard-box.ts';
import { parseTick, projectTick } from '../../domain/dashboard-message.ts';
import { renderDashboard } from '../../domain/dashboard-markdown.ts';
import { dashboardOf } from '../../domain/dashboard.ts';
import type { FleetCluster } from '../../domain/dashboard.ts';
import { isRecord } from '../../domain/json.ts';
import { emptyState } from '../../domain/state-file.ts';
import { mayBeCommand } from '../../domain/operator-command.ts';
import { upcomingOpening } from '../../domain/upcoming-opening.ts';
import { samplePolicy } from './cluster-samples.ts';
import { debtNow, debtSample } from './debt-samples.ts';
import { nastyNames } from './nasty-names.ts';
import { pausedStatus, statusSample } from './window-status-samples.ts';

const policy = samplePolicy({ approvals: { required: 1, teams: [] } });
const blocked: FleetCluster = { policy, state: { ...emptyState(policy.clusterResourceId), debts: [debtSample] }, run: { status: pausedStatus, isLive: true } };
const render = (fleet: readonly FleetCluster[], faulty: readonly string[] = []) => renderDashboard(dashboardOf(fleet, faulty, debtNow), debtNow).body;

test('what needs somebody comes first, with what it waits for, its issue and its boxes', () => {
  const body = render([blocked]);

  assert.match(body, /^> \*\*2 things need somebody\.\*\* 1 cluster, 1 blocked, 0 running, 1 debt\./);
  assert.match(body, /### Blocked now\n\n- `shop-prod-weu`: pool `usr` waits for `pay\/ledger-0` of team-pay \(`PDB_STRUCTURAL`\), since .* acme\/platform#12/);
  assert.match(body, /### Awaiting approval\n\n- .*1 of 1 approval is missing.*\n- \[ \] <!-- slackwater:box:approve:/);
  assert.match(body, /### Set aside and owed\n\n\| Cluster \| What \| Age/);
  assert.match(body, /### Planned/);
});

test('a pool that Azure stopped can be tried again, one that still drains cannot', () => {
  const { pause } = pausedStatus;
  assert.ok(pause !== null);
  const stopped = { ...blocked, run: { status: { ...pausedStatus, pause: { ...pause, kind: 'failed' as const, drainDeadline: null } }, isLive: true } };

  assert.match(render([stopped]), /- \[ \] <!-- slackwater:box:retry:shop-prod-weu-20261010T2000Z\/usr -->try pool `usr` again/);
  assert.doesNotMatch(render([blocked]), /box:retry/);
});

test('a run that waits for its turn tells when that comes and why, and needs nobody', () => {
  const turn = { startsAt: Date.UTC(2026, 9, 10, 20, 23), reason: '38 clusters of its subscription are open at once.' };
  const waiting: FleetCluster = { policy: samplePolicy(), state: null, run: { status: statusSample({ phase: 'waiting', turn, nextAt: turn.startsAt }), isLive: true } };

  const body = render([waiting]);

  assert.match(body, /1 cluster, 0 blocked, 1 running/);
  assert.match(body, /`shop-prod-weu`: waits for its turn at Sat 10 Oct 22:23 .*\. 38 clusters of its subscription are open at once\./);
});

test('an approval that counts is not asked for any more', () => {
  const next = upcomingOpening(policy, [], debtNow);
  assert.ok(next !== null);
  const approval = { kind: 'approval' as const, id: 'comment-1', who: 'operator', when: debtNow, why: '', until: next.opening.closes, opens: next.opening.opens, planDigest: 'x', policyVersion: policy.version ?? '' };

  assert.match(render([{ policy, state: emptyState(policy.clusterResourceId), run: null }]), /Awaiting approval/);
  assert.doesNotMatch(render([{ policy, state: { ...emptyState(policy.clusterResourceId), orders: [approval] }, run: null }]), /Awaiting approval/);
  assert.match(render([{ policy, state: { ...emptyState(policy.clusterResourceId), orders: [{ ...approval, policyVersion: 'older' }] }, run: null }]), /Awaiting approval/);
});

test('a fleet whose memory cannot be read says so and asks for no approval', () => {
  const body = render([{ policy, state: 'unreadable', run: null }]);

  assert.match(body, /what is remembered of it cannot be read, so nothing is started/);
  assert.doesNotMatch(body, /Awaiting approval/);
});

test('the same fleet gives the same text all day, and a very large one fits', () => {
  const fleet = Array.from({ length: 300 }, () => ({ ...blocked, policy: samplePolicy({ name: 'p'.repeat(60) }) }));

  assert.equal(render([blocked]), renderDashboard(dashboardOf([blocked], [], debtNow + 60_000), debtNow + 60_000).body);
  assert.ok(render(fleet).length <= 60_000);
  assert.match(render(fleet), /and \d+ more/);
});

test('no name of a stranger pings, links, injects HTML, makes a box or breaks a table', () => {
  for (const name of nastyNames) {
    const { pause } = pausedStatus;
    assert.ok(pause !== null);
    const cause = { ...(pause.causes[0] ?? assert.fail()), pod: name, node: name, class: name, owner: name };
    const status = { ...pausedStatus, clusterName: name, runId: name, pause: { ...pause, unit: `pool/${name}` as const, kind: 'failed' as const, causes: [cause] } };
    const state = { ...emptyState(policy.clusterResourceId), debts: [{ ...debtSample, node: name, pool: name, owner: name }] };
    const body = render([{ policy, state, run: { status, isLive: true } }], [name]);
    const bare = body.replace(/<!-- slackwater:[A-Za-z:\d_./-]* -->/g, '');

    assert.doesNotMatch(bare, /@[A-Za-z0-9]|<[A-Za-z!/]|\]\(/, JSON.stringify(name.slice(0, 40)));
    for (const { verb } of tickedBoxes(body)) assert.fail(`${verb} is ticked by ${name}`);
    for (const row of bare.split('\n').filter((line) => line.startsWith('| '))) assert.equal(row.split('|').length, 8, row);
    assert.equal(mayBeCommand(body), false);
  }
});

test('boxes are told apart by what they ask, and clearing one leaves every other byte', () => {
  const body = [renderBox({ verb: 'look', target: '' }, 'Look'), renderBox({ verb: 'retry', target: 'run-1/usr' }, 'try'), '- [x] buy milk', '- [x] <!-- slackwater:box:format:disk -->no'].join('\n');
  const ticked = body.replaceAll('- [ ]', '- [X]');

  assert.deepEqual(tickedBoxes(ticked), [{ verb: 'look', target: '' }, { verb: 'retry', target: 'run-1/usr' }]);
  assert.deepEqual(newlyTicked(body, ticked), tickedBoxes(ticked));
  assert.deepEqual(newlyTicked(ticked, ticked), []);
  assert.equal(clearBoxes(ticked, tickedBoxes(ticked)), body);
  assert.deepEqual(tickedBoxes(clearBoxes(ticked, [{ verb: 'look', target: '' }])), [{ verb: 'retry', target: 'run-1/usr' }]);
  assert.deepEqual(tickedBoxes(keepTicks(body, ticked)), tickedBoxes(ticked));
  assert.equal(renderBox({ verb: 'retry', target: 'a b -->' }, 'x'), '');
});

const body = renderDashboard(dashboardOf([blocked], [], debtNow), debtNow).body;
const edit = (change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  action: 'edited',
  issue: { number: 7, body: body.replace('- [ ]', '- [x]'), user: { login: 'slackwater[bot]', type: 'Bot' } },
  changes: { body: { from: body } },
  repository: { full_name: 'acme/platform' },
  sender: { login: 'operator', type: 'User' },
  ...change,
});

test('an edit that ticks a box becomes a message of its boxes, and reads back', () => {
  const projected = projectTick('d-1', edit());
  assert.ok(projected.kind === 'message');
  const read = parseTick(projected.event);

  assert.ok(read.ok && isRecord(projected.event['data']));
  assert.deepEqual(read.value, { repository: 'acme/platform', issueNumber: 7, issueAuthor: 'slackwater[bot]', sender: 'operator', boxes: [{ verb: 'look', target: '' }], deliveryId: 'd-1' });
});

test('whatever is no tick of a person on a dashboard is dropped with its reason', () => {
  const table: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['only an edited issue can hold a tick', edit({ action: 'opened' })],
    ['not the text of a dashboard', edit({ changes: { title: { from: 'x' } } })],
    ['not the text of a dashboard', edit({ issue: { number: 7, body: '- [x] <!-- slackwater:box:look: -->', user: null } })],
    ['not ticked by a person', edit({ sender: { login: 'slackwater[bot]', type: 'Bot' } })],
    ['no box was ticked', edit({ issue: { number: 7, body, user: null } })],
  ];

  for (const [reason, payload] of table) assert.deepEqual(projectTick('d-1', payload), { kind: 'ignore', reason });
  assert.equal(projectTick('d-1', null).kind, 'malformed');
  assert.equal(parseTick({ data: { boxes: [{ verb: 'abort' }] } }).ok, false);
  assert.ok(statusSample().issue !== null);
});
