import type { Instant } from '../../domain/time.ts';

/** A queue message as its function gets it. */
export interface QueueMessage {
  readonly messageId: string;
  /** Parsed JSON when the body was JSON, else text. */
  readonly body: unknown;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  readonly enqueuedAt: Instant;
  readonly sequenceNumber: number;
  readonly applicationProperties: Readonly<Record<string, unknown>>;
}

/** What becomes of a message: `abandon` gives it back for another delivery, or to the dead-letter queue after the last. */
type QueueVerdict = 'complete' | 'abandon';

/** Where Service Bus queue triggers get their messages from. */
export interface QueueSource {
  /** Hands each message of `queue` to `handler`, which never throws, and settles it as answered; until closed. */
  receive(queue: string, handler: (message: QueueMessage) => Promise<QueueVerdict>): Promise<{ close(): Promise<void> }>;
}
