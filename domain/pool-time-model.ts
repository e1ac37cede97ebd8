/** How long the parts of an upgrade take. Unit: minutes. */
interface PoolTimeModel {
  readonly surgeCreateMinutes: number;
  /** A node's drain when nothing blocks it. */
  readonly drainMinutes: number;
  readonly reimageMinutes: number;
  readonly surgeDeleteMinutes: number;
  readonly controlPlaneMinutes: number;
  /** A change that moves no node: of a stopped or empty pool. */
  readonly settingMinutes: number;
}

/** Typical values for a cluster nothing is known about yet; ours, not Azure's, which publishes none. */
export const defaultPoolTimeModel: PoolTimeModel = {
  surgeCreateMinutes: 4,
  drainMinutes: 8,
  reimageMinutes: 5,
  surgeDeleteMinutes: 2,
  controlPlaneMinutes: 12,
  settingMinutes: 2,
};

/** The shape of a pool's upgrade, as far as it costs time. */
interface PoolUpgradeShape {
  readonly waves: number;
  readonly surgeNodeCount: number;
  readonly nodeSoakMinutes: number;
  readonly isSpot: boolean;
}

/** `surgeCreate + waves × (drain + soak + reimage) + surgeDelete`; a spot pool is neither surged nor drained. Unit: minutes, whole. */
export function estimatePoolMinutes(shape: PoolUpgradeShape, model: PoolTimeModel = defaultPoolTimeModel): number {
  if (shape.isSpot) return Math.ceil(shape.waves * model.reimageMinutes);
  const surge = shape.surgeNodeCount > 0 ? model.surgeCreateMinutes + model.surgeDeleteMinutes : 0;
  return Math.ceil(surge + shape.waves * (model.drainMinutes + shape.nodeSoakMinutes + model.reimageMinutes));
}
