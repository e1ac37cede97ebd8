import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runningAt } from '../../domain/running-version.ts';
import type { ClusterLook } from '../../domain/running-version.ts';
import { parsePin } from '../../domain/pinned-version.ts';

const image = 'AKSUbuntu-2204gen2containerd-202610.12.0';
const node = (kubeletVersion: string, imageVersion = image) => ({ nodePool: 'usr', kubeletVersion, imageVersion });
const look: ClusterLook = {
  cluster: { currentKubernetesVersion: '1.35.3', provisioningState: 'Succeeded' },
  nodePools: [{ name: 'usr', provisioningState: 'Succeeded', currentOrchestratorVersion: '1.35.2', nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202610.01.0' }],
  nodes: [node('1.35.3'), node('1.35.3'), { ...node('1.33.0'), nodePool: 'other' }],
  units: [],
};
const upgrading = { currentKubernetesVersion: '1.35.3', provisioningState: 'Upgrading' };
const unit = (name: 'control-plane' | 'pool/usr', state: 'upgraded' | 'quarantined' | 'skipped', startedAt: number | null) => ({ unit: name, state, startedAt });

const cases: readonly (readonly [what: string, pin: string, look: Partial<ClusterLook>, told: string | RegExp])[] = [
  ['the control plane, at rest', 'kubernetesVersion', {}, '1.35.3'],
  ['the control plane of a cluster that a pool left Failed', 'kubernetesVersion', { cluster: { ...upgrading, provisioningState: 'Failed' } }, '1.35.3'],
  ['the control plane while Azure is at work', 'kubernetesVersion', { cluster: upgrading }, /at work on the cluster \(Upgrading\)/],
  ['the control plane that the run did not see done', 'kubernetesVersion', { units: [unit('control-plane', 'quarantined', 1)] }, /not seen to be upgraded/],
  ['the control plane that the run never began', 'kubernetesVersion', { units: [unit('control-plane', 'skipped', null)] }, '1.35.3'],
  ['a pool by its nodes, not by ARM', 'pool/usr kubernetesVersion', {}, '1.35.3'],
  ['an image by the nodes, not by ARM', 'pool/usr nodeImageVersion', {}, image],
  ['a pool with one old node', 'pool/usr kubernetesVersion', { nodes: [node('1.35.3'), node('1.34.7')] }, /do not all run the same: 1\.34\.7, 1\.35\.3/],
  ['a pool whose nodes could not be read', 'pool/usr kubernetesVersion', { nodes: null }, /could not be read/],
  ['an empty pool', 'pool/usr kubernetesVersion', { nodes: [] }, '1.35.2'],
  ['an empty pool that the run did not see done', 'pool/usr kubernetesVersion', { nodes: [], units: [unit('pool/usr', 'quarantined', 1)] }, /no node of the pool shows/],
  ['a pool that is not there', 'pool/gone kubernetesVersion', {}, /has no pool gone/],
];
for (const [what, words, change, told] of cases) {
  test(`what runs: ${what}`, () => {
    const running = runningAt(parsePin(words) ?? assert.fail(), { ...look, ...change });

    if (typeof told === 'string') assert.deepEqual(running, { kind: 'runs', version: told });
    else assert.match(running.kind === 'unknown' ? running.why : '', told);
  });
}

test('a pin is written in one way', () => {
  for (const words of ['', 'version', 'kubernetesversion', 'nodeImageVersion', 'pool/usr', 'pool/USR kubernetesVersion', 'pool/usr  kubernetesVersion', 'pool/usr kubernetesVersion x']) assert.equal(parsePin(words), null, words);
});
