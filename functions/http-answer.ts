import type { HttpResponseInit } from '@azure/functions';

/** An answer a program can act on and a person can read. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** A JSON answer that no cache keeps. */
export function answerJson(status: number, body: object, headers: Readonly<Record<string, string>> = {}): HttpResponseInit {
  return { status, jsonBody: body, headers: { 'cache-control': 'no-store', ...headers } };
}

/** A refusal as JSON: code, sentence, what to do. */
export function refuseJson(status: number, refusal: Refusal, headers: Readonly<Record<string, string>> = {}): HttpResponseInit {
  const { code, message, remedy } = refusal;
  return answerJson(status, { code, message, remedy }, headers);
}
