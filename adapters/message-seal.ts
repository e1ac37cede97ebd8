import { createHmac, timingSafeEqual } from 'node:crypto';
import { DEBT_CHECK_TYPE } from '../domain/debt-check-message.ts';
import { isRecord, parseJson, textAt } from '../domain/json.ts';
import { runMessageTypes } from '../domain/run-message.ts';

/** Name of the CloudEvents attribute that holds the seal. */
const attribute = 'slackwaterseal';

/** Types of ours that anybody may send who may write to the queue: they ask for a look, or for a run inside its window, and speak for no person. */
const openTypes: readonly string[] = [DEBT_CHECK_TYPE, ...runMessageTypes];

/**
 * The message with a seal over its type and data, by the first webhook secret.
 *
 * The webhook proves by GitHub's signature who gave a word, and only the webhook knows it: a comment can be read again, but not who
 * pressed a button or ticked a box. So what it puts on the queue is sealed, and nobody else who may send there can give a word.
 */
export function sealMessage<M extends Readonly<Record<string, unknown>>>(message: M, secrets: readonly string[]): M & { readonly [attribute]: string } {
  return { ...message, [attribute]: sealOf(message, secrets[0] ?? '') };
}

/** Whether a message is sealed by one of the secrets, or needs no seal: messages of others (AKS), and those that name nobody. */
export function isSealedOrOpen(message: unknown, secrets: readonly string[]): boolean {
  const read = typeof message === 'string' ? parseJson(message) : message;
  if (!isRecord(read)) return true;
  const type = textAt(read, 'type') ?? '';
  if (!type.startsWith('dev.slackwater.') || openTypes.includes(type)) return true;
  const given = Buffer.from(textAt(read, attribute) ?? '');
  let isSealed = false;
  for (const secret of secrets) {
    const expected = Buffer.from(sealOf(read, secret));
    const isSame = secret !== '' && given.length === expected.length && timingSafeEqual(given, expected);
    isSealed = isSame || isSealed;
  }
  return isSealed;
}

/** JSON keeps the order of members, on the queue too, so the same value gives the same text. */
function sealOf(message: Readonly<Record<string, unknown>>, secret: string): string {
  return createHmac('sha256', `slackwater inbox seal\n${secret}`).update(JSON.stringify([message['type'], message['data']])).digest('hex');
}
