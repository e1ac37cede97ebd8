import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lendClock } from '../adapters/clock.ts';
import { parseInstant } from '../domain/local-time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Instant } from '../domain/time.ts';
import { virtualClock } from '../local/clock.ts';
import { startHost } from '../local/functions-host/host.ts';
import { startLoopbackWorld } from '../local/loopback-world.ts';
import { createQueueSource } from '../local/queue-source.ts';
import { latestImagesOf } from '../sim/scenario-azure.ts';
import { scenarioDocuments } from '../sim/scenario-documents.ts';
import { startTally, type ActionCount } from './action-tally.ts';
import { closedPolicyText, tightBudget, windowKind, type WindowKind, type WindowName } from './cost-windows.ts';

/** Timers that fire whether or not a window is open. */
export type IdleTimer = 'windowTimer' | 'deliveryTimer' | 'debtTimer';

/** One window, played. */
export interface WindowCount {
  readonly nodes: number;
  readonly minutes: number;
  readonly outcome: string;
  readonly actions: ActionCount;
}

/** What the installation does while no window is open, for a number of policies. */
export interface StandingCount {
  readonly clusters: number;
  /** One tick of each timer that finds nothing to do, and what it leads to. */
  readonly windowTick: ActionCount;
  readonly deliveryTick: ActionCount;
}

/** Everything the costs are reckoned from. */
export interface CountedActions {
  readonly windows: Readonly<Record<WindowName, WindowCount>>;
  readonly standing: readonly StandingCount[];
  /** One daily look at one cluster's debts: the timer's execution and the inbox's. */
  readonly debtCheck: ActionCount;
}

/** Numbers of clusters the page tells of. */
export const fleetSizes: readonly number[] = [1, 20, 200];

const opens: Instant = parseInstant('2026-11-21T21:00:00Z') ?? 0;
const weekdayNoon: Instant = parseInstant('2026-11-18T12:00:00Z') ?? 0;
const BLOCK_MINUTES = 60;
const RUN_HOURS_MAX = 24;

/** Plays every kind of window and every idle tick in virtual time, each in a fresh process, because the function app composes itself once for the life of its process. */
export function countActions(tell: (line: string) => void): CountedActions {
  const play = (name: WindowName): WindowCount => {
    const count: WindowCount = inChild('window', name);
    tell(`  ${name}: ${count.minutes} min, ${count.outcome}`);
    if (count.outcome !== (name === 'nothing-20' ? 'none' : 'succeeded')) throw new Error(`Window ${name} ended as ${count.outcome}: what it asked for says nothing.`);
    return count;
  };
  const idle = (timer: IdleTimer, clusters: number): ActionCount => inChild('idle', timer, String(clusters));
  return {
    windows: { 'image-3': play('image-3'), 'nothing-20': play('nothing-20'), 'image-20': play('image-20'), 'minor-20': play('minor-20'), 'image-50': play('image-50'), 'blocked-20': play('blocked-20') },
    standing: fleetSizes.map((clusters) => ({ clusters, windowTick: idle('windowTimer', clusters), deliveryTick: idle('deliveryTimer', clusters) })),
    debtCheck: idle('debtTimer', 1),
  };
}

function inChild<T>(...what: readonly string[]): T {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./count-child.ts', import.meta.url)), ...what], { maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`Counting ${what.join(' ')} ended with ${status}: ${stderr.toString().slice(0, 2_000)}`);
  return JSON.parse(stdout.toString());
}

/**
 * Plays one window through the whole function app, unmodified: timer, orchestrations, activities, inbox and webhook, over the real SDK
 * clients and loopback services. The same code gives the same counts. Once in a process.
 */
