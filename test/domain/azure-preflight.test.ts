import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AzureFacts, ClusterNetwork, MaintenanceConfiguration } from '../../domain/azure-facts.ts';
import { noAzureFacts } from '../../domain/azure-facts.ts';
import type { ClusterSnapshot, NodePool } from '../../domain/cluster-snapshot.ts';
import type { MaintenancePolicy, WindowSchedule } from '../../domain/maintenance-policy.ts';
import { planMaintenance } from '../../domain/plan-maintenance.ts';
import { planningStateOf } from '../../domain/planning-state.ts';
import { judgePreflight } from '../../domain/preflight.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { at, newImage, opening, sampleCluster, sampleFacts, sampleNode, samplePolicy, samplePool, sampleSnapshot, settings } from './cluster-samples.ts';

const now = at('2026-11-21T20:00Z');
const minor = { target: { kubernetesVersion: '1.36', nodeImage: 'latest' } } as const;

interface Given {
  readonly pools?: readonly NodePool[];
  readonly facts?: Partial<AzureFacts>;
  readonly cluster?: Parameters<typeof sampleCluster>[0];
  readonly policy?: Partial<MaintenancePolicy>;
  readonly takenAt?: number;
}

function report({ pools = [samplePool('sys'), samplePool('usr')], facts = {}, cluster = {}, policy: change = {}, takenAt = now }: Given) {
  const nodes = pools.flatMap((pool) => (pool.nodeCount > 0 && pool.powerState === 'Running' ? [sampleNode(`${pool.name}-1`, { kubeletVersion: pool.currentOrchestratorVersion })] : []));
  const snapshot: ClusterSnapshot = sampleSnapshot({ nodePools: pools, nodes, cluster: sampleCluster(cluster), azureFacts: sampleFacts(facts), takenAt });
  const policy = samplePolicy(change);
  return judgePreflight(policy, planMaintenance(policy, opening, planningStateOf(snapshot)), snapshot);
}

/** `severity CODE where pools` of each finding. */
function outline(given: Given): readonly string[] {
  return report(given).findings.map(({ severity, code, where, pools }) => `${severity} ${code} ${where} ${pools.join(',')}`);
}

const pool = (name: string, nodeCount: number, maxSurge: string, change: Partial<NodePool> = {}): NodePool =>
  samplePool(name, { nodeCount, upgradeSettings: { ...settings, maxSurge }, ...change });
const scaled = (maxCount: number): Partial<NodePool> => ({ enableAutoScaling: true, minCount: 1, maxCount });

const subnet = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes';
const podSubnet = subnet.replace('/nodes', '/pods');
function network(podAddresses: ClusterNetwork['podAddresses'], change: Partial<ClusterNetwork> = {}, pods: string | null = null, podAllocation: 'dynamic' | 'static-block' = 'dynamic'): ClusterNetwork {
  const place = { nodeSubnetId: subnet, podSubnetId: pods, podAllocation };
  return { podAddresses, podCidr: null, outbound: null, poolSubnets: { sys: place, usr: place }, ...change };
}
const room = (used: number, limit: number) => [{ id: subnet.toUpperCase(), used, limit }];

