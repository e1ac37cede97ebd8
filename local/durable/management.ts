import { parseJson } from '../../domain/json.ts';
import type { Instant } from '../../domain/time.ts';
import { isFinished } from './instance.ts';
import type { DurableEngine, InstanceAnswer, InstanceFilter, InstanceRecord } from './instance.ts';

/** Where the durable HTTP API is mounted: for people and for the SDK. */
export const MANAGEMENT_PREFIXES = ['/runtime/webhooks/durabletask/', '/durabletask/'] as const;

interface ManagementRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
}

interface ManagementResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or undefined for no body. */
  readonly body: unknown;
}

/**
 * The durable extension's HTTP management API over an engine; null when the path is not of it.
 *
 * Not implemented, and refused by name with 501: entities, rewind, restart, history in status queries.
 */
export function answerManagement(engine: DurableEngine, request: ManagementRequest): ManagementResponse | null {
  const path = request.url.pathname;
  const prefix = MANAGEMENT_PREFIXES.find((candidate) => path.toLowerCase().startsWith(candidate));
  if (prefix === undefined) return null;
  const segments = path.slice(prefix.length).split('/').filter((segment) => segment !== '').map(decodeURIComponent);
  const [collection, first, verb, last] = segments;
  const base = `${request.url.origin}${MANAGEMENT_PREFIXES[0]}`;
  switch (collection?.toLowerCase()) {
    case 'orchestrators':
      return request.method === 'POST' && first !== undefined ? start(engine, request, { name: first, instanceId: verb ?? null, base }) : notFound();
    case 'instances':
      if (first === undefined) return queryInstances(engine, request);
      if (verb === undefined) return oneInstance(engine, request, { instanceId: first, base });
      return request.method === 'POST' ? act(engine, request, { instanceId: first, verb: verb.toLowerCase(), event: last ?? '' }) : notFound();
    case 'entities':
      return notImplemented('durable entities');
    default:
      return notFound();
  }
}

/** The links of one instance, keyed as the SDK knows them. `id` is the placeholder itself when given none. */
export function managementUrls(base: string, instanceId: string): Readonly<Record<string, string>> {
  const instance = `${base}instances/${instanceId}`;
  return {
    id: instanceId,
    statusQueryGetUri: instance,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}`,
    terminatePostUri: `${instance}/terminate?reason={text}`,
    suspendPostUri: `${instance}/suspend?reason={text}`,
    resumePostUri: `${instance}/resume?reason={text}`,
    rewindPostUri: `${instance}/rewind?reason={text}`,
    purgeHistoryDeleteUri: instance,
    restartPostUri: `${instance}/restart`,
  };
}

function start(engine: DurableEngine, request: ManagementRequest, target: { readonly name: string; readonly instanceId: string | null; readonly base: string }): ManagementResponse {
  const text = request.body.toString('utf8');
  if (text !== '' && parseJson(text) === undefined) return refused(400, 'The body is not JSON.');
  const started = engine.start({
    name: target.name,
    instanceId: target.instanceId,
    inputJson: text === '' ? null : text,
    version: request.url.searchParams.get('version'),
  });
  switch (started.kind) {
    case 'unknown-function':
      return refused(400, `The function '${target.name}' doesn't exist, is disabled, or is not an orchestrator function.`);
    case 'invalid-id':
      return refused(400, `'${target.instanceId ?? ''}' is no valid instance id: at most 256 characters, none of / \\ # ? or control characters, no @ in front.`);
    case 'conflict':
      return refused(409, `An Orchestration instance with id '${target.instanceId ?? ''}' is still running.`);
    case 'started': {
      const links = managementUrls(target.base, started.instanceId);
      return { status: 202, headers: { location: links['statusQueryGetUri'] ?? '', 'retry-after': '10' }, body: links };
    }
  }
}

function oneInstance(engine: DurableEngine, request: ManagementRequest, target: { readonly instanceId: string; readonly base: string }): ManagementResponse {
  if (request.method === 'DELETE') {
    const answer = engine.purge(target.instanceId);
    return answer === 'accepted' ? { status: 200, headers: {}, body: { instancesDeleted: 1 } } : notFound();
  }
  if (request.method !== 'GET') return notFound();
  if (isAsked(request.url, 'showHistory')) return notImplemented('history in a status query');
  const instance = engine.read(target.instanceId);
  if (instance === null) return notFound();
  const body = statusOf(instance, request.url);
  if (isFinished(instance.runtimeStatus)) {
    const isFailureAnError = isAsked(request.url, 'returnInternalServerErrorOnFailure') && instance.runtimeStatus === 'Failed';
    return { status: isFailureAnError ? 500 : 200, headers: {}, body };
  }
  return { status: 202, headers: { location: `${target.base}instances/${target.instanceId}`, 'retry-after': '5' }, body };
}

