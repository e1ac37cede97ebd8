import rhea from 'rhea';
import type { Message } from 'rhea';
import { isRecord, listAt, numberAt, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { ServiceBusBroker } from './service-bus-broker.ts';
import type { Exchange } from './service-bus-exchange.ts';
import { condition, readManagementSettlement, writeEncoded } from './service-bus-wire.ts';

interface Answer {
  readonly status: number;
  readonly description: string;
  readonly condition: string | null;
  readonly body: unknown;
}

const PEEKED_MESSAGES_MAX = 1_000;

/** Answers a request to `$cbs` or to an entity's `$management`; the reply is correlated by the request's message id. */
export function answerManagement(broker: ServiceBusBroker, entity: string, message: unknown, exchange: Exchange): Message {
  const request: JsonRecord = isRecord(message) ? message : {};
  const operation = textAt(request, 'application_properties', 'operation') ?? '';
  const body = request['body'];
  const answer = answerOperation(broker, { entity, operation, body: isRecord(body) ? body : {} });
  if (operation !== 'put-token') {
    exchange.record({ method: 'MANAGE', path: `${entity}/$management`, status: answer.status, asked: { operation }, answered: answer.description });
  }
  const words = operation === 'put-token'
    ? { 'status-code': answer.status, 'status-description': answer.description }
    : { statusCode: answer.status, statusDescription: answer.description, ...(answer.condition === null ? {} : { errorCondition: answer.condition }) };
  const correlationId = request['message_id'];
  return {
    ...(typeof correlationId === 'string' ? { correlation_id: correlationId } : {}),
    application_properties: words,
    body: answer.body,
  };
}

function answerOperation(broker: ServiceBusBroker, request: { readonly entity: string; readonly operation: string; readonly body: JsonRecord }): Answer {
  switch (request.operation) {
    case 'put-token':
      return { status: 202, description: 'Accepted', condition: null, body: null };
    case 'com.microsoft:renew-lock':
      return renewLocks(broker, request.entity, request.body);
    case 'com.microsoft:peek-message':
      return peek(broker, request.entity, request.body);
    case 'com.microsoft:receive-by-sequence-number':
      return receiveDeferred(broker, request.entity, request.body);
    case 'com.microsoft:update-disposition':
      return settleHeld(broker, request.entity, request.body);
    default:
      return refuse(501, condition.notImplemented, `The local Service Bus does not serve ${request.operation}.`);
  }
}

function succeed(body: unknown): Answer {
  return { status: 200, description: 'OK', condition: null, body };
}

function refuse(status: number, code: string, description: string): Answer {
  return { status, description, condition: code, body: null };
}

const lockLost = refuse(410, condition.lockLost, 'The lock expired or the message is settled already; receive it again.');

function lockTokensOf(body: JsonRecord): readonly string[] {
  return listAt(body, 'lock-tokens').filter((token) => Buffer.isBuffer(token)).map((token) => rhea.uuid_to_string(token));
}

function renewLocks(broker: ServiceBusBroker, entity: string, body: JsonRecord): Answer {
  const expirations = lockTokensOf(body).map((token) => broker.renew(entity, token));
  if (expirations.length === 0 || expirations.includes(null)) return lockLost;
  return succeed({ expirations: rhea.types.wrap_array(expirations, 0x83, undefined) });
}

function peek(broker: ServiceBusBroker, entity: string, body: JsonRecord): Answer {
  const from = numberAt(body, 'from-sequence-number') ?? 1;
  const countMax = Math.min(numberAt(body, 'message-count') ?? 1, PEEKED_MESSAGES_MAX);
  const messages = broker.peek(entity, from, countMax);
  if (messages.length === 0) return { status: 204, description: 'No Content', condition: null, body: null };
  return succeed({ messages: messages.map((message) => ({ message: writeEncoded(message) })) });
}

function receiveDeferred(broker: ServiceBusBroker, entity: string, body: JsonRecord): Answer {
  const wanted = listAt(body, 'sequence-numbers').map(Number);
  const found = wanted.map((sequenceNumber) => broker.acquireDeferred(entity, sequenceNumber)).filter((message) => message !== null);
  if (found.length < wanted.length) return refuse(404, condition.messageNotFound, 'There is no deferred message of that sequence number.');
  const messages = found.map((message) => ({
    message: writeEncoded(message),
    'lock-token': rhea.types.wrap_uuid(rhea.string_to_uuid(message.lockToken)),
  }));
  return succeed({ messages });
}

function settleHeld(broker: ServiceBusBroker, entity: string, body: JsonRecord): Answer {
  const settlement = readManagementSettlement(body);
  if (settlement === null) return refuse(400, condition.notAllowed, 'The disposition status is unknown.');
  const fates = lockTokensOf(body).map((token) => broker.settle(entity, token, settlement));
  return fates.length === 0 || fates.includes('lock-lost') ? lockLost : succeed(null);
}
