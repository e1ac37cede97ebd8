import { textsAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { textAt } from '../domain/json.ts';
import type { Scenario, ScenarioWorkload } from './scenario.ts';

/** Volumes of a workload: what its pods mount, and the claims and disks behind it. */
interface WorkloadVolumes {
  inPod(index: number): readonly JsonRecord[];
  readonly documents: readonly JsonRecord[];
}

/** Reads `volumes[]` and `zonesOfDisks[]`: disks with their zone, local disks with their node, secrets from a store. */
export function volumesOf(scenario: Scenario, workload: ScenarioWorkload, places: readonly { readonly index: number; readonly node: string }[]): WorkloadVolumes {
  const words = textsAt(workload.words, 'volumes');
  const claimName = (pod: number, volume: number): string => `${words[volume]?.toLowerCase() ?? 'disk'}${volume}-${workload.name}-${pod}`;
  // As a provisioner names them: by the claim; the first of a pod is the one that reports speak of.
  const diskName = (pod: number, volume: number): string => `pvc-${workload.name}-${pod}${volume === 0 ? '' : `-${volume}`}`;
  const isClaimed = (word: string): boolean => word !== 'secrets-store' && word !== 'emptyDir';
  return {
    inPod: (pod) =>
      words.map((word, volume) => {
        const name = `v${volume}`;
        if (word === 'secrets-store') return { name, csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true } };
        return isClaimed(word) ? { name, persistentVolumeClaim: { claimName: claimName(pod, volume) } } : { name, emptyDir: {} };
      }),
    documents: places.flatMap(({ index, node }) =>
      words.flatMap((word, volume) => (isClaimed(word) ? claimAndDisk(scenario, workload, { word, node, index, name: claimName(index, volume), disk: diskName(index, volume) }) : [])),
    ),
  };
}

function claimAndDisk(
  scenario: Scenario,
  { namespace, words }: ScenarioWorkload,
  { word, node, index, name, disk }: { readonly word: string; readonly node: string; readonly index: number; readonly name: string; readonly disk: string },
): readonly JsonRecord[] {
  const zones = textsAt(words, 'zonesOfDisks');
  const zone = zones[index % Math.max(1, zones.length)];
  const region = textAt(scenario.cluster, 'region') ?? 'westeurope';
  const isLocal = word.startsWith('local');
  const rule = isLocal
    ? { key: 'kubernetes.io/hostname', operator: 'In', values: [node] }
    : zone === undefined
      ? null
      : { key: 'topology.disk.csi.azure.com/zone', operator: 'In', values: [`${region}-${zone}`] };
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace, uid: `pvc-${namespace}-${name}`, resourceVersion: '100' },
      spec: { accessModes: ['ReadWriteOnce'], volumeName: disk, storageClassName: isLocal ? 'local' : 'managed-csi' },
      status: { phase: 'Bound' },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: disk, uid: `pv-${namespace}-${name}`, resourceVersion: '100' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        claimRef: { kind: 'PersistentVolumeClaim', namespace, name },
        ...(isLocal ? { local: { path: `/mnt/${name}` } } : { csi: { driver: 'disk.csi.azure.com', volumeHandle: name } }),
        ...(rule === null ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [rule] }] } } }),
      },
      status: { phase: 'Bound' },
    },
  ];
}
