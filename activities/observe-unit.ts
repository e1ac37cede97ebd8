import type { Outcome } from '../domain/failure.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import type { UnitRequest } from './contract.ts';
import { lookAtUnit } from './look-at-unit.ts';
import type { Ports } from './ports.ts';

/** One look at a running or stopped unit. Changes nothing; may be repeated. */
export async function observeUnit(ports: Ports, request: UnitRequest): Promise<Outcome<UnitProgress>> {
  const look = await lookAtUnit(ports, request);
  return look.ok ? { ok: true, value: look.value.progress } : look;
}
