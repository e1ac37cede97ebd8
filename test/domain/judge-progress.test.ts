import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, NodePool } from '../../domain/cluster-snapshot.ts';
import { isImageAtLeast, isThereAlready, judgePool, nothingFound } from '../../domain/judge-progress.ts';
import { countPool } from '../../domain/node-count.ts';
import type { BlockCause } from '../../domain/unit-progress.ts';
import type { PlannedUnit } from '../../domain/upgrade-plan.ts';

const oldImage = 'AKSUbuntu-2204gen2containerd-202610.06.0';
const newImage = 'AKSUbuntu-2204gen2containerd-202611.03.0';

const unit: PlannedUnit = {
  unit: 'pool/apps',
  from: { kubernetesVersion: '1.35.5', nodeImageVersion: oldImage },
  to: { kubernetesVersion: '1.36.2', nodeImageVersion: newImage },
  action: 'pool-version',
  nodeCount: 2,
  surgeNodeCount: 1,
  waves: 2,
  estimateMinutes: 32,
  upgradeSettings: null,
  restoreSettings: null,
  drainTimeoutMinutes: 30,
  undrainableNodeBehavior: 'Cordon',
  isSpot: false,
};

function pool(change: Partial<NodePool>): NodePool {
  return {
    name: 'apps',
    mode: 'User',
    nodeCount: 2,
    enableAutoScaling: false,
    minCount: null,
    maxCount: null,
    scaleSetPriority: 'Regular',
    powerState: 'Running',
    provisioningState: 'Succeeded',
    orchestratorVersion: '1.36.2',
    currentOrchestratorVersion: '1.36.2',
    nodeImageVersion: newImage,
    latestNodeImageVersion: newImage,
    offeredVersions: null,
    upgradeSettings: { maxSurge: '1', maxUnavailable: null, drainTimeoutInMinutes: null, nodeSoakDurationInMinutes: null, undrainableNodeBehavior: null },
    osType: 'Linux',
    osSku: 'Ubuntu',
    vmSize: 'Standard_D4s_v5',
    maxPods: 30,
    availabilityZones: [],
    nodeTaints: [],
    nodeLabels: {},
    maxBlockedNodes: null,
    eTag: 'e1',
    provisioningError: null,
    ...change,
  };
}

function node(name: string, change: Partial<Node>): Node {
  return {
    name,
    nodePool: 'apps',
    createdAt: 0,
    isReady: true,
    readyChangedAt: null,
    isCordoned: false,
    cordonedAt: null,
    isQuarantined: false,
    kubeletVersion: '1.36.2',
    imageVersion: newImage,
    zone: null,
    labels: {},
    annotations: {},
    taints: [],
    allocatable: { cpuMillicores: 1, memoryBytes: 1, pods: 30 },
    ...change,
  };
}

const old = { kubeletVersion: '1.35.5', imageVersion: oldImage };
const cause: BlockCause = { class: 'PDB_STRUCTURAL', node: 'a', pod: 'shop/x', budgets: [], owner: null, workload: null, evidence: '', remedy: '', webhook: null, disk: null, guiltyNode: null, since: 0, waitsUntil: null, ruledOut: [] };
const judge = (poolChange: Partial<NodePool>, nodes: readonly Node[], causes = [] as readonly (typeof cause)[], action: PlannedUnit['action'] = unit.action): string =>
  judgePool({ seenAt: 0, unit: { ...unit, action }, pool: pool(poolChange), nodes, ...nothingFound, causes }).state;

test('a pool is judged by its nodes, whatever ARM says', () => {
  const both = [node('a', {}), node('b', {})];
  const table: readonly [what: string, state: string, expected: string][] = [
    ['all nodes proven', judge({}, both), 'succeeded'],
    ['all nodes proven though ARM says Failed', judge({ provisioningState: 'Failed' }, both), 'needs-reconcile'],
    ['ARM says Succeeded, a node is old', judge({}, [node('a', {}), node('b', old)]), 'not-started'],
    ['version new, image old', judge({}, [node('a', {}), node('b', { imageVersion: oldImage })]), 'not-started'],
    ['a newer image than planned', judge({}, [node('a', {}), node('b', { imageVersion: 'AKSUbuntu-2204gen2containerd-202611.10.0' })]), 'succeeded'],
    ['a node is missing', judge({}, [node('a', {})]), 'not-started'],
    ['a new node is cordoned', judge({}, [node('a', {}), node('b', { isCordoned: true })]), 'not-started'],
    ['a new node is not Ready', judge({}, [node('a', {}), node('b', { isReady: false })]), 'not-started'],
    ['under way', judge({ provisioningState: 'Upgrading' }, [node('a', {}), node('b', old)]), 'running'],
    ['under way, an eviction refused', judge({ provisioningState: 'Upgrading' }, [node('a', old)], [cause]), 'blocked'],
    ['under way, a pod in its grace', judge({ provisioningState: 'Upgrading' }, [node('a', old)], [{ ...cause, class: 'GRACE_RUNNING', waitsUntil: 60_000 }]), 'running'],
    ['under way to another version', judge({ provisioningState: 'Upgrading', orchestratorVersion: '1.37.0' }, both), 'foreign'],
    ['somebody scales it', judge({ provisioningState: 'Scaling' }, both), 'foreign'],
    ['a word we do not know', judge({ provisioningState: 'Frobnicating' }, both), 'foreign'],
    ['failed with quarantine', judge({ provisioningState: 'Failed' }, [node('a', { ...old, isQuarantined: true, isCordoned: true }), node('b', {})]), 'quarantined'],
    ['failed', judge({ provisioningState: 'Failed' }, [node('a', old), node('b', {})]), 'failed'],
    ['aborted', judge({ provisioningState: 'Canceled' }, [node('a', old), node('b', {})]), 'canceled'],
    ['stopped pool, version moved', judge({ powerState: 'Stopped' }, []), 'unproven'],
    ['empty pool, version moved', judge({ nodeCount: 0 }, []), 'unproven'],
    ['stopped pool, image not moved', judge({ powerState: 'Stopped', nodeImageVersion: oldImage }, [], [], 'pool-node-image'), 'not-started'],
    ['stopped pool, image moved', judge({ powerState: 'Stopped', nodeImageVersion: newImage }, [], [], 'pool-node-image'), 'unproven'],
    ['spot pool with fewer nodes than wished for, all new', judge({ scaleSetPriority: 'Spot', nodeCount: 3 }, [node('a', {}), node('b', {})]), 'succeeded'],
    ['regular pool with fewer nodes than wished for', judge({ nodeCount: 3 }, [node('a', {}), node('b', {})]), 'not-started'],
    ['spot pool of which Azure took every node', judge({ scaleSetPriority: 'Spot', nodeCount: 3 }, []), 'unproven'],
  ];

  assert.deepEqual(
    table.map(([what, state]) => [what, state]),
    table.map(([what, , expected]) => [what, expected]),
  );
});

