import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBlocks } from '../../domain/block-cause.ts';
import type { KnownEvictionAnswer } from '../../domain/block-view.ts';
import type { ClusterSnapshot, DisruptionBudget, Pod } from '../../domain/cluster-snapshot.ts';
import { at, sampleBudget, sampleNamespace, sampleNode, samplePod, sampleSnapshot, sampleWebhook, sampleWorkload } from './cluster-samples.ts';

const now = at('2026-11-21T22:00Z');
const spent = { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 };
const three = [sampleWorkload('shop/web', 3)];
const never = sampleBudget('shop/web', { minAvailable: 3, status: { ...spent, currentHealthy: 3, desiredHealthy: 3 } });
const notNow = sampleBudget('shop/web', { minAvailable: 2, status: spent });

interface Situation {
  readonly pods: readonly Pod[];
  readonly budgets?: readonly DisruptionBudget[];
  readonly answers?: Readonly<Record<string, KnownEvictionAnswer>>;
  readonly objects?: Partial<ClusterSnapshot>;
  readonly isReady?: boolean;
}

/** Node `usr-1`; pods on other nodes only count. */
function judge({ pods, budgets = [], answers = {}, objects = {}, isReady = true }: Situation) {
  return judgeBlocks({
    now,
    startedAt: null,
    phase: 'rolling',
    pool: 'usr',
    target: { kubernetesVersion: '1.36.2', nodeImageVersion: null },
    drainTimeoutMinutes: 30,
    draining: [sampleNode('usr-1', { isCordoned: true, isReady })],
    objects: sampleSnapshot({ pods, disruptionBudgets: budgets, workloads: three, ...objects }),
    answers: new Map(Object.entries(answers)),
    events: [],
    attachments: null,
    seen: [],
  }).causes;
}

const [web, ...others] = [1, 2, 3].map((index) => samplePod(`shop/web-${index}`, { nodeName: `usr-${index}` }));
const webPods = web === undefined ? [] : [web, ...others];
const one = web === undefined ? [] : [web];

test('each way a pod stays has its class', () => {
  const answer = (status: number, message: string) => ({ 'uid-web-1': { status, message } });
  const table: readonly (readonly [string, Situation, readonly string[]])[] = [
    ['nothing refuses', { pods: webPods }, []],
    ['the budget never allows', { pods: webPods, budgets: [never] }, ['PDB_STRUCTURAL']],
    ['the budget waits for a pod', { pods: webPods.slice(0, 2), budgets: [notNow] }, ['PDB_TRANSIENT']],
    ['two budgets', { pods: webPods, budgets: [never, sampleBudget('shop/all', { selector: { matchLabels: {}, matchExpressions: [] } })] }, ['PDB_MULTIPLE']],
    ['a webhook cannot be asked', { pods: one, answers: answer(500, 'Internal error occurred: failed calling webhook "w": connection refused') }, ['EVICTION_WEBHOOK_UNREACHABLE']],
    ['a webhook without backend, by the rules alone', { pods: one, objects: { admissionWebhooks: [sampleWebhook()] } }, ['EVICTION_WEBHOOK_UNREACHABLE']],
    ['a webhook denies', { pods: one, answers: answer(403, 'admission webhook "w" denied the request') }, ['UNKNOWN']],
    ['a refusal without a budget we see', { pods: one, answers: answer(429, 'The disruption budget new is still being processed by the server.') }, ['UNKNOWN']],
    ['ending within its grace', { pods: one.map((pod) => ({ ...pod, deletionTimestamp: now + 30_000 })) }, ['GRACE_RUNNING']],
    ['held by a finalizer', { pods: one.map((pod) => ({ ...pod, deletionTimestamp: now - 120_000, finalizers: ['example.com/hold'] })) }, ['FINALIZER']],
    ['not ended by its node', { pods: one.map((pod) => ({ ...pod, deletionTimestamp: now - 120_000 })), isReady: false }, ['NODE_DEAD']],
    ['a static pod stays by nature', { pods: one.map((pod) => ({ ...pod, isMirror: true })), budgets: [never] }, []],
    ['a DaemonSet pod stays by nature', { pods: one.map((pod) => ({ ...pod, owner: { kind: 'DaemonSet', name: 'd', uid: 'd' } })), budgets: [never] }, []],
    ['a finished pod', { pods: one.map((pod) => ({ ...pod, phase: 'Succeeded' as const })), budgets: [never] }, []],
  ];
  for (const [name, situation, wanted] of table) assert.deepEqual(judge(situation).map((cause) => cause.class), wanted, name);
});

