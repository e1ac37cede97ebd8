import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { witnessed } from './invocation.ts';

/** One call of the Kubernetes API. */
export interface KubernetesCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path with query. */
  readonly path: string;
  readonly contentType: 'application/json' | 'application/merge-patch+json' | null;
  /** Sent as JSON; null sends no body. */
  readonly body: unknown;
  /** Media types wanted; JSON unless given. */
  readonly accept?: string;
  /** Who asks; unless given, the reader for a GET and the writer for the rest. */
  readonly identity?: 'reader' | 'writer';
  /** Limit of this call, where it is shorter than the transport's. Unit: milliseconds. */
  readonly timeLimitMs?: number;
}

/** What came back: the body is parsed JSON, or the text when it is none. */
export interface KubernetesAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Where an API server is and how it proves itself. */
export interface KubernetesServer {
  readonly url: URL;
  /** PEM; null trusts what Node trusts. */
  readonly certificateAuthority: string | null;
  /** Name its certificate must bear, where that is not the host of the URL. */
  readonly serverName?: string;
  /** What we prove ourselves with instead of a token; PEM. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
}

/** Sends calls to one API server over connections that are kept. */
export interface KubernetesTransport {
  /** Throws when no answer came: connection, time limit, an answer too large. */
  send(call: KubernetesCall, token: string | null): Promise<KubernetesAnswer>;
}

/** Largest answer taken, unpacked. One page of 500 pods is about 4 MB. Unit: bytes. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const unpack = promisify(gunzip);

/**
 * Opens a transport to one API server.
 *
 * `node:https` instead of `fetch`, because each AKS cluster signs its API server with its own authority and `fetch`
 * cannot be given one. A time limit covers the whole call, body included.
 */
export function createKubernetesTransport(server: KubernetesServer, timeLimitMs: number): KubernetesTransport {
  const isSecure = server.url.protocol === 'https:';
  const connections = { keepAlive: true, maxSockets: 4, timeout: timeLimitMs };
  const agent = isSecure ? new SecureAgent({ ...connections, ...proofsOf(server) }) : new PlainAgent(connections);
  return {
    async send(call, token) {
      const body = call.body === null ? null : JSON.stringify(call.body);
      const headers: Record<string, string> = {
        accept: call.accept ?? 'application/json',
        'accept-encoding': 'gzip',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        'user-agent': 'slackwater',
      };
      if (call.contentType !== null) headers['content-type'] = call.contentType;
      if (body !== null) headers['content-length'] = String(Buffer.byteLength(body));
      const url = new URL(server.url.pathname.replace(/\/$/, '') + call.path, server.url);
      const limitMs = Math.min(timeLimitMs, call.timeLimitMs ?? timeLimitMs);
      const signal = AbortSignal.timeout(limitMs);
      const asked = (): Promise<KubernetesAnswer> => new Promise((resolve, reject) => {
        const send = isSecure ? secureRequest : plainRequest;
        const outgoing = send(url, { method: call.method, headers, agent, signal }, (incoming) => {
          readAnswer(incoming).then(resolve, reject);
        });
        outgoing.once('error', (error) => reject(signal.aborted ? timeLimit(limitMs) : error));
        outgoing.end(body ?? undefined);
      });
      return witnessed({ service: 'kubernetes', method: call.method, host: url.host, path: url.pathname }, asked, ({ status }) => status);
    },
  };
}

function proofsOf({ certificateAuthority, serverName, clientCertificate }: KubernetesServer): SecureContextOptions & { servername?: string } {
  return {
    ...(certificateAuthority === null ? {} : { ca: certificateAuthority }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  };
}

function timeLimit(timeLimitMs: number): Error {
  const error = new Error(`No whole answer within ${timeLimitMs / 1_000} s.`);
  error.name = 'TimeoutError';
  return error;
}

async function readAnswer(incoming: IncomingMessage): Promise<KubernetesAnswer> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    byteCount += bytes.length;
    if (byteCount > ANSWER_BYTES_MAX) throw new Error(`The answer is larger than ${ANSWER_BYTES_MAX} bytes.`);
    chunks.push(bytes);
  }
  const packed = Buffer.concat(chunks);
  const isPacked = incoming.headers['content-encoding'] === 'gzip';
  const plain = isPacked ? await unpack(packed, { maxOutputLength: ANSWER_BYTES_MAX }) : packed;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === 'string') headers[name] = value;
  }
  return { status: incoming.statusCode ?? 0, headers, body: parseBody(plain.toString('utf8')) };
}

/** An overloaded API server answers 429 as plain text, so no text may break us. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
