import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { changed, judge } from './admission.ts';
import type { AdmissionRequest } from './admission.ts';
import { readText } from './bicep.ts';

// Entra tells a Kubernetes API server of a managed identity by its object id (facts: AKS docs, Microsoft Entra integration).
const reader = '3f0c1d52-6a51-4f0e-9a35-0d6a41d0a001';
const writer = '3f0c1d52-6a51-4f0e-9a35-0d6a41d0a002';
const text = readText('infra/kubernetes/rbac.yaml').replaceAll('READER_PRINCIPAL_ID', reader).replaceAll('WRITER_PRINCIPAL_ID', writer);
const policies = parseAllDocuments(text).map((document): unknown => document.toJS()).filter(isRecord).filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
const policyOf = (name: string): JsonRecord => policies.find((each) => textAt(each, 'metadata', 'name') === name) ?? assert.fail(`${name} is gone`);

const label = 'kubernetes.azure.com/upgrade-status';
const node: JsonRecord = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'aks-usr-1', uid: 'u', resourceVersion: '7', labels: { agentpool: 'usr', [label]: 'Quarantined' }, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    managedFields: [{ manager: 'kubelet', operation: 'Update' }],
  },
  spec: { providerID: 'azure:///x', unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};
const released = changed(changed(node, ['metadata', 'labels'], { agentpool: 'usr' }), ['metadata', 'managedFields'], [{ manager: 'slackwater', operation: 'Update' }]);
const withLabel = (value: string | undefined): JsonRecord => changed(node, ['metadata', 'labels', label], value);

const as = (username: string): AdmissionRequest['userInfo'] => ({ username, groups: ['system:authenticated'], extra: { oid: [username] } });

function update(after: JsonRecord, more: { readonly user?: string; readonly before?: JsonRecord; readonly subResource?: string } = {}): AdmissionRequest {
  const { user = writer, before = node, subResource } = more;
  return {
    operation: 'UPDATE', resource: { group: '', version: 'v1', resource: 'nodes' }, ...(subResource === undefined ? {} : { subResource }),
    userInfo: as(user), dryRun: false, object: after, oldObject: before,
  };
}

function eviction(dryRun: boolean, user: string): AdmissionRequest {
  const object = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web-0', namespace: 'shop' }, deleteOptions: { dryRun: ['All'] } };
  return { operation: 'CREATE', resource: { group: '', version: 'v1', resource: 'pods' }, subResource: 'eviction', userInfo: as(user), dryRun, object, oldObject: null };
}

type Row = readonly [what: string, policy: 'slackwater-node-release' | 'slackwater-drain-rehearsal', request: AdmissionRequest, verdict: 'allowed' | 'denied' | 'not-matched'];

