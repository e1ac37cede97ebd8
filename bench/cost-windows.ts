import { readScenario } from '../sim/scenario.ts';
import type { Scenario } from '../sim/scenario.ts';

/** One kind of maintenance window whose cost is counted: a cluster, a policy, and what happens. */
export interface WindowKind {
  readonly name: WindowName;
  /** For the page. */
  readonly title: string;
  readonly scenario: Scenario;
  readonly policyText: string;
  /** `blocked-for-an-hour`: a budget is tightened while the first pool drains, and mended 60 minutes later. */
  readonly night: 'quiet' | 'blocked-for-an-hour';
}

export type WindowName = 'image-3' | 'nothing-20' | 'image-20' | 'minor-20' | 'image-50' | 'blocked-20';

interface Shape {
  readonly title: string;
  readonly pools: Readonly<Record<string, number>>;
  readonly change: 'nothing' | 'image' | 'minor';
  readonly night: WindowKind['night'];
  readonly maxSurge: string;
  readonly durationHours: number;
  readonly drainMinutes: number;
}

const usual = { night: 'quiet', maxSurge: '33%', durationHours: 6, drainMinutes: 30 } as const;
const twenty = { system: 3, apps: 12, batch: 5 } as const;

const shapes: Readonly<Record<WindowName, Shape>> = {
  'image-3': { ...usual, title: '3 nodes, node image', pools: { system: 3 }, change: 'image' },
  'nothing-20': { ...usual, title: '20 nodes, nothing newer is there', pools: twenty, change: 'nothing' },
  'image-20': { ...usual, title: '20 nodes, node image', pools: twenty, change: 'image' },
  'minor-20': { ...usual, title: '20 nodes, minor version and image', pools: twenty, change: 'minor' },
  'image-50': { ...usual, title: '50 nodes, node image, some two hours', pools: { system: 3, apps: 32, batch: 15 }, change: 'image', maxSurge: '20%' },
  'blocked-20': { ...usual, title: '20 nodes, node image, a budget blocks for an hour', pools: twenty, change: 'image', night: 'blocked-for-an-hour', drainMinutes: 90 },
};

/** Names of all kinds, the smallest first. */
export const windowNames: readonly WindowName[] = ['image-3', 'nothing-20', 'image-20', 'minor-20', 'image-50', 'blocked-20'];

/** The budget that is tightened in a blocked night. */
export const tightBudget = { namespace: 'shop', name: 'apps-0' } as const;

const DEPLOYMENTS_PER_POOL = 3;
const image = { old: '202610.06.0', latest: '202611.21.0' } as const;

/** The kind of that name. Throws only for a defect: the scenario is made here. */
export function windowKind(name: WindowName): WindowKind {
  const shape = shapes[name];
  const read = readScenario(scenarioOf(shape));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return { name, title: shape.title, scenario: read.value, policyText: policyTextOf('lab-cost', shape), night: shape.night };
}

/** A policy whose window is shut at weekday noon, for a cluster of that name. */
export function closedPolicyText(cluster: string): string {
  return policyTextOf(cluster, shapes['image-20']);
}

function policyTextOf(cluster: string, { change, durationHours, maxSurge, drainMinutes }: Shape): string {
  return `apiVersion: slackwater.dev/v1alpha1
kind: MaintenancePolicy
metadata:
  name: ${cluster}
spec:
  cluster:
    resourceId: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/${cluster}-rg/providers/Microsoft.ContainerService/managedClusters/${cluster}
  target:
    kubernetesVersion: "${change === 'minor' ? '1.36' : '1.35'}"
    nodeImage: latest
  window:
    timeZone: Europe/Paris
    startTime: "22:00"
    durationHours: ${durationHours}
    schedule:
      weekly:
        dayOfWeek: Saturday
        intervalWeeks: 1
  nodePools:
    upgradeSettings:
      maxSurge: ${maxSurge}
      drainTimeoutInMinutes: ${drainMinutes}
      nodeSoakDurationInMinutes: 0
      undrainableNodeBehavior: Cordon
  onBlocked:
    graceMinutes: 10
    action: pause
  onWindowEnd: finishInFlight
  report:
    repository: acme/platform
    labels: [maintenance]
    onCall: "@acme/on-call"
    calendar:
      path: docs/maintenance
`;
}

function scenarioOf(shape: Shape): object {
  return {
    id: 'COST',
    title: shape.title,
    t0_is: 'window open',
    sim: {},
    initial: {
      cluster: {
        name: 'lab-cost', region: 'westeurope', tier: 'Standard', powerState: 'Running', provisioningState: 'Succeeded', lastError: null, k8s: '1.35.5', autoUpgradeChannel: 'none',
        nodeOSUpgradeChannel: 'None', identity: { type: 'managed' }, networkPlugin: 'azure-overlay', locks: [], forceUpgradeUntil: null, availableControlPlaneUpgrades: ['1.36.2'],
        aksMaintenanceConfigs: [], deprecatedApiUsage: [], webhooks: [], quota: { regionalLimit: 2_000, regionalUsed: 200, families: { DSv5: { limit: 1_000, used: 200 } } }, subnet: null, outbound: null,
      },
      pools: Object.entries(shape.pools).map(([name, count]) => ({
        name, mode: name === 'system' ? 'System' : 'User', osType: 'Linux', osSku: 'Ubuntu2204', vmSize: 'Standard_D8s_v5', family: 'DSv5', vcpu: 8, count, autoscale: null, zones: [], priority: 'Regular',
        k8s: '1.35.5', image: image.old, imageLatest: shape.change === 'nothing' ? image.old : image.latest, maxSurge: shape.maxSurge, maxUnavailable: '0', drainTimeoutMin: shape.drainMinutes, soakMin: 0,
        undrainable: 'Cordon', maxBlocked: null, maxPods: 60, powerState: 'Running', provisioningState: 'Succeeded',
      })),
      nodeExceptions: [],
      workloads: Object.entries(shape.pools).flatMap(([pool, count]) =>
        Array.from({ length: DEPLOYMENTS_PER_POOL }, (_, index) => ({
          ns: pool === 'system' ? 'kube-system' : 'shop', name: `${pool}-${index}`, kind: 'Deployment', replicas: count, ready: count, on: [`${pool}-*`], graceSec: 20, startSec: 30, owner: 'team-shop',
          pdbs: [{ name: `${pool}-${index}`, maxUnavailable: 1, disruptionsAllowed: 1 }],
        })),
      ),
    },
    policy: { window: { open: '2026-11-21T21:00:00Z', tz: 'Europe/Paris', durationMin: shape.durationHours * 60, freezes: [] }, target: { kind: shape.change === 'minor' ? 'kubernetes' : 'node-image' } },
    timeline: [],
    expect: {},
  };
}
