import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import { judgePolicySet, withoutRivals } from '../../domain/policy-set.ts';
import { goodPolicy, policyWith } from './good-policy.ts';

function faultsOf(value: unknown): readonly string[] {
  const parsed = parseMaintenancePolicy(value, 'shop.yaml');
  return parsed.ok ? [] : parsed.faults.map(({ code, where }) => `${code} ${where}`);
}

test('a policy with the required fields alone is good, and the rest has its defaults', () => {
  const parsed = parseMaintenancePolicy(goodPolicy(), 'policies/shop.yaml');

  assert.deepEqual(parsed, {
    ok: true,
    value: {
      name: 'shop-prod-weu',
      source: 'policies/shop.yaml',
      clusterResourceId:
        '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod-weu',
      target: { kubernetesVersion: '1.35', nodeImage: 'latest' },
      window: {
        timeZone: 'Europe/Paris',
        startTime: '22:00',
        durationHours: 6,
        schedule: { kind: 'weekly', dayOfWeek: 'Saturday', intervalWeeks: 1 },
        startDate: null,
        notAllowedDates: [],
      },
      nodePools: {
        order: [],
        upgradeSettings: { maxSurge: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null },
        overrides: {},
        surgeFallback: 'withhold',
      },
      onFinding: { action: 'withhold' },
      onBlocked: { graceMinutes: 10, action: 'pause' },
      onQuarantined: { continueUpToNodes: 0, action: 'pause' },
      verify: null,
      onWindowEnd: 'finishInFlight',
      kubernetesApi: 'required',
      approvals: { required: 0, teams: [] },
      commands: {},
      report: { calendar: null, writeBack: [], repository: null, labels: [], onCall: null, upgradePullRequests: 'perCluster', escalation: [] },
      debts: { nodeCostPerDay: null, owners: {} },
    },
  });
});

test('each schedule, a fixed offset, settings and overrides are read as written', () => {
  const schedules: readonly (readonly [unknown, unknown])[] = [
    [{ daily: {} }, { kind: 'daily', intervalDays: 1 }],
    [{ daily: { intervalDays: 3 } }, { kind: 'daily', intervalDays: 3 }],
    [{ absoluteMonthly: { dayOfMonth: 31, intervalMonths: 2 } }, { kind: 'absoluteMonthly', dayOfMonth: 31, intervalMonths: 2 }],
    [{ relativeMonthly: { weekIndex: 'Last', dayOfWeek: 'Friday' } }, { kind: 'relativeMonthly', weekIndex: 'Last', dayOfWeek: 'Friday', intervalMonths: 1 }],
  ];
  for (const [written, read] of schedules) {
    const parsed = parseMaintenancePolicy(policyWith('spec.window.schedule', written), 'x');
    assert.deepEqual(parsed.ok && parsed.value.window.schedule, read);
  }
  const offset = parseMaintenancePolicy(policyWith('spec.window.utcOffset', '+01:00', policyWith('spec.window.timeZone', undefined)), 'x');
  assert.equal(offset.ok && offset.value.window.timeZone, '+01:00');
  const pools = parseMaintenancePolicy(
    policyWith('spec.nodePools', { order: ['sys', 'usr'], upgradeSettings: { maxSurge: '33%' }, overrides: { gpu: { maxSurge: 1, undrainableNodeBehavior: 'Cordon' } }, surgeFallback: 'reduce' }),
    'x',
  );
  assert.deepEqual(pools.ok && pools.value.nodePools, {
    order: ['sys', 'usr'],
    upgradeSettings: { maxSurge: '33%', drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null },
    overrides: { gpu: { maxSurge: '1', drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: 'Cordon' } },
    surgeFallback: 'reduce',
  });
});