test('a surge must fit its subnets, whatever gives pods their addresses, with autoscalers at their maximum', () => {
  const flat = network('node-subnet');
  const overlay = network('overlay');
  const dynamic = [...room(5, 11), { id: podSubnet, used: 80, limit: 100 }];
  const table: readonly (readonly [string, Given, readonly string[]])[] = [
    ['flat, 217 of 251 taken: surge 2 needs 62', { pools: [pool('sys', 2, '1'), pool('usr', 5, '2')], facts: { network: flat, subnets: room(217, 251) } }, ['block SUBNET_TOO_SMALL usr usr']],
    ['flat, one address short', { pools: [pool('sys', 2, '0'), pool('usr', 5, '1')], facts: { network: flat, subnets: room(221, 251) } }, ['block SUBNET_TOO_SMALL cluster *']],
    ['flat, to the last address', { pools: [pool('sys', 2, '0'), pool('usr', 5, '1')], facts: { network: flat, subnets: room(220, 251) } }, []],
    ['flat, nodes that came after the count', { pools: [pool('sys', 2, '0'), pool('usr', 6, '1')], facts: { network: flat, subnets: room(217, 251) } }, ['block SUBNET_TOO_SMALL cluster *']],
    ['overlay, the same numbers', { pools: [pool('sys', 2, '1'), pool('usr', 5, '2')], facts: { network: overlay, subnets: room(217, 251) } }, []],
    ['overlay, every pool short', { pools: [pool('sys', 3, '1'), pool('usr', 8, '1')], facts: { network: overlay, subnets: room(11, 11) } }, ['block SUBNET_TOO_SMALL cluster *']],
    ['overlay, room for one pool only', { pools: [pool('sys', 3, '1'), pool('usr', 6, '33%')], facts: { network: overlay, subnets: room(10, 11) } }, ['block SUBNET_TOO_SMALL usr usr']],
    ['overlay, the autoscaler may take what is left', { pools: [pool('sys', 3, '1'), pool('usr', 6, '1', scaled(8))], facts: { network: overlay, subnets: room(9, 11) } }, ['block SUBNET_TOO_SMALL cluster *']],
    ['pods in a subnet of their own, 16 at first', { pools: [pool('sys', 3, '1'), pool('usr', 6, '2')], facts: { network: network('node-subnet', {}, podSubnet), subnets: dynamic } }, ['block SUBNET_TOO_SMALL usr usr']],
    ['pods in blocks: 31 need two of 16', { pools: [pool('sys', 3, '0'), pool('usr', 2, '1')], facts: { network: network('node-subnet', {}, podSubnet, 'static-block'), subnets: dynamic } }, ['block SUBNET_TOO_SMALL cluster *']],
    ['a /21 of pods holds eight nodes', { pools: [pool('sys', 3, '0'), pool('usr', 5, '1')], facts: { network: network('overlay', { podCidr: '10.244.0.0/21' }), subnets: room(8, 251) } }, ['block SUBNET_TOO_SMALL cluster *']],
    ['in place, without surge', { pools: [pool('usr', 5, '0')], facts: { network: flat, subnets: room(251, 251) } }, []],
    ['spot', { pools: [pool('usr', 5, '2', { scaleSetPriority: 'Spot' })], facts: { network: flat, subnets: room(251, 251) } }, ['warn SPOT_NO_DRAIN usr usr']],
    ['stopped', { pools: [pool('sys', 3, '0'), pool('usr', 5, '2', { powerState: 'Stopped' })], facts: { network: flat, subnets: room(251, 251) } }, ['warn POOL_STOPPED usr usr']],
  ];
  for (const [name, given, wanted] of table) assert.deepEqual(outline(given), wanted, name);
});

