import type { ClusterSnapshot, OwnerReference, Pod, Workload } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';

/** Controllers by uid, for following owner references upwards. */
export type WorkloadIndex = ReadonlyMap<string, Workload>;

export function indexWorkloads(workloads: readonly Workload[]): WorkloadIndex {
  return new Map(workloads.map((workload) => [workload.uid, workload]));
}

/** Who re-creates a pod: its controller, or the controller's own. */
interface Controller {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Null when the snapshot does not hold the object, for example a custom resource. */
  readonly workload: Workload | null;
}

/** The topmost controller the owner references lead to, for example the Deployment behind a ReplicaSet; null for a bare pod. */
export function controllerOf(pod: Pick<Pod, 'namespace' | 'owner'>, index: WorkloadIndex): Controller | null {
  let reference: OwnerReference | null = pod.owner;
  let found: Controller | null = null;
  // Owner references form no circle in a sane cluster; the bound keeps an insane one from hanging us.
  for (let depth = 0; reference !== null && depth < 8; depth += 1) {
    const workload: Workload | null = index.get(reference.uid) ?? null;
    found = { kind: reference.kind, namespace: pod.namespace, name: reference.name, workload };
    reference = workload?.owner ?? null;
  }
  return found;
}

/** `Kind namespace/name`. */
export function controllerText(controller: Controller): string {
  return `${controller.kind} ${fullName(controller)}`;
}

/** Places found already, by the owner's uid: a large cluster asks for each of its pods several times. */
const knownPlaces = new WeakMap<WorkloadIndex, Map<string, string>>();

/** Where a finding about a pod points: its workload's `namespace/name`, or its own when nothing controls it. */
export function placeOf(pod: Pick<Pod, 'namespace' | 'name' | 'owner'>, index: WorkloadIndex): string {
  const uid = pod.owner?.uid ?? '';
  if (uid === '') return fullName(controllerOf(pod, index) ?? pod);
  const places = knownPlaces.get(index) ?? new Map<string, string>();
  knownPlaces.set(index, places);
  const place = places.get(uid) ?? fullName(controllerOf(pod, index) ?? pod);
  places.set(uid, place);
  return place;
}

/** Keys people write an owner under, in order of trust; annotations are looked at before labels. */
const ownerKeys = ['slackwater.dev/owner', 'owner', 'team', 'app.kubernetes.io/owner', 'contact'];

/** The first owner that annotations or labels name, from the closest object to the widest; null when none does. */
export function ownerNamedBy(
  objects: readonly (Pick<Workload, 'labels' | 'annotations'> | null | undefined)[],
): string | null {
  for (const object of objects) {
    if (object === null || object === undefined) continue;
    for (const map of [object.annotations, object.labels]) {
      for (const key of ownerKeys) if (Object.hasOwn(map, key) && map[key] !== undefined && map[key] !== '') return map[key];
    }
  }
  return null;
}

/** Who can act on a pod's workload: named by the workload, the pod, its budget or its namespace. */
export function ownerOfPod(
  pod: Pod,
  snapshot: Pick<ClusterSnapshot, 'namespaces'>,
  index: WorkloadIndex,
): string | null {
  const namespace = snapshot.namespaces.find((one) => one.name === pod.namespace);
  return ownerNamedBy([controllerOf(pod, index)?.workload, pod, namespace]);
}
