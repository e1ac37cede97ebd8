import Module from 'node:module';
import { randomUUID } from 'node:crypto';
import { isRecord, textAt, valueAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';

/** One value on its way into or out of a function, as the worker protocol wraps it. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: JsonRecord;
}

/** A function the app registered. */
export interface RegisteredFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, JsonRecord>>;
  /** The trigger's binding name and type, for example `httpTrigger`. */
  readonly triggerName: string;
  readonly trigger: string;
  readonly callback: FunctionCallback;
}

/** What goes into one invocation. */
interface InvocationRequest {
  readonly triggerData: TypedData;
  readonly extraInputs: Readonly<Record<string, TypedData>>;
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  /** W3C trace context that came along; null or absent begins a trace. */
  readonly traceParent?: string | null;
}

/** What came out. `context` is the SDK's invocation context. */
interface InvocationResult {
  readonly kind: 'returned' | 'threw';
  readonly returnValue: TypedData | null;
  readonly error: unknown;
  readonly context: unknown;
}

type FunctionCallback = (...args: unknown[]) => unknown;
type HookCallback = (context: object) => unknown;
type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

/** A programming model as `@azure/functions` brings it. */
interface ProgrammingModel {
  getInvocationModel(context: object): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ readonly returnValue?: TypedData | null }>;
}

const HOOK_NAMES = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
type HookName = (typeof HOOK_NAMES)[number];

/** The app broke a rule of the host at load time. */
export class AppRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** What the app logs, by way of its context or the library. */
type AppLog = (level: LogLevel, category: string, message: string, functionName: string | null) => void;

/**
 * `@azure/functions-core` of this process: what the functions library asks for its host.
 *
 * One per process, because the library keeps the first it finds; one app per process for the same reason.
 */
export class CoreApi {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly #hooks = new Map<HookName, HookCallback[]>();
  #model: ProgrammingModel | null = null;
  #phase: 'loading' | 'started' = 'loading';
  #log: AppLog = () => undefined;
  /** An app that sends its lines by itself is not heard twice. */
  #isLogForwarded = true;
  #watch: (kind: 'began' | 'ended', registered: RegisteredFunction) => void = () => undefined;
  #appHookData: Record<string, unknown> = {};

  /** Where app logs go from now on. */
  logTo(log: AppLog): void {
    this.#log = log;
  }

  /** Who is told of every execution from now on. */
  watchWith(watch: (kind: 'began' | 'ended', registered: RegisteredFunction) => void): void {
    this.#watch = watch;
  }

