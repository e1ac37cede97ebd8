import type { Failure, FailureClass } from '../domain/failure.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../domain/json.ts';
import { readRetryAfterSeconds } from './arm-failure.ts';
import type { KubernetesAnswer } from './kubernetes-transport.ts';
import { redactSecrets } from './secret-text.ts';

/** Longest message kept. Unit: characters. */
const MESSAGE_CHARACTERS_MAX = 2_000;

/** How an HTTP status of the API server is met, where its own `reason` is not needed to tell. */
function judgeStatus(status: number): { readonly class: FailureClass; readonly remedy: string } {
  if (status < 400) return { class: 'unreadable', remedy: 'Nothing is assumed from an answer we do not understand.' };
  if (status === 401) return { class: 'terminal', remedy: 'Check that the cluster uses Entra ID and knows the app\'s identity.' };
  if (status === 403) return { class: 'terminal', remedy: 'Bind the cluster role of the installation guide to the app\'s identity.' };
  if (status === 409 || status === 410) return { class: 'conflict', remedy: 'It is read again.' };
  if (status === 429) return { class: 'transient', remedy: 'The API server is overloaded: the call is repeated after a pause.' };
  if (status === 408 || status >= 500) return { class: 'transient', remedy: 'Nothing to do: the call is repeated.' };
  return { class: 'terminal', remedy: 'Read the message; the API server will not take this call.' };
}

/** Classifies an answer of the API server that is not a success; `what` names what was asked, for the message. */
export function classifyKubernetesAnswer(what: string, answer: KubernetesAnswer): Failure {
  const reason = isRecord(answer.body) ? textAt(answer.body, 'reason') : null;
  return {
    code: reason === null || reason === '' ? `http-${answer.status}` : reason,
    ...judgeStatus(answer.status),
    message: redactSecrets(`${what}: ${messageOf(answer)}`).slice(0, MESSAGE_CHARACTERS_MAX),
    retryAfterSeconds: readRetryAfterSeconds(answer.headers),
  };
}

/**
 * The most telling text of an answer: the causes of a `Status`, else its message, else the plain text.
 *
 * The `message` of every refused eviction is the same; the cause carries the budget's name and numbers.
 */
export function messageOf({ status, body }: KubernetesAnswer): string {
  if (typeof body === 'string' && body.trim() !== '') return body.trim().slice(0, MESSAGE_CHARACTERS_MAX);
  if (!isRecord(body)) return `status ${status} without a body`;
  const causes = causesOf(body).map((cause) => textAt(cause, 'message') ?? '').filter((text) => text !== '');
  return causes.length > 0 ? causes.join(' · ') : (textAt(body, 'message') ?? `status ${status}`);
}

/** Whether a `Status` carries a cause with this reason. */
export function hasCause(body: unknown, reason: string): boolean {
  return isRecord(body) && causesOf(body).some((cause) => textAt(cause, 'reason') === reason);
}

function causesOf(body: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  return recordsAt(recordAt(body, 'details'), 'causes');
}
