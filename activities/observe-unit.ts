import type { Outcome } from '../domain/failure.ts';
import type { UnitProgress } from '../domain/unit-progress.ts';
import type { ActivityContract } from './contract.ts';
import { lookAtUnit } from './look-at-unit.ts';
import type { Ports } from './ports.ts';

/** Draining nodes named in the log; their number is small while a roll goes well. */
const NODES_LOGGED = 10;

/** One look at a running or stopped unit, with what earlier looks saw. Changes nothing; may be repeated. */
export async function observeUnit(ports: Ports, { earlier, ...request }: ActivityContract['observeUnit']['input']): Promise<Outcome<UnitProgress>> {
  const look = await lookAtUnit(ports, request, earlier);
  if (!look.ok) return look;
  const { progress } = look.value;
  const { state, podsLeft, causes, inventory } = progress;
  ports.logger.log('info', 'unit.looked', { unit: request.unit.unit, state, podsLeft, cordoned: inventory?.cordoned.slice(0, NODES_LOGGED) ?? [], causes: causes.map((cause) => `${cause.class} ${cause.pod}`) });
  return { ok: true, value: progress };
}
