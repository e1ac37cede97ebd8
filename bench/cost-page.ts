import { callKinds, schedulerActions, type ActionCount } from './action-tally.ts';
import type { CostInputs } from './cost-inputs.ts';
import { costOfMonth, costOfWindow, plus, sum, tellMoney, tellNumber, timersOfMonth, usageOf, windowsOfMonth, type BillingPeriods, type Hosting, type Money, type Usage } from './cost-model.ts';
import { windowKind, windowNames, type WindowName } from './cost-windows.ts';
import { fleetSizes, type CountedActions } from './count-actions.ts';

const memories = [{ gb: 2, name: '2 GB' }, { gb: 0.5, name: '512 MB' }] as const;
const instances = [{ kind: 'on-demand', name: 'none' }, { kind: 'always-ready', name: 'one' }] as const;
/** How far a window played today may be from the one that was counted, as a ratio. */
export const COUNT_TOLERANCE = 0.15;
const upper: BillingPeriods = 'apart';
/** The hosting of `infra/main.bicep` when nothing is set. */
const standardHosting: Hosting = { memoryGb: 2, instances: 'always-ready', backend: 'scheduler' };

/** The page of costs, from what was counted and by what prices. */
export function renderCosts(counted: CountedActions, inputs: CostInputs): readonly string[] {
  return [
    '# What Slackwater costs',
    '',
    '<!-- Made by `npm run bench -- costs --write` from bench/counted-actions.json and bench/cost-inputs.ts. Do not edit; a test compares. -->',
    '',
    'Reckoned, never billed. **Counted** figures come from playing whole windows in virtual time through the whole app and counting what it asked of its task hub, ARM, Kubernetes,',
    'GitHub and Service Bus. **Assumed** figures stand under [Assumptions](#assumptions), **quoted** ones under [Prices](#prices); everything in dollars follows from the three.',
    'A price nobody could be found to name stays a symbol. Your own: `npm run bench -- costs --committed --price millionSchedulerActions=10 --assume secondsArmRead=0.2`.',
    '',
    ...renderFleet(counted, inputs),
    '',
    ...renderWindows(counted),
    '',
    ...renderWindowCosts(counted, inputs),
    '',
    ...renderMonth(counted, inputs),
    '',
    ...renderTicks(counted, inputs),
    '',
    ...renderSensitivity(counted, inputs),
    '',
    ...renderInputs(inputs),
    '',
    '## Not reckoned',
    '',
    'Key Vault (a signature for each GitHub token, which lasts an hour), NAT gateway and private endpoints of `NETWORK_ACCESS=private`, bandwidth, the host\'s own leases in the storage account, storage and purging of history and',
    'reports, cold starts, Durable Task Scheduler with dedicated units, and what AKS bills for surge nodes, which is most of a night\'s cost.',
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [`| ${head.join(' | ')} |`, `|${head.map((_, index) => (index === 0 ? ' --- ' : ' ---: ')).join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)];
}

function renderFleet(counted: CountedActions, inputs: CostInputs): readonly string[] {
  const image = usageOf(inputs, counted.windows['image-20'].actions, upper);
  const rows = fleetSizes.flatMap((clusters) => {
    const month = monthOf(counted, inputs, clusters, upper);
    const windows = plus(image, image, clusters - 1);
    return memories.flatMap(({ gb, name: memory }) =>
      instances.map(({ kind, name: kept }) => {
        const hosted = (backend: Hosting['backend']): Hosting => ({ memoryGb: gb, instances: kind, backend });
        return [
          String(clusters), memory, kept,
          ...(['scheduler', 'storage'] as const).map((backend) => tellMoney(inputs, costOfWindow(inputs, windows, hosted(backend)), 3)),
          ...(['scheduler', 'storage'] as const).map((backend) => tellMoney(inputs, sum(Object.values(costOfMonth(inputs, month, hosted(backend)))))),
        ];
      }),
    );
  });
  return [
    '## One window and one month',
    '',
    'A window: one node-image window of each cluster, 20 nodes, before free grants, without what stands anyway (timers, a kept instance, Service Bus). A month: weekly windows, a minor version a quarter, timers, Service Bus, logs and',
    'alerts, after free grants. At most: every execution is billed by itself (see [Sensitivity](#sensitivity)). `infra/main.bicep` without parameters is the scheduler, 2 GB, one kept ready.',
    '',
    ...table(['clusters', 'memory', 'kept ready', 'a window each: scheduler', 'a window each: storage', 'a month: scheduler', 'a month: storage'], rows),
    '',
    tellSymbols(inputs),
  ];
}

function tellSymbols({ prices }: CostInputs): string {
  const missing = Object.values(prices).filter(({ dollars }) => dollars === null);
  return missing.length === 0 ? '' : `Without a price: ${missing.map(({ symbol, unit }) => `*${symbol}*, dollars per ${unit}`).join(' · ')}.`;
}

function monthOf(counted: CountedActions, inputs: CostInputs, clusters: number, how: BillingPeriods): Usage {
  return plus(windowsOfMonth(inputs, counted, clusters, how), timersOfMonth(inputs, counted, clusters, how));
}

/** Executions of all functions, and calls by kind. */
function totalsOf({ functions }: ActionCount) {
  const all = Object.values(functions);
  const calls = Object.fromEntries(callKinds.map((kind) => [kind, all.reduce((total, one) => total + one.calls[kind], 0)]));
  const of = (pick: (name: string) => boolean): number => Object.entries(functions).reduce((total, [name, one]) => total + (pick(name) ? one.executions : 0), 0);
  return { executions: of(() => true), looks: of((name) => name === 'observeUnit'), webhooks: of((name) => name === 'githubWebhook'), inbox: of((name) => name === 'inbox'), call: (kind: (typeof callKinds)[number]): number => calls[kind] ?? 0 };
}

function renderWindows({ windows }: CountedActions): readonly string[] {
  const columns = windowNames.map((name) => windows[name]);
  const row = (title: string, pick: (count: ActionCount, totals: ReturnType<typeof totalsOf>) => string): readonly string[] => [title, ...columns.map(({ actions }) => pick(actions, totalsOf(actions)))];
  const n = (value: number): string => tellNumber(value);
  return [
    '## What a window does',
    '',
    'All counted, in virtual time with the seed 1, default waits of 30 to 150 s between looks, three workloads a pool with a budget each. `npm test` plays the first and compares, within the',
    `tolerance of ${COUNT_TOLERANCE * 100} %.`,
    '',
    ...table(
      ['', ...windowNames.map((name) => windowKind(name).title)],
      [
        ['cluster time, minutes', ...columns.map(({ minutes }) => n(minutes))],
        ['outcome', ...columns.map(({ outcome }) => (outcome === 'none' ? 'nothing to do' : outcome))],
        row('looks at a unit', (_count, { looks }) => n(looks)),
        row('**actions** of Durable Task Scheduler', ({ durable }) => `**${n(schedulerActions(durable))}**`),
        // One parent, and a result for each child: what was started beyond them was continued as new.
        row('orchestrations started, of them continued as new', ({ durable }) => `${n(durable.orchestrationsStarted)}, ${n(durable.orchestrationsStarted - 1 - durable.childResults)}`),
        row('results of children', ({ durable }) => n(durable.childResults)),
        row('activities', ({ durable }) => n(durable.activitiesStarted)),
        row('timers that fired', ({ durable }) => n(durable.timersFired)),
        row('external events', ({ durable }) => n(durable.eventsRaised)),
        row('executions of orchestrators', ({ durable }) => n(durable.orchestratorExecutions)),
        row('executions of all functions', (_count, { executions }) => n(executions)),
        row('history, rows', ({ durable }) => n(durable.historyRows)),
        row('history, KiB', ({ durable }) => n(durable.historyBytes / 1_024)),
        row('ARM calls: reads, writes', (_count, { call }) => `${n(call('armRead'))}, ${n(call('armWrite'))}`),
        row('Kubernetes calls', (_count, { call }) => n(call('kubernetes'))),
        row('GitHub calls: reads, writes', (_count, { call }) => `${n(call('gitHubRead'))}, ${n(call('gitHubWrite'))}`),
        row('webhooks GitHub sent for it', (_count, { webhooks }) => n(webhooks)),
        row('Service Bus operations', ({ serviceBusOperations }) => n(serviceBusOperations)),
        row('Event Grid events', ({ eventGridEvents }) => n(eventGridEvents)),
        row('our log lines, KiB', ({ logLines, logBytes }) => `${n(logLines)}, ${n(logBytes / 1_024)}`),
      ],
    ),
    '',
    'Entities: none. Actions are counted from the history as the scheduler\'s documentation defines them: a started orchestration, a started activity, its result, a child\'s result, a fired timer and an event are one each,',
    `so a look, with its timer, is three. A timer that lost its race still fires, and is counted. With progress, reports and orders around the looks, a window of 20 nodes comes to ${n(perLook(windows['image-20'].actions))} actions a look.`,
    'Executions of orchestrators are the least: messages of the same moment share one here, and may not in Azure; actions do not depend on it.',
  ];
}

function perLook(actions: ActionCount): number {
  return schedulerActions(actions.durable) / Math.max(1, totalsOf(actions).looks);
}

function renderWindowCosts({ windows }: CountedActions, inputs: CostInputs): readonly string[] {
  const cost = (name: WindowName, hosting: Partial<Hosting>): string => tellMoney(inputs, costOfWindow(inputs, usageOf(inputs, windows[name].actions, upper), { memoryGb: 2, instances: 'on-demand', backend: 'scheduler', ...hosting }), 4);
  return [
    '## What a window costs',
    '',
    'Before free grants, on demand, at most.',
    '',
    ...table(
      ['window', 'busy seconds billed', 'storage operations: queues, tables', '2 GB, scheduler', '512 MB, scheduler', '2 GB, storage', '512 MB, storage'],
      windowNames.map((name) => {
        const { durableSeconds, otherSeconds, queueOperations, tableOperations } = usageOf(inputs, windows[name].actions, upper);
        return [windowKind(name).title, tellNumber(durableSeconds + otherSeconds), `${tellNumber(queueOperations)}, ${tellNumber(tableOperations)}`, cost(name, {}), cost(name, { memoryGb: 0.5 }), cost(name, { backend: 'storage' }), cost(name, { memoryGb: 0.5, backend: 'storage' })];
      }),
    ),
  ];
}

function renderMonth(counted: CountedActions, inputs: CostInputs): readonly string[] {
  const tell = (money: Money): string => tellMoney(inputs, money);
  const rows = fleetSizes.map((clusters) => {
    const usage = monthOf(counted, inputs, clusters, upper);
    const cost = costOfMonth(inputs, usage, standardHosting);
    const storage = costOfMonth(inputs, usage, { ...standardHosting, backend: 'storage' });
    return [String(clusters), tellNumber(usage.schedulerActions), tellNumber((usage.durableSeconds + usage.otherSeconds) / 3_600), tellNumber(usage.logBytes / 1e9), tell(cost.compute), tell(cost.backend), tell(storage.backend), tell(cost.bus), tell(cost.logs), tell(cost.alerts)];
  });
  return [
    '## What a month is made of',
    '',
    'With 2 GB and one instance kept ready, as `infra/main.bicep` has it.',
    '',
    ...table(['clusters', 'scheduler actions', 'busy hours billed', 'GB of logs', 'compute', 'scheduler', 'or storage', 'Service Bus, Event Grid', 'logs', 'alerts'], rows),
  ];
}

function renderTicks(counted: CountedActions, inputs: CostInputs): readonly string[] {
  const line = (title: string, often: string, actions: ActionCount): readonly string[] => {
    const { executions, call } = totalsOf(actions);
    const usage = usageOf(inputs, actions, upper);
    return [title, often, tellNumber(executions), tellNumber(call('gitHubRead')), tellNumber(call('armRead')), tellNumber(actions.serviceBusOperations), `${tellNumber(actions.logLines)}, ${tellNumber(actions.logBytes)}`, tellNumber(usage.durableSeconds + usage.otherSeconds)];
  };
  return [
    '## What stands while no window is open',
    '',
    'Counted on the third tick, which finds everything it remembers unchanged; seconds as assumed.',
    '',
    ...table(
      ['', 'a month', 'executions', 'GitHub reads', 'ARM reads', 'Service Bus operations', 'log lines, bytes', 'seconds billed'],
      [
        ...counted.standing.map(({ clusters, windowTick }) => line(`window timer, ${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}`, 'every 5 minutes', windowTick)),
        ...counted.standing.slice(0, 1).map(({ deliveryTick }) => line('delivery timer, any number', 'every 5 minutes', deliveryTick)),
        line('debt check of one cluster', 'daily', counted.debtCheck),
      ],
    ),
    '',
    'The scheduler bills nothing while runs wait. The storage backend is polled whether or not anything runs; both figures above hold it.',
  ];
}

function renderSensitivity(counted: CountedActions, inputs: CostInputs): readonly string[] {
  const clusters = 200;
  const slower = (factor: number): CostInputs => {
    const { assumptions } = inputs;
    const times = <A extends { readonly value: number }>(assumption: A): A => ({ ...assumption, value: assumption.value * factor });
    return {
      ...inputs,
      assumptions: { ...assumptions, secondsArmRead: times(assumptions.secondsArmRead), secondsArmWrite: times(assumptions.secondsArmWrite), secondsKubernetes: times(assumptions.secondsKubernetes), secondsGitHubRead: times(assumptions.secondsGitHubRead), secondsGitHubWrite: times(assumptions.secondsGitHubWrite), secondsServiceBus: times(assumptions.secondsServiceBus) },
    };
  };
  const logs = (factor: number): CostInputs => ({ ...inputs, assumptions: { ...inputs.assumptions, hostRecordsPerExecution: { ...inputs.assumptions.hostRecordsPerExecution, value: inputs.assumptions.hostRecordsPerExecution.value * factor } } });
  const line = (title: string, changed: CostInputs, how: BillingPeriods): readonly string[] => {
    const usage = monthOf(counted, changed, clusters, how);
    const month = (memoryGb: number): string => {
      const { compute, logs: logged } = costOfMonth(changed, usage, { ...standardHosting, memoryGb });
      return tellMoney(changed, sum([compute, logged]));
    };
    return [title, tellNumber((usage.durableSeconds + usage.otherSeconds) / 3_600), month(2), month(0.5)];
  };
  return [
    '## Sensitivity',
    '',
    `Compute and logs of a month of ${clusters} clusters, one instance kept ready. Flex Consumption bills a period in which an instance executes anything, by at least a second; how far executions that follow each other within`,
    'milliseconds share a period is not documented, so both ends are shown. Windows that overlap share instances and cost less than either.',
    '',
    ...table(
      ['', 'busy hours billed', '2 GB', '512 MB'],
      [
        line('as assumed, every execution by itself (the tables above)', inputs, 'apart'),
        line('as assumed, one period for what follows without a wait', inputs, 'together'),
        line('every call takes half as long', slower(0.5), 'apart'),
        line('every call takes twice as long', slower(2), 'apart'),
        line('the host logs half as much', logs(0.5), 'apart'),
        line('the host logs twice as much', logs(2), 'apart'),
      ],
    ),
  ];
}

function renderInputs({ prices, assumptions }: CostInputs): readonly string[] {
  return [
    '## Prices',
    '',
    'US dollars, quoted from where they stood, not from a bill. Look at the price pages before you rely on any of them.',
    '',
    '| name | symbol | dollars | per | source |',
    '| --- | --- | ---: | --- | --- |',
    ...Object.entries(prices).map(([name, { symbol, unit, dollars, source }]) => `| \`${name}\` | *${symbol}* | ${dollars ?? 'unknown'} | ${unit} | ${source} |`),
    '',
    '## Assumptions',
    '',
    '| name | value | unit | why |',
    '| --- | ---: | --- | --- |',
    ...Object.entries(assumptions).map(([name, { value, unit, why }]) => `| \`${name}\` | ${value} | ${unit} | ${why} |`),
  ];
}
