import { createHash } from 'node:crypto';
import { commandIdOf } from '../domain/comment-truth.ts';
import { parseInboxMessage } from '../domain/inbox-message.ts';
import { parseJson, textAt } from '../domain/json.ts';
import { logFieldsOf } from '../domain/log-fields.ts';
import type { LogFields } from '../domain/log-fields.ts';

const guidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The GUID that stands for an id: the id itself where it is one (a webhook's delivery, an Event Grid event), else one made of its SHA-1 as a
 * UUID of version 5 is, so that the same id always gives the same. Azure Resource Manager takes nothing but a GUID.
 */
export function correlationIdOf(id: string): string {
  if (guidForm.test(id)) return id.toLowerCase();
  const octets = createHash('sha1').update(`slackwater\n${id}`).digest().subarray(0, 16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x50;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  return octets.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** What a request is known by: the webhook's delivery, which only names it and proves nothing, else the invocation. */
export function causeOfDelivery(delivery: string | null, invocationId: string): LogFields {
  if (delivery === null || !/^[\w.:-]{1,128}$/.test(delivery)) return { correlationId: correlationIdOf(invocationId) };
  return { githubDelivery: delivery, correlationId: correlationIdOf(delivery) };
}

/** What a message of the queue `inbox` is known by: its own id, which is the webhook's delivery or the event of Event Grid; unread: the invocation. */
export function causeOfMessage(message: unknown, invocationId: string): LogFields {
  const parsed = parseInboxMessage(message);
  const id = textAt(typeof message === 'string' ? parseJson(message) : message, 'id');
  if (!parsed.ok || id === null) return { correlationId: correlationIdOf(invocationId) };
  const told = parsed.value.kind === 'command' ? { ...logFieldsOf(parsed.value), decision: commandIdOf(parsed.value.comment) } : logFieldsOf(parsed.value);
  return { ...told, correlationId: correlationIdOf(id) };
}
