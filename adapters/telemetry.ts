import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import * as azureFunctions from '@azure/functions';
import { AzureFunctionsInstrumentationESM } from '@azure/functions-opentelemetry-instrumentation';
import type { TokenCredential } from '@azure/identity';
import { AzureMonitorLogExporter, AzureMonitorMetricExporter, AzureMonitorTraceExporter } from '@azure/monitor-opentelemetry-exporter';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context as contextApi, propagation, trace } from '@opentelemetry/api';
import type { Context, ContextManager, Histogram, TextMapPropagator } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler } from '@opentelemetry/sdk-trace-base';
import type { LogFields } from '../domain/log-fields.ts';
import type { SlackwaterMetric } from '../domain/slackwater-metric.ts';
import { watchInvocations } from './invocation.ts';
import type { Invocation, OutboundCall } from './invocation.ts';
import { requireSafeEndpoint } from './loopback.ts';

/** Where telemetry goes, and as whom. */
interface TelemetryOptions {
  /** Of Application Insights. */
  readonly connectionString: string;
  /** Null: the key of the connection string is enough, as on one machine. */
  readonly credential: TokenCredential | null;
  readonly allowInsecureConnection: 'never' | 'loopback-only';
  /** Name of the app on the map of Application Insights. */
  readonly roleName: string;
}

/** Longest wait for what was sent at the end of an invocation; what is late goes with the next. Unit: milliseconds. */
const FLUSH_MS_MAX = 2_000;
const scope = 'slackwater';

/**
 * Sends spans of our requests, every line of the log and every metric to Application Insights from now on, each joined to the invocation it belongs to.
 *
 * Loads packages that take a tenth of a second and more, so nothing imports this file but who was told to (`OTEL_ENABLED`). What is gathered is sent at the end of each
 * invocation, because an instance is frozen or ended without warning between two. Says nothing to anybody else: no statistics of the exporter's own.
 * @see README of `@azure/functions-opentelemetry-instrumentation`: its hooks on `require` see nothing in a bundle, so the functions library is handed over.
 */
export function startTelemetry(options: TelemetryOptions): void {
  process.env['APPLICATION_INSIGHTS_NO_STATSBEAT'] = 'true';
  const exporting = {
    connectionString: options.connectionString,
    disableOfflineStorage: true,
    ...insecureParts(options),
    retryOptions: { maxRetries: 1 },
    ...(options.credential === null ? {} : { credential: options.credential }),
  };
  const resource = resourceFromAttributes({ 'service.name': options.roleName, 'service.instance.id': process.env['WEBSITE_INSTANCE_ID'] ?? String(process.pid) });
  contextApi.setGlobalContextManager(new AsyncContextManager());
  propagation.setGlobalPropagator(traceParentPropagator);
  // The host decides which traces are kept; OTEL_TRACES_SAMPLER is set for it and names samplers this package does not know.
  const sampler = new ParentBasedSampler({ root: new AlwaysOnSampler() });
  const spans = new BasicTracerProvider({ resource, sampler, spanProcessors: [new BatchSpanProcessor(new AzureMonitorTraceExporter(exporting))] });
  const lines = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: new AzureMonitorLogExporter(exporting) })] });
  const metrics = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter: new AzureMonitorMetricExporter(exporting) })] });
  const instrumentation = new AzureFunctionsInstrumentationESM({ enabled: false });
  instrumentation.setLoggerProvider(lines);
  instrumentation.registerAzFunc(azureFunctions);
  const tracer = spans.getTracer(scope);
  const record = metricRecorder(metrics);
  watchInvocations({ onCall: (call, invocation) => traceCall(tracer, call, invocation), onMetric: record });
  azureFunctions.app.hook.postInvocation(async () => {
    const over = new AbortController();
    const limit = delay(FLUSH_MS_MAX, undefined, { ref: false, signal: over.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled([spans.forceFlush(), lines.forceFlush(), metrics.forceFlush()]), limit]);
    over.abort();
  });
}

/** The exporter turns http into https, so a server on this machine is named to it in another way. */
function insecureParts({ connectionString, allowInsecureConnection }: TelemetryOptions) {
  const endpoint = /(?:^|;)IngestionEndpoint=(http:[^;]*?)\/?(?:;|$)/i.exec(connectionString)?.[1] ?? null;
  if (endpoint === null) return {};
  return { endpoint: `${requireSafeEndpoint(endpoint, allowInsecureConnection).origin}/v2.1`, allowInsecureConnection: true };
}

/** One span for one request, made when it has ended; the host's own span of the invocation is its parent. */
function traceCall(tracer: ReturnType<BasicTracerProvider['getTracer']>, call: OutboundCall, { fields, traceParent }: Invocation): void {
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: traceParent ?? '' });
  const { service, method, host, path, status, startedAt, durationMs } = call;
  const isMessage = service === 'service-bus';
  const attributes = {
    'server.address': host,
    ...(isMessage ? { 'messaging.system': 'servicebus', 'messaging.destination.name': path.slice(1) } : { 'http.request.method': method, 'url.full': `https://${host}${path}` }),
    ...(isMessage || status === null ? {} : { 'http.response.status_code': status }),
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`slackwater.${name}`, value])),
  };
  const span = tracer.startSpan(`${method} ${service}`, { kind: isMessage ? SpanKind.PRODUCER : SpanKind.CLIENT, startTime: startedAt, attributes }, parent);
  if (status === null || status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(startedAt + durationMs);
}

function metricRecorder(provider: MeterProvider): (metric: SlackwaterMetric, fields: LogFields) => void {
  const meter = provider.getMeter(scope);
  const instruments = new Map<string, Histogram>();
  return ({ metric, unit, value, about }, { cluster = '' }) => {
    const instrument = instruments.get(metric) ?? meter.createHistogram(metric, { unit });
    instruments.set(metric, instrument);
    instrument.record(value, { cluster, ...about });
  };
}

/** W3C trace context, version 00, as the host hands it over; nothing of ours is sent on by it. */
const traceParentPropagator: TextMapPropagator = {
  fields: () => ['traceparent'],
  inject: () => undefined,
  extract(context, carrier, getter) {
    const [, traceId, spanId, flags = '00'] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(String(getter.get(carrier, 'traceparent'))) ?? [];
    return traceId === undefined || spanId === undefined ? context : trace.setSpanContext(context, { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true });
  },
};

/** Keeps each invocation's context over its awaits, so that its lines are joined to it. */
class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(context: Context, work: F, thisArg?: ThisParameterType<F>, ...args: A): ReturnType<F> {
    return this.#storage.run(context, () => Reflect.apply(work, thisArg, args));
  }

  bind<T>(context: Context, target: T): T {
    if (typeof target !== 'function') return target;
    return new Proxy(target, { apply: (work, self, args) => this.#storage.run(context, () => Reflect.apply(work, self, args)) });
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }
}