test('each bad field is told by its code and path', () => {
  const table: readonly (readonly [path: string, value: unknown, ...faults: string[]])[] = [
    ['apiVersion', 'slackwater.dev/v1', 'wrong-word apiVersion'],
    ['apiVersion', undefined, 'missing-field apiVersion'],
    ['kind', undefined, 'missing-field kind'],
    ['kind', 'MaintenancePolcy', 'wrong-word kind'],
    ['kind', 7, 'wrong-type kind'],
    ['kind', 'Deployment', 'not-a-policy kind'],
    ['metadata', undefined, 'missing-field metadata'],
    ['metadata', null, 'wrong-type metadata'],
    ['metadata', [], 'wrong-type metadata'],
    ['metadata.name', 'Shop Prod', 'wrong-form metadata.name'],
    ['metadata.name', '', 'wrong-form metadata.name'],
    ['metadata.labels', {}, 'unknown-field metadata.labels'],
    ['spec', undefined, 'missing-field spec'],
    ['spec.cluster', {}, 'missing-field spec.cluster.resourceId'],
    ['spec.cluster.resourceId', '/subscriptions/x/resourceGroups/y', 'wrong-form spec.cluster.resourceId'],
    ['spec.target.kubernetesVersion', 1.3, 'wrong-type spec.target.kubernetesVersion'],
    ['spec.target.kubernetesVersion', 'v1.35', 'wrong-form spec.target.kubernetesVersion'],
    ['spec.target.kubernetesVersion', '1.035', 'wrong-form spec.target.kubernetesVersion'],
    ['spec.target.kubernetesVersion', '1.35.3\n', 'wrong-form spec.target.kubernetesVersion'],
    ['spec.target', { nodeImage: 'keep' }, 'nothing-wanted spec.target'],
    ['spec.target.nodeImage', 'newest', 'wrong-word spec.target.nodeImage'],
    ['spec.window', undefined, 'missing-field spec.window'],
    ['spec.window.timeZone', undefined, 'not-exactly-one spec.window'],
    ['spec.window.utcOffset', '+01:00', 'not-exactly-one spec.window'],
    ['spec.window.timeZone', 'Europe/Pari', 'unknown-time-zone spec.window.timeZone'],
    ['spec.window.timeZone', '+01:00', 'unknown-time-zone spec.window.timeZone'],
    ['spec.window.timeZone', 'W. Europe Standard Time', 'unknown-time-zone spec.window.timeZone'],
    ['spec.window.startTime', '24:00', 'wrong-form spec.window.startTime'],
    ['spec.window.startTime', '9:00', 'wrong-form spec.window.startTime'],
    ['spec.window.startTime', 1320, 'wrong-type spec.window.startTime'],
    ['spec.window.durationHours', 0, 'out-of-range spec.window.durationHours'],
    ['spec.window.durationHours', 25, 'out-of-range spec.window.durationHours'],
    ['spec.window.durationHours', 1.5, 'wrong-type spec.window.durationHours'],
    ['spec.window.durationHours', '6', 'wrong-type spec.window.durationHours'],
    ['spec.window.durationHours', Number.NaN, 'wrong-type spec.window.durationHours'],
    ['spec.window.schedule', {}, 'not-exactly-one spec.window.schedule'],
    ['spec.window.schedule.daily', {}, 'not-exactly-one spec.window.schedule'],
    ['spec.window.schedule.cron', '* * * * *', 'unknown-field spec.window.schedule.cron'],
    ['spec.window.schedule.weekly.dayOfWeek', 'Saterday', 'wrong-word spec.window.schedule.weekly.dayOfWeek'],
    ['spec.window.schedule.weekly.intervalWeeks', 5, 'out-of-range spec.window.schedule.weekly.intervalWeeks'],
    ['spec.window.schedule', { absoluteMonthly: { dayOfMonth: 32 } }, 'out-of-range spec.window.schedule.absoluteMonthly.dayOfMonth'],
    ['spec.window.schedule', { relativeMonthly: { weekIndex: 'Fifth', dayOfWeek: 'Monday' } }, 'wrong-word spec.window.schedule.relativeMonthly.weekIndex'],
    ['spec.window.startDate', '2026-02-30', 'no-such-date spec.window.startDate'],
    ['spec.window.startDate', '01/11/2026', 'wrong-form spec.window.startDate'],
    ['spec.window.notAllowedDates', { start: 'x' }, 'wrong-type spec.window.notAllowedDates'],
    ['spec.window.notAllowedDates', [{ start: '2026-12-18' }], 'missing-field spec.window.notAllowedDates[0].end'],
    ['spec.window.notAllowedDates', [{ start: '2027-01-04', end: '2026-12-18' }], 'dates-reversed spec.window.notAllowedDates[0].end'],
    ['spec.window.notAllowedDates', [{ start: '2026-12-18', end: '2026-12-18', scope: 'major' }], 'wrong-word spec.window.notAllowedDates[0].scope'],
    ['spec.nodePools.order', ['sys', 'sys'], 'repeated-entry spec.nodePools.order[1]'],
    ['spec.nodePools.order', ['Sys'], 'wrong-form spec.nodePools.order[0]'],
    ['spec.nodePools.upgradeSettings.maxSurge', '0', 'wrong-form spec.nodePools.upgradeSettings.maxSurge'],
    ['spec.nodePools.upgradeSettings.maxSurge', '101%', 'wrong-form spec.nodePools.upgradeSettings.maxSurge'],
    ['spec.nodePools.upgradeSettings.maxSurge', '0%', 'wrong-form spec.nodePools.upgradeSettings.maxSurge'],
    ['spec.nodePools.upgradeSettings.maxSurge', 0, 'wrong-type spec.nodePools.upgradeSettings.maxSurge'],
    ['spec.nodePools.upgradeSettings.maxSurge', 0.33, 'wrong-type spec.nodePools.upgradeSettings.maxSurge'],
    ['spec.nodePools.upgradeSettings.drainTimeoutInMinutes', 4, 'out-of-range spec.nodePools.upgradeSettings.drainTimeoutInMinutes'],
    ['spec.nodePools.upgradeSettings.drainTimeoutInMinutes', 1441, 'out-of-range spec.nodePools.upgradeSettings.drainTimeoutInMinutes'],
    ['spec.nodePools.upgradeSettings.nodeSoakDurationInMinutes', 31, 'out-of-range spec.nodePools.upgradeSettings.nodeSoakDurationInMinutes'],
    ['spec.nodePools.upgradeSettings.undrainableNodeBehavior', 'cordon', 'wrong-word spec.nodePools.upgradeSettings.undrainableNodeBehavior'],
    ['spec.nodePools.overrides', { 'Not A Pool': {} }, 'unknown-field spec.nodePools.overrides.Not A Pool'],
    ['spec.nodePools.overrides', { gpu: { maxSurgee: '1' } }, 'unknown-field spec.nodePools.overrides.gpu.maxSurgee'],
    ['spec.onBlocked.graceMinutes', -1, 'out-of-range spec.onBlocked.graceMinutes'],
    ['spec.onBlocked.action', 'force', 'wrong-word spec.onBlocked.action'],
    ['spec.onQuarantined.continueUpToNodes', 'two', 'wrong-type spec.onQuarantined.continueUpToNodes'],
    ['spec.onWindowEnd', 'abort', 'wrong-word spec.onWindowEnd'],
    ['spec.kubernetesApi', 'never', 'wrong-word spec.kubernetesApi'],
    ['spec.approvals.required', 11, 'out-of-range spec.approvals.required'],
    ['spec.commands', { reboot: ['acme/sre'] }, 'unknown-field spec.commands.reboot'],
    ['spec.commands', { abort: ['sre'] }, 'wrong-form spec.commands.abort[0]'],
    ['spec.approvals.teams', ['platform team'], 'wrong-form spec.approvals.teams[0]'],
    ['spec.report.repository', 'platform', 'wrong-form spec.report.repository'],
    ['spec.report.repository', 'https://example.com/acme/platform', 'wrong-form spec.report.repository'],
    ['spec.report.labels', 'maintenance', 'wrong-type spec.report.labels'],
    ['spec.report.onCall', 'acme/on-call', 'wrong-form spec.report.onCall'],
    ['spec.report.escalation', [{ afterMinutes: 1, mention: '@acme/leads' }], 'out-of-range spec.report.escalation[0].afterMinutes'],
    ['spec.report.escalation', [{ afterMinutes: 30, mention: 'everybody' }], 'wrong-form spec.report.escalation[0].mention'],
    ['spec.debts', { nodeCostPerDay: 7.2 }, 'wrong-type spec.debts.nodeCostPerDay'],
    ['spec.debts', { nodeCostPerDay: '7,20 EUR' }, 'wrong-form spec.debts.nodeCostPerDay'],
    ['spec.debts', { owners: { 'team-pay': 'team-pay' } }, 'wrong-form spec.debts.owners.team-pay'],
    ['spec.report.calendar', { path: '/docs' }, 'wrong-form spec.report.calendar.path'],
    ['spec.report.calendar', { path: 'docs/../clusters/x' }, 'wrong-form spec.report.calendar.path'],
    ['spec.report.calendar', { path: 'clusters/shop' }, 'wrong-form spec.report.calendar.path'],
    ['spec.report.calendar', { path: 'docs/maintenance.md' }, 'wrong-form spec.report.calendar.path'],
    ['spec.report.calendar', {}, 'missing-field spec.report.calendar.path'],
    ['spec.report.writeBack', [{ path: 'a.b' }], 'missing-field spec.report.writeBack[0].file'],
    ['spec.report.writeBack', [{ file: '../main.tf' }], 'wrong-form spec.report.writeBack[0].file'],
    ['spec.report.writeBack', [{ file: 'infra/../main.tf' }], 'wrong-form spec.report.writeBack[0].file'],
    ['spec.report.writeBack', [{ file: 'infra/notes.txt' }], 'wrong-form spec.report.writeBack[0].file'],
    ['spec.report.writeBack', [{ file: 'infra/', path: 'a.b' }], 'wrong-form spec.report.writeBack[0].path'],
    ['spec.report.writeBack', [{ file: 'infra/a.json', path: 'a..b' }], 'wrong-form spec.report.writeBack[0].path'],
    ['spec.report.writeBack', [{ file: 'infra/a.json', pins: 'kubernetesVersion' }], 'wrong-form spec.report.writeBack[0].pins'],
    ['spec.report.writeBack', [{ file: 'infra/a.json', path: 'a.b', pins: 'pool/usr' }], 'wrong-form spec.report.writeBack[0].pins'],
    ['spec.report.writeBack', [{ file: 'infra/a.json', repository: 'https://example.com/a/b' }], 'wrong-form spec.report.writeBack[0].repository'],
    ['spec.report.writeBack', Array.from({ length: 51 }, (_, index) => ({ file: `infra/${index}.tf` })), 'out-of-range spec.report.writeBack'],
    ['status', {}, 'unknown-field status'],
  ];
  for (const [path, value, ...faults] of table) {
    assert.deepEqual(faultsOf(policyWith(path, value)), faults, `${path} = ${JSON.stringify(value)}`);
  }
});

