import type { FaultList, JsonRecord } from './json.ts';
import { isRecord, optionalCount, recordAt, recordsAt, textAt, textMapAt, textsAt, timeAt } from './json.ts';
import { readMetadata } from './kubernetes-metadata.ts';
import type {
  JobRun,
  PersistentVolume,
  PodAutoscaler,
  ProvisionedPool,
  ServiceFront,
  VolumeClaim,
} from './workload-facts.ts';

/** Lists that grow while a snapshot is read; the members of `WorkloadFacts`. */
export interface GrowingFacts {
  readonly autoscalers: PodAutoscaler[];
  readonly jobs: JobRun[];
  readonly services: ServiceFront[];
  readonly volumeClaims: VolumeClaim[];
  readonly volumes: PersistentVolume[];
  readonly provisionedPools: ProvisionedPool[];
}

/** Lists to grow, empty. */
export function growFacts(): GrowingFacts {
  return { autoscalers: [], jobs: [], services: [], volumeClaims: [], volumes: [], provisionedPools: [] };
}

/** Reads an object of a kind that adds a fact about workloads; other kinds are passed over. Faults are added under `path`. */
export function readWorkloadFact(item: JsonRecord, kind: string, path: string, facts: GrowingFacts, faults: FaultList): void {
  if (kind === 'HorizontalPodAutoscaler') facts.autoscalers.push(readAutoscaler(item, path, faults));
  else if (kind === 'Job') facts.jobs.push(readJob(item, path, faults));
  else if (kind === 'Service') facts.services.push(readService(item, path, faults));
  else if (kind === 'PersistentVolumeClaim') facts.volumeClaims.push(readClaim(item, path, faults));
  else if (kind === 'PersistentVolume') facts.volumes.push(readVolume(item, path, faults));
  // ARM calls its own thing a node pool too; only Karpenter's is a Kubernetes object.
  else if (kind === 'NodePool' && textAt(item, 'apiVersion')?.startsWith('karpenter.sh/') === true) {
    facts.provisionedPools.push(readProvisionedPool(item, path, faults));
  }
}

function readAutoscaler(item: JsonRecord, path: string, faults: FaultList): PodAutoscaler {
  const { namespace, name } = readMetadata(item, 'namespaced', path, faults);
  const spec = recordAt(item, 'spec');
  return {
    namespace,
    name,
    targetKind: textAt(spec, 'scaleTargetRef', 'kind') ?? '',
    targetName: textAt(spec, 'scaleTargetRef', 'name') ?? '',
    minReplicas: optionalCount(spec, 'minReplicas', `${path}.spec`, faults) ?? 1,
    maxReplicas: optionalCount(spec, 'maxReplicas', `${path}.spec`, faults) ?? 1,
  };
}

function readJob(item: JsonRecord, path: string, faults: FaultList): JobRun {
  const { namespace, name, uid, owner } = readMetadata(item, 'namespaced', path, faults);
  const spec = recordAt(item, 'spec');
  return {
    namespace,
    name,
    uid,
    scheduleUid: owner?.kind === 'CronJob' ? owner.uid : null,
    startedAt: timeAt(item, 'status', 'startTime'),
    completedAt: timeAt(item, 'status', 'completionTime'),
    activeDeadlineSeconds: optionalCount(spec, 'activeDeadlineSeconds', `${path}.spec`, faults),
    backoffLimit: optionalCount(spec, 'backoffLimit', `${path}.spec`, faults) ?? 6,
  };
}

function readService(item: JsonRecord, path: string, faults: FaultList): ServiceFront {
  const { namespace, name } = readMetadata(item, 'namespaced', path, faults);
  const spec = recordAt(item, 'spec');
  return {
    namespace,
    name,
    type: textAt(spec, 'type') ?? 'ClusterIP',
    externalTrafficPolicy: textAt(spec, 'externalTrafficPolicy') ?? 'Cluster',
    selector: textMapAt(spec, 'selector'),
  };
}

function readClaim(item: JsonRecord, path: string, faults: FaultList): VolumeClaim {
  const { namespace, name, owner } = readMetadata(item, 'namespaced', path, faults);
  return { namespace, name, volumeName: textAt(item, 'spec', 'volumeName') ?? '', isEphemeral: owner?.kind === 'Pod' };
}

const zoneKeys: ReadonlySet<string> = new Set([
  'topology.kubernetes.io/zone',
  'topology.disk.csi.azure.com/zone',
  'failure-domain.beta.kubernetes.io/zone',
]);

function readVolume(item: JsonRecord, path: string, faults: FaultList): PersistentVolume {
  const { name } = readMetadata(item, 'cluster', path, faults);
  const spec = recordAt(item, 'spec');
  const demands = recordsAt(spec, 'nodeAffinity', 'required', 'nodeSelectorTerms').flatMap((term) => recordsAt(term, 'matchExpressions'));
  const valuesOf = (isKey: (key: string) => boolean): readonly string[] =>
    demands.filter((demand) => isKey(textAt(demand, 'key') ?? '')).flatMap((demand) => textsAt(demand, 'values'));
  return {
    name,
    isNodeLocal: isRecord(spec['local']) || isRecord(spec['hostPath']) || valuesOf((key) => key === 'kubernetes.io/hostname').length > 0,
    // The Azure Disk driver writes an empty zone for a disk that every zone reaches.
    zones: [...new Set(valuesOf((key) => zoneKeys.has(key)))].filter((zone) => zone !== '').sort(),
  };
}

function readProvisionedPool(item: JsonRecord, path: string, faults: FaultList): ProvisionedPool {
  const { name } = readMetadata(item, 'cluster', path, faults);
  return {
    name,
    budgets: recordsAt(item, 'spec', 'disruption', 'budgets').map((budget) => ({
      nodes: textAt(budget, 'nodes') ?? '',
      schedule: textAt(budget, 'schedule'),
      duration: textAt(budget, 'duration'),
      reasons: textsAt(budget, 'reasons'),
    })),
  };
}
