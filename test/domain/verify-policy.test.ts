import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyPathOf } from '../../domain/health-probe.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import { policyWith } from './good-policy.ts';

function read(verify: unknown) {
  return parseMaintenancePolicy(policyWith('spec.verify', verify), 'x');
}

test('probes are read with their defaults, and a policy that says verify alone still settles', () => {
  const named = read({ settleMinutes: 5, probes: [{ name: 'dns', service: 'shop/web:8080' }] });
  assert.deepEqual(named.ok && named.value.verify, { settleMinutes: 5, probes: [{ name: 'dns', service: 'shop/web:8080', path: '/', tries: 10, failuresAllowedPercent: 10 }] });
  const bare = read({});
  assert.deepEqual(bare.ok && bare.value.verify, { settleMinutes: 10, probes: [] });
});

test('every fault of the probes is told at once, names used twice and too many probes included', () => {
  const probe = { name: 'dns', service: 'shop/web:8080' };
  const parsed = read({ settleMinutes: 500, probes: [probe, { ...probe, tries: 0, failuresAllowedPercent: 100 }, { name: 'DNS', service: 'web' }] });
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.faults.map(({ code, where }) => `${code} ${where}`), [
    'out-of-range spec.verify.settleMinutes',
    'out-of-range spec.verify.probes[1].tries',
    'out-of-range spec.verify.probes[1].failuresAllowedPercent',
    'wrong-form spec.verify.probes[2].name',
    'wrong-form spec.verify.probes[2].service',
    'repeated-entry spec.verify.probes[1].name',
  ]);
  const many = read({ probes: Array.from({ length: 9 }, (_, index) => ({ ...probe, name: `p${index}` })) });
  assert.deepEqual(!many.ok && many.faults.map(({ code }) => code), ['out-of-range']);
});

test('a path cannot lead out of its service to other parts of the API', () => {
  const table: readonly (readonly [path: string, isGood: boolean])[] = [
    ['/', true],
    ['/healthz', true],
    ['/a/b.c?x=1&y=', true],
    ['/.well-known/x', true],
    ['/..', false],
    ['/../secrets', false],
    ['/a/./b', false],
    ['/a/..?x', false],
    ['/%2e%2e/secrets', false],
    ['healthz', false],
    [`/${'a'.repeat(200)}`, false],
    ['', false],
  ];
  for (const [path, isGood] of table) assert.equal(read({ probes: [{ name: 'dns', service: 'shop/web:8080', path }] }).ok, isGood, path);
});

test('a request goes through the API server under the name Kubernetes gives services, scheme and port', () => {
  assert.equal(proxyPathOf({ service: 'shop/web:8080', path: '/healthz' }), '/api/v1/namespaces/shop/services/web:8080/proxy/healthz');
  assert.equal(proxyPathOf({ service: 'https:kube-system/metrics-server:https', path: '/' }), '/api/v1/namespaces/kube-system/services/https:metrics-server:https/proxy/');
});