test('what is no group of fields at all is one fault', () => {
  for (const value of [null, undefined, 7, 'policy', [], [goodPolicy()], true]) {
    assert.deepEqual(faultsOf(value), ['wrong-type document'], JSON.stringify(value));
  }
});

test('every fault is told at once, each with what to do', () => {
  let policy: unknown = goodPolicy();
  policy = policyWith('metadata.name', 'Bad Name', policy);
  policy = policyWith('spec.target', { nodeImage: 'keep' }, policy);
  policy = policyWith('spec.window.durationHour', 6, policy);
  policy = policyWith('spec.window.durationHours', undefined, policy);
  policy = policyWith('spec.window.notAllowedDates', [{ start: '2026-02-30', end: 'soon' }], policy);

  const parsed = parseMaintenancePolicy(policy, 'shop.yaml');

  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.faults.map(({ code, where }) => `${code} ${where}`).toSorted(), [
    'missing-field spec.window.durationHours',
    'no-such-date spec.window.notAllowedDates[0].start',
    'nothing-wanted spec.target',
    'unknown-field spec.window.durationHour',
    'wrong-form metadata.name',
    'wrong-form spec.window.notAllowedDates[0].end',
  ]);
  for (const { message, remedy, where, source } of parsed.faults) {
    assert.ok(message.startsWith(where) && message.endsWith('.'), message);
    assert.match(remedy, /^[A-Z].*[.?]$/);
    assert.equal(source, 'shop.yaml');
  }
});

