import { listAt, numberAt, recordAt, textAt, textMapAt, textsAt, valueAt } from '../domain/json.ts';
import { parseQuantity } from '../domain/kubernetes-quantity.ts';
import { readExpression, readLabelSelector } from './label-selector.ts';
import type { LabelPredicate } from './label-selector.ts';

/** A taint of a node. */
export interface TaintRecord {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** What a node offers or a pod asks for. Units: cores, bytes, pods. */
export interface ResourceAmounts {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

/** Pods that must not share a topology domain with those it selects (required anti-affinity), or must (affinity). */
interface PodTerm {
  readonly selects: LabelPredicate;
  readonly topologyKey: string;
  /** Empty: the pod's own namespace. */
  readonly namespaces: readonly string[];
}

/** A spread that must hold (`DoNotSchedule`). */
interface SpreadTerm {
  readonly selects: LabelPredicate;
  readonly topologyKey: string;
  readonly maxSkew: number;
}

/** Where a pod may run, read once from its spec. Preferences are left out. */
export interface PodPlacement {
  matchesNode(labels: Readonly<Record<string, string>>, nodeName: string): boolean;
  toleratesAll(taints: readonly TaintRecord[]): boolean;
  readonly antiAffinity: readonly PodTerm[];
  readonly affinity: readonly PodTerm[];
  readonly spread: readonly SpreadTerm[];
  /** Preferred spread: the topology key and selector that break ties. */
  readonly preferredSpread: SpreadTerm | null;
}

/** Reads a pod spec's constraints: node selector, required affinities, tolerations, required spread. */
export function readPlacement(spec: unknown): PodPlacement {
  const nodeSelector = Object.entries(textMapAt(spec, 'nodeSelector'));
  const required = valueAt(spec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const terms = listAt(required, 'nodeSelectorTerms').map(readNodeTerm);
  const tolerations = listAt(spec, 'tolerations');
  const spreads = listAt(spec, 'topologySpreadConstraints');
  const preferred = spreads.filter((spread) => textAt(spread, 'whenUnsatisfiable') === 'ScheduleAnyway').map(readSpread);
  return {
    matchesNode: (labels, nodeName) =>
      nodeSelector.every(([key, value]) => labels[key] === value) &&
      (required === undefined || terms.some((term) => term(labels, nodeName))),
    toleratesAll: (taints) =>
      taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerations.some((one) => isTolerated(one, taint))),
    antiAffinity: requiredPodTerms(spec, 'podAntiAffinity'),
    affinity: requiredPodTerms(spec, 'podAffinity'),
    spread: spreads.filter((spread) => textAt(spread, 'whenUnsatisfiable') === 'DoNotSchedule').map(readSpread),
    preferredSpread: preferred[0] ?? null,
  };
}

/** Reads a list of quantities (`allocatable`, `requests`); what is missing or none is 0. */
export function readAmounts(amounts: unknown): ResourceAmounts {
  const amount = (name: string): number => {
    const quantity = valueAt(amounts, name);
    return typeof quantity === 'number' ? quantity : (parseQuantity(String(quantity ?? '0')) ?? 0);
  };
  return { cpu: amount('cpu'), memory: amount('memory'), pods: amount('pods') };
}

/** Sum of the containers' requests; one pod. Init containers count where one asks for more than all others together. */
export function readRequests(spec: unknown): ResourceAmounts {
  const requestsOf = (list: 'containers' | 'initContainers'): readonly ResourceAmounts[] =>
    listAt(spec, list).map((container) => readAmounts(valueAt(container, 'resources', 'requests')));
  let cpu = requestsOf('containers').reduce((sum, one) => sum + one.cpu, 0);
  let memory = requestsOf('containers').reduce((sum, one) => sum + one.memory, 0);
  for (const one of requestsOf('initContainers')) {
    cpu = Math.max(cpu, one.cpu);
    memory = Math.max(memory, one.memory);
  }
  return { cpu, memory, pods: 1 };
}

/** Reads `spec.taints` of a node. */
export function readTaints(taints: readonly unknown[]): readonly TaintRecord[] {
  return taints.map((taint) => ({
    key: textAt(taint, 'key') ?? '',
    value: textAt(taint, 'value') ?? '',
    effect: textAt(taint, 'effect') ?? '',
  }));
}

/** Reads ARM's `nodeTaints` form, `key=value:Effect`. */
export function parseTaintText(text: string): TaintRecord {
  const [pair, effect] = text.split(':');
  const [key, value] = (pair ?? '').split('=');
  return { key: key ?? '', value: value ?? '', effect: effect ?? '' };
}

function readNodeTerm(term: unknown): (labels: Readonly<Record<string, string>>, nodeName: string) => boolean {
  const byLabel = listAt(term, 'matchExpressions').map(readExpression);
  const byField = listAt(term, 'matchFields').map(readExpression);
  // An empty term selects no node, unlike an empty label selector.
  if (byLabel.length + byField.length === 0) return () => false;
  return (labels, nodeName) =>
    byLabel.every((matches) => matches(labels)) && byField.every((matches) => matches({ 'metadata.name': nodeName }));
}

function isTolerated(toleration: unknown, taint: TaintRecord): boolean {
  const effect = textAt(toleration, 'effect') ?? '';
  if (effect !== '' && effect !== taint.effect) return false;
  const key = textAt(toleration, 'key') ?? '';
  const isExists = textAt(toleration, 'operator') === 'Exists';
  if (key === '') return isExists;
  return key === taint.key && (isExists || (textAt(toleration, 'value') ?? '') === taint.value);
}

function requiredPodTerms(spec: unknown, affinity: 'podAffinity' | 'podAntiAffinity'): readonly PodTerm[] {
  return listAt(spec, 'affinity', affinity, 'requiredDuringSchedulingIgnoredDuringExecution').map((term) => ({
    selects: readLabelSelector(valueAt(term, 'labelSelector')),
    topologyKey: textAt(term, 'topologyKey') ?? '',
    namespaces: textsAt(term, 'namespaces'),
  }));
}

function readSpread(spread: unknown): SpreadTerm {
  return {
    selects: readLabelSelector(recordAt(spread, 'labelSelector')),
    topologyKey: textAt(spread, 'topologyKey') ?? '',
    maxSkew: numberAt(spread, 'maxSkew') ?? 1,
  };
}
