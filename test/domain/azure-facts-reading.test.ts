import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  readClusterCredential,
  readClusterNetwork,
  readCoreUsages,
  readMaintenanceConfigurations,
  readResourceLocks,
  readSubnetUsages,
} from '../../domain/azure-facts-reading.ts';
import { recordsAt } from '../../domain/json.ts';
import { nextOpenings } from '../../domain/maintenance-window.ts';
import type { Result } from '../../domain/result.ts';
import { at } from './cluster-samples.ts';

function valueOf<T>(result: Result<T, unknown>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

test('meters are read alike from ARM, which counts in numbers, and from the command, which prints texts', () => {
  const arm = { value: [{ unit: 'Count', currentValue: 76, limit: 350, name: { value: 'cores', localizedValue: 'Total Regional vCPUs' } }] };
  const command = [{ currentValue: '76', limit: '350', localName: 'Total Regional vCPUs', name: { value: 'cores', localizedValue: 'Total Regional vCPUs' } }];
  const wanted = [{ name: 'cores', used: 76, limit: 350 }];
  assert.deepEqual([valueOf(readCoreUsages(arm)), valueOf(readCoreUsages(command))], [wanted, wanted]);
});

test('subnets are read, gateways left out', () => {
  const entry = (id: string, currentValue: number, limit: number) => ({ id, currentValue, limit, name: { value: 'SubnetSpace' }, unit: 'Count' });
  assert.deepEqual(valueOf(readSubnetUsages([entry('/v/subnets/nodes', 11, 251), entry('/v/subnets/GatewaySubnet', -1, -1)])), [{ id: '/v/subnets/nodes', used: 11, limit: 251 }]);
});

test('a lock lies on what its id stands below', () => {
  const command = { id: '/subscriptions/s/resourceGroups/MC_shop/providers/Microsoft.Authorization/locks/keep-ip', level: 'CanNotDelete', name: 'keep-ip' };
  const arm = { value: [{ id: command.id, name: 'keep-ip', type: 'Microsoft.Authorization/locks', properties: { level: 'CanNotDelete' } }] };
  const wanted = [{ name: 'keep-ip', level: 'CanNotDelete', scope: '/subscriptions/s/resourceGroups/MC_shop' }];
  assert.deepEqual([valueOf(readResourceLocks([command])), valueOf(readResourceLocks(arm))], [wanted, wanted]);
});

test("AKS's schedules become windows in their fixed offset", () => {
  const configuration = (schedule: unknown, more: object = {}) => [{ name: 'aksManagedAutoUpgradeSchedule', properties: { maintenanceWindow: { schedule, startTime: '22:00', durationHours: 4, utcOffset: '+02:00', ...more } } }];
  const opens = (document: unknown): readonly string[] =>
    valueOf(readMaintenanceConfigurations(document)).flatMap(({ window }) => (window === null ? [] : nextOpenings(window, at('2026-11-01T00:00Z'), 1).map((one) => new Date(one.opens).toISOString())));
  const table: readonly (readonly [unknown, string])[] = [
    [configuration({ daily: { intervalDays: 1 } }), '2026-11-01T20:00:00.000Z'],
    [configuration({ weekly: { intervalWeeks: 1, dayOfWeek: 'Saturday' } }), '2026-11-07T20:00:00.000Z'],
    [configuration({ weekly: { intervalWeeks: 1, dayOfWeek: 'Saturday' } }, { utcOffset: null }), '2026-11-07T22:00:00.000Z'],
    [configuration({ weekly: { dayOfWeek: 'saturday' }, daily: null }, { notAllowedDates: [{ start: '2026-11-05', end: '2026-11-08' }] }), '2026-11-14T20:00:00.000Z'],
    [configuration({ absoluteMonthly: { intervalMonths: 1, dayOfMonth: 15 } }), '2026-11-15T20:00:00.000Z'],
    [configuration({ relativeMonthly: { intervalMonths: 1, weekIndex: 'Last', dayOfWeek: 'Tuesday' } }, { startDate: '2026-11-01' }), '2026-11-24T20:00:00.000Z'],
  ];
  for (const [document, wanted] of table) assert.deepEqual(opens(document), [wanted], JSON.stringify(document));
  assert.deepEqual(valueOf(readMaintenanceConfigurations([{ name: 'default', timeInWeek: [{ day: 'Monday', hourSlots: [1] }] }])), [{ name: 'default', window: null }]);
});

test("a cluster's body tells its pools' subnets, its outbound ports and what it signs in with", () => {
  const subnets = { vnetSubnetID: '/v/subnets/n', podSubnetID: '/v/subnets/p', podIPAllocationMode: 'StaticBlock' };
  const cluster = (profile: object, more: object = {}) => ({ properties: { networkProfile: profile, agentPoolProfiles: [{ name: 'sys', ...subnets }, { name: 'usr' }], ...more } });
  const flat = readClusterNetwork(cluster({ networkPlugin: 'azure', outboundType: 'loadBalancer', loadBalancerProfile: { allocatedOutboundPorts: 8_000, managedOutboundIPs: { count: 1 }, effectiveOutboundIPs: [{}, {}] } }));
  assert.deepEqual(flat, {
    podAddresses: 'node-subnet',
    podCidr: null,
    outbound: { publicAddresses: 2, portsPerNode: 8_000 },
    poolSubnets: {
      sys: { nodeSubnetId: '/v/subnets/n', podSubnetId: '/v/subnets/p', podAllocation: 'static-block' },
      usr: { nodeSubnetId: null, podSubnetId: null, podAllocation: 'dynamic' },
    },
  });
  const overlay = cluster({ networkPlugin: 'azure', networkPluginMode: 'overlay', podCidr: '10.244.0.0/16', outboundType: 'managedNATGateway', loadBalancerProfile: { allocatedOutboundPorts: 8_000 } });
  assert.deepEqual([readClusterNetwork(overlay).podAddresses, readClusterNetwork(overlay).outbound], ['overlay', null]);
  assert.equal(readClusterNetwork(cluster({ networkPlugin: 'kubenet' })).podAddresses, 'overlay');
  const flattened = { networkProfile: { networkPlugin: 'azure' } };
  assert.deepEqual(readClusterNetwork(flattened, [{ name: 'usr', vnetSubnetId: '/v/subnets/n' }]).poolSubnets['usr']?.nodeSubnetId, '/v/subnets/n');
  assert.deepEqual(readClusterNetwork(flattened, { value: [{ name: 'usr', properties: { vnetSubnetID: '/v/subnets/n' } }] }).poolSubnets['usr']?.nodeSubnetId, '/v/subnets/n');

  assert.equal(readClusterCredential(cluster({}, { servicePrincipalProfile: { clientId: 'msi' } })).kind, 'managed-identity');
  assert.equal(readClusterCredential(cluster({}, { servicePrincipalProfile: { clientId: '11111111-0000-0000-0000-000000000000' } })).kind, 'service-principal');
});

test('what is not the list it should be is refused with every place', () => {
  const places = (result: Result<unknown, { readonly where: string }>): readonly string[] => (result.ok ? [] : result.faults.map(({ where }) => where));
  assert.deepEqual(places(readCoreUsages({ error: 'x' })), ['the document']);
  assert.deepEqual(places(readCoreUsages([{ name: {}, currentValue: 'many', limit: 1 }, 7])), ['[0].currentValue', '[0].name.value', '[1]']);
  assert.deepEqual(places(readSubnetUsages([{ currentValue: 1, limit: 2 }])), ['[0].id']);
  assert.deepEqual(places(readResourceLocks([{ id: '/x', name: 'n' }])), ['[0].level']);
  assert.deepEqual(places(readMaintenanceConfigurations([{ name: 'n', maintenanceWindow: { schedule: { hourly: {} }, startTime: '22:00', durationHours: 4 } }])), ['[0].maintenanceWindow']);
});

const recorded = new URL('../../../shared/contracts/arm/recorded/', import.meta.url);

test('maintenance configurations as ARM really answered them are read', { skip: existsSync(recorded) ? false : 'the recorded ARM traffic is not here' }, () => {
  const lists = ['cli-maintenancewindow.json', 'cli-maintenanceconfiguration.json'].flatMap((file) => {
    const document: unknown = JSON.parse(readFileSync(new URL(file, recorded), 'utf8'));
    return recordsAt(document, 'exchanges').filter(({ method, url }) => method === 'GET' && /\/maintenanceConfigurations\?/.test(String(url)));
  });
  const read = lists.map(({ response }) => valueOf(readMaintenanceConfigurations(response)));
  assert.ok(read.length > 2);
  const windows = read.flat().filter(({ window }) => window !== null);
  assert.ok(windows.length > 0);
  assert.ok(windows.some(({ window }) => window?.timeZone === '+05:30' && window.schedule.kind === 'weekly'));
});
