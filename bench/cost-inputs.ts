/** A price of Azure. Null: nobody we could read names it, so it stays a symbol. */
export interface Price {
  readonly symbol: string;
  readonly unit: string;
  readonly dollars: number | null;
  readonly source: string;
}

/** Something nobody counted, taken for true so that the rest can be reckoned. */
export interface Assumption {
  readonly value: number;
  readonly unit: string;
  readonly why: string;
}

const modal = 'modal.com/blog/azure-function-pricing-guide, 22 May 2025, East US';
const bus = 'azurelessons.com/azure-service-bus-pricing, as quoted on GitHub; read 21 Nov 2026';
const nobody = 'no source found; the pricing pages show prices to a browser alone';

/** Prices in US dollars: quoted, not checked against a bill. */
export const prices = {
  onDemandGbSecond: { symbol: 'd', unit: 'GB-second of an instance that executes, on demand', dollars: 0.000026, source: modal },
  alwaysReadyGbSecond: { symbol: 'r', unit: 'GB-second of an always-ready instance that executes', dollars: 0.000016, source: modal },
  baselineGbSecond: { symbol: 'b', unit: 'GB-second of an always-ready instance', dollars: 0.000004, source: modal },
  millionExecutions: { symbol: 'e', unit: 'million executions', dollars: 0.4, source: modal },
  millionSchedulerActions: { symbol: 'p', unit: 'million actions of Durable Task Scheduler, Consumption', dollars: null, source: nobody },
  tenThousandQueueOperations: { symbol: 'q', unit: '10 000 operations on storage queues', dollars: null, source: 'sources contradict each other tenfold' },
  tenThousandTableOperations: { symbol: 't', unit: '10 000 operations on storage tables', dollars: 0.00036, source: 'Azure Retail Prices API, Austria East, 22 July 2026, as quoted on GitHub' },
  serviceBusHour: { symbol: 's', unit: 'hour of a Service Bus Standard namespace', dollars: 0.0135, source: bus },
  millionBusOperations: { symbol: 'o', unit: 'million operations of Service Bus beyond the free ones', dollars: 0.8, source: bus },
  millionEventGridOperations: { symbol: 'g', unit: 'million operations of Event Grid beyond the free ones', dollars: 0.6, source: 'azure.microsoft.com/pricing/details/event-grid, as quoted on GitHub; undated' },
  logGb: { symbol: 'l', unit: 'GB of logs beyond the free ones', dollars: 2.3, source: 'Azure Retail Prices API, Austria East, 22 July 2026, as quoted on GitHub; monitoringcost.com, 2026' },
  logAlertMonth: { symbol: 'a', unit: 'alert on logs and month', dollars: null, source: nobody },
  metricAlertMonth: { symbol: 'm', unit: 'alert on a metric and month', dollars: null, source: nobody },
} as const satisfies Readonly<Record<string, Price>>;

