import { schedulerActions, type ActionCount, type Calls, type FunctionCount, type ScaleGroup } from './action-tally.ts';
import type { CostInputs, PriceName } from './cost-inputs.ts';
import type { CountedActions } from './count-actions.ts';

/** Dollars, and what stands beside them because its price is not known: price name → how many of its units. */
export interface Money {
  readonly dollars: number;
  readonly unpriced: Readonly<Partial<Record<PriceName, number>>>;
}

/** `apart`: every execution is billed by itself, the most that its assumed seconds can cost. `together`: executions that follow each other without a wait are one period, the least that one window alone can cost. */
export type BillingPeriods = 'apart' | 'together';

/** How the app runs. */
export interface Hosting {
  readonly memoryGb: number;
  /** `always-ready`: one instance for orchestrations and activities is kept, the default of `infra/main.bicep`. */
  readonly instances: 'on-demand' | 'always-ready';
  readonly backend: 'scheduler' | 'storage';
}

/** What is billed of a window, a tick or a month. */
export interface Usage {
  /** Of durable functions; the only group that is kept always ready. */
  readonly durableSeconds: number;
  readonly otherSeconds: number;
  readonly executions: number;
  readonly schedulerActions: number;
  readonly queueOperations: number;
  readonly tableOperations: number;
  readonly busOperations: number;
  readonly eventGridOperations: number;
  readonly logBytes: number;
}

const DAYS_PER_MONTH = 365.25 / 12;
const HOURS_PER_MONTH = DAYS_PER_MONTH * 24;
const SECONDS_PER_MONTH = HOURS_PER_MONTH * 3_600;
const WEEKS_PER_MONTH = DAYS_PER_MONTH / 7;
const MONTHS_PER_QUARTER = 3;
/** `infra/main.bicep`: windowTimerSchedule and deliveryTimerSchedule, every five minutes. */
const TICKS_PER_MONTH = HOURS_PER_MONTH * 12;
const BYTES_PER_GB = 1_000_000_000;
/** Rules of `infra/modules/alerts.bicep`. */
export const alertRules = { onLogs: 4, onMetrics: 1 } as const;

/** Flex Consumption bills a period of an instance by at least a second, then by tenths (facts: Azure docs, Flex Consumption plan). Unit: seconds. */
export function billedSeconds(seconds: number): number {
  return Math.max(1, Math.ceil(Number((seconds * 10).toFixed(6))) / 10);
}

/** What one execution of a function is assumed to take. Unit: seconds. */
export function assumedSeconds({ assumptions }: CostInputs, { executions, calls }: FunctionCount): number {
  const each: Calls = {
    armRead: assumptions.secondsArmRead.value,
    armWrite: assumptions.secondsArmWrite.value,
    kubernetes: assumptions.secondsKubernetes.value,
    gitHubRead: assumptions.secondsGitHubRead.value,
    gitHubWrite: assumptions.secondsGitHubWrite.value,
    serviceBus: assumptions.secondsServiceBus.value,
  };
  const waited = calls.armRead * each.armRead + calls.armWrite * each.armWrite + calls.kubernetes * each.kubernetes + calls.gitHubRead * each.gitHubRead + calls.gitHubWrite * each.gitHubWrite + calls.serviceBus * each.serviceBus;
  return assumptions.secondsOfItsOwn.value + (executions === 0 ? 0 : waited / executions);
}

/** What is billed of what was counted. */
export function usageOf(inputs: CostInputs, count: ActionCount, how: BillingPeriods): Usage {
  const { assumptions } = inputs;
  const functions = Object.values(count.functions);
  const executions = functions.reduce((sum, one) => sum + one.executions, 0);
  const actions = schedulerActions(count.durable);
  const seconds = how === 'apart' ? secondsApart(inputs, count) : secondsTogether(inputs, count);
  return {
    durableSeconds: seconds('durable'),
    otherSeconds: seconds('other'),
    executions,
    schedulerActions: actions,
    queueOperations: actions * assumptions.queueOperationsPerMessage.value,
    tableOperations: count.durable.orchestratorExecutions * assumptions.tableOperationsPerTurn.value,
    busOperations: count.serviceBusOperations,
    eventGridOperations: count.eventGridEvents * assumptions.eventGridOperationsPerEvent.value,
    logBytes: count.logBytes + (count.logLines + executions * assumptions.hostRecordsPerExecution.value) * assumptions.bytesPerRecord.value,
  };
}

