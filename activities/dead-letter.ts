import { createHash } from 'node:crypto';
import type { Outcome } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';
import type { Fault } from '../domain/result.ts';
import type { MessagePort } from './ports.ts';

/** Type of a message that is on its way to the dead-letter queue and tells why. */
export const DEAD_LETTER_TYPE = 'dev.slackwater.dead-letter.v1';

const prefix = 'dead-letter-';
/** Longest message id Service Bus takes. Unit: characters. */
const messageIdLengthMax = 128;
/** Longest body a copy carries, as JSON: at most three bytes each, beside the faults, in the 256 KB of Service Bus Standard. */
const bodyCharactersMax = 60_000;

/** A message no repeat can cure, with what is wrong with it. */
export interface PoisonMessage {
  readonly messageId: string;
  readonly body: unknown;
  readonly faults: readonly Fault[];
}

/**
 * Puts a copy of a poison message on the queue, wrapped in its code and faults.
 *
 * The trigger's binding can only complete or abandon, so a reason cannot be given to the broker. The copy is refused by
 * `readDeadLetter` at every delivery, and after the last the broker moves it to the dead-letter queue, where a person reads
 * the code in its body. `whole`: the copy holds the original, which may be completed. `without-body`: the original is too
 * large or too deeply nested to be copied; it must be abandoned, and reaches the dead-letter queue beside its copy. May be
 * repeated: the copy's message id is made from the original's. Fails as the queue does; then too the original must be
 * abandoned, and reaches the dead-letter queue without its code.
 */
export async function wrapForDeadLetter(messages: Pick<MessagePort, 'enqueueInbox'>, poison: PoisonMessage): Promise<Outcome<'whole' | 'without-body'>> {
  const { messageId, faults } = poison;
  const text = jsonOf(poison.body);
  const isWhole = text !== null && text.length <= bodyCharactersMax;
  const id = copyIdOf(messageId, text ?? '');
  const [first] = faults;
  const sent = await messages.enqueueInbox(id, {
    specversion: '1.0',
    type: DEAD_LETTER_TYPE,
    id,
    source: '/slackwater/inbox',
    datacontenttype: 'application/json',
    data: {
      code: first?.code ?? 'unknown-fault',
      message: first?.message ?? '',
      remedy: first?.remedy ?? '',
      faults,
      original: isWhole ? { messageId, body: poison.body } : { messageId },
    },
  });
  return sent.ok ? { ok: true, value: isWhole ? 'whole' : 'without-body' } : sent;
}

/** A message without a usable id is told by what it says. */
function copyIdOf(messageId: string, text: string): string {
  const id = `${prefix}${messageId}`;
  if (messageId !== '' && id.length <= messageIdLengthMax) return id;
  return `${prefix}${createHash('sha256').update(`${messageId}\n${text}`).digest('hex')}`;
}

/** Null for what is nested so deeply that it cannot be written, although it could be read. */
function jsonOf(body: unknown): string | null {
  try {
    return JSON.stringify(body) ?? 'null';
  } catch {
    return null;
  }
}

/** The code of a message that is on its way to the dead-letter queue; null for any other message. */
export function readDeadLetter(message: unknown): string | null {
  if (!isRecord(message) || message['type'] !== DEAD_LETTER_TYPE) return null;
  const { data } = message;
  const code = isRecord(data) ? data['code'] : null;
  return typeof code === 'string' ? code : 'unknown-fault';
}
