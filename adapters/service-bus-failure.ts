import type { Failure, FailureClass } from '../domain/failure.ts';
import { redactSecrets } from './secret-text.ts';

interface Rule {
  readonly code: string;
  readonly class: FailureClass;
  readonly remedy: string;
}

const unauthorized: Rule = {
  code: 'service-bus-unauthorized',
  class: 'terminal',
  remedy: 'Give the identity of the app the roles Azure Service Bus Data Sender and Data Receiver on the namespace.',
};
const unreachable: Rule = { code: 'service-bus-unreachable', class: 'transient', remedy: 'Nothing: it is sent again. If it lasts, check the network path to the namespace.' };
const entityMissing: Rule = { code: 'service-bus-entity-missing', class: 'terminal', remedy: 'Deploy the queue inbox and the topic events as infra declares them.' };
const refused: Rule = { code: 'message-refused', class: 'terminal', remedy: 'This is a fault of Slackwater: report it with this message.' };

/** Codes of the SDK's errors (facts: `ServiceBusErrorCode` of @azure/service-bus), and names of errors that are none. */
const rules: ReadonlyMap<string, Rule> = new Map(Object.entries({
  ServiceBusy: { code: 'service-bus-busy', class: 'transient', remedy: 'Nothing: it is sent again. If it lasts, raise the tier of the namespace.' },
  ServiceTimeout: unreachable,
  ServiceCommunicationProblem: unreachable,
  QuotaExceeded: { code: 'service-bus-quota-exceeded', class: 'transient', remedy: 'The queue or topic is full: see whether its receiver runs, and empty its dead-letter queue.' },
  UnauthorizedAccess: unauthorized,
  CredentialUnavailableError: unauthorized,
  AuthenticationError: unauthorized,
  MessagingEntityNotFound: entityMissing,
  MessagingEntityDisabled: { ...entityMissing, remedy: 'Enable the queue or topic again.' },
  MessageSizeExceeded: { code: 'message-too-large', class: 'terminal', remedy: 'The Standard tier takes 256 KB a message; send less, or use the Premium tier.' },
  TypeError: refused,
  RangeError: refused,
} satisfies Record<string, Rule>));

/** The SDK puts the system's code before the message of an error it has no code for. */
const networkError = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ETIMEDOUT|EPIPE): /;

/** What an error of `@azure/service-bus` means; of the several a retry gathers, the last counts. Never throws. */
export function classifyServiceBusError(error: unknown): Failure {
  const last: unknown = error instanceof AggregateError && error.errors.length > 0 ? error.errors.at(-1) : error;
  const read = (field: string): unknown => (typeof last === 'object' && last !== null ? Reflect.get(last, field) : undefined);
  const code = read('code');
  const name = read('name');
  const message = read('message');
  const known = rules.get(typeof code === 'string' ? code : '') ?? rules.get(typeof name === 'string' ? name : '');
  const isNetwork = read('retryable') === true || (typeof message === 'string' && networkError.test(message));
  const rule = known ?? (isNetwork ? unreachable : { code: 'service-bus-unknown', class: 'unreadable', remedy: 'Read the message; if it says nothing, report it.' });
  return { ...rule, message: typeof message === 'string' && message !== '' ? redactSecrets(message) : 'Service Bus refused without a word.', retryAfterSeconds: null };
}