function queryInstances(engine: DurableEngine, request: ManagementRequest): ManagementResponse {
  const { searchParams } = request.url;
  if (isAsked(request.url, 'showHistory')) return notImplemented('history in a status query');
  const filter = filterOf(searchParams);
  if (request.method === 'DELETE') {
    if (!searchParams.has('createdTimeFrom')) return refused(400, "Please provide value for 'createdTimeFrom' parameter.");
    const purged = engine.list(filter).filter((instance) => engine.purge(instance.instanceId) === 'accepted');
    return purged.length === 0 ? notFound() : { status: 200, headers: {}, body: { instancesDeleted: purged.length } };
  }
  if (request.method !== 'GET') return notFound();
  const top = Number(searchParams.get('top') ?? '0');
  const found = engine.list(filter);
  return { status: 200, headers: {}, body: (top > 0 ? found.slice(0, top) : found).map((instance) => statusOf(instance, request.url)) };
}

function act(engine: DurableEngine, request: ManagementRequest, target: { readonly instanceId: string; readonly verb: string; readonly event: string }): ManagementResponse {
  const { instanceId, verb, event } = target;
  const reason = request.url.searchParams.get('reason') ?? '';
  switch (verb) {
    case 'raiseevent': {
      const text = request.body.toString('utf8');
      if (text !== '' && parseJson(text) === undefined) return refused(400, 'The event is not JSON.');
      return event === '' ? notFound() : toResponse(engine.raiseEvent(instanceId, event, text === '' ? 'null' : text));
    }
    case 'terminate':
      return toResponse(engine.terminate(instanceId, reason));
    case 'suspend':
      return toResponse(engine.suspend(instanceId, reason));
    case 'resume':
      return toResponse(engine.resume(instanceId, reason));
    case 'rewind':
    case 'restart':
      return notImplemented(verb);
    default:
      return notFound();
  }
}

function toResponse(answer: InstanceAnswer): ManagementResponse {
  switch (answer) {
    case 'accepted':
      return { status: 202, headers: {}, body: undefined };
    case 'not-found':
      return notFound();
    case 'finished':
      return { status: 410, headers: {}, body: undefined };
    case 'already-so':
      return { status: 500, headers: {}, body: { Message: 'Something went wrong while processing your request' } };
  }
}

function statusOf(instance: InstanceRecord, url: URL): Readonly<Record<string, unknown>> {
  const isInputShown = url.searchParams.get('showInput')?.toLowerCase() !== 'false';
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.runtimeStatus,
    input: isInputShown ? valueOf(instance.inputJson) : null,
    customStatus: valueOf(instance.customStatusJson),
    output: valueOf(instance.outputJson),
    createdTime: wholeSeconds(instance.createdAt),
    lastUpdatedTime: wholeSeconds(instance.lastUpdatedAt),
  };
}

function filterOf(parameters: URLSearchParams): InstanceFilter {
  const statuses = parameters.get('runtimeStatus');
  const from = momentOf(parameters.get('createdTimeFrom'));
  const to = momentOf(parameters.get('createdTimeTo'));
  const prefix = parameters.get('instanceIdPrefix');
  return {
    ...(statuses === null || statuses === '' ? {} : { runtimeStatus: statuses.split(',') }),
    ...(from === null ? {} : { createdFrom: from }),
    ...(to === null ? {} : { createdTo: to }),
    ...(prefix === null ? {} : { instanceIdPrefix: prefix }),
  };
}

function momentOf(text: string | null): Instant | null {
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

function isAsked(url: URL, name: string): boolean {
  return url.searchParams.get(name)?.toLowerCase() === 'true';
}

function valueOf(json: string | null): unknown {
  return json === null ? null : (parseJson(json) ?? null);
}

function wholeSeconds(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function notFound(): ManagementResponse {
  return { status: 404, headers: {}, body: undefined };
}

function refused(status: number, message: string): ManagementResponse {
  return { status, headers: {}, body: { Message: message } };
}

function notImplemented(what: string): ManagementResponse {
  return refused(501, `not-implemented-locally: the local host does not implement ${what}.`);
}
