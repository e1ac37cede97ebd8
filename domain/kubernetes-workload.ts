import type { AdmissionWebhook, Namespace, Workload } from './cluster-snapshot.ts';
import { isRecord, optionalCount, recordAt, recordsAt, textAt, textsAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { readSelector } from './kubernetes-budget.ts';
import { readMetadata } from './kubernetes-metadata.ts';

/** Reads any controller of pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, ReplicationController. */
export function readWorkload(item: JsonRecord, kind: string, path: string, faults: FaultList): Workload {
  const metadata = readMetadata(item, 'namespaced', path, faults);
  const spec = recordAt(item, 'spec');
  return {
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    replicas: replicasOf(kind, spec, `${path}.spec`, faults),
    labels: metadata.labels,
    annotations: metadata.annotations,
    owner: metadata.owner,
  };
}

function replicasOf(kind: string, spec: JsonRecord, path: string, faults: FaultList): number | null {
  if (kind === 'DaemonSet') return null;
  return optionalCount(spec, kind === 'Job' ? 'parallelism' : 'replicas', path, faults) ?? 1;
}

/** Reads a `v1` Namespace. */
export function readNamespace(item: JsonRecord, path: string, faults: FaultList): Namespace {
  const metadata = readMetadata(item, 'cluster', path, faults);
  const isTerminating = metadata.deletionTimestamp !== null || recordAt(item, 'status')['phase'] === 'Terminating';
  return { name: metadata.name, isTerminating, labels: metadata.labels, annotations: metadata.annotations };
}

/** Reads the webhooks of a Validating- or MutatingWebhookConfiguration. */
export function readWebhooks(
  item: JsonRecord,
  kind: AdmissionWebhook['kind'],
  path: string,
  faults: FaultList,
): readonly AdmissionWebhook[] {
  const metadata = readMetadata(item, 'cluster', path, faults);
  return recordsAt(item, 'webhooks').map((webhook) => {
    const service = recordAt(webhook, 'clientConfig', 'service');
    const name = textAt(service, 'name');
    const rules = recordsAt(webhook, 'rules');
    const objectSelector = readSelector(recordAt(webhook, 'objectSelector'));
    return {
      kind,
      configuration: metadata.name,
      name: textAt(webhook, 'name') ?? '',
      // `Fail` is the API's default, and the cautious reading of anything unknown.
      failurePolicy: textAt(webhook, 'failurePolicy') === 'Ignore' ? 'Ignore' : 'Fail',
      resources: [...new Set(rules.flatMap(resourcesOfRule))],
      operations: [...new Set(rules.flatMap((rule) => textsAt(rule, 'operations')))],
      service: name === null ? null : `${textAt(service, 'namespace') ?? ''}/${name}`,
      namespaceSelector: isRecord(webhook['namespaceSelector'])
        ? readSelector(webhook['namespaceSelector'])
        : { matchLabels: {}, matchExpressions: [] },
      isUnconditional:
        recordsAt(webhook, 'matchConditions').length === 0 &&
        objectSelector.matchExpressions.length === 0 &&
        Object.keys(objectSelector.matchLabels).length === 0,
    };
  });
}

function resourcesOfRule(rule: JsonRecord): readonly string[] {
  return textsAt(rule, 'apiGroups').flatMap((group) => textsAt(rule, 'resources').map((resource) => `${group}/${resource}`));
}