test('a subnet that is too small tells the sum, and the surge that fits', () => {
  const [finding] = report({ pools: [pool('sys', 2, '1'), pool('usr', 5, '2')], facts: { network: network('node-subnet'), subnets: room(217, 251) } }).findings;
  assert.match(finding?.message ?? '', /^Surge 2 of usr needs 279 addresses, 251 exist; surge 1 needs 248\. Subnet NODES: 217 taken, 2×\(1\+30\) for surge nodes\.$/);
  assert.equal(finding?.remedy, 'Set maxSurge of usr to 1.');
  assert.deepEqual([finding.evidence['formula'], finding.evidence['maxSurgeThatFits']], ['217+2*(1+30)=279 > 251', 1]);
  const [full] = report({ pools: [pool('sys', 2, '0'), pool('usr', 5, '1', scaled(7))], facts: { network: network('overlay'), subnets: room(7, 9) } }).findings;
  assert.match(full?.remedy ?? '', /^No surge fits: lower the autoscaler's maximum for the night, or free or add addresses \(1 missing\), or upgrade usr in place/);
});

test('surge nodes need vCPUs of the region and of their family', () => {
  const quota = (region: readonly [number, number], family: readonly [number, number] | null) => [
    { name: 'cores', used: region[0], limit: region[1] },
    ...(family === null ? [] : [{ name: 'standardDSv5Family', used: family[0], limit: family[1] }]),
  ];
  const big = pool('usr', 12, '33%', { vmSize: 'Standard_D8s_v5' });
  const pools = [samplePool('sys'), big];
  const table: readonly (readonly [string, Partial<AzureFacts>, readonly string[]])[] = [
    ['the region is tighter', { quota: quota([124, 140], [108, 132]) }, ['block QUOTA_SHORT usr usr']],
    ['the family is tighter', { quota: quota([100, 400], [108, 132]) }, ['block QUOTA_SHORT usr usr']],
    ['to the last vCPU', { quota: quota([108, 140], [100, 132]) }, []],
    ['the family has no meter, the region is enough', { quota: quota([108, 140], null) }, []],
    ['not read', { quota: null }, []],
  ];
  for (const [name, facts, wanted] of table) assert.deepEqual(outline({ pools, facts }), wanted, name);
  assert.deepEqual(outline({ pools: [samplePool('sys'), { ...big, powerState: 'Stopped' }], facts: { quota: quota([396, 400], null) } }), ['warn POOL_STOPPED usr usr']);

  const [region] = report({ pools, facts: { quota: quota([124, 140], [108, 132]) } }).findings;
  assert.equal(region?.message, 'usr needs 4 × 8 = 32 vCPUs for its surge nodes; regional headroom is 16.');
  assert.equal(region.remedy, 'Set maxSurge of usr to 2 (6 waves), or ask for 16 more vCPUs of regional quota.');
  assert.deepEqual(region.evidence, { need: 32, familyFree: 24, regionalFree: 16, bindingLimit: 'regional', maxSurgeThatFits: 2 });
  const [family] = report({ pools, facts: { quota: quota([100, 400], [108, 132]) } }).findings;
  assert.deepEqual([family?.evidence['bindingLimit'], family?.evidence['maxSurgeThatFits']], ['family', 3]);
});

test('fixed outbound ports must last for every node there may be and one pool of surge', () => {
  const outbound = (portsPerNode: number, publicAddresses = 1) => ({ network: network('overlay', { outbound: { publicAddresses, portsPerNode } }) });
  const pools = [pool('usr', 6, '10%', { ...scaled(8), mode: 'System' })];
  const table: readonly (readonly [string, Given, readonly string[]])[] = [
    ['8 at most and 1 of surge', { pools, facts: outbound(8_000) }, ['block SNAT_PORTS_SHORT cluster *']],
    ['the number that fits', { pools, facts: outbound(7_104) }, []],
    ['two addresses', { pools, facts: outbound(8_000, 2) }, []],
    ['Azure chooses', { pools, facts: outbound(0) }, []],
    ['the surge of one pool at a time', { pools: [pool('sys', 3, '1'), pool('usr', 4, '1')], facts: outbound(8_000) }, []],
    ['no surge', { pools: [pool('usr', 6, '0', scaled(12))], facts: outbound(8_000) }, []],
  ];
  for (const [name, given, wanted] of table) assert.deepEqual(outline(given), wanted, name);
  const [finding] = report({ pools, facts: outbound(8_000) }).findings;
  assert.deepEqual([finding?.evidence['formula'], finding?.evidence['portsThatFit']], ['(8+1)*8000=72000 > 64000', 7_104]);
  assert.equal(finding?.remedy, 'Set allocatedOutboundPorts to 7104, or give the load balancer 2 public addresses instead of 1.');
});

test('a scale set ends at 1 000 machines, a day at 24 hours', () => {
  const slow: Partial<NodePool> = { nodeImageVersion: newImage.replace('202611.17.0', '202606.23.0') };
  const wide = { network: network('overlay', { podCidr: null }) };
  const table: readonly (readonly [string, Given, readonly string[]])[] = [
    ['960 and 96', { pools: [pool('usr', 960, '10%')], facts: wide }, ['block SCALESET_LIMIT usr usr']],
    ['960 and 40', { pools: [pool('usr', 960, '40')], facts: wide }, []],
    ['spot adds none', { pools: [pool('usr', 1_000, '10%', { scaleSetPriority: 'Spot' })], facts: wide }, ['block ESTIMATE_EXCEEDS_DAY usr usr', 'warn SPOT_NO_DRAIN usr usr']],
    ['240 nodes one by one', { pools: [pool('big', 240, '1', slow)] }, ['block ESTIMATE_EXCEEDS_DAY big big']],
    ['110 nodes one by one, 1 436 min', { pools: [pool('big', 110, '1', slow)] }, []],
  ];
  for (const [name, given, wanted] of table) assert.deepEqual(outline(given), wanted, name);

  const [set] = report({ pools: [pool('usr', 960, '10%')], facts: wide }).findings;
  assert.equal(set?.message, 'usr: 960 + 96 = 1056 exceeds the 1000 machines of a scale set.');
  assert.equal(set.remedy, 'Set maxSurge of usr to 40: 24 waves, about 318 min.');
  const [day] = report({ pools: [pool('big', 240, '1', slow)] }).findings;
  assert.deepEqual(day?.evidence, { estimateMin: 3_126, waves: 240, windowMin: 360, maxSurgeThatFits: 9, imageAgeWeeks: 21 });
  assert.match(day.message, /^At surge 1 big needs about 52 h \(240 waves, 3126 min\); surge 9 fits one window\..* its image is 21 weeks old/);
  assert.match(day.remedy, /maxSurge of big to 9: 27 waves, about 357 of 360 min/);
  const [spot] = report({ pools: [pool('usr', 1_000, '10%', { scaleSetPriority: 'Spot' })], facts: wide }).findings;
  assert.match(spot?.message ?? '', /^usr needs about 83 h \(1000 waves, 5000 min\)\. AKS never starts/);
});

test('an operating system without images is found by the calendar, or where AKS offers none', () => {
  const old = (change: Partial<NodePool>) => [samplePool('sys'), samplePool('old', change)];
  const none = { poolsWithoutNodeImage: ['old'] };
  const table: readonly (readonly [string, Given, readonly string[]])[] = [
    ['its images are still there', { pools: old({ osSku: 'Ubuntu2004' }) }, []],
    ['AKS offers none any more', { pools: old({ osSku: 'Ubuntu2004', latestNodeImageVersion: null }), facts: none }, ['block OS_IMAGE_RETIRED old old']],
    ['none offered, but the system is not on its way out', { pools: old({ osSku: 'Ubuntu', latestNodeImageVersion: null }), facts: none }, []],
    ['its images were removed', { pools: old({ osSku: 'CBLMariner' }) }, ['block OS_IMAGE_RETIRED old old']],
    ['told by the image where the SKU is general', { pools: old({ osSku: 'AzureLinux', nodeImageVersion: 'AKSAzureLinux-V2gen2-202511.01.0' }) }, ['block OS_IMAGE_RETIRED old old']],
    ['the successor', { pools: old({ osSku: 'AzureLinux', nodeImageVersion: 'AKSAzureLinux-V3gen2-202611.01.0' }) }, []],
    ['a year later', { pools: old({ osSku: 'Windows2019' }), takenAt: at('2027-04-01T00:00Z') }, ['block OS_IMAGE_RETIRED old old']],
  ];
  for (const [name, given, wanted] of table) assert.deepEqual(outline(given), wanted, name);
});

test('writes to an API that the new minor removes hold the run until twelve hours have passed', () => {
  const use = { api: 'flowcontrol.apiserver.k8s.io/v1beta3', resource: null, verb: 'update', client: 'old-operator', lastSeen: now - 5 * HOUR_MS, removedIn: '1.36' };
  const with1 = (change: Partial<typeof use>) => ({ deprecatedApiUses: [{ ...use, ...change }] });
  const blocked = ['block DEPRECATED_API cluster *'];
  const table: readonly (readonly [string, Given, readonly string[]])[] = [
    ['five hours ago', { facts: with1({}), policy: minor }, blocked],
    ['twelve hours ago', { facts: with1({ lastSeen: now - 12 * HOUR_MS }), policy: minor }, []],
    ['a read', { facts: with1({ verb: 'watch' }), policy: minor }, []],
    ['removed a minor later', { facts: with1({ removedIn: '1.37' }), policy: minor }, []],
    ['removed long ago, by its patch', { facts: with1({ removedIn: '1.35.0' }), policy: minor }, blocked],
    ['only images are wanted', { facts: with1({}) }, []],
    ['none', { facts: { deprecatedApiUses: [] }, policy: minor }, []],
  ];
  for (const [name, given, wanted] of table) assert.deepEqual(outline(given), wanted, name);
  const [finding] = report({ facts: with1({}), policy: minor }).findings;
  assert.equal(finding?.evidence['earliestClear'], '2026-11-22T03:00:00Z');
  assert.match(finding.message, /old-operator \(flowcontrol\.apiserver\.k8s\.io\/v1beta3, gone in 1\.36\).* clear Sun 22 Nov 04:00 \(03:00Z\), after this window/);
});

test('a use of which nobody knows when only warns, and says what is not known', () => {
  const use = { api: 'flowcontrol.apiserver.k8s.io/v1beta3', resource: 'flowschemas', verb: null, client: null, lastSeen: null, removedIn: '1.36' };
  const facts = { deprecatedApiUses: [use, { ...use, removedIn: '1.40' }], whyUnread: { deprecatedApiUses: 'metrics' } };
  assert.deepEqual(outline({ facts, policy: minor }), ['warn DEPRECATED_API cluster ']);
  assert.deepEqual(outline({ facts: { ...facts, deprecatedApiUses: [use, { ...use, verb: 'update', client: 'old-operator', lastSeen: now - HOUR_MS }] }, policy: minor }), ['block DEPRECATED_API cluster *']);
  assert.deepEqual(outline({ facts }), [], 'only images are wanted');

  const { findings, unchecked } = report({ facts, policy: minor });
  assert.match(findings[0]?.message ?? '', /no longer serves: flowcontrol\.apiserver\.k8s\.io\/v1beta3 flowschemas, gone in 1\.36\. Its metrics tell neither when nor by whom/);
  assert.ok(unchecked.some(({ what, why }) => /last used, and by whom/.test(what) && why === 'metrics'));
});

test('of a failed cluster it is listed when nobody could tell what failed', () => {
  const facts = { recentWrites: null, whyUnread: { recentWrites: 'no right to the log' } };
  const failed = report({ facts, cluster: { provisioningState: 'Failed' } });
  assert.ok(failed.unchecked.some(({ what, why }) => /which operation failed/.test(what) && why === 'no right to the log'));
  assert.ok(!report({ facts }).unchecked.some(({ what }) => /which operation failed/.test(what)));
});

test('a secret that ran out, and locks over what must change, hold the run', () => {
  const secret = (expiresAt: number | null) => ({ credential: { kind: 'service-principal', expiresAt } }) as const;
  const nodes = '/subscriptions/s/resourceGroups/mc_shop';
  const lock = (scope: string, level = 'CanNotDelete') => ({ locks: [{ name: 'keep-ip', level, scope }] });
  const table: readonly (readonly [string, Partial<AzureFacts>, readonly string[]])[] = [
    ['expired', secret(at('2026-11-19T00:00Z')), ['block CREDENTIAL_EXPIRED cluster *']],
    ['expires now', secret(now), ['block CREDENTIAL_EXPIRED cluster *']],
    ['expires within a month', secret(now + 30 * DAY_MS), ['warn CREDENTIAL_EXPIRED cluster ']],
    ['expires later', secret(now + 31 * DAY_MS), []],
    ['on the nodes', lock('/subscriptions/s/resourceGroups/MC_shop'), ['block RESOURCE_LOCK MC_shop *']],
    ['on the machines', lock(`${nodes}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-usr-vmss`), ['block RESOURCE_LOCK aks-usr-vmss *']],
    ['on one address beside the nodes', lock(`${nodes}/providers/Microsoft.Network/publicIPAddresses/out`), []],
    ['against any change of the load balancer', lock(`${nodes}/providers/Microsoft.Network/loadBalancers/kubernetes`, 'ReadOnly'), ['block RESOURCE_LOCK kubernetes *']],
    ['on the subscription', lock('/subscriptions/s'), ['block RESOURCE_LOCK s *']],
    ["against deleting the cluster's own group", lock('/subscriptions/s/resourceGroups/rg'), []],
    ["against any change of the cluster's own group", lock('/subscriptions/s/resourceGroups/rg', 'ReadOnly'), ['block RESOURCE_LOCK rg *']],
    ['on another group', lock('/subscriptions/s/resourceGroups/mc_shop2'), []],
  ];
  for (const [name, facts, wanted] of table) assert.deepEqual(outline({ facts }), wanted, name);
  const [expired] = report({ facts: secret(at('2026-11-19T00:00Z')) }).findings;
  assert.match(expired?.message ?? '', /expired 2 days ago \(Thu 19 Nov 2026\)/);
  assert.equal(expired?.evidence['since'], '2026-11-19');
});

const aksWindow = (name: string, change: Partial<WindowSchedule> = {}): MaintenanceConfiguration => ({
  name,
  window: { timeZone: '+02:00', startTime: '22:00', durationHours: 6, schedule: { kind: 'weekly', intervalWeeks: 1, dayOfWeek: 'Saturday' }, startDate: null, notAllowedDates: [], ...change },
});

test("AKS's own window is compared by instants, not by what clocks show", () => {
  const os = 'aksManagedNodeOSUpgradeSchedule';
  const auto = 'aksManagedAutoUpgradeSchedule';
  const summer = at('2026-10-10T20:00Z');
  const given = (configurations: readonly MaintenanceConfiguration[] | null, change: Given): Given => ({ facts: { maintenanceConfigurations: configurations }, ...change });
  const image = { cluster: { nodeOsUpgradeChannel: 'NodeImage' } };
  const table: readonly (readonly [string, Given, readonly string[]])[] = [
    ['the same in summer', given([aksWindow(os)], { ...image, takenAt: summer }), ['warn NODE_OS_CHANNEL_ACTIVE cluster ']],
    ['an hour apart in winter', given([aksWindow(os)], image), [`warn WINDOW_MISMATCH ${os} `]],
    ['the offset of winter', given([aksWindow(os, { timeZone: '+01:00' })], image), ['warn NODE_OS_CHANNEL_ACTIVE cluster ']],
    ['security patches, too', given([aksWindow(os)], { cluster: { nodeOsUpgradeChannel: 'SecurityPatch' } }), [`warn WINDOW_MISMATCH ${os} `]],
    ['another day', given([aksWindow(os, { timeZone: '+01:00', schedule: { kind: 'daily', intervalDays: 1 }, startTime: '03:00' })], image), [`warn WINDOW_MISMATCH ${os} `]],
    ['no schedule: any time', given([], image), ['warn NODE_OS_CHANNEL_ACTIVE cluster ']],
    ['schedules not read', given(null, image), ['warn NODE_OS_CHANNEL_ACTIVE cluster ']],
    ['a schedule whose channel is off', given([aksWindow(os), aksWindow(auto)], {}), []],
    ['patched without a roll', given([aksWindow(os)], { cluster: { nodeOsUpgradeChannel: 'Unmanaged' } }), []],
    ['only weekly releases', given([aksWindow('default')], {}), []],
    ['the version, by both', given([aksWindow(auto)], { cluster: { autoUpgradeChannel: 'stable' }, policy: minor, takenAt: summer }), ['block AUTO_UPGRADE_CHANNEL_ACTIVE cluster *']],
    ['the version, by both and apart', given([aksWindow(auto)], { cluster: { autoUpgradeChannel: 'stable' }, policy: minor }), ['block AUTO_UPGRADE_CHANNEL_ACTIVE cluster *', `warn WINDOW_MISMATCH ${auto} `]],
    ['too slow for AKS to start', given([], { ...image, pools: [pool('big', 240, '1')] }), ['block ESTIMATE_EXCEEDS_DAY big big']],
  ];
  for (const [name, each, wanted] of table) assert.deepEqual(outline(each), wanted, name);
  const [finding] = report(given([aksWindow(os)], image)).findings;
  assert.deepEqual([finding?.evidence['aksOpens'], finding?.evidence['oursOpens']], ['2026-11-21T20:00:00Z', '2026-11-21T21:00:00Z']);
  assert.match(finding?.message ?? '', /Sat 21 Nov 21:00 \(20:00Z\), ours opens Sat 21 Nov 22:00 \(21:00Z\)\. AKS opens 1 h before us since clocks changed on Sun 25 Oct\. Both say 22:00, but AKS counts in the fixed offset \+02:00/);
  assert.match(finding?.remedy ?? '', /utcOffset of aksManagedNodeOSUpgradeSchedule to \+01:00/);
});

test('what the fleet asks first comes first', () => {
  const ring = { cluster: 'shop-dev', isUpgraded: true, bakesUntil: now - HOUR_MS, alerts: [], nodeImages: [newImage] };
  const fleet = (earlierRings: readonly (typeof ring | (Omit<typeof ring, 'alerts'> & { alerts: readonly { name: string; since: number }[] }))[], partner: { cluster: string; isHealthy: boolean; state: string } | null = null) => ({ fleet: { earlierRings, partner } });
  const table: readonly (readonly [string, Partial<AzureFacts>, readonly string[]])[] = [
    ['all is proven', fleet([ring], { cluster: 'shop-neu', isHealthy: true, state: 'succeeded' }), []],
    ['an alert in the time of proof', fleet([{ ...ring, alerts: [{ name: '5xx > 2%', since: now - 2 * HOUR_MS }] }]), ['block BAKE_FAILED shop-dev *']],
    ['the time is not over', fleet([{ ...ring, bakesUntil: now + 1 }]), ['block BAKE_FAILED shop-dev *']],
    ['not upgraded', fleet([{ ...ring, isUpgraded: false }]), ['block BAKE_FAILED shop-dev *']],
    ['the partner is paused', fleet([], { cluster: 'shop-neu', isHealthy: false, state: 'paused: 2 of 6 old' }), ['block PARTNER_NOT_HEALTHY shop-neu *']],
    ['an image nobody ran', fleet([{ ...ring, nodeImages: ['AKSUbuntu-2204gen2containerd-202611.10.0'] }]), ['block UNTESTED_IMAGE cluster *']],
    ['the same release of another system', fleet([{ ...ring, nodeImages: ['AKSAzureLinux-V3gen2-202611.17.0'] }]), []],
    ['in no ring', { fleet: null }, []],
  ];
  for (const [name, facts, wanted] of table) assert.deepEqual(outline({ facts }), wanted, name);
});

test('what Azure did not tell is listed with the reason, where the run depends on it', () => {
  const what = (given: Given) => report(given).unchecked.map((one) => one.what);
  const everything = ['vCPU quota', 'network of the node pools', 'free addresses of the subnets', 'locks on the cluster and its nodes', "expiry of the cluster's credential"];
  assert.deepEqual(what({ facts: noAzureFacts('forbidden') }), everything);
  assert.deepEqual(what({ facts: noAzureFacts('forbidden'), policy: minor }).includes('use of APIs that the new version removes'), true);
  assert.deepEqual(what({ facts: noAzureFacts('forbidden'), cluster: { nodeOsUpgradeChannel: 'NodeImage' } }).includes('windows in which AKS upgrades by itself'), true);
  assert.deepEqual(report({ facts: noAzureFacts('forbidden') }).unchecked[0]?.why, 'forbidden');
  assert.deepEqual(what({ facts: { credential: { kind: 'service-principal', expiresAt: null } } }), ["expiry of the cluster's credential"]);
  assert.deepEqual(what({ pools: [samplePool('usr', { vmSize: 'Standard_A2' })] }), ['vCPU quota of pool/usr']);
  assert.deepEqual(what({ pools: [samplePool('usr', { vmSize: 'Standard_E4s_v5' })] }), ['vCPU quota of pool/usr']);
  assert.deepEqual(what({ pools: [samplePool('usr')], facts: { subnets: [] } }), ['free addresses for pool/usr']);
});

test('a failed cluster tells how many nodes are well', () => {
  const [finding] = report({ cluster: { provisioningState: 'Failed', provisioningError: { code: 'UpgradeFailed', message: '2026-09-28' } } }).findings;
  assert.equal(finding?.code, 'CLUSTER_FAILED_STATE');
  assert.match(finding.message, /Failed \(UpgradeFailed: 2026-09-28\); 2 of 2 nodes are Ready/);
  assert.match(finding.remedy, /may go on with a stopped upgrade at once/);
});

test('two drivers of the version tell when both would start, and a wish too far off tells its first step', () => {
  const configurations = [aksWindow('aksManagedAutoUpgradeSchedule', { timeZone: '+01:00' })];
  const [both] = report({ facts: { maintenanceConfigurations: configurations }, cluster: { autoUpgradeChannel: 'stable' }, policy: minor }).findings;
  assert.match(both?.message ?? '', /Both would start Sat 21 Nov 22:00 \(21:00Z\)\.$/);
  const [far] = report({ policy: { target: { kubernetesVersion: '1.37.1', nodeImage: 'latest' } } }).findings;
  assert.deepEqual([far?.code, far?.remedy], ['TARGET_NOT_OFFERED', 'Go in two steps, a window each: 1.36.2 now, 1.37.1 after it.']);
});
