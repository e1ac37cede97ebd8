import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { toDurableOrchestrator } from '../../adapters/durable-flow.ts';
import { recorded } from '../../adapters/trust-boundary.ts';
import type { Flow, Orchestration, Step } from '../../orchestrations/flow.ts';

/** Flow without the product's contracts, for samples. */
export interface SampleFlow extends Pick<Flow, 'instanceId' | 'now' | 'sleepUntil' | 'publish' | 'restart' | 'log'> {
  call(name: string, input: object): Step<unknown>;
  waitFor(events: readonly string[], deadline: number): Step<{ kind: string; event?: string; value?: unknown }>;
  start(name: string, instanceId: string, input: unknown): { instanceId: string };
  race(child: { instanceId: string }, events: readonly string[], deadline: number): Step<{ kind: string; event?: string; value?: unknown; output?: unknown; message?: string }>;
}

function sample(name: string, run: (flow: SampleFlow, input: Readonly<Record<string, unknown>>) => Step<unknown>): void {
  df.app.orchestration(name, toDurableOrchestrator(recorded<Orchestration<'nodePoolUpgrade'>>(run)));
}

const HOUR = 3_600_000;
const failures = new Map<string, number>();
/** What the samples saw, for the tests to look at. */
export const seen: string[] = [];
/** The durable client the `lendClient` function was given last. */
export const lent: DurableClient[] = [];

df.app.activity('echo', { handler: (input: unknown) => ({ got: input }) });
df.app.activity('note', {
  handler: (input: { readonly file: string; readonly line: string }) => {
    appendFileSync(input.file, `${input.line}\n`);
    return { line: input.line };
  },
});
df.app.activity('flaky', {
  handler: (input: { readonly key: string; readonly failures: number }) => {
    const count = (failures.get(input.key) ?? 0) + 1;
    failures.set(input.key, count);
    if (count <= input.failures) throw new Error(`failure ${count}`);
    return { attempts: count };
  },
});
df.app.activity('raw', { handler: (input: unknown) => ({ type: typeof input, text: String(input) }) });