test('a slip of the pen is answered with the word that was meant', () => {
  const table: readonly (readonly [path: string, value: unknown, hint: RegExp])[] = [
    ['spec.windwo', {}, /Did you mean window\?/],
    ['spec.window.schedule.weekly.dayOfWeek', 'saturday', /Did you mean Saturday\?/],
    ['spec.window.timeZone', 'Europe/Pari', /Did you mean Europe\/Paris\?/],
    ['spec.window.timeZone', 'Romance Standard Time', /Windows name/],
    ['spec.window.timeZone', '+02:00', /utcOffset/],
    ['spec.target.kubernetesVersion', 1.3, /quotes/],
    ['kind', 'MaintenancePolicies', /Did you mean MaintenancePolicy\?/],
  ];
  for (const [path, value, hint] of table) {
    const parsed = parseMaintenancePolicy(policyWith(path, value), 'x');
    assert.ok(!parsed.ok);
    assert.ok(parsed.faults.some(({ remedy }) => hint.test(remedy)), `${path}: ${parsed.faults.map(({ remedy }) => remedy).join(' | ')}`);
  }
});

test('a field named like a built-in of objects is unknown and harms nothing', () => {
  const value: unknown = JSON.parse(JSON.stringify(goodPolicy()).replace('"kind"', '"__proto__":{"polluted":1},"constructor":1,"kind"'));

  assert.deepEqual(faultsOf(value), ['unknown-field __proto__', 'unknown-field constructor']);
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});

