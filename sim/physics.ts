import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import type { Prng } from './prng.ts';

/** How long things take in the simulated cluster. Means; the seed adds jitter. */
export interface Physics {
  /** Ordering a surge node until it is Ready. Unit: minutes. */
  readonly surgeCreateMinutes: number;
  /** Re-imaging a drained node until it is Ready again. Unit: minutes. */
  readonly reimageMinutes: number;
  /** Upgrading the control plane. Unit: minutes. */
  readonly controlPlaneMinutes: number;
  /** Deleting the surge nodes at the end. Unit: minutes. */
  readonly surgeDeleteMinutes: number;
  /** The least a node's drain takes, however soon it is empty. Unit: minutes. */
  readonly drainMinutes: number;
  /** A change of settings that moves no node. Unit: minutes. */
  readonly settingsMinutes: number;
  /** From an accepted abort to `Canceled`. Unit: minutes. */
  readonly abortMinutes: number;
  /** From a pod's binding to Ready, unless its workload says otherwise. Unit: seconds. */
  readonly podStartSeconds: number;
  /** How long a container takes to stop when it obeys its signal; never longer than the pod's grace. Unit: seconds. */
  readonly podStopSeconds: number;
  /** Between two tries to evict a refused pod. Unit: seconds. */
  readonly evictRetrySeconds: number;
  /** Largest deviation from each mean, as a ratio of it: 0 is none. Range: 0–0.9. */
  readonly jitterRatio: number;
}

/** Times in the order of magnitude that AKS operators report; drains take what budgets and pods make them take. */
export const defaultPhysics: Physics = {
  surgeCreateMinutes: 4,
  reimageMinutes: 5,
  controlPlaneMinutes: 12,
  surgeDeleteMinutes: 2,
  drainMinutes: 0,
  settingsMinutes: 1,
  abortMinutes: 1,
  podStartSeconds: 30,
  podStopSeconds: 5,
  evictRetrySeconds: 5,
  jitterRatio: 0.15,
};

/** Physics with the seed's chance in it. Each call draws once. */
export interface Durations {
  readonly physics: Physics;
  /** `mean` minutes with jitter. Unit of the result: milliseconds, whole. */
  minutes(mean: number): number;
  /** `mean` seconds with jitter. Unit of the result: milliseconds, whole. */
  seconds(mean: number): number;
}

/** Binds physics to a stream of chance. */
export function createDurations(physics: Physics, prng: Prng): Durations {
  const jittered = (milliseconds: number): number =>
    Math.round(milliseconds * (1 + physics.jitterRatio * (prng.ratio() * 2 - 1)));
  return {
    physics,
    minutes: (mean) => jittered(mean * MINUTE_MS),
    seconds: (mean) => jittered(mean * SECOND_MS),
  };
}