  /** Ends registration and runs the app's start hooks. Repeating it does nothing. */
  async start(): Promise<void> {
    if (this.#phase === 'started') return;
    this.#phase = 'started';
    if (this.#model === null) throw new AppRefused('app-without-functions', 'The app registered no function. Check its entry.');
    await this.#runHooks('appStart', { hookData: {}, appHookData: this.#appHookData });
    // As the worker does: what the start hooks set up counts.
    const capabilities = await this.#model.getCapabilities({});
    if (capabilities['HttpUri'] !== undefined) {
      throw new AppRefused('not-implemented-locally', 'HTTP streaming (app.setup enableHttpStream) is not implemented by the local host. Leave it off.');
    }
    this.#isLogForwarded = capabilities['WorkerOpenTelemetryEnabled'] !== 'true';
  }

  /** Calls one function the way the worker does. Never rejects. */
  async invoke(registered: RegisteredFunction, request: InvocationRequest): Promise<InvocationResult> {
    let context: unknown = null;
    this.#watch('began', registered);
    try {
      if (this.#model === null) throw new AppRefused('app-without-functions', 'No programming model is set.');
      const invocationId = randomUUID();
      const { name, bindings } = registered;
      const extra = Object.entries(request.extraInputs).map(([bindingName, data]) => ({ name: bindingName, data }));
      const model = this.#model.getInvocationModel({
        invocationId,
        metadata: { name, bindings },
        request: {
          invocationId,
          functionId: name,
          inputData: [{ name: registered.triggerName, data: request.triggerData }, ...extra],
          triggerMetadata: request.triggerMetadata,
          traceContext: { traceParent: nextTraceParent(request.traceParent ?? null), traceState: '', attributes: {} },
        },
        log: (level: LogLevel, category: string, message: string) => this.#tell(level, category, message, { name, context }),
        state: undefined,
      });
      const { context: invocationContext, inputs } = await model.getArguments();
      context = invocationContext;
      const returned = await this.#call(model, registered, { context, inputs });
      const response = await model.getResponse(context, returned);
      return { kind: 'returned', returnValue: response.returnValue ?? null, error: null, context };
    } catch (error) {
      return { kind: 'threw', returnValue: null, error, context };
    } finally {
      this.#watch('ended', registered);
    }
  }

  async #call(model: InvocationModel, registered: RegisteredFunction, work: { readonly context: unknown; readonly inputs: unknown[] }): Promise<unknown> {
    const hookData = {};
    const before = { ...work, hookData, appHookData: this.#appHookData, invocationContext: work.context, functionCallback: registered.callback };
    await this.#runHooks('preInvocation', before);
    const after: { result: unknown; error: unknown } & Record<string, unknown> = { ...before, result: undefined, error: undefined };
    try {
      after.result = await model.invokeFunction(work.context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
    await this.#runHooks('postInvocation', after);
    if (after.error !== undefined && after.error !== null) throw after.error;
    return after.result;
  }

  /** A line passes the app's hooks first, which may change it, as in the worker. */
  #tell(level: LogLevel, category: string, message: string, by: { readonly name: string; readonly context: unknown } | null): void {
    const line = { level, category, message, invocationContext: by?.context ?? undefined, hookData: {}, appHookData: this.#appHookData };
    for (const hook of this.#hooks.get('log') ?? []) hook(line);
    if (this.#isLogForwarded || category !== 'user') this.#log(line.level, category, line.message, by?.name ?? null);
  }

  async #runHooks(name: HookName, context: object): Promise<void> {
    for (const hook of this.#hooks.get(name) ?? []) await hook(context);
  }

  /** The members of the module, spelled as the library calls them. */
  toModule(): object {
    return {
      version: '0.0.0-local',
      hostVersion: '4.0.0',
      Disposable: LocalDisposable,
      setProgrammingModel: (model: ProgrammingModel) => {
        this.#model = model;
      },
      getProgrammingModel: () => this.#model,
      registerFunction: (metadata: unknown, callback: FunctionCallback) => this.#register(metadata, callback),
      registerHook: (name: string, callback: HookCallback) => this.#registerHook(name, callback),
      log: (level: LogLevel, category: string, message: string) => this.#tell(level, category, message, null),
    };
  }

  #register(metadata: unknown, callback: FunctionCallback): LocalDisposable {
    const registered = toRegistered(metadata, callback);
    if (this.#phase !== 'loading') throw new AppRefused('function-too-late', `Function ${registered.name} was registered after the app had started.`);
    if (this.functions.has(registered.name)) throw new AppRefused('function-twice', `Function ${registered.name} is registered twice.`);
    this.functions.set(registered.name, registered);
    return new LocalDisposable(() => void this.functions.delete(registered.name));
  }

  #registerHook(name: string, callback: HookCallback): LocalDisposable {
    const known = HOOK_NAMES.find((candidate) => candidate === name);
    if (known === undefined) throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    const hooks = this.#hooks.get(known) ?? [];
    hooks.push(callback);
    this.#hooks.set(known, hooks);
    return new LocalDisposable(() => void hooks.splice(hooks.indexOf(callback), 1));
  }
}

/** The host's own span within the trace that came along, or within a new one. */
function nextTraceParent(came: string | null): string {
  const traceId = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(came ?? '')?.[1] ?? randomUUID().replaceAll('-', '');
  return `00-${traceId}-${randomUUID().replaceAll('-', '').slice(0, 16)}-01`;
}

/** The library expects a class with `dispose`. */
class LocalDisposable {
  readonly #undo: () => void;
  constructor(undo: () => void) {
    this.#undo = undo;
  }
  dispose(): void {
    this.#undo();
  }
}

let installed: CoreApi | null = null;

/**
 * Puts `@azure/functions-core` where `require` finds it, once per process. Must run before the app is imported: the
 * library remembers a failed look-up as "test mode" and drops every registration.
 */
export function installCoreApi(): CoreApi {
  if (installed !== null) return installed;
  const core = new CoreApi();
  const module = core.toModule();
  Module.prototype.require = new Proxy(Module.prototype.require, {
    apply: (target, self, args: unknown[]) => (args[0] === '@azure/functions-core' ? module : Reflect.apply(target, self, args)),
  });
  installed = core;
  return core;
}

function toRegistered(metadata: unknown, callback: FunctionCallback): RegisteredFunction {
  const name = textAt(metadata, 'name');
  const given = valueAt(metadata, 'bindings');
  if (name === null || !isRecord(given)) throw new AppRefused('function-unreadable', 'A function was registered without name or bindings.');
  const bindings: Record<string, JsonRecord> = {};
  let trigger: { readonly name: string; readonly type: string } | null = null;
  for (const [bindingName, binding] of Object.entries(given)) {
    if (!isRecord(binding)) continue;
    bindings[bindingName] = binding;
    const type = textAt(binding, 'type') ?? '';
    if (/trigger$/i.test(type)) trigger = { name: bindingName, type };
  }
  if (trigger === null) throw new AppRefused('function-unreadable', `Function ${name} has no trigger.`);
  if (valueAt(metadata, 'retryOptions') !== undefined) {
    throw new AppRefused('not-implemented-locally', `Function ${name} has a retry policy of its own, which the local host would not heed. Use the retries of the queue, or of callActivityWithRetry.`);
  }
  return { name, bindings, triggerName: trigger.name, trigger: trigger.type, callback };
}