test('two policies may not share a name or a cluster, whatever the case of its resource id', () => {
  const first = parseMaintenancePolicy(goodPolicy(), 'a.yaml');
  const second = parseMaintenancePolicy(policyWith('metadata.name', 'other'), 'b.yaml');
  assert.ok(first.ok && second.ok);
  const shouted = { ...second.value, clusterResourceId: second.value.clusterResourceId.toUpperCase() };

  assert.deepEqual(judgePolicySet([first.value]), []);
  assert.deepEqual(judgePolicySet([first.value, shouted]).map(({ code, source }) => [code, source]), [['repeated-cluster', 'b.yaml']]);
  assert.deepEqual(judgePolicySet([first.value, first.value]).map(({ code }) => code), ['repeated-policy-name', 'repeated-cluster']);
  assert.deepEqual(withoutRivals([first.value]), [first.value]);
  assert.deepEqual(withoutRivals([first.value, shouted]), []);
});

test('what a node costs a day is read as amount and currency, and owners keep who is mentioned', () => {
  const parsed = parseMaintenancePolicy(policyWith('spec.debts', { nodeCostPerDay: '7.20 EUR', owners: { 'team-pay': '@acme/pay' } }), 'shop.yaml');

  assert.deepEqual(parsed.ok && parsed.value.debts, { nodeCostPerDay: { amount: 7.2, currency: 'EUR' }, owners: { 'team-pay': '@acme/pay' } });
});