/** Assumptions: what a machine without Azure cannot count. */
export const assumptions = {
  imageWindowsPerWeek: { value: 1, unit: 'windows', why: 'AKS publishes a node image about weekly, and the policy asks for the latest' },
  minorWindowsPerQuarter: { value: 1, unit: 'windows', why: 'one minor version a quarter' },
  secondsOfItsOwn: { value: 0.1, unit: 's an execution', why: 'dispatch and replay, without any call' },
  secondsArmRead: { value: 0.4, unit: 's a call', why: 'one after another' },
  secondsArmWrite: { value: 2, unit: 's a call', why: 'until ARM accepts' },
  secondsKubernetes: { value: 0.06, unit: 's a call', why: 'the lists of a look are asked for at once, so that each adds a part' },
  secondsGitHubRead: { value: 0.3, unit: 's a call', why: 'one after another' },
  secondsGitHubWrite: { value: 0.6, unit: 's a call', why: 'one after another' },
  secondsServiceBus: { value: 0.05, unit: 's a message', why: 'over an open connection' },
  hostRecordsPerExecution: { value: 4, unit: 'log records', why: 'the host logs begin and end, the request, and a line of Durable' },
  bytesPerRecord: { value: 800, unit: 'bytes a log record', why: 'columns of the table, and the message where it is the host\'s' },
  queueOperationsPerMessage: { value: 3, unit: 'operations', why: 'Azure Storage backend: a message is put, got and deleted; each action is one message' },
  tableOperationsPerTurn: { value: 3, unit: 'operations', why: 'Azure Storage backend: each execution of an orchestrator reads its history, adds rows in one batch, and updates its instance' },
  pollingQueues: { value: 5, unit: 'queues', why: 'Azure Storage backend: four partitions by default, and the queue of activities' },
  pollingSeconds: { value: 10, unit: 's', why: 'Azure Storage backend: `maxQueuePollingInterval` in `infra/modules/app.bicep`' },
  eventGridOperationsPerEvent: { value: 2, unit: 'operations', why: 'taken in, and delivered once' },
  freeGbSeconds: { value: 100_000, unit: 'GB-seconds a month', why: `free on demand; none with always-ready instances (Azure docs, "Flex Consumption plan billing"; ${modal})` },
  freeExecutions: { value: 250_000, unit: 'executions a month', why: 'free on demand, none with always-ready instances; two estimates on GitHub say so, modal.com says a million' },
  freeBusOperations: { value: 13_000_000, unit: 'operations a month', why: `within the base charge (${bus})` },
  freeEventGridOperations: { value: 100_000, unit: 'operations a month', why: 'as quoted on GitHub from the price page' },
  freeLogGb: { value: 5, unit: 'GB a month', why: 'monitoringcost.com, 2026: the first 5 GB of a workspace' },
} as const satisfies Readonly<Record<string, Assumption>>;

export type PriceName = keyof typeof prices;
export type AssumptionName = keyof typeof assumptions;

/** What the costs are reckoned by. */
export interface CostInputs {
  readonly prices: Readonly<Record<PriceName, Price>>;
  readonly assumptions: Readonly<Record<AssumptionName, Assumption>>;
}

/** The inputs of the page. */
export const standardInputs: CostInputs = { prices, assumptions };

/**
 * The standard inputs with some replaced: `name=value`, a number not below 0. Throws with every known name for a word that is no
 * such pair.
 */
export function replaceInputs(words: { readonly prices: readonly string[]; readonly assumptions: readonly string[] }): CostInputs {
  const replacedPrices = pairsOf(words.prices, Object.keys(prices), '--price');
  const replacedAssumptions = pairsOf(words.assumptions, Object.keys(assumptions), '--assume');
  return {
    prices: { ...prices, ...mapKnown<PriceName, Price>(prices, replacedPrices, (price, dollars) => ({ ...price, dollars, source: 'given on the command line' })) },
    assumptions: { ...assumptions, ...mapKnown<AssumptionName, Assumption>(assumptions, replacedAssumptions, (assumption, value) => ({ ...assumption, value, why: 'given on the command line' })) },
  };
}

function pairsOf(words: readonly string[], known: readonly string[], flag: string): ReadonlyMap<string, number> {
  return new Map(
    words.map((word) => {
      const [, name = '', text = ''] = /^([A-Za-z]+)=(\d+(?:\.\d+)?)$/.exec(word) ?? [];
      if (!known.includes(name)) throw new Error(`${flag} ${word} is not understood. Write ${flag} name=number; names: ${known.join(', ')}.`);
      return [name, Number(text)] as const;
    }),
  );
}

function mapKnown<N extends string, V>(standard: Readonly<Record<N, V>>, replaced: ReadonlyMap<string, number>, change: (value: V, number: number) => V): Partial<Record<N, V>> {
  const changed: Partial<Record<N, V>> = {};
  for (const name in standard) {
    const number = replaced.get(name);
    if (number !== undefined) changed[name] = change(standard[name], number);
  }
  return changed;
}
