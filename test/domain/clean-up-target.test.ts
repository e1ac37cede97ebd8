import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCleanUpTarget } from '../../domain/clean-up-target.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { samplePolicy } from './cluster-samples.ts';

const idOf = (cluster: string, group = 'rg'): string => `/subscriptions/s/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${cluster}`;
const policy = (name: string, cluster = name, group = 'rg'): MaintenancePolicy => samplePolicy({ name, clusterResourceId: idOf(cluster, group) });
const shop = policy('shop-prod');
const pay = policy('pay-prod');
const elsewhere = { repository: 'acme/platform', issueNumber: 9, issueRunId: null, debtsOf: null };
const run = (cluster: string, issueNumber: number) => ({ clusterName: cluster, runId: `${cluster}-20261121T2100Z`, issueNumber, instanceId: 'i', repository: 'acme/platform', isLive: false, units: [], clusterResourceId: idOf(cluster) });

function found(policies: readonly MaintenancePolicy[], written: string | null, location: { readonly issueNumber?: number; readonly issueRunId?: string; readonly debtsOf?: string } = {}, runs = [run('shop-prod', 4)]): string {
  const target = findCleanUpTarget(policies, runs, { ...elsewhere, ...location }, written);
  if (target.kind === 'found') return `${target.policy.name} ${target.target ?? '-'}`;
  return target.kind === 'which-one' ? `which one: ${target.names.join(' ')}` : target.kind;
}

test('which cluster a word is for, and what of it', () => {
  const both = [shop, pay];
  const table: readonly (readonly [what: string, is: string, expected: string])[] = [
    ['no policy reports here', found([], 'apps'), 'no-cluster'],
    ['a pool of the only cluster', found([shop], 'apps'), 'shop-prod apps'],
    ['the only cluster, unnamed', found([shop], null), 'shop-prod -'],
    ['the only cluster by its name', found([shop], 'Shop-Prod'), 'shop-prod -'],
    ['a pool in the long form', found([shop], 'pool/apps'), 'shop-prod apps'],
    ['a cluster and a pool', found(both, 'pay-prod/apps'), 'pay-prod apps'],
    ['a cluster and a pool in the long form', found(both, 'pay-prod/pool/apps'), 'pay-prod apps'],
    ['a cluster alone', found(both, 'pay-prod'), 'pay-prod -'],
    ['a pool of one of two', found(both, 'apps'), 'which one: shop-prod pay-prod'],
    ['nothing named, of two', found(both, null), 'which one: shop-prod pay-prod'],
    ['a short name is never completed', found(both, 'shop/apps'), 'which one: shop-prod'],
    ['a name nobody has', found(both, 'web/apps'), 'which one: shop-prod pay-prod'],
    ['a pool, in the report of a run', found(both, 'apps', { issueNumber: 4 }), 'shop-prod apps'],
    ['another cluster, named in that report', found(both, 'pay-prod/apps', { issueNumber: 4 }), 'pay-prod apps'],
    ['a pool, in the report of a run nobody remembers', found(both, 'apps', { issueRunId: 'pay-prod-20260101T0000Z' }, []), 'pay-prod apps'],
    ['in a report of a cluster without a policy', found(both, 'apps', { issueRunId: 'old-20260101T0000Z' }, []), 'which one: shop-prod pay-prod'],
    ['a node, in the issue of debts', found(both, 'aks-apps-1', { debtsOf: idOf('PAY-prod') }), 'pay-prod aks-apps-1'],
  ];
  assert.deepEqual(
    table.map(([what, is]) => [what, is]),
    table.map(([what, , expected]) => [what, expected]),
  );
});

test('two clusters of one name are told apart by the names of their policies', () => {
  const twins = [policy('shop-weu', 'shop', 'weu'), policy('shop-neu', 'shop', 'neu')];
  assert.equal(found(twins, 'shop/apps'), 'which one: shop-weu shop-neu');
  assert.equal(found(twins, 'shop-neu/apps'), 'shop-neu apps');
  assert.equal(found(twins, 'shop'), 'which one: shop-weu shop-neu');
});