test('what the API server answered counts before what the lists suggest', () => {
  assert.deepEqual(judge({ pods: webPods, budgets: [never], answers: { 'uid-web-1': { status: 201, message: '' } } }), []);
});

test('an overloaded API server says nothing about the pod, so the rules decide', () => {
  const answers = { 'uid-web-1': { status: 429, message: 'Too many requests, please try again later.' } };
  assert.deepEqual(judge({ pods: webPods, answers }), []);
  assert.equal(judge({ pods: webPods, answers, budgets: [never] })[0]?.class, 'PDB_STRUCTURAL');
});

test('a cause names node, pod, budget, workload, owner, the arithmetic and the number that fits', () => {
  const workloads = [
    sampleWorkload('shop/web', 3, { annotations: { owner: 'team-web' } }),
    sampleWorkload('shop/web-abc', 3, { kind: 'ReplicaSet', uid: 'rs', owner: { kind: 'Deployment', name: 'web', uid: 'web' } }),
  ];
  const pods = webPods.map((pod) => ({ ...pod, owner: { kind: 'ReplicaSet', name: 'web-abc', uid: 'rs' } }));

  assert.deepEqual(judge({ pods, budgets: [never], objects: { workloads } }), [
    {
      class: 'PDB_STRUCTURAL',
      node: 'usr-1',
      pod: 'shop/web-1',
      budgets: ['shop/web'],
      owner: 'team-web',
      workload: 'Deployment shop/web',
      evidence: 'shop/web: minAvailable 3 of 3 pods needs 3 healthy; at full health there are 3, which allows 0.',
      remedy: 'Lower minAvailable to 2, or run 4 replicas.',
      webhook: null,
      disk: null,
      guiltyNode: null,
      since: now,
      waitsUntil: null,
      ruledOut: [
        { what: 'a new node that fails', answer: 'no: every new node serves' },
        { what: 'an admission webhook', answer: "no: the refusal is the budget's" },
        { what: 'a second budget', answer: 'no' },
        { what: 'its termination grace', answer: 'no: it is not ending' },
      ],
    },
  ]);
});

test('the owner is taken from the closest object that names one', () => {
  const owner = (objects: Partial<ClusterSnapshot>, budget = never) => judge({ pods: webPods, budgets: [budget], objects })[0]?.owner;
  const namespaces = [sampleNamespace('shop', { labels: { team: 'team-shop' } })];

  assert.equal(owner({}), null);
  assert.equal(owner({ namespaces }), 'team-shop');
  assert.equal(owner({ namespaces }, { ...never, annotations: { contact: 'budget-team' } }), 'budget-team');
  assert.equal(owner({ namespaces, workloads: [sampleWorkload('shop/web', 3, { labels: { team: 'team-web' } })] }), 'team-web');
});

test('pods of one workload behind one budget are one cause, and refusals come before pods that leave', () => {
  const pods = [
    samplePod('shop/api-1', { deletionTimestamp: now + 1_000 }),
    samplePod('shop/web-3'),
    samplePod('shop/web-1'),
    samplePod('shop/web-2'),
  ];
  const causes = judge({ pods, budgets: [never] });

  assert.deepEqual(causes.map((cause) => [cause.class, cause.pod]), [['PDB_STRUCTURAL', 'shop/web-1'], ['GRACE_RUNNING', 'shop/api-1']]);
  assert.match(causes[0]?.evidence ?? '', /The same holds shop\/web-2, shop\/web-3 on this node\.$/);
});
