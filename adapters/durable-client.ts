import { OrchestrationRuntimeStatus } from 'durable-functions';
import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import type { CleanUpView, InstanceView, PurgeInstances, WindowHost } from '../activities/ports.ts';
import type { CleanUpStatus } from '../domain/clean-up.ts';
import type { Outcome } from '../domain/failure.ts';
import { causeOf, withTrace } from '../domain/log-fields.ts';
import { DAY_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import type { WindowStatus } from '../domain/window-status.ts';
import type { OrchestrationName } from '../orchestrations/contract.ts';
import type { FlowEventName } from '../orchestrations/flow.ts';
import { presentInvocation } from './invocation.ts';

const WINDOW: OrchestrationName = 'maintenanceWindow';
const CLEAN_UP: OrchestrationName = 'cleanUp';
const RUNTIME_STATUSES = ['Pending', 'Running', 'Completed', 'Failed', 'Terminated', 'Suspended', 'ContinuedAsNew', 'Canceled'] as const;
const UNITS: readonly string[] = ['controlPlaneUpgrade', 'nodePoolUpgrade'] satisfies readonly OrchestrationName[];
const FINISHED: readonly InstanceView['runtimeStatus'][] = ['Completed', 'Failed', 'Terminated', 'Canceled'];
const { Pending, Running, Suspended, ContinuedAsNew, Completed, Failed, Terminated, Canceled } = OrchestrationRuntimeStatus;
const live = [Pending, Running, Suspended, ContinuedAsNew];
const ended = [Completed, Failed, Terminated, Canceled];
/** Ended instances older than that are shown nowhere, however long the task hub keeps them. */
const ENDED_LISTED_DAYS = 31;

/** Events that make an orchestration do something; what a unit tells its window is the window's own doing. */
const hears: readonly string[] = ['decision', 'wake'] satisfies readonly FlowEventName[];

/** Instance ids as we make them. The SDK puts an id into an address as it is, so any other could mean another address. */
const ownInstanceId = /^[A-Za-z0-9_-]{1,100}$/;

/**
 * The task hub behind {@link WindowHost}, through the durable client an invocation was given.
 *
 * No query reads the whole hub: each names the states it wants, and of what has ended the time it began. By name or prefix the SDK cannot ask.
 *
 * Failures: `task-hub-unreachable` (transient), `instance-unreadable` (unreadable).
 */
export function createWindowHost(client: DurableClient, now: () => Instant): WindowHost {
  const read = (instanceId: string): Promise<Outcome<InstanceView | null>> => readInstance(client, instanceId);
  return {
    startWindow: async (instanceId, input) => {
      try {
        await client.startNew(WINDOW, { instanceId, input });
        return { ok: true, value: 'started' };
      } catch (error) {
        // A live id is refused, with 409 or 500 by version of the extension; the instance itself tells which it was.
        const present = await read(instanceId);
        return present.ok && present.value !== null && isLive(present.value) ? { ok: true, value: 'already-running' } : unreachable(error);
      }
    },
    startCleanUp: (instanceId, input) => startCleanUp(client, instanceId, input),
    listCleanUps: () => listCleanUps(client),
    raise: async (instanceId, event, payload) => {
      if (!ownInstanceId.test(instanceId)) return { ok: true, value: 'not-running' };
      // The SDK takes the refusal of a finished instance for success, so its status is asked first.
      const present = await read(instanceId);
      if (!present.ok) return present;
      if (present.value === null || !isLive(present.value)) return { ok: true, value: 'not-running' };
      try {
        await client.raiseEvent(instanceId, event, hears.includes(event) ? withTrace(payload, causeOf(presentInvocation()?.fields ?? {})) : payload);
        return { ok: true, value: 'raised' };
      } catch (error) {
        return messageOf(error).startsWith('No instance with ID') ? { ok: true, value: 'not-running' } : unreachable(error);
      }
    },
    read: async (instanceId) => (ownInstanceId.test(instanceId) ? read(instanceId) : { ok: true, value: null }),
    list: async (limit) => {
      try {
        // What runs first: an instance that ends between the two answers is in both, and its end counts.
        const running: readonly DurableOrchestrationStatus[] = await client.getStatusBy({ runtimeStatus: live });
        const over: readonly DurableOrchestrationStatus[] = await client.getStatusBy({ runtimeStatus: ended, createdTimeFrom: new Date(now() - ENDED_LISTED_DAYS * DAY_MS) });
        const all = new Map([...running, ...over].filter((status) => status.name === WINDOW).map((status) => [status.instanceId, status]));
        const windows = [...all.values()].map(toView);
        const unreadable = windows.find((view) => !view.ok);
        if (unreadable !== undefined && !unreadable.ok) return unreadable;
        const views = windows.flatMap((view) => (view.ok ? [view.value] : []));
        return { ok: true, value: views.sort((one, other) => other.createdAt - one.createdAt).slice(0, limit) };
      } catch (error) {
        return unreachable(error);
      }
    },
  };
}

/** Forgets instances that ended, through the durable client an invocation was given. Failures as of {@link createWindowHost}. */
export async function purgeInstances(client: DurableClient, { unitsBefore, allBefore }: Parameters<PurgeInstances>[0]): ReturnType<PurgeInstances> {
  try {
    const old: readonly DurableOrchestrationStatus[] = await client.getStatusBy({ runtimeStatus: [Completed], createdTimeTo: new Date(unitsBefore) });
    let unitsCount = 0;
    for (const { instanceId } of old.filter(({ name }) => UNITS.includes(name))) unitsCount += (await client.purgeInstanceHistory(instanceId)).instancesDeleted;
    // The task hub refuses to purge without a beginning.
    const others = allBefore === null ? null : await client.purgeInstanceHistoryBy({ runtimeStatus: ended, createdTimeFrom: new Date(0), createdTimeTo: new Date(allBefore) });
    return { ok: true, value: { unitsCount, othersCount: others?.instancesDeleted ?? 0 } };
  } catch (error) {
    return unreachable(error);
  }
}

/** An instance that is known, live or ended, is left as it is: its command was taken before. */
async function startCleanUp(client: DurableClient, instanceId: string, input: unknown): Promise<Outcome<'started' | 'known'>> {
  const present = await readInstance(client, instanceId);
  if (!present.ok) return present;
  if (present.value !== null) return { ok: true, value: 'known' };
  try {
    await client.startNew(CLEAN_UP, { instanceId, input: withTrace(input, causeOf(presentInvocation()?.fields ?? {})) });
    return { ok: true, value: 'started' };
  } catch (error) {
    const now = await readInstance(client, instanceId);
    return now.ok && now.value !== null ? { ok: true, value: 'known' } : unreachable(error);
  }
}

async function listCleanUps(client: DurableClient): Promise<Outcome<readonly CleanUpView[]>> {
  try {
    const all: readonly DurableOrchestrationStatus[] = await client.getStatusBy({ runtimeStatus: live });
    const views: CleanUpView[] = [];
    for (const status of all.filter(({ name }) => name === CLEAN_UP)) {
      const view = toView(status);
      if (!view.ok) return view;
      if (isLive(view.value)) views.push({ instanceId: status.instanceId, createdAt: view.value.createdAt, status: isCleanUpStatus(status.customStatus) ? status.customStatus : null });
    }
    return { ok: true, value: views };
  } catch (error) {
    return unreachable(error);
  }
}

async function readInstance(client: DurableClient, instanceId: string): Promise<Outcome<InstanceView | null>> {
  try {
    return toView(await client.getStatus(instanceId));
  } catch (error) {
    // The SDK has no other sign for "there is no such instance".
    return messageOf(error).includes('replied with HTTP 404') ? { ok: true, value: null } : unreachable(error);
  }
}

function isLive(view: InstanceView): boolean {
  return !FINISHED.includes(view.runtimeStatus);
}

function toView(status: DurableOrchestrationStatus): Outcome<InstanceView> {
  const runtimeStatus = RUNTIME_STATUSES.find((known) => known === status.runtimeStatus);
  const createdAt = toInstant(status.createdTime);
  const lastUpdatedAt = toInstant(status.lastUpdatedTime);
  if (runtimeStatus === undefined || createdAt === null || lastUpdatedAt === null) {
    const message = `Instance ${status.instanceId} has status ${String(status.runtimeStatus)}, created ${String(status.createdTime)}, which is not understood.`;
    return { ok: false, failure: { code: 'instance-unreadable', class: 'unreadable', message, remedy: 'Compare the version of the Durable extension with the one supported.', retryAfterSeconds: null } };
  }
  return {
    ok: true,
    value: {
      instanceId: status.instanceId,
      orchestration: status.name,
      runtimeStatus,
      status: isWindowStatus(status.customStatus) ? status.customStatus : null,
      createdAt,
      lastUpdatedAt,
      output: status.output,
    },
  };
}

/** One status comes with dates, a list of them with their text: the SDK converts only the former. */
function toInstant(value: unknown): Instant | null {
  const at = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** Our own status, told by its schema; what carries another is nobody's. */
function isWindowStatus(value: unknown): value is WindowStatus {
  return typeof value === 'object' && value !== null && 'schema' in value && value.schema === 'slackwater.status/v1';
}

function isCleanUpStatus(value: unknown): value is CleanUpStatus {
  return typeof value === 'object' && value !== null && 'schema' in value && value.schema === 'slackwater.clean-up/v1';
}

function unreachable(error: unknown): { readonly ok: false; readonly failure: Extract<Outcome<never>, { readonly ok: false }>['failure'] } {
  const message = `The task hub did not answer as expected: ${messageOf(error)}`;
  return { ok: false, failure: { code: 'task-hub-unreachable', class: 'transient', message, remedy: 'Look at the Functions host and its storage provider.', retryAfterSeconds: null } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
