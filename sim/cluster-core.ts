import type { KubernetesStore } from './kubernetes-store.ts';
import type { Durations } from './physics.ts';
import type { Prng } from './prng.ts';
import type { Timeline } from './timeline.ts';

/** What every simulated controller works with: the objects, the time and the seed's chance. */
export interface ClusterCore {
  readonly store: KubernetesStore;
  readonly timeline: Timeline;
  readonly durations: Durations;
  readonly prng: Prng;
}
