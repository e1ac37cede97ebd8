import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { keepCalendars } from '../../activities/keep-calendars.ts';
import { createPolicySource } from '../../adapters/policy-source.ts';
import { createStatePort } from '../../adapters/state-branch.ts';
import { findCommit } from '../../sim/github-world.ts';
import { botToken, repository, setup, startGitHub } from '../local/github-fixture.ts';

const asking = readFileSync(new URL('../../fixtures/policies/lab-aks.yaml', import.meta.url), 'utf8');
const lab = asking.replace(/^    calendar:\n      path: .*\n/m, '');
const other = asking.replaceAll('lab-aks', 'shop-aks').replace('22:00', '23:00');

async function connect(context: TestContext, files: Readonly<Record<string, string>>) {
  const repositories = setup.repositories.map((each) => (each.name === repository ? { ...each, files } : each));
  const local = await startGitHub(context, { setup: { ...setup, repositories } });
  const github = { baseUrl: local.server.apiUrl, auth: { kind: 'token', token: botToken }, repository } as const;
  const clock = { at: Date.parse('2026-11-20T12:00:00Z'), now: () => clock.at };
  const logged: string[] = [];
  const ports = {
    clock,
    logger: { log: (_level: string, code: string) => void logged.push(code) },
    policies: createPolicySource({ ...github, path: 'slackwater' }),
    state: createStatePort(github),
  };
  const held = local.server.github.world.repositories.get(repository) ?? assert.fail();
  const file = (path: string) => findCommit(held, 'slackwater-state')?.files.get(path)?.bytes ?? null;
  const writes = () => local.log.entries.filter(({ method, status }) => method === 'PUT' && status < 300).length;
  return { ...local, ports, clock, logged, file, writes, held };
}

test('policies that name one path share a calendar on the state branch; the same calendar is not written again', async (context) => {
  const { ports, file, writes, held, clock } = await connect(context, { 'slackwater/lab.yaml': asking, 'slackwater/shop.yaml': other });

  await keepCalendars(ports);
  assert.equal(writes(), 2);
  clock.at += 3_600_000;
  await keepCalendars(ports);
  assert.equal(writes(), 2);
  assert.match(file('docs/maintenance.md') ?? '', /`lab-aks`[^]*`shop-aks`/);
  assert.match(file('docs/maintenance.ics') ?? '', /^BEGIN:VCALENDAR\r\n[^]*END:VCALENDAR\r\n$/);
  assert.equal(findCommit(held, 'main')?.files.has('docs/maintenance.md'), false);

  clock.at = Date.parse('2026-11-22T12:00:00Z');
  await keepCalendars(ports);
  assert.equal(writes(), 4);
  assert.doesNotMatch(file('docs/maintenance.ics') ?? '', /DTSTART:20261121/);
});

test('a freeze that somebody ordered stands in it', async (context) => {
  const { ports, file, clock } = await connect(context, { 'slackwater/lab.yaml': asking });
  const read = await ports.policies.readPolicies();
  assert.ok(read.ok);
  const [policy] = read.value.policies;
  const order = { id: '1', kind: 'freeze', who: 'ann', when: clock.at, why: 'audit', until: null, endedBy: null } as const;
  assert.ok((await ports.state.changeState(policy?.clusterResourceId ?? '', (state) => ({ ...state, orders: [order] }), 'freeze')).ok);

  await keepCalendars(ports);

  assert.match(file('docs/maintenance.md') ?? '', /\*\*Frozen\.\*\* Frozen until somebody ends it by ann: audit\./);
});

test('nothing is written or read of the state branch where no policy asks', async (context) => {
  const { ports, writes, log } = await connect(context, { 'slackwater/lab.yaml': lab });

  await keepCalendars(ports);

  assert.equal(writes(), 0);
  assert.ok(!log.entries.some(({ query }) => query['ref'] === 'slackwater-state'));
});

test('a race, an outage and a missing right stop nothing, and the next tick mends what it can', async (context) => {
  const { ports, faults, file, logged } = await connect(context, { 'slackwater/lab.yaml': asking });
  const answer = (status: number) => ({ kind: 'answer', moment: 'before', response: { status, headers: {}, body: { message: 'no' } } }) as const;
  faults.add({ method: 'PUT', path: /docs/, times: 1, mishap: answer(409) });
  await keepCalendars(ports);
  assert.ok(file('docs/maintenance.ics') !== null);

  const second = await connect(context, { 'slackwater/lab.yaml': asking });
  for (const status of [503, 403]) second.faults.add({ method: 'PUT', path: /docs/, times: 1, mishap: answer(status) });
  await keepCalendars(second.ports);
  await keepCalendars(second.ports);
  await keepCalendars(second.ports);
  assert.deepEqual([logged, second.logged], [['calendar.kept'], ['calendar.not-kept', 'calendar.not-kept', 'calendar.kept']]);
});
