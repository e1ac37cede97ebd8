import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { isRecord, parseJson, without } from '../domain/json.ts';
import type { Instant } from '../domain/time.ts';
import type { Simulated, WireRequest, WireResponse, WorldChange } from '../sim/wire.ts';
import type { FaultList } from './faults.ts';
import type { Journal } from './journal.ts';
import { listenOnLoopback } from './loopback-http.ts';
import type { RequestLog } from './request-log.ts';

/** What a hook may know beside the request. */
export interface Exchange {
  /** This server's own base without a trailing slash, for example `http://127.0.0.1:40123`, prefix included. */
  readonly baseUrl: string;
  /** The body's bytes as they came. */
  readonly rawBody: Buffer;
}

/** How a simulated service is put on the wire. */
export interface SimulatedServerOptions {
  /** Name in the log and the journal. */
  readonly service: string;
  /** An answer with status 0 is none: the connection is cut. */
  readonly simulated: Simulated;
  readonly now: () => Instant;
  /** Null: nothing is kept, the world dies with the process. */
  readonly journal: Journal | null;
  readonly onChanges: (changes: readonly WorldChange[]) => void;
  readonly faults: FaultList;
  readonly log: RequestLog;
  /** 0 lets the system choose. */
  readonly port?: number;
  /** Where the service lives under the root; it is taken off before the service sees the path. */
  readonly prefix?: string;
  /** Answers instead of the service (missing token, a page for people), or null to go on. */
  readonly guard?: (request: WireRequest, exchange: Exchange) => WireResponse | null;
  /** The last word on an answer: absolute URLs, request ids. */
  readonly rewrite?: (request: WireRequest, response: WireResponse, exchange: Exchange) => WireResponse;
  /** Whether a request may change the world and is kept; by default whatever is neither GET nor HEAD. */
  readonly isMutating?: (request: WireRequest) => boolean;
  /** `plain`: large answers are not compressed although the client would take it, and items of lists that did not change are not written anew, to save time. Default `as-asked`. */
  readonly encoding?: 'as-asked' | 'plain';
}

