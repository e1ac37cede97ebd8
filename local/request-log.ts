import { appendFileSync } from 'node:fs';
import type { Instant } from '../domain/time.ts';

/** One request a local server answered, with what it answered. Header names are lower case. */
export interface LoggedRequest {
  /** Cluster time. */
  readonly at: Instant;
  /** `arm`, `kubernetes`, `github`. */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** `authorization` is replaced by its scheme and `[redacted]`. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: unknown;
  /** 0 when a fault cut the connection instead of answering. */
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: unknown;
}

/** What a local server was asked and answered, oldest first. */
export interface RequestLog {
  readonly entries: readonly LoggedRequest[];
  record(entry: LoggedRequest): void;
}

/** Entries kept in memory; the oldest go first. The file keeps all. */
const ENTRIES_MAX = 50_000;
/** A body longer than this is left out of the file (not of the memory). Unit: characters. */
const FILE_BODY_CHARACTERS_MAX = 65_536;

/**
 * Makes a request log in memory and, when `file` is given, as JSON lines appended before the answer leaves, so that the
 * file is whole after a kill. `forgotten`: the memory holds no bodies of answers, which of a large cluster would fill it.
 */
export function createRequestLog(file: string | null, answers: 'remembered' | 'forgotten' = 'remembered'): RequestLog {
  const entries: LoggedRequest[] = [];
  return {
    entries,
    record(entry) {
      const safe = { ...entry, requestHeaders: redactAuthorization(entry.requestHeaders) };
      entries.push(answers === 'remembered' ? safe : { ...safe, responseBody: null });
      if (entries.length > ENTRIES_MAX) entries.shift();
      if (file === null) return;
      const short = { ...safe, requestBody: shorten(safe.requestBody), responseBody: shorten(safe.responseBody) };
      appendFileSync(file, `${JSON.stringify(short)}\n`);
    },
  };
}

function redactAuthorization(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const authorization = headers['authorization'];
  if (authorization === undefined) return headers;
  const scheme = authorization.includes(' ') ? `${authorization.slice(0, authorization.indexOf(' '))} ` : '';
  return { ...headers, authorization: `${scheme}[redacted]` };
}

function shorten(body: unknown): unknown {
  const text = JSON.stringify(body) ?? 'null';
  return text.length <= FILE_BODY_CHARACTERS_MAX ? body : { omittedCharacters: text.length };
}
