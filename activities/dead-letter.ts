import type { Outcome } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';
import type { Fault } from '../domain/result.ts';
import type { MessagePort } from './ports.ts';

/** Type of a message that is on its way to the dead-letter queue and tells why. */
export const DEAD_LETTER_TYPE = 'dev.slackwater.dead-letter.v1';

const prefix = 'dead-letter-';
/** Longest message id Service Bus takes. Unit: characters. */
const messageIdLengthMax = 128;

/** A message no repeat can cure, with what is wrong with it. */
export interface PoisonMessage {
  readonly messageId: string;
  readonly body: unknown;
  readonly faults: readonly Fault[];
}

/**
 * Puts a copy of a poison message on the queue, wrapped in its code and faults; the original may then be completed.
 *
 * The trigger's binding can only complete or abandon, so a reason cannot be given to the broker. The copy is refused by
 * `readDeadLetter` at every delivery, and after the last the broker moves it to the dead-letter queue, where a person reads
 * the code in its body beside the original. May be repeated: the copy's message id is made from the original's. Fails as
 * the queue does; then the original must be abandoned, and reaches the dead-letter queue by itself, without the code.
 */
export async function wrapForDeadLetter(messages: Pick<MessagePort, 'enqueueInbox'>, poison: PoisonMessage): Promise<Outcome<null>> {
  const id = `${prefix}${poison.messageId}`;
  const [first] = poison.faults;
  if (poison.messageId === '' || id.length > messageIdLengthMax) {
    const message = 'The message has no id a copy could be told by.';
    return { ok: false, failure: { code: 'message-id-unusable', class: 'terminal', message, remedy: 'Send it with a message id of at most 100 characters.', retryAfterSeconds: null } };
  }
  return messages.enqueueInbox(id, {
    specversion: '1.0',
    type: DEAD_LETTER_TYPE,
    id,
    source: '/slackwater/inbox',
    datacontenttype: 'application/json',
    data: {
      code: first?.code ?? 'unknown-fault',
      message: first?.message ?? '',
      remedy: first?.remedy ?? '',
      faults: poison.faults,
      original: { messageId: poison.messageId, body: poison.body },
    },
  });
}

/** The code of a message that is on its way to the dead-letter queue; null for any other message. */
export function readDeadLetter(message: unknown): string | null {
  if (!isRecord(message) || message['type'] !== DEAD_LETTER_TYPE) return null;
  const { data } = message;
  const code = isRecord(data) ? data['code'] : null;
  return typeof code === 'string' ? code : 'unknown-fault';
}