/** A server that runs; `close` ends it and every connection. */
export interface RunningServer {
  /** Base without a trailing slash, prefix included. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Largest request body taken. Unit: bytes. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
/** Smallest answer that is compressed. Unit: bytes. Source: the threshold of the Kubernetes API server. */
const GZIP_BYTES_MIN = 128 * 1_024;

/**
 * Serves a simulated service over HTTP on loopback: JSON in and out, faults on demand, every exchange in the log.
 *
 * A request that changes the world is in the journal before its answer leaves, so whoever was told of a change finds it
 * again after a kill. One request is applied wholly before the next.
 */
export async function serveSimulated(options: SimulatedServerOptions): Promise<RunningServer> {
  let baseUrl = '';
  const server = createServer((incoming, outgoing) => {
    answer(options, baseUrl, incoming, outgoing).catch((thrown: unknown) => {
      if (!outgoing.headersSent) send(incoming, outgoing, brokenService(thrown));
      else outgoing.destroy();
    });
  });
  server.keepAliveTimeout = 30_000;
  const running = await listenOnLoopback(server, options.port ?? 0);
  baseUrl = `http://127.0.0.1:${running.port}${options.prefix ?? ''}`;
  return { ...running, url: baseUrl };
}

async function answer(
  options: SimulatedServerOptions,
  baseUrl: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const rawBody = await readBody(incoming);
  if (rawBody === null) return send(incoming, outgoing, tooLarge());
  const request = readRequest(incoming, rawBody, options.prefix ?? '');
  const exchange: Exchange = { baseUrl, rawBody };
  const mishap = options.faults.take(request);
  if (mishap?.kind === 'delay') await delay(mishap.milliseconds);
  const isUntouched = mishap !== null && mishap.kind !== 'delay' && mishap.moment === 'before';
  const applied = isUntouched ? null : applyRequest(options, request, exchange);
  const response = mishap?.kind === 'answer' ? mishap.response : mishap?.kind === 'cut' || applied?.status === 0 ? null : applied;
  options.log.record({
    at: options.now(),
    service: options.service,
    method: request.method,
    path: request.path,
    query: request.query,
    requestHeaders: request.headers,
    requestBody: request.body,
    status: response?.status ?? 0,
    responseHeaders: response?.headers ?? {},
    responseBody: response?.body ?? null,
  });
  if (response === null) incoming.socket.destroy();
  else send(incoming, outgoing, response, options.encoding);
}

function applyRequest(options: SimulatedServerOptions, request: WireRequest, exchange: Exchange): WireResponse {
  if (request.body === undefined) return malformedJson();
  const guarded = options.guard?.(request, exchange) ?? null;
  if (guarded !== null) return finish(options, request, guarded, exchange);
  const at = options.now();
  const { response, changes } = options.simulated.apply(at, request);
  const isMutating = options.isMutating ?? isWrite;
  if (options.journal !== null && isMutating(request)) {
    options.journal.record({ at, service: options.service, request });
  }
  if (changes.length > 0) options.onChanges(changes);
  return finish(options, request, response, exchange);
}

function finish(
  options: SimulatedServerOptions,
  request: WireRequest,
  response: WireResponse,
  exchange: Exchange,
): WireResponse {
  return options.rewrite?.(request, response, exchange) ?? response;
}

function isWrite(request: WireRequest): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

/** The body's bytes, or null when there are more than are taken. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    byteCount += bytes.length;
    // Read on past the limit: leaving the stream early would cut the connection before the refusal is sent.
    if (byteCount <= BODY_BYTES_MAX) chunks.push(bytes);
  }
  return byteCount <= BODY_BYTES_MAX ? Buffer.concat(chunks) : null;
}

/** The request without transport; `body` is undefined when it says it is JSON and is not, a text for other types. */
function readRequest(incoming: IncomingMessage, rawBody: Buffer, prefix: string): WireRequest {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
  return {
    method: (incoming.method ?? 'GET').toUpperCase(),
    path: path === '' ? '/' : path,
    query: Object.fromEntries(url.searchParams),
    headers,
    body: parseBody(headers['content-type'] ?? 'application/json', rawBody),
  };
}

function parseBody(contentType: string, rawBody: Buffer): unknown {
  if (rawBody.length === 0) return null;
  const text = rawBody.toString('utf8');
  return contentType.includes('json') ? parseJson(text) : text;
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, response: WireResponse, encoding: SimulatedServerOptions['encoding'] = 'as-asked'): void {
  const isText = typeof response.body === 'string';
  const isEmpty = response.body === null || response.body === undefined;
  const text = isText ? String(response.body) : isEmpty ? '' : encoding === 'plain' ? writeList(response.body) : JSON.stringify(response.body);
  const headers: Record<string, string> = { ...response.headers };
  if (!isEmpty && headers['content-type'] === undefined) {
    headers['content-type'] = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  }
  const plain = Buffer.from(text, 'utf8');
  const isCompressed =
    encoding === 'as-asked' && plain.length >= GZIP_BYTES_MIN && String(incoming.headers['accept-encoding'] ?? '').includes('gzip');
  if (isCompressed) headers['content-encoding'] = 'gzip';
  const bytes = isCompressed ? gzipSync(plain, { level: 1 }) : plain;
  outgoing.writeHead(response.status, { ...headers, 'content-length': String(bytes.length) });
  outgoing.end(incoming.method === 'HEAD' ? undefined : bytes);
}

const itemTexts = new WeakMap<object, string>();

/** The body as JSON; items of a list that a service gives again as the same object are written once. */
function writeList(body: unknown): string {
  if (!isRecord(body) || !Array.isArray(body['items'])) return JSON.stringify(body);
  const texts = body['items'].map((item: unknown) => {
    if (!isRecord(item)) return JSON.stringify(item);
    const text = itemTexts.get(item) ?? JSON.stringify(item);
    itemTexts.set(item, text);
    return text;
  });
  const head = JSON.stringify(without(body, 'items'));
  return `${head.slice(0, -1)}${head === '{}' ? '' : ','}"items":[${texts.join(',')}]}`;
}

function malformedJson(): WireResponse {
  return { status: 400, headers: {}, body: { code: 'malformed-json', message: 'The request body is not JSON.' } };
}

function tooLarge(): WireResponse {
  const message = `The request body is larger than ${BODY_BYTES_MAX} bytes.`;
  return { status: 413, headers: { connection: 'close' }, body: { code: 'body-too-large', message } };
}

function brokenService(thrown: unknown): WireResponse {
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { status: 500, headers: {}, body: { code: 'local-server-fault', message } };
}
