import type { PodRecord } from './kubernetes-objects.ts';

/**
 * What the outside world fixes about a pod that the simulation will make: where it goes, or what keeps it waiting, and how long.
 *
 * `steer` the node it is placed on, when that takes it · `unplaced` no node is found for it · `unstarted` it does not start on a
 * node that is young · `held-disk` its disk does not leave the node after the pod did.
 */
export interface PodHindrance {
  readonly hindrance: 'steer' | 'unplaced' | 'unstarted' | 'held-disk';
  readonly namespace: string;
  /** A pod's name, or with a `-` at its end the beginning of one. */
  readonly pod: string;
  /** Of `steer` and `held-disk`; empty otherwise. */
  readonly node: string;
  /** Reason of the event it shows; empty when it shows none. */
  readonly reason: string;
  readonly message: string;
  /** Null: for good. */
  readonly minutes: number | null;
}

/** One hindrance while it waits for its pod, and then with the pod it met. */
export interface HindranceRecord {
  readonly hindrance: PodHindrance;
  met: string | null;
}

/** Finds the hindrance of a pod: the one it met already, or the first that waits for a pod of its name. It has then met this pod. */
export function meetHindrance(
  records: readonly HindranceRecord[],
  kind: PodHindrance['hindrance'],
  pod: Pick<PodRecord, 'namespace' | 'name' | 'uid'>,
  node: string | null = null,
): PodHindrance | null {
  const fits = ({ hindrance }: HindranceRecord): boolean =>
    hindrance.hindrance === kind &&
    hindrance.namespace === pod.namespace &&
    (hindrance.pod === pod.name || (hindrance.pod.endsWith('-') && pod.name.startsWith(hindrance.pod))) &&
    (node === null || hindrance.node === node);
  const found = records.find((record) => record.met === pod.uid && fits(record)) ?? records.find((record) => record.met === null && fits(record));
  if (found === undefined) return null;
  found.met = pod.uid;
  return found.hindrance;
}
