import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseControlPlaneTarget, isMinorUpgrade, judgeSkew, minorOf, parseKubernetesVersion } from '../../domain/kubernetes-version.ts';
import type { ControlPlaneTarget, SkewJudgment } from '../../domain/kubernetes-version.ts';

test('a version is three whole numbers and nothing else', () => {
  assert.deepEqual(parseKubernetesVersion('1.35.3'), { major: 1, minor: 35, patch: 3 });
  for (const text of ['', '1.35', 'v1.35.3', '1.35.3-preview', '1.35.x', '1..3', ' 1.35.3', '1.35.3\n', '1.-5.3', '1e1.2.3']) {
    assert.equal(parseKubernetesVersion(text), null, JSON.stringify(text));
  }
  assert.equal(minorOf('1.35.3'), '1.35');
  assert.equal(minorOf('1.35'), null);
});

test('only a higher minor or major is a minor upgrade', () => {
  assert.equal(isMinorUpgrade({ from: '1.34.9', to: '1.35.0' }), true);
  assert.equal(isMinorUpgrade({ from: '1.34.4', to: '1.34.10' }), false);
  assert.equal(isMinorUpgrade({ from: '1.35.0', to: '1.34.9' }), false);
  assert.equal(isMinorUpgrade({ from: '1.35', to: '1.36.0' }), null);
});

test('a pool is at most three minors behind its control plane and never ahead', () => {
  const table: readonly (readonly [pool: string, controlPlane: string, SkewJudgment])[] = [
    ['1.35.3', '1.35.3', 'allowed'],
    ['1.35.2', '1.35.3', 'allowed'],
    ['1.35.4', '1.35.3', 'pool-ahead'],
    ['1.35.10', '1.35.9', 'pool-ahead'],
    ['1.36.0', '1.35.9', 'pool-ahead'],
    ['1.32.9', '1.35.0', 'allowed'],
    ['1.31.9', '1.35.0', 'pool-too-old'],
    ['1.35.0', '2.0.0', 'pool-too-old'],
    ['unknown', '1.35.0', 'unreadable'],
    ['1.35.0', '', 'unreadable'],
  ];
  for (const [nodePool, controlPlane, judgment] of table) {
    assert.equal(judgeSkew({ nodePool, controlPlane }), judgment, `${nodePool} under ${controlPlane}`);
  }
});

test('a control-plane target is only ever a version the upgrade profile offers', () => {
  const offered = ['1.34.6', '1.34.10', '1.35.3', '1.35.2', 'preview'];
  const notOffered = (why: 'lower' | 'absent' | 'unreadable'): ControlPlaneTarget => ({ kind: 'not-offered', why, offered });
  const table: readonly (readonly [wanted: string, current: string, ControlPlaneTarget])[] = [
    ['1.34', '1.34.4', { kind: 'target', version: '1.34.10' }],
    ['1.34', '1.34.10', { kind: 'already-there' }],
    ['1.34', '1.34.11', { kind: 'already-there' }],
    ['1.35', '1.34.4', { kind: 'target', version: '1.35.3' }],
    ['1.34.6', '1.34.4', { kind: 'target', version: '1.34.6' }],
    ['1.34.4', '1.34.4', { kind: 'already-there' }],
    ['1.34.5', '1.34.4', notOffered('absent')],
    ['1.35.9', '1.34.4', notOffered('absent')],
    ['1.34.3', '1.34.4', notOffered('lower')],
    ['1.33', '1.34.4', notOffered('lower')],
    ['1.36', '1.35.0', notOffered('absent')],
    ['1.36', '1.34.4', { kind: 'too-many-minors', firstHop: '1.35' }],
    ['1.37.1', '1.34.4', { kind: 'too-many-minors', firstHop: '1.35' }],
    ['2.0', '1.34.4', notOffered('absent')],
    ['latest', '1.34.4', notOffered('unreadable')],
    ['1.35', 'v1.34.4', notOffered('unreadable')],
  ];
  for (const [wanted, current, target] of table) {
    assert.deepEqual(chooseControlPlaneTarget(wanted, current, offered), target, `${wanted} on ${current}`);
  }
  assert.deepEqual(chooseControlPlaneTarget('1.35', '1.34.4', []), { kind: 'not-offered', why: 'absent', offered: [] });
});

test('two minors at once are refused even when the profile offers them', () => {
  assert.deepEqual(chooseControlPlaneTarget('1.36', '1.34.4', ['1.36.1']), { kind: 'too-many-minors', firstHop: '1.35' });
});