type Seconds = (group: 'durable' | 'other') => number;

function isIn(group: ScaleGroup, wanted: 'durable' | 'other'): boolean {
  return (group === 'durable') === (wanted === 'durable');
}

function secondsApart(inputs: CostInputs, { functions }: ActionCount): Seconds {
  return (wanted) => Object.values(functions).filter(({ group }) => isIn(group, wanted)).reduce((sum, one) => sum + one.executions * billedSeconds(assumedSeconds(inputs, one)), 0);
}

function secondsTogether(inputs: CostInputs, { functions, periods }: ActionCount): Seconds {
  const one = (name: string): number => (functions[name] === undefined ? 0 : assumedSeconds(inputs, functions[name]));
  return (wanted) =>
    periods
      .filter(({ executions }) => Object.keys(executions).some((name) => functions[name] !== undefined && isIn(functions[name].group, wanted)))
      .reduce((sum, { times, executions }) => sum + times * billedSeconds(Object.entries(executions).reduce((all, [name, number]) => all + number * one(name), 0)), 0);
}

/** `a` and `times` times `b`. */
export function plus(a: Usage, b: Usage, times = 1): Usage {
  return {
    durableSeconds: a.durableSeconds + times * b.durableSeconds,
    otherSeconds: a.otherSeconds + times * b.otherSeconds,
    executions: a.executions + times * b.executions,
    schedulerActions: a.schedulerActions + times * b.schedulerActions,
    queueOperations: a.queueOperations + times * b.queueOperations,
    tableOperations: a.tableOperations + times * b.tableOperations,
    busOperations: a.busOperations + times * b.busOperations,
    eventGridOperations: a.eventGridOperations + times * b.eventGridOperations,
    logBytes: a.logBytes + times * b.logBytes,
  };
}

const nothing: Usage = { durableSeconds: 0, otherSeconds: 0, executions: 0, schedulerActions: 0, queueOperations: 0, tableOperations: 0, busOperations: 0, eventGridOperations: 0, logBytes: 0 };

/** What a fleet's windows of a month use: each cluster its weekly windows and its share of a quarter's. */
export function windowsOfMonth(inputs: CostInputs, { windows }: CountedActions, clusters: number, how: BillingPeriods): Usage {
  const { imageWindowsPerWeek, minorWindowsPerQuarter } = inputs.assumptions;
  const image = usageOf(inputs, windows['image-20'].actions, how);
  const minor = usageOf(inputs, windows['minor-20'].actions, how);
  return plus(plus(nothing, image, clusters * imageWindowsPerWeek.value * WEEKS_PER_MONTH), minor, (clusters * minorWindowsPerQuarter.value) / MONTHS_PER_QUARTER);
}

/** What timers of a month use. A debt check is counted with its timer, so that the timer is counted once for each cluster. */
export function timersOfMonth(inputs: CostInputs, counted: CountedActions, clusters: number, how: BillingPeriods): Usage {
  const standing = counted.standing.find((one) => one.clusters === clusters);
  if (standing === undefined) throw new Error(`No ticks were counted for ${clusters} clusters.`);
  const ticks = plus(usageOf(inputs, standing.windowTick, how), usageOf(inputs, standing.deliveryTick, how));
  return plus(plus(nothing, ticks, TICKS_PER_MONTH), usageOf(inputs, counted.debtCheck, how), clusters * DAYS_PER_MONTH);
}

/** One window before any free grant, without what stands whether it opens or not. */
export function costOfWindow(inputs: CostInputs, usage: Usage, hosting: Hosting): Money {
  const { memoryGb, instances } = hosting;
  const durablePrice = instances === 'always-ready' ? 'alwaysReadyGbSecond' : 'onDemandGbSecond';
  return sum([
    charge(inputs, durablePrice, usage.durableSeconds * memoryGb),
    charge(inputs, 'onDemandGbSecond', usage.otherSeconds * memoryGb),
    charge(inputs, 'millionExecutions', usage.executions / 1_000_000),
    backendOf(inputs, usage, hosting),
    charge(inputs, 'logGb', usage.logBytes / BYTES_PER_GB),
  ]);
}

