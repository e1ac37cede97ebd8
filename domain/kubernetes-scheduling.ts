import type { PodScheduling, PodSeparation } from './cluster-snapshot.ts';
import type { JsonRecord } from './json.ts';
import { isRecord, listAt, numberAt, recordAt, recordsAt, textAt, textMapAt, textsAt } from './json.ts';
import { readSelector } from './kubernetes-budget.ts';
import { anywhere } from './pod-scheduling.ts';

/** Tolerations every pod carries so that it is not thrown off a silent node at once; they say nothing about placement. */
const usualTolerations: ReadonlySet<string> = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

/** Reads where a pod may run: node selector, required affinities, tolerations, hard spread. Preferences are left out. */
export function readScheduling(spec: JsonRecord): PodScheduling {
  const tolerations = recordsAt(spec, 'tolerations').filter((one) => !usualTolerations.has(textAt(one, 'key') ?? ''));
  const affinity = spec['affinity'];
  const spreads = listAt(spec, 'topologySpreadConstraints');
  // Most pods ask for nothing; they share one object, which matters at 150 000 pods.
  if (tolerations.length === 0 && affinity === undefined && spreads.length === 0 && spec['nodeSelector'] === undefined) return anywhere;
  const required = recordAt(affinity, 'nodeAffinity')['requiredDuringSchedulingIgnoredDuringExecution'];
  return {
    nodeSelector: textMapAt(spec, 'nodeSelector'),
    nodeTerms: isRecord(required)
      ? recordsAt(required, 'nodeSelectorTerms').map((term) => ({ labels: readRequirements(term, 'matchExpressions'), fields: readRequirements(term, 'matchFields') }))
      : null,
    tolerations: tolerations.map((one) => ({
      key: textAt(one, 'key') ?? '',
      operator: textAt(one, 'operator') ?? 'Equal',
      value: textAt(one, 'value') ?? '',
      effect: textAt(one, 'effect') ?? '',
    })),
    separations: [
      ...requiredTerms(affinity, 'podAntiAffinity').map((term) => separationOf(term, 1)),
      ...recordsAt(spec, 'topologySpreadConstraints')
        .filter((spread) => textAt(spread, 'whenUnsatisfiable') !== 'ScheduleAnyway')
        .map((spread) => separationOf(spread, numberAt(spread, 'maxSkew') ?? 1)),
    ],
    hasAffinity: requiredTerms(affinity, 'podAffinity').length > 0,
  };
}

function readRequirements(term: JsonRecord, list: string): PodScheduling['separations'][number]['selector']['matchExpressions'] {
  return recordsAt(term, list).map((one) => ({
    key: textAt(one, 'key') ?? '',
    operator: textAt(one, 'operator') ?? '',
    values: textsAt(one, 'values'),
  }));
}

function requiredTerms(affinity: unknown, kind: 'podAffinity' | 'podAntiAffinity'): readonly JsonRecord[] {
  return recordsAt(affinity, kind, 'requiredDuringSchedulingIgnoredDuringExecution');
}

function separationOf(term: JsonRecord, mostTogether: number): PodSeparation {
  return {
    topologyKey: textAt(term, 'topologyKey') ?? '',
    selector: readSelector(recordAt(term, 'labelSelector')),
    mostTogether,
    kind: term['whenUnsatisfiable'] === undefined ? 'apart' : 'spread',
  };
}
