import { readDeadLetter, wrapForDeadLetter } from '../activities/dead-letter.ts';
import type { Ports } from '../activities/ports.ts';
import { receiveInboxMessage } from '../activities/receive-inbox.ts';
import type { ReceiveInboxSettings } from '../activities/inbox-result.ts';
import { isSealedOrOpen } from '../adapters/message-seal.ts';
import { parseInboxMessage } from '../domain/inbox-message.ts';

/** One delivery of the queue `inbox`. */
interface InboxDelivery {
  /** The body: parsed JSON, or text. */
  readonly message: unknown;
  readonly messageId: string;
  /** 1 for the first. */
  readonly deliveryCount: number;
}

/** What the inbox needs of the app. */
interface InboxParts {
  readonly ports: Ports;
  readonly settings: ReceiveInboxSettings;
  /** Webhook secrets: what our webhook puts on the queue is sealed by one of them. */
  readonly secrets: readonly string[];
  /** Waits that many seconds. */
  readonly pause: (seconds: number) => Promise<void>;
}

/** The end of a message that claims a person's word and did not come through our webhook. */
const notSealed = {
  kind: 'poison' as const,
  faults: [
    {
      code: 'message-not-sealed',
      where: 'slackwaterseal',
      message: 'A message that claims the word of a person was not put on the queue by the webhook, or a webhook secret was taken away while it waited.',
      remedy: 'Have GitHub redeliver what is meant. If there is none, find out who may send to the queue inbox and take that right away: only the function app needs it.',
    },
  ],
};

/** Longest wait of our own before a message is given back, and of one that a service asked for; well below the function's five minutes. Unit: seconds. */
const ownPauseSecondsMax = 30;
const askedPauseSecondsMax = 240;

/**
 * Takes one message of the queue and returns when it is settled; throws to have it delivered again.
 *
 * A message that cannot be cured is wrapped in its code and goes on to the dead-letter queue, see `wrapForDeadLetter`. One
 * that met a service out of reach is given back after the wait it asked for, else after a pause that doubles with each delivery, because the broker delivers
 * again at once and would use up all deliveries within a second.
 */
export async function receiveInbox({ ports, settings, secrets, pause }: InboxParts, delivery: InboxDelivery): Promise<void> {
  const { message, messageId, deliveryCount } = delivery;
  const deadCode = readDeadLetter(message);
  if (deadCode !== null) throw new Error(`dead-letter: ${deadCode}. Refused on purpose until the broker moves it to the dead-letter queue.`);
  // What cannot be read at all is told as that.
  const isForged = parseInboxMessage(message).ok && !isSealedOrOpen(message, secrets);
  const result = isForged ? notSealed : await receiveInboxMessage(ports, settings, message);
  switch (result.kind) {
    case 'done':
      ports.logger.log('info', 'inbox.done', { messageId, deliveryCount, what: result.what });
      return;
    case 'retry-later': {
      const { failure } = result;
      ports.logger.log('warn', 'inbox.retry-later', { messageId, deliveryCount, failure });
      await pause(Math.min(failure.retryAfterSeconds ?? Math.min(2 ** (deliveryCount - 1), ownPauseSecondsMax), askedPauseSecondsMax));
      throw new Error(`retry-later: ${failure.code}: ${failure.message}`);
    }
    case 'poison': {
      const { faults } = result;
      ports.logger.log('error', 'inbox.poison', { messageId, deliveryCount, faults });
      const wrapped = await wrapForDeadLetter(ports.messages, { messageId, body: message, faults });
      const code = faults[0]?.code ?? 'unknown-fault';
      if (!wrapped.ok) throw new Error(`poison: ${code}; the copy that tells why was refused: ${wrapped.failure.code}`);
      if (wrapped.value === 'without-body') throw new Error(`poison: ${code}; too large to be copied, so it goes to the dead-letter queue beside the copy that tells why.`);
    }
  }
}
