import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tickWindows } from '../../functions/window-timer.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import { emptyWorld, failureOf, recordingPorts } from '../activities/recording-ports.ts';
import { goodPolicy } from '../domain/good-policy.ts';

const opens = Date.UTC(2026, 10, 21, 21);
const settings = { policyRepository: 'acme/platform', pollSeconds: { shortest: 30, longest: 150 } };

function setUp() {
  const parsed = parseMaintenancePolicy(goodPolicy(), 'shop.yaml');
  assert.ok(parsed.ok);
  const world = emptyWorld(opens);
  const policies = { readPolicies: async () => ({ ok: true as const, value: { policies: [parsed.value], faults: [] } }) };
  return { world, ports: { ...recordingPorts(world), policies } };
}

test('ten ticks in one opening start one run', async () => {
  const { world, ports } = setUp();

  for (let tick = 0; tick < 10; tick += 1) {
    await tickWindows(ports, settings);
    world.now += 300_000;
  }

  assert.equal(world.started.length, 1);
});

test('a window that could not be opened fails the invocation by name, and the next tick opens it', async () => {
  const { world, ports } = setUp();
  world.failures.set('startWindow', [failureOf('transient', 'task-hub-unreachable')]);

  const looked = (): number => world.logged.filter(({ code }) => code === 'windows.looked').length;

  await assert.rejects(tickWindows(ports, settings), /windows-not-opened: shop-prod-weu \(task-hub-unreachable\)/);
  assert.equal(looked(), 0, 'the alert on missing ticks counts this line');
  await tickWindows(ports, settings);

  assert.equal(world.started.length, 1);
  assert.equal(looked(), 1);
});

test('policies out of reach fail the invocation', async () => {
  const { ports } = setUp();
  const unread = { readPolicies: async () => ({ ok: false as const, failure: failureOf('transient', 'github-unreachable') }) };

  await assert.rejects(tickWindows({ ...ports, policies: unread }, settings), /github-unreachable/);
});

test('a tick keeps the dashboard, but leaves it to a run that it has just begun', async () => {
  const { world, ports } = setUp();

  await tickWindows(ports, settings);
  assert.deepEqual(world.issues, []);
  await tickWindows(ports, settings);
  await tickWindows(ports, settings);

  assert.deepEqual(world.issues.map(({ repository, title }) => `${repository} ${title}`), ['acme/platform Maintenance dashboard']);
});

test('a dashboard that cannot be kept opens no window less', async () => {
  const { world, ports } = setUp();
  world.failures.set('reviseIssue', [failureOf('transient', 'github-unavailable')]);
  world.started.push('another');

  await tickWindows(ports, settings);
  await tickWindows(ports, settings);

  assert.equal(world.started.length, 2);
  assert.ok(world.logged.some(({ code }) => code === 'dashboard.not-kept'));
});
