import { numberAt, textAt, textMapAt, textsAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { DAY_MS, MINUTE_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { UNSCHEDULABLE } from './kubernetes-load.ts';
import { NODE_IMAGE_LABEL } from './node-lifecycle.ts';
import { ADD_ON_TAINT, imageVersionOf, isForAddOns, nodesThere } from './scenario-azure.ts';
import type { Scenario, ScenarioPool } from './scenario.ts';
import { kubernetesTime } from './timestamp.ts';

/** How old nodes and pods are when a scenario says nothing. */
const NODE_AGE_MS = 30 * DAY_MS;

/** The nodes of every pool as the API server shows them, with what a scenario says of single ones. */
export function nodeDocuments(scenario: Scenario, zero: Instant): readonly JsonRecord[] {
  return scenario.pools.flatMap((pool) => nodesThere(pool).map((name, index) => nodeDocument(scenario, pool, { name, index, zero })));
}

function nodeDocument(scenario: Scenario, pool: ScenarioPool, { name, index, zero }: { readonly name: string; readonly index: number; readonly zero: Instant }): JsonRecord {
  const exception = scenario.nodeExceptions.find((one) => textAt(one, 'name') === name) ?? {};
  const since = kubernetesTime(zero - NODE_AGE_MS);
  const isCordoned = exception['cordoned'] === true;
  const spot = textAt(pool.words, 'priority') === 'Spot' ? [{ key: 'kubernetes.azure.com/scalesetpriority', value: 'spot', effect: 'NoSchedule' }] : [];
  const taints = [...spot, ...(isForAddOns(scenario, pool) ? [ADD_ON_TAINT] : []), ...(isCordoned ? [cordonTaint(exception)] : [])];
  const amounts = { cpu: `${pool.vcpu * 1_000 - 140}m`, memory: `${pool.vcpu * 3_500}Mi`, pods: String(numberAt(pool.words, 'maxPods') ?? 30) };
  const annotations = { ...textMapAt(exception, 'annotations'), ...cordonAnnotations(exception) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, resourceVersion: '100', creationTimestamp: since, labels: labelsOf(scenario, pool, { name, index, exception }), annotations },
    spec: {
      providerID: `azure:///subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mc/providers/Microsoft.Compute/virtualMachineScaleSets/aks-${pool.name}-vmss/virtualMachines/${index}`,
      ...(isCordoned ? { unschedulable: true } : {}),
      ...(taints.length === 0 ? {} : { taints }),
    },
    status: {
      allocatable: amounts,
      capacity: { ...amounts, cpu: String(pool.vcpu) },
      conditions: [readyCondition(exception, zero)],
      nodeInfo: { kubeletVersion: `v${textAt(exception, 'k8s') ?? pool.kubernetesVersion}`, bootID: `boot-${name}`, operatingSystem: (textAt(pool.words, 'osType') ?? 'Linux').toLowerCase(), osImage: textAt(pool.words, 'osSku') ?? '' },
    },
  };
}

/** The taint Kubernetes gives a cordoned node, with since when where the scenario says it. */
function cordonTaint(exception: JsonRecord): JsonRecord {
  const since = textAt(exception, 'since');
  return { key: UNSCHEDULABLE, effect: 'NoSchedule', ...(since === null ? {} : { timeAdded: since }) };
}

/** Who cordoned a node, where the scenario knows; written as people write it. */
function cordonAnnotations(exception: JsonRecord): Readonly<Record<string, string>> {
  const by = textAt(exception, 'cordonedBy') ?? textAt(exception, 'by');
  const note = textAt(exception, 'note');
  return { ...(by === null ? {} : { 'slackwater.dev/cordoned-by': by }), ...(note === null ? {} : { 'slackwater.dev/note': note }) };
}

function readyCondition(exception: JsonRecord, zero: Instant): JsonRecord {
  const minutes = numberAt(exception, 'notReadyMin');
  const isReady = exception['ready'] !== false && minutes === null;
  const since = minutes !== null ? kubernetesTime(zero - minutes * MINUTE_MS) : isReady ? kubernetesTime(zero - NODE_AGE_MS) : (textAt(exception, 'since') ?? kubernetesTime(zero));
  return isReady
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', lastTransitionTime: since }
    : { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: since };
}

function labelsOf(scenario: Scenario, pool: ScenarioPool, { name, index, exception }: { readonly name: string; readonly index: number; readonly exception: JsonRecord }): JsonRecord {
  const zones = textsAt(pool.words, 'zones');
  const region = textAt(scenario.cluster, 'region') ?? 'westeurope';
  const zone = zones.length === 0 ? '0' : `${region}-${zones[index % zones.length] ?? '1'}`;
  return {
    agentpool: pool.name,
    'kubernetes.azure.com/agentpool': pool.name,
    'kubernetes.azure.com/mode': pool.mode.toLowerCase(),
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': (textAt(pool.words, 'osType') ?? 'Linux').toLowerCase(),
    'node.kubernetes.io/instance-type': textAt(pool.words, 'vmSize') ?? '',
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': zone,
    ...(textAt(pool.words, 'priority') === 'Spot' ? { 'kubernetes.azure.com/scalesetpriority': 'spot' } : {}),
    [NODE_IMAGE_LABEL]: imageVersionOf(pool, textAt(exception, 'image') ?? pool.image),
    ...textMapAt(pool.words, 'labels'),
    ...textMapAt(exception, 'labels'),
  };
}
