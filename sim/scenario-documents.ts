import { isRecord, recordsAt, textAt, textsAt, valueAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import { azureDocuments } from './scenario-azure.ts';
import { healthDocuments } from './scenario-health.ts';
import { nodeDocuments } from './scenario-node.ts';
import { workloadDocuments } from './scenario-workload.ts';
import { usageDocuments } from './scenario-usage.ts';
import type { Scenario } from './scenario.ts';
import { kubernetesTime } from './timestamp.ts';

/** A scenario's `initial` as the documents of a snapshot folder: ARM's and the API server's own shapes. */
export function scenarioDocuments(scenario: Scenario, zero: Instant): ReturnType<typeof azureDocuments> & ReturnType<typeof usageDocuments> & { readonly kubernetesItems: readonly JsonRecord[] } {
  return {
    ...azureDocuments(scenario),
    ...usageDocuments(scenario),
    kubernetesItems: [
      ...nodeDocuments(scenario, zero),
      ...workloadDocuments(scenario, zero),
      ...recordsAt(scenario.cluster, 'webhooks').map(webhookDocument),
      ...rebootDaemonOf(scenario, zero),
      ...provisionedPoolsOf(scenario),
      ...healthDocuments(scenario, zero),
    ],
  };
}

/** kured with the lock it holds: an annotation of its own DaemonSet. */
function rebootDaemonOf({ extra }: Scenario, zero: Instant): readonly JsonRecord[] {
  const holder = textAt(extra, 'kured', 'lockHolder');
  if (holder === null) return [];
  const lock = JSON.stringify({ nodeID: holder, created: kubernetesTime(zero), TTL: 0 });
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kured', namespace: 'kube-system', uid: 'DaemonSet-kube-system-kured', resourceVersion: '100', generation: 1, creationTimestamp: kubernetesTime(zero), annotations: { 'weave.works/kured-node-lock': lock } },
      spec: { selector: { matchLabels: { app: 'kured' } }, template: { metadata: { labels: { app: 'kured' } }, spec: { containers: [{ name: 'kured', image: 'registry.example/kured' }] } } },
      status: {},
    },
  ];
}

/** Node auto-provisioning's own pools with their disruption budgets: one, or a list of them. */
function provisionedPoolsOf({ extra }: Scenario): readonly JsonRecord[] {
  const nap = valueAt(extra, 'nap');
  const pools = Array.isArray(nap) ? recordsAt(extra, 'nap') : isRecord(nap) ? [...recordsAt(nap, 'nodePools'), nap].slice(0, Math.max(1, recordsAt(nap, 'nodePools').length)) : [];
  return pools.map((words) => {
    const name = textAt(words, 'nodePool') ?? textAt(words, 'pool') ?? textAt(words, 'name') ?? 'default';
    const single = valueAt(words, 'budget');
    const budgets = isRecord(single) ? [single] : recordsAt(words, 'budgets');
    return { apiVersion: 'karpenter.sh/v1', kind: 'NodePool', metadata: { name, uid: `nodepool-${name}`, resourceVersion: '100' }, spec: { disruption: { budgets } } };
  });
}

function webhookDocument(words: JsonRecord): JsonRecord {
  const name = textAt(words, 'name') ?? 'webhook';
  const [namespace, service] = (textAt(words, 'service') ?? '').split('/');
  const selector = valueAt(words, 'namespaceSelector');
  const resources = textsAt(words, 'resources');
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: textAt(words, 'kind') === 'mutating' ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration',
    metadata: { name, uid: `webhook-${name}`, resourceVersion: '100' },
    webhooks: [
      {
        name,
        failurePolicy: textAt(words, 'failurePolicy') ?? 'Fail',
        clientConfig: service === undefined ? { url: 'https://webhook.example/' } : { service: { namespace, name: service, path: '/' } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources }],
        ...(selector === null || selector === undefined ? {} : { namespaceSelector: selector }),
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  };
}
