import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeHealth, type AddonState, type HealthLook } from '../../domain/cluster-health.ts';
import type { VerifyPolicy } from '../../domain/maintenance-policy.ts';
import type { Instant } from '../../domain/time.ts';
import type { UnitStatus } from '../../domain/window-status.ts';

const dnsProbe = { name: 'dns', service: 'shop/web:80', path: '/', tries: 10, failuresAllowedPercent: 10 };
const verify: VerifyPolicy = { settleMinutes: 10, probes: [dnsProbe, { ...dnsProbe, name: 'api' }] };
const works = { state: 'works', webhooks: [], callFailure: null, agents: null } as const;

function addon(image: string, ready: number, at: Instant): AddonState {
  return { ready, wanted: 2, image, change: { object: 'Deployment kube-system/coredns', resourceVersion: '9', at, by: 'addon-manager' } };
}

function look(change: Partial<HealthLook> = {}, failures: readonly [dns: number, api: number] = [0, 0]): HealthLook {
  const count = (name: string, failed: number) => ({ name, tries: 10, failures: failed, lastFailure: failed === 0 ? '' : '500 SERVFAIL' });
  return { seenAt: 0, probes: [count('dns', failures[0]), count('api', failures[1])], dns: addon('coredns:1', 2, 0), dnsSettings: null, notReady: [], path: works, ...change };
}

const units: readonly Pick<UnitStatus, 'unit' | 'startedAt'>[] = [
  { unit: 'control-plane', startedAt: 100 },
  { unit: 'pool/usr', startedAt: null },
];
const judge = (seen: HealthLook, before: HealthLook | null = look(), about = units) => judgeHealth({ look: seen, before, verify, units: about });

test('failures up to what is allowed are none, one more is an alarm, and a probe that could not be tried has failed', () => {
  assert.equal(judge(look({}, [1, 1])), null);
  assert.equal(judge(look({}, [2, 0]))?.kind, 'probe');
  assert.match(judge(look({ probes: [] }))?.summary ?? '', /100% of DNS lookups fail \(0 of 0\)/);
});

test('failing lookups are laid to an upgrade of CoreDNS only where its image is another than before the run', () => {
  const summary = (seen: HealthLook, before: HealthLook | null = look(), about = units): string => judge(seen, before, about)?.summary ?? '';
  const started: typeof units = [{ unit: 'control-plane', startedAt: 100 }, { unit: 'pool/usr', startedAt: 200 }];
  assert.equal(summary(look({ dns: addon('coredns:2', 2, 150) }, [4, 0])), '40% of DNS lookups fail (4 of 10, last answer: 500 SERVFAIL) since coredns was upgraded with the control plane.');
  assert.match(summary(look({ dns: addon('coredns:2', 2, 250) }, [4, 0]), look(), started), /since coredns was upgraded during this run/);
  assert.ok(!summary(look({ dns: addon('coredns:1', 2, 150) }, [4, 0])).includes('since'));
  assert.ok(!summary(look({ dns: addon('coredns:2', 2, 150) }, [0, 4])).includes('since'), 'another probe says nothing of names');
  assert.match(summary(look({ dns: addon('coredns:2', 2, 150) }, [4, 0]), look({}, [4, 0])), /failed before this run changed anything/);
});

test('what changed before is told in order: the custom settings by their metadata, then CoreDNS', () => {
  const settings = { object: 'ConfigMap kube-system/coredns-custom', resourceVersion: '77', at: 5, by: 'kubectl' };
  const alarm = judge(look({ dns: addon('coredns:2', 2, 150), dnsSettings: settings }, [4, 0]));
  assert.deepEqual(alarm?.changes, [
    { at: 5, text: 'ConfigMap kube-system/coredns-custom was written last (resource version 77, by kubectl)' },
    { at: 150, text: 'coredns was upgraded with the control plane' },
  ]);
});

test('the worst is told first: the path, then probes, then CoreDNS, then nodes', () => {
  const broken = { state: 'broken', webhooks: ['a', 'b', 'c'], callFailure: null, agents: null } as const;
  const bad = { dns: addon('coredns:1', 0, 0), notReady: ['n1'] };
  assert.equal(judge(look({ ...bad, path: broken }, [9, 9]))?.kind, 'path');
  assert.equal(judge(look(bad, [9, 9]))?.kind, 'probe');
  assert.equal(judge(look(bad))?.kind, 'dns');
  assert.equal(judge(look({ notReady: ['n1'] }))?.kind, 'nodes');
});

test('nodes that were not Ready before the run, a CoreDNS that nobody wants and one that cannot be read alarm nobody', () => {
  assert.equal(judge(look({ notReady: ['n1'] }), look({ notReady: ['n1'] })), null);
  assert.equal(judge(look({ notReady: ['n1'] }), null), null);
  assert.equal(judge(look({ dns: { ...addon('x', 0, 0), wanted: 0 } })), null);
  assert.equal(judge(look({ dns: null })), null);
  assert.equal(judgeHealth({ look: look({ notReady: ['n1'], probes: [] }), before: look(), verify: null, units }), null);
});