/** A month by what is billed, free grants taken off. */
export function costOfMonth(inputs: CostInputs, usage: Usage, hosting: Hosting): Readonly<Record<'compute' | 'backend' | 'bus' | 'logs' | 'alerts', Money>> {
  const { assumptions } = inputs;
  const { memoryGb, instances } = hosting;
  const isKept = instances === 'always-ready';
  const onDemandGbSeconds = (usage.otherSeconds + (isKept ? 0 : usage.durableSeconds)) * memoryGb;
  const beyond = (amount: number, free: number): number => Math.max(0, amount - free);
  const idle = (SECONDS_PER_MONTH / assumptions.pollingSeconds.value) * assumptions.pollingQueues.value;
  // The scale controller polls for the app; a kept instance polls for itself as well.
  const polled: Usage = { ...usage, queueOperations: usage.queueOperations + idle * (isKept ? 2 : 1) };
  return {
    compute: sum([
      charge(inputs, 'onDemandGbSecond', beyond(onDemandGbSeconds, isKept ? 0 : assumptions.freeGbSeconds.value)),
      charge(inputs, 'alwaysReadyGbSecond', isKept ? usage.durableSeconds * memoryGb : 0),
      charge(inputs, 'baselineGbSecond', isKept ? SECONDS_PER_MONTH * memoryGb : 0),
      charge(inputs, 'millionExecutions', beyond(usage.executions, isKept ? 0 : assumptions.freeExecutions.value) / 1_000_000),
    ]),
    backend: backendOf(inputs, polled, hosting),
    bus: sum([
      charge(inputs, 'serviceBusHour', HOURS_PER_MONTH),
      charge(inputs, 'millionBusOperations', beyond(usage.busOperations, assumptions.freeBusOperations.value) / 1_000_000),
      charge(inputs, 'millionEventGridOperations', beyond(usage.eventGridOperations, assumptions.freeEventGridOperations.value) / 1_000_000),
    ]),
    logs: charge(inputs, 'logGb', beyond(usage.logBytes / BYTES_PER_GB, assumptions.freeLogGb.value)),
    alerts: sum([charge(inputs, 'logAlertMonth', alertRules.onLogs), charge(inputs, 'metricAlertMonth', alertRules.onMetrics)]),
  };
}

function backendOf(inputs: CostInputs, usage: Usage, { backend }: Hosting): Money {
  if (backend === 'scheduler') return charge(inputs, 'millionSchedulerActions', usage.schedulerActions / 1_000_000);
  return sum([charge(inputs, 'tenThousandQueueOperations', usage.queueOperations / 10_000), charge(inputs, 'tenThousandTableOperations', usage.tableOperations / 10_000)]);
}

function charge({ prices }: CostInputs, name: PriceName, units: number): Money {
  const { dollars } = prices[name];
  if (units === 0) return { dollars: 0, unpriced: {} };
  return dollars === null ? { dollars: 0, unpriced: { [name]: units } } : { dollars: dollars * units, unpriced: {} };
}

/** All of it together. */
export function sum(parts: readonly Money[]): Money {
  const unpriced: Partial<Record<PriceName, number>> = {};
  for (const part of parts) {
    for (const name in part.unpriced) {
      if (isPriced(part.unpriced, name)) unpriced[name] = (unpriced[name] ?? 0) + (part.unpriced[name] ?? 0);
    }
  }
  return { dollars: parts.reduce((all, { dollars }) => all + dollars, 0), unpriced };
}

function isPriced(unpriced: Money['unpriced'], name: string): name is PriceName {
  return name in unpriced;
}

/** `$22.60 + 0.61·p`: what is known, then symbols with how many of their units. */
export function tellMoney({ prices }: CostInputs, { dollars, unpriced }: Money, digits = 2): string {
  const symbols = Object.entries(unpriced).flatMap(([name, units]) => (isPriced(unpriced, name) ? [units === 1 ? prices[name].symbol : `${tellNumber(units)}·${prices[name].symbol}`] : []));
  return [...(dollars === 0 && symbols.length > 0 ? [] : [`$${dollars.toFixed(digits)}`]), ...symbols].join(' + ');
}

/** Three figures, no exponent. */
export function tellNumber(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(digits, 10))));
}