df.app.orchestration('chain', function* (context) {
  const { steps } = recorded<{ steps: number }>(context.df.getInput());
  const results: unknown[] = [];
  for (let step = 0; step < steps; step += 1) results.push(yield context.df.callActivity('echo', { step }));
  return results.length;
});
df.app.orchestration('fanOut', function* (context) {
  return yield context.df.Task.all([1, 2, 3].map((n) => context.df.callActivity('echo', { n })));
});
df.app.orchestration('retrying', function* (context) {
  const input = recorded<{ key: string; failures: number }>(context.df.getInput());
  const retry = new df.RetryOptions(60_000, 3);
  retry.backoffCoefficient = 2;
  try {
    return yield context.df.callActivityWithRetry('flaky', retry, input);
  } catch (error) {
    yield context.df.callActivity('echo', { after: 'failure' });
    return `gave up: ${error instanceof Error ? error.message.split('\n')[0] : ''}`;
  }
});
df.app.orchestration('parent', function* (context) {
  const input = recorded<{ kid: string }>(context.df.getInput());
  try {
    return { kid: yield context.df.callSubOrchestrator('kid', input, `${context.df.instanceId}-kid`) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : '' };
  }
});
df.app.orchestration('kid', function* (context) {
  const input = recorded<{ kid: string }>(context.df.getInput());
  yield context.df.callActivity('echo', input);
  if (input.kid === 'fails') throw new Error('kid fell over');
  return { parent: context.df.parentInstanceId, said: input.kid };
});
df.app.orchestration('counting', function* (context) {
  const { n } = recorded<{ n: number }>(context.df.getInput());
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + HOUR));
  if (n < 24) context.df.continueAsNew({ n: n + 1 });
  return n;
});
df.app.orchestration('waits', function* (context) {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 4 * HOUR));
  const finish = context.df.waitForExternalEvent('finish');
  const winner = yield context.df.Task.any([timer, finish]);
  if (!timer.isCompleted) timer.cancel();
  return { winner: winner === timer ? 'timer' : 'event', at: context.df.currentUtcDateTime.toISOString(), version: context.df.version };
});
df.app.orchestration('forgetsTimer', function* (context) {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 4 * HOUR));
  yield context.df.Task.any([timer, context.df.waitForExternalEvent('finish')]);
  return 'done';
});
df.app.orchestration('collects', function* (context) {
  const got: unknown[] = [];
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + HOUR));
  for (let index = 0; index < 3; index += 1) got.push(yield context.df.waitForExternalEvent('word'));
  return got;
});
df.app.orchestration('listsTwice', function* (context) {
  const kid = context.df.callSubOrchestrator('slowKid', {}, `${context.df.instanceId}-kid`);
  for (let index = 0; index < 3; index += 1) {
    const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + HOUR));
    yield context.df.Task.any([kid, timer]);
    if (!timer.isCompleted) timer.cancel();
  }
  return 'done';
});
df.app.orchestration('slowKid', function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 100 * HOUR));
  return 'slept';
});
df.app.orchestration('callsNobody', function* (context) {
  try {
    yield context.df.callActivity('nobody', {});
  } catch {
    return 'caught';
  }
  return 'called';
});
df.app.orchestration('signalsEntity', function* (context) {
  context.df.signalEntity(new df.EntityId('counter', 'x'), 'add', 1);
  return yield context.df.callActivity('echo', {});
});
df.app.orchestration('boasts', function* (context) {
  const { characters } = recorded<{ characters: number }>(context.df.getInput());
  context.df.setCustomStatus('x'.repeat(characters));
  return yield context.df.callActivity('echo', {});
});
df.app.orchestration('passesScalar', function* (context) {
  return yield context.df.callActivity('raw', true);
});
df.app.orchestration('limitsRetryTime', function* (context) {
  const retry = new df.RetryOptions(1_000, 3);
  retry.retryTimeoutInMilliseconds = 500;
  return yield context.df.callActivityWithRetry('flaky', retry, { key: context.df.instanceId, failures: 9 });
});
df.app.orchestration('cancelsLongTimer', function* (context) {
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 200 * HOUR));
  const finish = context.df.waitForExternalEvent('finish');
  yield context.df.Task.any([timer, finish]);
  if (!timer.isCompleted) timer.cancel();
  return yield context.df.callActivity('echo', {});
});
df.app.orchestration('sleepsLong', function* (context) {
  yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 200 * HOUR));
  return context.df.currentUtcDateTime.toISOString();
});
df.app.orchestration('survives', function* (context) {
  const { file } = recorded<{ file: string }>(context.df.getInput());
  const lines: unknown[] = [];
  for (let round = 0; round < 8; round += 1) {
    const noted = yield context.df.Task.all([1, 2, 3].map((n) => context.df.callActivity('note', { file, line: `${round}.${n}` })));
    lines.push(...recorded<{ line: string }[]>(noted).map(({ line }) => line));
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60));
  }
  const word: unknown = yield context.df.waitForExternalEvent('word');
  return { lines: lines.length, first: lines[0], last: lines.at(-1), word };
});