const owner = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'g' }];
const rows: readonly Row[] = [
  ['our writer takes the quarantine label away', 'slackwater-node-release', update(released), 'allowed'],
  ['our reader, had it the right, takes it away and nothing else', 'slackwater-node-release', update(released, { user: reader }), 'allowed'],
  ['our reader uncordons', 'slackwater-node-release', update(changed(released, ['spec', 'unschedulable'], undefined), { user: reader }), 'denied'],
  ['nothing changes', 'slackwater-node-release', update(node), 'denied'],
  ['the label gets another value', 'slackwater-node-release', update(withLabel('Succeeded')), 'denied'],
  ['a label of another value goes', 'slackwater-node-release', update(withLabel(undefined), { before: withLabel('InProgress') }), 'denied'],
  ['a node without the label is touched', 'slackwater-node-release', update(released, { before: released }), 'denied'],
  ['another label goes with it', 'slackwater-node-release', update(changed(released, ['metadata', 'labels'], undefined)), 'denied'],
  ['another label changes with it', 'slackwater-node-release', update(changed(released, ['metadata', 'labels', 'agentpool'], 'sys')), 'denied'],
  ['a label is added with it', 'slackwater-node-release', update(changed(released, ['metadata', 'labels', 'node-role.kubernetes.io/control-plane'], '')), 'denied'],
  ['a taint goes with it', 'slackwater-node-release', update(changed(released, ['spec', 'taints'], undefined)), 'denied'],
  ['a taint is added with it', 'slackwater-node-release', update(changed(released, ['spec', 'taints'], [{ key: 'x', effect: 'NoExecute' }])), 'denied'],
  ['the node is uncordoned with it', 'slackwater-node-release', update(changed(released, ['spec', 'unschedulable'], undefined)), 'denied'],
  ['an annotation is added with it', 'slackwater-node-release', update(changed(released, ['metadata', 'annotations', 'x'], 'y')), 'denied'],
  ['annotations go with it', 'slackwater-node-release', update(changed(released, ['metadata', 'annotations'], undefined)), 'denied'],
  ['a finalizer is added with it', 'slackwater-node-release', update(changed(released, ['metadata', 'finalizers'], ['x/y'])), 'denied'],
  ['an owner is added with it, whose absence would delete the node', 'slackwater-node-release', update(changed(released, ['metadata', 'ownerReferences'], owner)), 'denied'],
  ['the status is written with it', 'slackwater-node-release', update(changed(released, ['status', 'phase'], 'Terminated'), { subResource: 'status' }), 'denied'],
  ['the quarantine label of a node without a spec goes: what cannot be judged is denied', 'slackwater-node-release', update(changed(released, ['spec'], undefined), { before: changed(node, ['spec'], undefined) }), 'denied'],
  ['the kubelet writes its status', 'slackwater-node-release', update(changed(node, ['status', 'phase'], 'x'), { user: 'system:node:aks-usr-1', subResource: 'status' }), 'not-matched'],
  ['a person uncordons', 'slackwater-node-release', update(changed(node, ['spec', 'unschedulable'], undefined), { user: 'ops@example.com' }), 'not-matched'],
  ['AKS labels a node', 'slackwater-node-release', update(withLabel('Succeeded'), { user: 'aks-support' }), 'not-matched'],
  ['our writer asks by dry run', 'slackwater-drain-rehearsal', eviction(true, writer), 'allowed'],
  ['our writer evicts, whatever the body says', 'slackwater-drain-rehearsal', eviction(false, writer), 'denied'],
  ['our reader, had it the right, asks by dry run', 'slackwater-drain-rehearsal', eviction(true, reader), 'allowed'],
  ['our reader evicts', 'slackwater-drain-rehearsal', eviction(false, reader), 'denied'],
  ['AKS drains', 'slackwater-drain-rehearsal', eviction(false, 'aksService'), 'not-matched'],
  ['a person drains', 'slackwater-drain-rehearsal', eviction(false, 'ops@example.com'), 'not-matched'],
  ['our writer touches a pod otherwise, which RBAC grants it nowhere', 'slackwater-drain-rehearsal', { ...eviction(false, writer), subResource: 'binding' }, 'not-matched'],
];

describe('admission policies', () => {
  for (const [what, name, request, verdict] of rows) {
    test(`${what}: ${verdict}`, () => {
      const judged = judge(policyOf(name), request);

      assert.equal(judged.kind, verdict, JSON.stringify(judged));
      // Each message is a sentence a person can read in the API server's answer; only what cannot be judged has the language's own words.
      if (judged.kind === 'denied' && !what.includes('cannot be judged')) assert.ok(judged.messages.every((message) => message.startsWith('Slackwater may ')), judged.messages.join('\n'));
    });
  }

  test('each validation and condition is needed: without it the table tells', () => {
    const isToldApart = (policy: JsonRecord): boolean =>
      rows.some(([, name, request, verdict]) => textAt(policy, 'metadata', 'name') === name && judge(policy, request).kind !== verdict);
    const weakened = policies.flatMap((policy) =>
      ['validations', 'matchConditions'].flatMap((key) => {
        const list = recordsAt(recordAt(policy, 'spec'), key);
        return list.map((left) => ({ left, policy: changed(policy, ['spec', key], list.filter((each) => each !== left)) }));
      }),
    );

    assert.ok(weakened.length >= 9);
    assert.deepEqual(weakened.filter(({ policy }) => !isToldApart(policy)).map(({ left }) => left), []);
    for (const policy of policies) assert.equal(isToldApart(policy), false);
  });

  test('a policy that fails open, or reads the body\'s word for a dry run, is told apart', () => {
    const open = changed(policyOf('slackwater-node-release'), ['spec', 'failurePolicy'], 'Ignore');
    const body = changed(policyOf('slackwater-drain-rehearsal'), ['spec', 'validations'], [{ expression: "object.deleteOptions.dryRun == ['All']" }]);
    const noSpec = rows.find(([what]) => what.includes('cannot be judged')) ?? assert.fail();

    assert.equal(judge(open, noSpec[2]).kind, 'allowed');
    assert.equal(judge(body, eviction(false, writer)).kind, 'allowed');
  });
});
