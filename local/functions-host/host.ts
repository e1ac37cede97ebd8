import { LocalEngine } from '../durable/engine.ts';
import { answerManagement } from '../durable/management.ts';
import { openStore } from '../durable/store.ts';
import type { DurableStore } from '../durable/store.ts';
import { clientInputs } from './client-binding.ts';
import { AppRefused, installCoreApi } from './core-api.ts';
import type { CoreApi, RegisteredFunction } from './core-api.ts';
import { durableFunctions } from './durable-invocations.ts';
import type { HostLog, HostOptions, RunningHost } from './host-options.ts';
import { readHostSettings } from './host-settings.ts';
import type { HostSettings } from './host-settings.ts';
import { httpFunctions } from './http-functions.ts';
import { jsonResponse, listen } from './http-server.ts';
import type { HostHandler } from './http-server.ts';
import { queueNameOf, receiveQueues } from './queue-functions.ts';
import { timerFunctions } from './timer-functions.ts';

const SERVED_TRIGGERS = ['httpTrigger', 'timerTrigger', 'serviceBusTrigger', 'orchestrationTrigger', 'activityTrigger'] as const;

let loadedEntry: string | null = null;
let presence: 'free' | 'taken' = 'free';

/**
 * Runs a function app, unmodified, on this machine: HTTP, timer and queue triggers and durable functions, in place of the
 * Azure Functions host and its durable extension.
 *
 * One app a process, because the functions library keeps its host for good; hosts of the same app may follow one another.
 * Not implemented and refused by name: other triggers and bindings, entities, HTTP streaming, function retry policies.
 * Not enforced: function keys (as with Core Tools), functionTimeout, the version match strategy of host.json. Rejects with {@link AppRefused} or `DatabaseRefused`.
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const log: HostLog = options.log ?? (() => undefined);
  if (presence === 'taken') throw new AppRefused('host-already-running', 'Another host runs in this process. Close it first.');
  presence = 'taken';
  const store = openOrFree(options.database);
  const stopWatching = watchProcess(log);
  let handlers: readonly HostHandler[] = [];
  const server = await listen({
    port: options.httpPort ?? 0,
    inFlight: options.clock.inFlight,
    handlers: [async (request) => await firstAnswer(handlers, request)],
    onError: (error, request) => log('error', 'host.request-failed', { path: request.url.pathname, error: messageOf(error) }),
  }).catch((error: unknown) => release(store, stopWatching, error));
  try {
    Object.assign(process.env, options.environment ?? {}, { WEBSITE_HOSTNAME: new URL(server.url).host });
    const settings = readHostSettings(options.appEntry, process.env);
    const core = await loadApp(options.appEntry, log);
    const { watch = () => undefined } = options;
    core.watchWith((kind, { name, trigger }) => watch({ kind, functionName: name, trigger }));
    const parts = assemble({ options, log, store, core, settings, url: server.url });
    handlers = parts.handlers;
    const queues = await parts.receive();
    parts.engine.run();
    if (options.timers !== 'held') parts.timers.schedule();
    log('info', 'host.started', { url: server.url, functions: [...core.functions.keys()] });
    let state: 'running' | 'closed' = 'running';
    const end = async (): Promise<void> => {
      if (state === 'closed') return;
      state = 'closed';
      parts.timers.stop();
      await queues.close();
      await parts.engine.close();
      await server.close();
      stopWatching();
      presence = 'free';
    };
    return {
      url: server.url,
      engine: parts.engine,
      functions: [...core.functions.values()].map(({ name, trigger }) => ({ name, trigger })),
      whenIdle: () => options.clock.inFlight.whenIdle(),
      fireTimer: parts.timers.fire,
      kill: () => {
        parts.engine.kill();
        return end();
      },
      close: end,
    };
  } catch (error) {
    await server.close();
    return release(store, stopWatching, error);
  }
}

interface Assembly {
  readonly options: HostOptions;
  readonly log: HostLog;
  readonly store: DurableStore;
  readonly core: CoreApi;
  readonly settings: HostSettings;
  readonly url: string;
}

function assemble({ options, log, store, core, settings, url }: Assembly): {
  readonly engine: LocalEngine;
  readonly handlers: readonly HostHandler[];
  readonly timers: ReturnType<typeof timerFunctions>;
  receive(): Promise<{ close(): Promise<void> }>;
} {
  const functions = [...core.functions.values()];
  functions.forEach(refuseUnserved);
  const { clock } = options;
  const extraInputs = clientInputs(url, settings.hubName);
  const onFailure = (name: string, error: unknown): void => log('error', 'host.function-failed', { function: name, error: messageOf(error) });
  const engine = new LocalEngine({
    clock,
    store,
    functions: durableFunctions({ core, functions, extraInputs }),
    defaultVersion: settings.defaultVersion,
    concurrentOrchestratorsMax: settings.concurrentOrchestratorsMax,
    concurrentActivitiesMax: settings.concurrentActivitiesMax,
    strictness: options.strictness ?? 'azure',
    drift: options.drift ?? 'off',
    log,
    onRecorded: (instance, events) => options.watch?.({ kind: 'recorded', orchestration: instance.name, instanceId: instance.instanceId, events }),
  });
  const environment = process.env;
  const timers = timerFunctions({
    core,
    functions: ofTrigger(functions, 'timerTrigger'),
    clock,
    environment,
    extraInputs,
    memory: { read: (key) => store.readNote(key), write: (key, value) => store.writeNote(key, value) },
    onFailure,
  });
  const management: HostHandler = async (request) => {
    const response = answerManagement(engine, request);
    if (response === null) return null;
    return response.body === undefined ? { ...response, body: '' } : jsonResponse(response.status, response.body, response.headers);
  };
  const http = httpFunctions({ core, functions: ofTrigger(functions, 'httpTrigger'), routePrefix: settings.routePrefix, extraInputs, onFailure });
  const queueFunctions = ofTrigger(functions, 'serviceBusTrigger');
  for (const registered of queueFunctions) queueNameOf(registered, environment);
  const source = options.queueSource ?? null;
  return {
    engine,
    handlers: [management, http],
    timers,
    receive: async () => {
      if (source === null) return { close: async () => undefined };
      return await receiveQueues({ core, functions: queueFunctions, source, inFlight: clock.inFlight, environment, extraInputs, onFailure });
    },
  };
}

async function loadApp(entry: URL, log: HostLog): Promise<CoreApi> {
  if (loadedEntry !== null && loadedEntry !== entry.href) {
    throw new AppRefused('one-app-per-process', `This process has loaded ${loadedEntry}. Start another process for ${entry.href}.`);
  }
  const core = installCoreApi();
  core.logTo((level, category, message, functionName) => log(toHostLevel(level), 'app.log', { category, message, function: functionName }));
  loadedEntry = entry.href;
  await import(entry.href);
  await core.start();
  return core;
}

function refuseUnserved(registered: RegisteredFunction): void {
  const isServed = SERVED_TRIGGERS.some((trigger) => trigger.toLowerCase() === registered.trigger.toLowerCase());
  if (!isServed) throw new AppRefused('not-implemented-locally', `Function ${registered.name} has a ${registered.trigger}. The local host serves ${SERVED_TRIGGERS.join(', ')}.`);
  for (const [name, binding] of Object.entries(registered.bindings)) {
    const isTrigger = name === registered.triggerName;
    const isServedBinding = binding['type'] === 'durableClient' || (name === '$return' && binding['type'] === 'http');
    if (!isTrigger && !isServedBinding) throw new AppRefused('not-implemented-locally', `Function ${registered.name} has a binding ${name} of type ${String(binding['type'])}. Use an SDK client instead.`);
  }
}

function ofTrigger(functions: readonly RegisteredFunction[], trigger: (typeof SERVED_TRIGGERS)[number]): readonly RegisteredFunction[] {
  return functions.filter((registered) => registered.trigger.toLowerCase() === trigger.toLowerCase());
}

async function firstAnswer(handlers: readonly HostHandler[], request: Parameters<HostHandler>[0]): ReturnType<HostHandler> {
  if (handlers.length === 0) return { status: 503, headers: { 'retry-after': '1' }, body: '' };
  for (const handler of handlers) {
    const response = await handler(request);
    if (response !== null) return response;
  }
  return null;
}

/** A stray rejection of the app is told, and the host goes on: its work is recorded and will be done again. */
function watchProcess(log: HostLog): () => void {
  const onRejection = (reason: unknown): void => log('error', 'host.unhandled-rejection', { error: messageOf(reason) });
  process.on('unhandledRejection', onRejection);
  return () => void process.off('unhandledRejection', onRejection);
}

function openOrFree(path: string): DurableStore {
  try {
    return openStore(path);
  } catch (error) {
    presence = 'free';
    throw error;
  }
}

function release(store: DurableStore, stopWatching: () => void, error: unknown): never {
  store.close();
  stopWatching();
  presence = 'free';
  throw error;
}

function toHostLevel(level: string): Parameters<HostLog>[0] {
  if (level === 'critical' || level === 'error') return 'error';
  if (level === 'warning') return 'warn';
  return level === 'information' ? 'info' : 'debug';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