export async function countWindow(name: WindowName): Promise<WindowCount> {
  const kind = windowKind(name);
  const app = await startCountedApp(kind, opens, { 'lab-cost.yaml': kind.policyText });
  try {
    const { host, clock, tally } = app;
    await host.fireTimer('windowTimer');
    const runOf = () => host.engine.list({}).find((instance) => instance.name === 'maintenanceWindow');
    const how = await clock.runUntil(() => !['Pending', 'Running'].includes(runOf()?.runtimeStatus ?? 'Running'), RUN_HOURS_MAX * HOUR_MS);
    await app.settle();
    const status: { outcome?: string } = JSON.parse(runOf()?.customStatusJson ?? '{}');
    if (how !== 'reached' || runOf()?.runtimeStatus !== 'Completed') throw new Error(`${name} did not end: ${JSON.stringify(runOf()).slice(0, 2_000)}`);
    return { nodes: kind.scenario.pools.reduce((sum, { count }) => sum + count, 0), minutes: Math.round((clock.now() - opens) / MINUTE_MS), outcome: String(status.outcome), actions: tally.count() };
  } finally {
    await app.close();
  }
}

/**
 * One tick of a timer on an installation without an open window, with what it leads to. It is ticked twice before, so that what is
 * counted finds its memory warm.
 */
export async function countIdle(timer: IdleTimer, clusters: number): Promise<ActionCount> {
  const names = ['lab-cost', ...Array.from({ length: clusters - 1 }, (_, index) => `lab-cost-${index + 2}`)];
  const { host, clock, tally, settle, close } = await startCountedApp(windowKind('image-3'), weekdayNoon, Object.fromEntries(names.map((name) => [`${name}.yaml`, closedPolicyText(name)])));
  try {
    for (const round of ['cold', 'warm', 'counted']) {
      if (round === 'counted') tally.restart();
      await host.fireTimer(timer);
      await settle();
      await clock.advanceTo(clock.now() + (timer === 'debtTimer' ? DAY_MS : 5 * MINUTE_MS));
    }
    return tally.count();
  } finally {
    await close();
  }
}

async function startCountedApp(kind: WindowKind, startsAt: Instant, policies: Readonly<Record<string, string>>) {
  const clock = virtualClock(startsAt);
  let watch: (changes: readonly { readonly kind: string; readonly data: Readonly<Record<string, unknown>> }[]) => void = () => undefined;
  const world = await startLoopbackWorld({
    documents: scenarioDocuments(kind.scenario, startsAt),
    policies,
    startsAt,
    makeClock: () => clock,
    seed: 1,
    latestNodeImages: latestImagesOf(kind.scenario),
    folder: null,
    people: { operator: 'maintain' },
    signsAs: 'app',
    onChanges: (changes) => watch(changes),
  });
  const takeBack = lendClock(clock);
  const tally = startTally(() => world.log.entries, () => clock.now());
  let block: 'due' | 'done' = kind.night === 'quiet' ? 'done' : 'due';
  watch = (changes) => {
    tally.eventGrid(changes.filter((change) => change.kind === 'event-grid').length);
    const isDraining = changes.some((change) => change.kind === 'node.cordoned' && String(change.data['node'] ?? '').startsWith('apps-'));
    if (!isDraining || block === 'done') return;
    block = 'done';
    const { namespace, name } = tightBudget;
    const allow = (maxUnavailable: number): void => world.perturb({ kind: 'change-budget', namespace, name, maxUnavailable, by: 'team-shop' });
    clock.schedule(clock.now() + 1, () => allow(0));
    clock.schedule(clock.now() + BLOCK_MINUTES * MINUTE_MS, () => allow(1));
  };
  const host = await startHost({
    appEntry: new URL('../functions/main.ts', import.meta.url),
    clock,
    database: ':memory:',
    timers: 'held',
    queueSource: createQueueSource({ connectionString: world.serviceBus.connectionString }),
    environment: world.environment,
    watch: tally.moment,
    log: (_level, code, fields) => {
      if (code === 'app.log') tally.line(String(fields['message']));
    },
  });
  world.deliverWebhooksTo(host.url);
  return {
    host,
    clock,
    tally,
    settle: async () => {
      await world.github.webhooks.whenIdle();
      await clock.whenIdle();
    },
    close: async () => {
      takeBack();
      await host.close();
      await world.close();
    },
  };
}
