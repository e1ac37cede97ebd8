import { listAt, numberAt, recordAt, recordsAt, textAt, textMapAt, textsAt, timeAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { ROLE_LABEL } from './database-operator.ts';
import { resolveCount } from './disruption-budget-record.ts';
import { ADD_ON_TAINT, nodesThere } from './scenario-azure.ts';
import { volumesOf } from './scenario-volume.ts';
import type { Scenario, ScenarioWorkload } from './scenario.ts';
import { kubernetesTime } from './timestamp.ts';

const WORKLOAD_AGE_MS = 20 * DAY_MS;
const letters = 'abcdefghijklmnopqrstuvwxyz';

/** A pod of a workload: its name and where it runs. */
interface PodPlace {
  readonly name: string;
  readonly index: number;
  readonly node: string;
}


/** Every Kubernetes object of a scenario's workloads: controllers, pods, budgets, autoscalers, services, volumes. */
export function workloadDocuments(scenario: Scenario, zero: Instant): readonly JsonRecord[] {
  return scenario.workloads.flatMap((workload) => {
    const owner = ownerOf(workload);
    const places = placesOf(scenario, workload);
    const volumes = volumesOf(scenario, workload, places);
    return [
      ...controllersOf(workload, zero),
      ...places.map((place) => podDocument(scenario, workload, { place, owner, volumes: volumes.inPod(place.index), zero })),
      ...recordsAt(workload.words, 'pdbs').map((budget) => budgetDocument(workload, budget, zero)),
      ...autoscalersOf(workload),
      ...servicesOf(workload),
      ...volumes.documents,
    ];
  });
}

/** Pods of a workload with their nodes; names are those that timelines use (`ledger-a`, `orders-2`, `broker-0`). */
export function placesOf(scenario: Scenario, workload: ScenarioWorkload): readonly PodPlace[] {
  const nodes = workload.on.flatMap((pattern) => expand(scenario, pattern));
  const count = workload.kind === 'DaemonSet' ? nodes.length : workload.replicas;
  return Array.from({ length: count }, (_, index) => ({ name: podName(workload, index), index, node: nodes[index % Math.max(1, nodes.length)] ?? '' }));
}

function expand(scenario: Scenario, pattern: string): readonly string[] {
  if (!pattern.includes('*')) return [pattern];
  const start = pattern.slice(0, pattern.indexOf('*'));
  return scenario.pools.flatMap(nodesThere).filter((name) => name.startsWith(start));
}

function podName({ kind, name }: ScenarioWorkload, index: number): string {
  if (kind === 'Pod') return index === 0 ? name : `${name}-${index}`;
  if (kind === 'StatefulSet') return `${name}-${index}`;
  if (kind === 'CNPG') return `${name}-${index + 1}`;
  return `${name}-${letters[index] ?? `x${index}`}`;
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

function ownerOf(workload: ScenarioWorkload): Owner | null {
  const { kind, name, namespace } = workload;
  const uid = `${kind}-${namespace}-${name}`;
  switch (kind) {
    case 'Deployment':
      return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-5c9d7f6b8`, uid: `rs-${namespace}-${name}` };
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
      return { apiVersion: 'apps/v1', kind, name, uid };
    case 'Job':
      return { apiVersion: 'batch/v1', kind, name, uid };
    case 'CNPG':
      return { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', name, uid };
    case 'Pod':
      // A pod that somebody manages has an owner we know nothing about.
      return workload.words['managed'] === true ? { apiVersion: 'example.com/v1', kind: 'Runner', name, uid } : null;
  }
}

function controllersOf(workload: ScenarioWorkload, zero: Instant): readonly JsonRecord[] {
  const { kind, namespace, name, replicas, words } = workload;
  if (kind === 'Pod' || kind === 'CNPG') return [];
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1';
  const template = { metadata: { labels: labelsOf(workload), annotations: ownerAnnotation(words) }, spec: podSpec(workload) };
  const metadata = metadataOf(workload, name, `${kind}-${namespace}-${name}`, zero);
  const selector = { matchLabels: { app: name } };
  if (kind === 'Job') {
    const remaining = numberAt(words, 'remainingMin');
    // What a Job shows of its length: the deadline it was given, counted from its start.
    const seconds = remaining === null ? {} : { activeDeadlineSeconds: 60 * 60 + remaining * 60 };
    const status = { active: workload.ready, startTime: kubernetesTime(zero - 60 * MINUTE_MS) };
    return [{ apiVersion, kind, metadata, spec: { parallelism: replicas, completions: replicas, backoffLimit: numberAt(words, 'backoffLimit') ?? 6, ...seconds, selector, template }, status }];
  }
  const scale = kind === 'DaemonSet' ? {} : { replicas };
  const surge = textAt(words, 'deployMaxSurge');
  const strategy = kind === 'Deployment' && surge !== null ? { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: '25%' } } } : {};
  const status = kind === 'DaemonSet' ? { desiredNumberScheduled: replicas, numberReady: workload.ready } : { replicas, readyReplicas: workload.ready };
  const top = { apiVersion, kind, metadata, spec: { ...scale, ...strategy, selector, template }, status };
  const owner = ownerOf(workload);
  if (kind !== 'Deployment' || owner === null) return [top];
  const reference = { apiVersion, kind, name, uid: metadata['uid'], controller: true, blockOwnerDeletion: true };
  return [top, { apiVersion, kind: 'ReplicaSet', metadata: { ...metadata, name: owner.name, uid: owner.uid, ownerReferences: [reference] }, spec: { replicas, selector, template }, status }];
}

function metadataOf({ namespace, words, name: app }: ScenarioWorkload, name: string, uid: string, zero: Instant): JsonRecord {
  return { name, namespace, uid, resourceVersion: '100', generation: 1, creationTimestamp: kubernetesTime(zero - WORKLOAD_AGE_MS), labels: { app }, annotations: ownerAnnotation(words) };
}

function ownerAnnotation(words: JsonRecord): Readonly<Record<string, string>> {
  const owner = textAt(words, 'owner');
  const by = textAt(words, 'gitops', 'by');
  const path = textAt(words, 'gitops', 'path');
  return {
    ...(owner === null ? {} : { 'slackwater.dev/owner': owner }),
    ...(by === null ? {} : { 'slackwater.dev/gitops-by': by }),
    ...(path === null ? {} : { 'slackwater.dev/gitops-path': path }),
  };
}

function labelsOf({ kind, name, words }: ScenarioWorkload): Readonly<Record<string, string>> {
  return { app: name, ...(kind === 'CNPG' ? { 'cnpg.io/cluster': name } : {}), ...textMapAt(words, 'labels') };
}

function podSpec(workload: ScenarioWorkload): JsonRecord {
  const { words, name } = workload;
  const startSeconds = numberAt(words, 'startSec');
  const probe = startSeconds === null ? {} : { readinessProbe: { httpGet: { path: '/ready', port: 8080 }, initialDelaySeconds: startSeconds } };
  const selector = textMapAt(words, 'nodeSelector');
  const isSpread = (textAt(words, 'antiAffinity') ?? '').startsWith('required/');
  const term = { labelSelector: { matchLabels: { app: name } }, topologyKey: topologyOf(textAt(words, 'antiAffinity') ?? '') };
  return {
    terminationGracePeriodSeconds: numberAt(words, 'graceSec') ?? 30,
    restartPolicy: textAt(words, 'restartPolicy') ?? 'Always',
    containers: [{ name: 'main', image: `registry.example/${name}`, resources: { requests: requestsOf(words) }, ...probe }],
    tolerations: listAt(words, 'tolerations').length > 0 ? listAt(words, 'tolerations') : tolerationsOf(workload),
    ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: selector }),
    ...(isSpread ? { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } } : {}),
  };
}

function topologyOf(antiAffinity: string): string {
  return antiAffinity.endsWith('zone') ? 'topology.kubernetes.io/zone' : 'kubernetes.io/hostname';
}

/** Pods on spot nodes, and on those kept for add-ons, must tolerate them, or they would not be there. */
function tolerationsOf({ on }: ScenarioWorkload): readonly JsonRecord[] {
  return [
    ...(on.some((node) => node.startsWith('spot')) ? [{ key: 'kubernetes.azure.com/scalesetpriority', operator: 'Exists' }] : []),
    ...(on.some((node) => node.startsWith('sys')) ? [{ key: ADD_ON_TAINT.key, operator: 'Exists' }] : []),
  ];
}

function requestsOf(words: JsonRecord): JsonRecord {
  const requests = recordAt(words, 'requests');
  return { cpu: requests['cpu'] ?? '100m', memory: requests['memory'] ?? '128Mi' };
}

function podDocument(
  scenario: Scenario,
  workload: ScenarioWorkload,
  { place, owner, volumes, zero }: { readonly place: PodPlace; readonly owner: Owner | null; readonly volumes: readonly JsonRecord[]; readonly zero: Instant },
): JsonRecord {
  const { namespace, kind, words } = workload;
  const sick = recordsAt(words, 'unhealthy').find((one) => textAt(one, 'pod') === place.name);
  const isReady = isPodReady(scenario, workload, place);
  const deletion = deletionOf(workload, place, zero);
  const role = kind === 'CNPG' ? { [ROLE_LABEL]: place.node === textAt(words, 'primaryOn') ? 'primary' : 'replica' } : {};
  const since = kubernetesTime(zero - WORKLOAD_AGE_MS);
  const reason = textAt(sick, 'reason') ?? 'CrashLoopBackOff';
  const state = isReady ? { running: { startedAt: since } } : { waiting: { reason } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: place.name,
      namespace,
      uid: `pod-${namespace}-${place.name}`,
      resourceVersion: '100',
      creationTimestamp: since,
      labels: { ...labelsOf(workload), ...role },
      annotations: { ...ownerAnnotation(words), ...textMapAt(words, 'annotations') },
      ...(owner === null ? {} : { ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }] }),
      ...(deletion === null ? {} : { deletionTimestamp: deletion, deletionGracePeriodSeconds: numberAt(words, 'graceSec') ?? 30 }),
      ...(listAt(words, 'finalizers').length === 0 ? {} : { finalizers: textsAt(words, 'finalizers') }),
    },
    spec: { ...podSpec(workload), nodeName: place.node, ...(volumes.length === 0 ? {} : { volumes }) },
    status: {
      phase: 'Running',
      startTime: since,
      conditions: [
        { type: 'PodScheduled', status: 'True', lastTransitionTime: since },
        { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: since },
      ],
      containerStatuses: [{ name: 'main', ready: isReady, restartCount: numberAt(sick, 'restarts') ?? 0, state }],
    },
  };
}

/** Unready are the pods named so, those of nodes that are not Ready, and else the last of the list. */
function isPodReady(scenario: Scenario, { words, ready, replicas }: ScenarioWorkload, place: PodPlace): boolean {
  const node = scenario.nodeExceptions.find((one) => textAt(one, 'name') === place.node);
  if (node?.['ready'] === false || numberAt(node, 'notReadyMin') !== null) return false;
  const named = recordsAt(words, 'unhealthy').map((one) => textAt(one, 'pod'));
  return named.length > 0 ? !named.includes(place.name) : place.index < ready || ready >= replicas;
}

function deletionOf({ words }: ScenarioWorkload, place: PodPlace, zero: Instant): string | null {
  const asked = timeAt(words, 'terminatingSince');
  const grace = (numberAt(words, 'graceSec') ?? 30) * SECOND_MS;
  if (asked !== null) return kubernetesTime(asked + grace);
  const isTerminating = recordsAt(words, 'terminating').some((one) => textAt(one, 'pod') === place.name);
  return isTerminating ? kubernetesTime(zero - 20 * MINUTE_MS + grace) : null;
}

function budgetDocument(workload: ScenarioWorkload, budget: JsonRecord, zero: Instant): JsonRecord {
  const { namespace, name: app, replicas, ready } = workload;
  const role = textAt(budget, 'selectorRole');
  const labels = textMapAt(budget, 'selector');
  const expectedPods = numberAt(budget, 'expectedPods') ?? (role === null ? replicas : role === 'primary' ? 1 : Math.max(0, replicas - 1));
  const minAvailable = budget['minAvailable'];
  const maxUnavailable = budget['maxUnavailable'];
  const desired = countOf(minAvailable, expectedPods) ?? Math.max(0, expectedPods - (countOf(maxUnavailable, expectedPods) ?? 0));
  const generation = numberAt(budget, 'generation') ?? 1;
  const manager = textAt(budget, 'managedBy');
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      ...metadataOf(workload, textAt(budget, 'name') ?? '', `pdb-${namespace}-${textAt(budget, 'name') ?? ''}`, zero),
      generation,
      labels: { app, ...(manager === null ? {} : { 'app.kubernetes.io/managed-by': manager }) },
    },
    spec: {
      selector: { matchLabels: Object.keys(labels).length > 0 ? labels : role === null ? { app } : { 'cnpg.io/cluster': app, [ROLE_LABEL]: role } },
      ...(minAvailable === undefined ? {} : { minAvailable }),
      ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
      unhealthyPodEvictionPolicy: textAt(budget, 'unhealthyPodEvictionPolicy') ?? 'IfHealthyBudget',
    },
    status: {
      observedGeneration: numberAt(budget, 'observedGeneration') ?? generation,
      expectedPods,
      currentHealthy: Math.min(ready, expectedPods),
      desiredHealthy: desired,
      disruptionsAllowed: numberAt(budget, 'disruptionsAllowed') ?? Math.max(0, Math.min(ready, expectedPods) - desired),
      conditions: [],
    },
  };
}

function countOf(value: unknown, expectedPods: number): number | null {
  return typeof value === 'number' || typeof value === 'string' ? resolveCount(value, expectedPods) : null;
}

function autoscalersOf({ namespace, name, kind, replicas, words }: ScenarioWorkload): readonly JsonRecord[] {
  const limits = recordAt(words, 'hpa');
  const maximum = numberAt(limits, 'max');
  if (maximum === null) return [];
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name, namespace, uid: `hpa-${namespace}-${name}`, resourceVersion: '100' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name }, minReplicas: numberAt(limits, 'min') ?? 1, maxReplicas: maximum },
      status: { currentReplicas: replicas, desiredReplicas: replicas },
    },
  ];
}

function servicesOf({ namespace, name, words }: ScenarioWorkload): readonly JsonRecord[] {
  const service = recordAt(words, 'service');
  if (Object.keys(service).length === 0) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, uid: `svc-${namespace}-${name}`, resourceVersion: '100' },
      spec: { selector: { app: name }, type: textAt(service, 'type') ?? 'ClusterIP', externalTrafficPolicy: textAt(service, 'externalTrafficPolicy') ?? 'Cluster', ports: [{ port: 443 }] },
    },
  ];
}