sample('flowEvents', function* (flow) {
  const story: unknown[] = [];
  for (let round = 0; round < 4; round += 1) {
    const got = yield* flow.waitFor(['decision', 'wake'], flow.now() + HOUR);
    story.push(got.kind === 'received' ? [got.event, got.value] : 'silence');
    yield* flow.call('echo', { round });
  }
  return { story, at: flow.now() };
});
sample('flowLateEvent', function* (flow) {
  yield* flow.waitFor(['wake'], flow.now() + HOUR);
  yield* flow.waitFor(['wake'], flow.now() + HOUR);
  const first = yield* flow.waitFor(['wake'], flow.now() + HOUR);
  yield* flow.sleepUntil(flow.now() + 2 * HOUR);
  const second = yield* flow.waitFor(['wake'], flow.now() + HOUR);
  return [first.value ?? null, second.value ?? null];
});
sample('flowChild', function* (flow, input) {
  const child = flow.start('flowSleeper', `${flow.instanceId}-child`, input);
  yield* flow.call('echo', { meanwhile: true });
  const story: unknown[] = [];
  for (;;) {
    const got = yield* flow.race(child, ['decision'], flow.now() + HOUR);
    story.push(got.kind === 'received' ? got.value : got.kind);
    yield* flow.call('flaky', { key: `${flow.instanceId}-${story.length}`, failures: 1 });
    if (got.kind === 'ended') return { story, output: got.output };
    if (got.kind === 'failed') return { story, message: got.message?.split('\n')[0] };
  }
});
sample('flowSleeper', function* (flow, input) {
  yield* flow.sleepUntil(flow.now() + 150 * 60_000);
  if (input['fails'] === true) throw new Error('sleeper fell out of bed');
  return 'rested';
});
sample('flowStartsOnly', function* (flow) {
  flow.start('flowSleeper', `${flow.instanceId}-child`, {});
  return 'started';
});
sample('flowLong', function* (flow) {
  const got = yield* flow.waitFor(['wake'], flow.now() + 10 * 24 * HOUR);
  yield* flow.call('echo', {});
  yield* flow.sleepUntil(flow.now() - 1);
  return { kind: got.kind, at: flow.now() };
});
sample('flowRestarts', function* (flow, input) {
  const round = Number(input['round']);
  flow.publish({ round });
  flow.log('sample.round', { round });
  yield* flow.waitFor(['wake'], flow.now() + HOUR);
  if (round < 5) return yield* flow.restart({ round: round + 1 });
  return { round };
});
sample('flowGivesUp', function* (flow) {
  try {
    return yield* flow.call('flaky', { key: flow.instanceId, failures: 99 });
  } catch (error) {
    return { message: error instanceof Error ? error.message.split('\n')[0] : '', at: flow.now() };
  }
});
sample('maintenanceWindow', function* (flow, input) {
  flow.publish({ schema: input['schema'] ?? 'slackwater.status/v1', phase: 'planning' });
  const got = yield* flow.waitFor(['decision'], flow.now() + HOUR);
  return { got: got.value ?? null };
});
sample('nodePoolUpgrade', function* (flow, input) {
  yield* flow.sleepUntil(flow.now() + HOUR);
  if (input['fails'] === true) throw new Error('the pool fell over');
  return {};
});
sample('cleanUp', function* (flow, input) {
  flow.publish({ schema: input['schema'] ?? 'slackwater.clean-up/v1', verb: 'rollback' });
  const got = yield* flow.waitFor(['decision'], flow.now() + HOUR);
  return { got: got.value ?? null };
});
sample('flowMisused', function* () {
  yield 5;
});

app.http('hello', {
  route: 'hello/{name?}',
  methods: ['GET'],
  handler: async (request, context) => {
    context.log('said hello');
    return { status: 200, jsonBody: { name: request.params['name'] ?? 'nobody', query: request.query.get('q') } };
  },
});
app.http('bytes', {
  methods: ['POST'],
  handler: async (request) => ({ status: 201, headers: { 'x-seen': request.headers.get('x-mark') ?? '' }, body: Buffer.from(await request.arrayBuffer()) }),
});
app.http('boom', { methods: ['GET'], handler: async () => { throw new Error('bang'); } });
app.http('nothing', { methods: ['POST'], handler: async () => recorded<{ status: number }>(undefined) });
app.http('starter', {
  route: 'start/{name}/{id}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const id = await client.startNew(request.params['name'] ?? '', { instanceId: request.params['id'] ?? '', input: { kid: 'hello' } });
    return { jsonBody: { id, url: client.createHttpManagementPayload(id).statusQueryGetUri } };
  },
});
app.http('lendClient', {
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (_request, context) => {
    lent.unshift(df.getClient(context));
    return { status: 204 };
  },
});
app.timer('tick', {
  schedule: '0 */5 * * * *',
  handler: async (timer) => {
    seen.push(`tick ${timer.scheduleStatus.next} ${timer.isPastDue}`);
  },
});
app.serviceBusQueue('inboxReader', {
  connection: 'ServiceBusConnection',
  queueName: '%SAMPLE_QUEUE%',
  handler: async (message, context) => {
    seen.push(`message ${JSON.stringify(message)} ${String(context.triggerMetadata?.['messageId'])} ${String(context.triggerMetadata?.['deliveryCount'])}`);
    if (recorded<{ bad?: boolean }>(message).bad === true) throw new Error('cannot digest');
  },
});
