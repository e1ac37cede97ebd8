import type { Outcome } from '../domain/failure.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import type { ActivityContract } from './contract.ts';
import { lookAtUnit } from './look-at-unit.ts';
import type { Ports } from './ports.ts';

/** One look at a running or stopped unit, with what earlier looks saw. Changes nothing; may be repeated. */
export async function observeUnit(ports: Ports, { earlier, ...request }: ActivityContract['observeUnit']['input']): Promise<Outcome<UnitProgress>> {
  const look = await lookAtUnit(ports, request, earlier);
  return look.ok ? { ok: true, value: look.value.progress } : look;
}
