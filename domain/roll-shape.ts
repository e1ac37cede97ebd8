import type { UpgradeSettings } from './cluster-snapshot.ts';
import { nodeSoakMinutes, parallelNodeCount, surgeNodeCount } from './node-pool.ts';
import { defaultPoolTimeModel, estimatePoolMinutes } from './pool-time-model.ts';
import type { PlannedUnit } from './upgrade-plan.ts';

/** A pool as far as the shape of its roll depends on it; `resting`: no node runs, so nothing rolls. */
interface RollingPool {
  readonly nodeCount: number;
  readonly kind: 'regular' | 'spot' | 'resting';
}

/** Surge nodes, waves and time of a pool's upgrade with these settings: the one place where they are reckoned. */
export function shapeRoll(settings: UpgradeSettings, { nodeCount, kind }: RollingPool): Pick<PlannedUnit, 'surgeNodeCount' | 'waves' | 'estimateMinutes'> {
  if (kind === 'resting') return { surgeNodeCount: 0, waves: 0, estimateMinutes: defaultPoolTimeModel.settingMinutes };
  const isSpot = kind === 'spot';
  const surge = isSpot ? 0 : surgeNodeCount(settings.maxSurge, nodeCount);
  const waves = isSpot ? nodeCount : Math.ceil(nodeCount / parallelNodeCount(settings, nodeCount));
  return { surgeNodeCount: surge, waves, estimateMinutes: estimatePoolMinutes({ waves, surgeNodeCount: surge, nodeSoakMinutes: nodeSoakMinutes(settings), isSpot }) };
}
