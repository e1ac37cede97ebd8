import type { LabelSelector, Node, PodScheduling, Taint, Toleration } from './cluster-snapshot.ts';

type Labels = Readonly<Record<string, string>>;

/** A pod that may run on any node without taints; shared by the many pods that ask for nothing. */
export const anywhere: PodScheduling = {
  nodeSelector: {},
  nodeTerms: null,
  tolerations: [],
  separations: [],
  hasAffinity: false,
};

/** Taints that the API server or a controller puts on and takes off by itself; a replacement waits for that, not for us. */
const passingTaints: ReadonlySet<string> = new Set([
  'node.kubernetes.io/unschedulable',
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
]);

/** Whether a node's labels and taints let the pod run there, apart from room and neighbours. */
export function allowsPod(scheduling: PodScheduling, node: Pick<Node, 'name' | 'labels' | 'taints'>): boolean {
  return matchesLabels(scheduling, node.labels, node.name) && toleratesTaints(scheduling.tolerations, node.taints);
}

/**
 * Whether `nodeSelector` and required node affinity match. Terms are alternatives; an empty term matches nothing.
 *
 * @see Kubernetes docs, "Assigning Pods to Nodes".
 */
export function matchesLabels(scheduling: PodScheduling, labels: Labels, nodeName: string): boolean {
  for (const key in scheduling.nodeSelector) if (labels[key] !== scheduling.nodeSelector[key]) return false;
  if (scheduling.nodeTerms === null) return true;
  return scheduling.nodeTerms.some(
    ({ labels: byLabel, fields }) =>
      byLabel.length + fields.length > 0 &&
      byLabel.every((one) => matchesRequirement(one, labels)) &&
      fields.every((one) => matchesRequirement(one, { 'metadata.name': nodeName })),
  );
}

function matchesRequirement({ key, operator, values }: LabelSelector['matchExpressions'][number], labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  const [bound] = values;
  if (value === undefined || bound === undefined) return false;
  if (operator === 'Gt') return Number(value) > Number(bound);
  return operator === 'Lt' && Number(value) < Number(bound);
}

function toleratesTaints(tolerations: readonly Toleration[], taints: readonly Taint[]): boolean {
  return taints.every(
    (taint) =>
      taint.effect === 'PreferNoSchedule' || passingTaints.has(taint.key) || tolerations.some((one) => tolerates(one, taint)),
  );
}

function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key === '') return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === taint.value);
}

/** Label keys the pod cannot do without, each with a value it must have where the spec says one; null for any value. */
export function neededLabels(scheduling: PodScheduling): readonly { readonly key: string; readonly values: readonly string[] | null }[] {
  const fromSelector = Object.entries(scheduling.nodeSelector).map(([key, value]) => ({ key, values: [value] }));
  const [term, other] = scheduling.nodeTerms ?? [];
  // With alternatives no single label is needed.
  if (term === undefined || other !== undefined) return fromSelector;
  const fromTerm = term.labels
    .filter(({ operator }) => operator === 'In' || operator === 'Exists')
    .map(({ key, operator, values }) => ({ key, values: operator === 'In' ? values : null }));
  return [...fromSelector, ...fromTerm];
}
