import type { BlockCause, NodeInventory } from '../../domain/unit-progress.ts';
import type { UnitStatus, WindowStatus } from '../../domain/window-status.ts';

/** Sat 10 Oct 2026, 22:00 in Paris. */
const opens = Date.UTC(2026, 9, 10, 20, 0);
export const minutesIn = (minutes: number) => opens + minutes * 60_000;

export const emptyInventory: NodeInventory = { total: 0, upgraded: 0, old: [], cordoned: [], quarantined: [], notReady: [], surge: [] };

export function unitSample(change: Partial<UnitStatus> = {}): UnitStatus {
  return {
    unit: 'pool/usr',
    state: 'planned',
    from: '202609.15.0',
    to: '202610.02.0',
    attempt: 1,
    startedAt: null,
    endedAt: null,
    estimateMinutes: 45,
    inventory: null,
    note: '',
    ...change,
  };
}

export const upgradedSys = unitSample({
  unit: 'pool/sys',
  state: 'upgraded',
  startedAt: minutesIn(1),
  endedAt: minutesIn(14),
  estimateMinutes: 20,
  inventory: { ...emptyInventory, total: 3, upgraded: 3 },
});

export const ledgerCause: BlockCause = {
  class: 'PDB_STRUCTURAL',
  node: 'usr-2',
  pod: 'pay/ledger-0',
  budgets: ['pay/ledger-pdb'],
  owner: 'team-pay',
  workload: 'StatefulSet pay/ledger',
  evidence: 'The API server answers 429; maxUnavailable 0 allows no eviction at any replica count; 3 of 3 pods are healthy.',
  remedy: 'Set maxUnavailable of pay/ledger-pdb from 0 to 1: 3 of 3 pods are healthy, so one can move.',
  webhook: null,
  disk: null,
  guiltyNode: null,
  since: minutesIn(20),
  waitsUntil: null,
  ruledOut: [{ what: 'a second budget', answer: 'no' }],
};

export const pausedUsr = unitSample({
  state: 'paused',
  startedAt: minutesIn(15),
  inventory: {
    total: 8,
    upgraded: 5,
    old: ['usr-2', 'usr-4', 'usr-5'],
    cordoned: ['usr-2'],
    quarantined: [],
    notReady: [],
    surge: ['usr-7', 'usr-6'],
  },
});

export function statusSample(change: Partial<WindowStatus> = {}): WindowStatus {
  return {
    schema: 'slackwater.status/v1',
    runId: 'shop-prod-weu-20261010T2000Z',
    policyName: 'shop-prod-weu',
    clusterResourceId:
      '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-shop/providers/Microsoft.ContainerService/managedClusters/shop-prod-weu',
    clusterName: 'shop-prod-weu',
    timeZone: 'Europe/Paris',
    window: { opens, closes: minutesIn(360) },
    phase: 'upgrading',
    outcome: null,
    planDigest: '0f4c2a9be1d34c5f8a7b6c5d4e3f2a1b0f4c2a9be1d34c5f8a7b6c5d4e3f2a1b',
    units: [upgradedSys, unitSample({ state: 'running', startedAt: minutesIn(15) })],
    pause: null,
    holds: [],
    acknowledgements: [],
    findings: [],
    findingsOmitted: 0,
    unchecked: [],
    timeline: [],
    timelineOmitted: 0,
    leftOver: [],
    missed: null,
    issue: { repository: 'acme/platform', number: 12, url: 'https://github.com/acme/platform/issues/12' },
    nextAt: null,
    ...change,
  };
}

/** Pool usr is drain-blocked by one budget, 11 minutes before the moment the report is written. */
export const pausedStatus = statusSample({
  phase: 'paused',
  units: [upgradedSys, pausedUsr],
  pause: {
    unit: 'pool/usr',
    since: minutesIn(34),
    kind: 'blocked',
    causes: [ledgerCause],
    drainDeadline: minutesIn(64),
    windowDeadline: minutesIn(360),
    clearedSince: null,
    number: 1,
    detail: '',
  },
  findings: [
    {
      code: 'PDB_EDGE',
      where: 'shop/api',
      severity: 'warn',
      pools: ['usr'],
      message: 'The autoscaler minimum equals what the budget keeps.',
      remedy: 'Set the minimum to 3.',
      owner: 'team-shop',
    },
  ],
  unchecked: [{ what: 'Regional quota', why: 'no rights to read it' }],
  timeline: [
    { at: minutesIn(0), text: 'The window opened.' },
    { at: minutesIn(14), text: 'Pool sys: 3 of 3 nodes are proven on the target.' },
    { at: minutesIn(34), text: 'Pool usr paused: pay/ledger-0 cannot leave usr-2.' },
  ],
});

/** 22:45 in Paris. */
export const pausedNow = minutesIn(45);

/** Two holds, one of them for a loss: pool gpu waits for a budget, pool usr for somebody's word. */
export const heldStatus = statusSample({
  phase: 'held',
  units: [upgradedSys, unitSample({ state: 'withheld' }), unitSample({ unit: 'pool/gpu', state: 'withheld' })],
  nextAt: minutesIn(70),
  holds: [
    {
      unit: 'pool/usr',
      state: 'waiting',
      since: minutesIn(0),
      endedAt: null,
      causes: [{ code: 'UNMANAGED_POD', where: 'ops/debug-jump', message: 'ops/debug-jump has no controller: draining the node deletes it for good.', remedy: 'Run it by a Deployment.', owner: 'lia' }],
      causesOmitted: 0,
      estimateMinutes: 45,
      lastUsefulStart: minutesIn(315),
      clearedSince: null,
      number: 1,
    },
    {
      unit: 'pool/gpu',
      state: 'waiting',
      since: minutesIn(0),
      endedAt: null,
      causes: [{ code: 'PDB_STRUCTURAL', where: 'ml/train', message: 'It can never allow an eviction.', remedy: 'Set maxUnavailable to 1.', owner: null }],
      causesOmitted: 2,
      estimateMinutes: 60,
      lastUsefulStart: minutesIn(300),
      clearedSince: null,
      number: 2,
    },
  ],
  findings: [
    { code: 'UNMANAGED_POD', where: 'ops/debug-jump', severity: 'block', pools: ['usr'], message: 'It has no controller.', remedy: 'Run it by a Deployment.', owner: 'lia' },
    { code: 'PDB_STRUCTURAL', where: 'ml/train', severity: 'block', pools: ['gpu'], message: 'It can never allow an eviction.', remedy: 'Set maxUnavailable to 1.', owner: null },
  ],
});
