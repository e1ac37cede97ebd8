import type { Node, Taint } from './cluster-snapshot.ts';
import { isTrueAt, recordAt, recordsAt, textAt, timeAt } from './json.ts';
import type { FaultList, JsonRecord } from './json.ts';
import { readMetadata } from './kubernetes-metadata.ts';
import { resourcesOf } from './kubernetes-pod.ts';
import { parseQuantity } from './kubernetes-quantity.ts';

/** Label of AKS that names a node's pool. */
const nodePoolLabel = 'kubernetes.azure.com/agentpool';
/** Label of AKS that carries a node's image. */
const nodeImageLabel = 'kubernetes.azure.com/node-image-version';
/** Label of AKS whose value `Quarantined` marks a node that could not be drained (facts: AKS API, UndrainableNodeBehavior). */
export const upgradeStatusLabel = 'kubernetes.azure.com/upgrade-status';

/** Reads a `v1` Node. Faults are added to `faults` under `path`. */
export function readNode(item: JsonRecord, path: string, faults: FaultList): Node {
  const metadata = readMetadata(item, 'cluster', path, faults);
  const { labels } = metadata;
  const spec = recordAt(item, 'spec');
  const status = recordAt(item, 'status');
  const ready = recordsAt(status, 'conditions').find((one) => one['type'] === 'Ready');
  const allocatable = recordAt(status, 'allocatable');
  return {
    name: metadata.name,
    nodePool: labels[nodePoolLabel] ?? labels['agentpool'] ?? '',
    createdAt: metadata.createdAt,
    isReady: ready?.['status'] === 'True',
    readyChangedAt: ready === undefined ? null : timeAt(ready, 'lastTransitionTime'),
    isCordoned: isTrueAt(spec, 'unschedulable'),
    cordonedAt: cordonTimeOf(spec),
    isQuarantined: labels[upgradeStatusLabel] === 'Quarantined',
    kubeletVersion: (textAt(status, 'nodeInfo', 'kubeletVersion') ?? '').replace(/^v/, ''),
    imageVersion: labels[nodeImageLabel] ?? '',
    zone: labels['topology.kubernetes.io/zone'] ?? null,
    labels,
    annotations: metadata.annotations,
    taints: recordsAt(spec, 'taints').map(readTaint),
    allocatable: {
      ...resourcesOf(allocatable, `${path}.status.allocatable`, faults),
      pods: parseQuantity(textAt(allocatable, 'pods') ?? '') ?? 0,
    },
  };
}

function cordonTimeOf(spec: JsonRecord): Node['cordonedAt'] {
  const taint = recordsAt(spec, 'taints').find(({ key }) => key === 'node.kubernetes.io/unschedulable');
  return taint === undefined ? null : timeAt(taint, 'timeAdded');
}

function readTaint(taint: JsonRecord): Taint {
  return {
    key: textAt(taint, 'key') ?? '',
    value: textAt(taint, 'value') ?? '',
    effect: textAt(taint, 'effect') ?? '',
  };
}
