import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '../../adapters/loopback.ts';
import type { InFlight } from '../in-flight.ts';
import { listenOnLoopback } from '../loopback-http.ts';

/** A request with its body as the bytes that came. */
export interface HostRequest {
  readonly method: string;
  /** Absolute, as the client addressed it. */
  readonly url: URL;
  /** Lower-case names; repeated headers joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HostResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** Answers a request; null leaves it to the next handler. Rejecting answers 500. */
export type HostHandler = (request: HostRequest) => Promise<HostResponse | null>;

/** Azure's limit on a request. Unit: bytes. */
const BODY_BYTES_MAX = 100 * 1024 * 1024;

/**
 * A loopback server that asks its handlers in turn. Requests in progress count as in flight.
 *
 * Nothing here asks for a key, so what a browser sends for another site is refused: by its origin, or by a name that is not
 * this machine's.
 */
export async function listen(options: {
  readonly port: number;
  readonly inFlight: InFlight;
  readonly handlers: readonly HostHandler[];
  readonly onError: (error: unknown, request: HostRequest) => void;
}): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    void options.inFlight.track('http request', serve(incoming, outgoing, options));
  });
  const { port, close } = await listenOnLoopback(server, options.port);
  return { url: `http://127.0.0.1:${port}`, close };
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: { readonly handlers: readonly HostHandler[]; readonly onError: (error: unknown, request: HostRequest) => void },
): Promise<void> {
  try {
    const request = await readRequest(incoming);
    const response = request === null ? plain(413, 'The request is too large.') : isFromElsewhere(request) ? plain(403, 'This host serves its own machine only.') : await answer(request, options);
    await send(outgoing, response);
  } catch {
    // The client went away in the middle of its request or of our answer: nobody is left to tell.
    outgoing.destroy();
  }
}

async function answer(request: HostRequest, options: { readonly handlers: readonly HostHandler[]; readonly onError: (error: unknown, request: HostRequest) => void }): Promise<HostResponse> {
  try {
    for (const handler of options.handlers) {
      const response = await handler(request);
      if (response !== null) return response;
    }
    return plain(404, '');
  } catch (error) {
    options.onError(error, request);
    return plain(500, '');
  }
}

async function readRequest(incoming: IncomingMessage): Promise<HostRequest | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(buffer);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const url = new URL(incoming.url ?? '/', `http://${headers['host'] ?? '127.0.0.1'}`);
  return { method: (incoming.method ?? 'GET').toUpperCase(), url, headers, body: Buffer.concat(chunks) };
}

function isFromElsewhere({ url, headers: { origin } }: HostRequest): boolean {
  return !isLoopback(url) || (origin !== undefined && origin !== url.origin);
}

function send(outgoing: ServerResponse, response: HostResponse): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once('close', resolve);
    outgoing.writeHead(response.status, { ...response.headers });
    outgoing.end(response.body);
  });
}

function plain(status: number, text: string): HostResponse {
  return { status, headers: text === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }, body: text };
}

/** A JSON answer. */
export function jsonResponse(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HostResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) };
}
