import type { Outcome } from '../domain/failure.ts';
import type { Ports, SlackwaterEvent } from './ports.ts';

/** Tells others what happened and leaves a line of it in the log, which alerts read. May be repeated: the broker drops a repeat. */
export async function tellEvent(ports: Ports, event: SlackwaterEvent): Promise<Outcome<null>> {
  const sent = await ports.messages.publishEvent(event);
  if (sent.ok) ports.logger.log('info', 'event.told', { event: event.name, messageId: event.messageId });
  return sent;
}
