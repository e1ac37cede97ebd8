import { Cron } from 'croner';
import { isRecord, numberAt, parseJson, textAt } from '../../domain/json.ts';
import type { Instant } from '../../domain/time.ts';
import type { HostClock, Scheduled } from '../clock.ts';
import { AppRefused } from './core-api.ts';
import type { CoreApi, RegisteredFunction, TypedData } from './core-api.ts';
import { resolveSetting } from './host-settings.ts';

interface TimerFunctionOptions {
  readonly core: CoreApi;
  readonly functions: readonly RegisteredFunction[];
  readonly clock: HostClock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly extraInputs: (registered: RegisteredFunction) => Readonly<Record<string, TypedData>>;
  /** Keeps when a schedule last ran and is next due, across restarts. */
  readonly memory: { read(key: string): string | null; write(key: string, value: string): void };
  readonly onFailure: (name: string, error: unknown) => void;
}

interface ScheduleStatus {
  readonly last: Instant | null;
  readonly next: Instant;
}

/** Timer functions of an app, ready to be scheduled or fired by hand. */
interface TimerFunctions {
  schedule(): void;
  /** Rejects with the function's error. */
  fire(name: string): Promise<void>;
  stop(): void;
}

/**
 * Timer-triggered functions: NCRONTAB of six fields in UTC (or `WEBSITE_TIME_ZONE`), never two runs of one function at
 * once, `isPastDue` for an occurrence missed while no host ran. Throws for schedules it cannot read.
 */
export function timerFunctions(options: TimerFunctionOptions): TimerFunctions {
  const timers = options.functions.map((registered) => ({ registered, cron: toCron(registered, options.environment) }));
  const pending = new Map<string, Scheduled>();
  let state: 'running' | 'stopped' = 'running';

  const run = async (registered: RegisteredFunction, cron: Cron, due: 'on-time' | 'past-due'): Promise<unknown> => {
    const startedAt = options.clock.now();
    const status = readStatus(options, registered.name);
    const result = await options.core.invoke(registered, {
      triggerData: { json: JSON.stringify(toPayload(status, startedAt, due)) },
      extraInputs: options.extraInputs(registered),
      triggerMetadata: {},
    });
    writeStatus(options, registered.name, { last: startedAt, next: nextRun(cron, options.clock.now()) });
    return result.kind === 'threw' ? result.error : null;
  };
  const arm = (registered: RegisteredFunction, cron: Cron, at: Instant, due: 'on-time' | 'past-due'): void => {
    if (state === 'stopped') return;
    const scheduled = options.clock.schedule(at, () => {
      const work = run(registered, cron, due).then((error) => {
        if (error !== null) options.onFailure(registered.name, error);
        arm(registered, cron, nextRun(cron, options.clock.now()), 'on-time');
      });
      void options.clock.inFlight.track('timer function', work.catch((error: unknown) => options.onFailure(registered.name, error)));
    });
    pending.set(registered.name, scheduled);
  };

  return {
    schedule: () => {
      for (const { registered, cron } of timers) {
        const now = options.clock.now();
        const remembered = readStatus(options, registered.name);
        const isMissed = remembered !== null && remembered.next <= now;
        const isAskedAtStart = registered.bindings[registered.triggerName]?.['runOnStartup'] === true;
        const next = nextRun(cron, now);
        if (remembered === null) writeStatus(options, registered.name, { last: null, next });
        arm(registered, cron, isMissed || isAskedAtStart ? now : next, isMissed ? 'past-due' : 'on-time');
      }
    },
    fire: async (name) => {
      const timer = timers.find(({ registered }) => registered.name === name);
      if (timer === undefined) throw new AppRefused('unknown-function', `There is no timer function ${name}. Known: ${timers.map(({ registered }) => registered.name).join(', ')}.`);
      const error = await options.clock.inFlight.track('timer function', run(timer.registered, timer.cron, 'on-time'));
      if (error !== null) throw error;
    },
    stop: () => {
      state = 'stopped';
      for (const scheduled of pending.values()) scheduled.cancel();
    },
  };
}

function toCron(registered: RegisteredFunction, environment: Readonly<Record<string, string | undefined>>): Cron {
  const template = textAt(registered.bindings[registered.triggerName] ?? {}, 'schedule') ?? '';
  const schedule = resolveSetting(template, environment);
  try {
    // NCRONTAB wants day and weekday both to match; cron takes either.
    return new Cron(schedule, { mode: '6-part', paused: true, domAndDow: true, timezone: environment['WEBSITE_TIME_ZONE'] ?? 'UTC' });
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new AppRefused('schedule-unreadable', `Timer function ${registered.name} has schedule "${schedule}": ${cause}. Give six fields: second minute hour day month weekday.`);
  }
}

function nextRun(cron: Cron, after: Instant): Instant {
  const next = cron.nextRun(new Date(after));
  if (next === null) throw new AppRefused('schedule-unreadable', `Schedule "${cron.getPattern() ?? ''}" never fires again.`);
  return next.getTime();
}

function toPayload(status: ScheduleStatus | null, now: Instant, due: 'on-time' | 'past-due'): object {
  const iso = (at: Instant): string => new Date(at).toISOString();
  const last = status?.last ?? null;
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: last === null ? '0001-01-01T00:00:00' : iso(last), LastUpdated: iso(last ?? now), Next: iso(status?.next ?? now) },
    IsPastDue: due === 'past-due',
  };
}

function readStatus(options: TimerFunctionOptions, name: string): ScheduleStatus | null {
  const value = parseJson(options.memory.read(`timer:${name}`) ?? '');
  if (!isRecord(value)) return null;
  const next = numberAt(value, 'next');
  return next === null ? null : { last: numberAt(value, 'last'), next };
}

function writeStatus(options: TimerFunctionOptions, name: string, status: ScheduleStatus): void {
  options.memory.write(`timer:${name}`, JSON.stringify(status));
}
