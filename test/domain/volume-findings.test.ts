import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSnapshot } from '../../domain/cluster-snapshot.ts';
import type { PersistentVolume, VolumeClaim } from '../../domain/workload-facts.ts';
import { sampleNode, samplePod, samplePool, sampleWorkload, settings } from './cluster-samples.ts';
import { facts, onlyFinding, outlineOf } from './preflight-outline.ts';

/** Three pods with a claim each, on nodes in zones of their own. */
function stored(volume: Omit<PersistentVolume, 'name'>, change: { readonly claim?: Partial<VolumeClaim>; readonly maxSurge?: string; readonly nodesPerZone?: number } = {}): Partial<ClusterSnapshot> {
  const nodeCount = 3 * (change.nodesPerZone ?? 1);
  const zones = ['weu-1', 'weu-2', 'weu-3'];
  const indexes = [0, 1, 2];
  return {
    nodes: Array.from({ length: nodeCount }, (_, index) => sampleNode(`usr-${index}`, { zone: zones[index % 3] ?? null })),
    nodePools: [samplePool('usr', { nodeCount, availabilityZones: ['1', '2', '3'], upgradeSettings: { ...settings, maxSurge: change.maxSurge ?? '1', maxUnavailable: change.maxSurge === '0' ? '1' : '0' } })],
    pods: indexes.map((index) => samplePod(`db/mongo-${index}`, { nodeName: `usr-${index}`, volumeClaims: [`data-${index}`] })),
    workloads: [sampleWorkload('db/mongo', 3)],
    ...facts({
      volumeClaims: indexes.map((index) => ({ namespace: 'db', name: `data-${index}`, volumeName: `pv-${index}`, isEphemeral: false, ...change.claim })),
      volumes: indexes.map((index) => ({ ...volume, name: `pv-${index}`, zones: volume.zones.length === 0 ? [] : [zones[index] ?? ''] })),
    }),
  };
}

const local = { isNodeLocal: true, zones: [] };
const zonal = { isNodeLocal: false, zones: ['its own'] };
const regional = { isNodeLocal: false, zones: [] };

test('data on a node is lost at its re-image, and a disk of one zone pins its pod', () => {
  const table: readonly (readonly [string, Partial<ClusterSnapshot>, readonly string[]])[] = [
    ['local disks', stored(local), ['block LOCAL_DATA_LOSS db/mongo usr']],
    ['local scratch made for each pod', stored(local, { claim: { isEphemeral: true } }), []],
    ['network disks of every zone', stored(regional), []],
    ['zonal disks, one node a zone', stored(zonal), ['warn ZONE_PINNED db/mongo usr']],
    ['zonal disks, two nodes a zone', stored(zonal, { nodesPerZone: 2 }), []],
    ['a surge node for every zone', stored(zonal, { maxSurge: '3' }), []],
    ['no surge node at all', stored(zonal, { maxSurge: '0' }), ['block UNSCHEDULABLE_REPLACEMENT db/mongo usr']],
    ['claims nobody bound', stored(zonal, { claim: { volumeName: '' } }), []],
  ];
  for (const [name, snapshot, wanted] of table) assert.deepEqual(outlineOf(snapshot), wanted, name);
});

test('the findings name the volumes and the surge that fits', () => {
  assert.deepEqual(onlyFinding(stored(local)).evidence['volumes'], ['pv-0', 'pv-1', 'pv-2']);
  assert.match(onlyFinding(stored(zonal)).remedy, /^Set maxSurge of usr to 3 /);
});