test('spare nodes are the newest beyond the pool count', () => {
  const nodes = [node('a', { createdAt: 1 }), node('b', { createdAt: 2 }), node('c', { createdAt: 9 })];

  const progress = judgePool({ seenAt: 0, unit, pool: pool({}), nodes, ...nothingFound });

  assert.deepEqual(progress.inventory?.surge, ['c']);
});

test('a newer image of any flavour counts, an older or unreadable one does not', () => {
  assert.equal(isImageAtLeast('AKSUbuntu-2404gen2containerd-202611.03.0', newImage), true);
  assert.equal(isImageAtLeast('AKSUbuntu-2204gen2containerd-202611.10.1', newImage), true);
  assert.equal(isImageAtLeast(oldImage, newImage), false);
  assert.equal(isImageAtLeast('custom-image', newImage), false);
  assert.equal(isImageAtLeast('custom-image', 'custom-image'), true);
});

test('a pool of very many old nodes names those that count by name, and only some of the others', () => {
  const nodes = Array.from({ length: 2_000 }, (_, index) => node(`n${String(index).padStart(4, '0')}`, { kubeletVersion: '1.35.5', isCordoned: index === 1_999 }));

  const inventory = judgePool({ seenAt: 0, unit, pool: pool({ nodeCount: 2_000 }), nodes, ...nothingFound }).inventory;
  const left = inventory === null ? null : countPool(inventory, []);

  assert.ok((inventory?.old.length ?? 0) <= 51);
  assert.ok(inventory?.old.includes('n1999'));
  assert.equal(left?.old, 2_000);
});

test('going back, only the very version and image count: a node that is still new is not there yet', () => {
  const back: PlannedUnit = { ...unit, action: 'pool-rollback', to: { kubernetesVersion: '1.35.5', nodeImageVersion: oldImage, isExact: true } };
  const judge = (change: Partial<NodePool>, images: readonly string[], kubeletVersion = '1.35.5') =>
    judgePool({ seenAt: 0, unit: back, pool: pool(change), nodes: images.map((imageVersion, index) => node(`n${index}`, { imageVersion, kubeletVersion })), ...nothingFound }).state;
  const table: readonly (readonly [what: string, state: string, expected: string])[] = [
    ['every node is back', judge({}, [oldImage, oldImage]), 'succeeded'],
    ['every node is back and Azure says failed', judge({ provisioningState: 'Failed' }, [oldImage, oldImage]), 'needs-reconcile'],
    ['nothing was sent', judge({}, [newImage, newImage]), 'not-started'],
    ['Azure stopped half-way', judge({ provisioningState: 'Failed' }, [oldImage, newImage]), 'failed'],
    ['the image is back and the version is not', judge({}, [oldImage, oldImage], '1.36.2'), 'not-started'],
    ['Azure is at work on it', judge({ provisioningState: 'Upgrading', orchestratorVersion: '1.35.5' }, [newImage, newImage]), 'running'],
    ['under a word of its own', judge({ provisioningState: 'RollingBack', orchestratorVersion: '1.35.5' }, [newImage, newImage]), 'running'],
    ['somebody upgrades it', judge({ provisioningState: 'Upgrading', orchestratorVersion: '1.36.2' }, [newImage, newImage]), 'foreign'],
    ['somebody scales it', judge({ provisioningState: 'Scaling', orchestratorVersion: '1.35.5' }, [newImage, newImage]), 'foreign'],
  ];
  assert.deepEqual(
    table.map(([what, state]) => [what, state]),
    table.map(([what, , expected]) => [what, expected]),
  );
});

test('a unit that runs its target is not sent again, but where somebody asks for it and Azure calls it canceled', () => {
  const table: readonly (readonly [state: 'succeeded' | 'unproven' | 'failed', provisioningState: string, attempt: number, expected: boolean])[] = [
    ['succeeded', 'Succeeded', 1, true],
    ['succeeded', 'Succeeded', 2, true],
    ['succeeded', 'Canceled', 1, true],
    ['succeeded', 'Canceled', 2, false],
    ['unproven', 'Succeeded', 2, true],
    ['failed', 'Failed', 1, false],
  ];
  for (const [state, provisioningState, attempt, expected] of table) assert.equal(isThereAlready({ state, provisioningState }, attempt), expected, `${state} ${provisioningState} ${attempt}`);
});
