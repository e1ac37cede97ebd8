import { deploymentAt, DEPLOYMENT_FILE, parseDeployment, formatDeployment, type DeploymentOrder, type DeploymentRequest } from '../domain/deployment-order.ts';
import type { Outcome } from '../domain/failure.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { UnitName } from '../domain/upgrade-plan.ts';
import type { InstanceView, Ports } from './ports.ts';

/** Runs and clean-ups looked through; more than a fleet has clusters. */
const RUNS_LISTED_MAX = 1_000;
const workingStates: readonly string[] = ['running', 'paused'];

/** What a deployment would meet. */
export interface DeploymentLook {
  /** The order that holds now; null when none does. */
  readonly order: DeploymentOrder | null;
  /** Runs that have not ended, each with the units that are at work. */
  readonly runs: readonly { readonly instanceId: string; readonly runId: string; readonly clusterName: string; readonly unitsAtWork: readonly UnitName[] }[];
  /** Instance ids of clean-ups that have not ended. */
  readonly cleanUps: readonly string[];
}

/** The ports that a deployment needs. */
type DeploymentPorts = Pick<Ports, 'clock' | 'logger' | 'state' | 'windows'>;

/** Looks who is at work, and whether a deployment is announced. Changes nothing; may be repeated. */
export async function lookAtDeployment(ports: DeploymentPorts): Promise<Outcome<DeploymentLook>> {
  const order = await readDeployment(ports);
  if (!order.ok) return order;
  return lookAround(ports, order.value);
}

/**
 * Keeps on the state branch that no unit is to start for the next minutes, on any cluster and whatever happens to the app meanwhile.
 * May be repeated: the later request counts.
 */
export async function announceDeployment(ports: DeploymentPorts, { minutes, reason, by }: DeploymentRequest): Promise<Outcome<DeploymentLook>> {
  const when = ports.clock.now();
  const order: DeploymentOrder = { who: by, when, why: reason, until: when + minutes * MINUTE_MS };
  const kept = await ports.state.changeDocument(DEPLOYMENT_FILE, () => formatDeployment(order), `Start no unit for ${minutes} min: a deployment`);
  if (!kept.ok) return kept;
  ports.logger.log('info', 'deployment.announced', { by, reason, minutes });
  return lookAround(ports, order);
}

/** Ends what was announced, and has runs that wait for it go on. May be repeated; without an order it changes nothing. */
export async function endDeployment(ports: DeploymentPorts): Promise<Outcome<DeploymentLook>> {
  const now = ports.clock.now();
  const end = (present: string | null): string => {
    const order = present === null ? null : deploymentAt(parseDeployment(present), now);
    return order === null ? (present ?? '') : formatDeployment({ ...order, until: now });
  };
  const order = await readDeployment(ports);
  if (!order.ok) return order;
  if (order.value !== null) {
    const kept = await ports.state.changeDocument(DEPLOYMENT_FILE, end, 'Units may start again: the deployment is over');
    if (!kept.ok) return kept;
    ports.logger.log('info', 'deployment.over', { by: order.value.who });
  }
  const look = await lookAround(ports, null);
  if (!look.ok) return look;
  for (const { instanceId } of look.value.runs) {
    // A hint: a run that waits reads the orders again by itself.
    const raised = await ports.windows.raise(instanceId, 'wake', { kind: 'look', reason: 'The deployment is over.', pool: null });
    if (!raised.ok) ports.logger.log('warn', 'deployment.run-not-woken', { instanceId, code: raised.failure.code });
  }
  return look;
}

/** The deployment that is announced now; null when none is. A text that cannot be read announces nothing, and is logged. May be repeated. */
export async function readDeployment({ state, clock, logger }: Pick<Ports, 'state' | 'clock' | 'logger'>): Promise<Outcome<DeploymentOrder | null>> {
  const read = await state.readDocument(DEPLOYMENT_FILE);
  if (!read.ok || read.value === null) return read.ok ? { ok: true, value: null } : read;
  const order = parseDeployment(read.value);
  // Unlike a freeze it protects nothing: activities survive a deployment. So a faulty text must not hold a fleet.
  if (order === null) logger.log('warn', 'deployment.unreadable', { path: DEPLOYMENT_FILE });
  return { ok: true, value: deploymentAt(order, clock.now()) };
}

async function lookAround({ windows }: Pick<Ports, 'windows'>, order: DeploymentOrder | null): Promise<Outcome<DeploymentLook>> {
  const [listed, cleanUps] = await Promise.all([windows.list(RUNS_LISTED_MAX), windows.listCleanUps()]);
  if (!listed.ok) return listed;
  if (!cleanUps.ok) return cleanUps;
  return { ok: true, value: { order, runs: listed.value.flatMap(runOf), cleanUps: cleanUps.value.map(({ instanceId }) => instanceId) } };
}

function runOf({ instanceId, runtimeStatus, status }: InstanceView): DeploymentLook['runs'] {
  if (!['Pending', 'Running', 'Suspended', 'ContinuedAsNew'].includes(runtimeStatus)) return [];
  const unitsAtWork = (status?.units ?? []).filter(({ state }) => workingStates.includes(state)).map(({ unit }) => unit);
  return [{ instanceId, runId: status?.runId ?? '', clusterName: status?.clusterName ?? '', unitsAtWork }];
}
