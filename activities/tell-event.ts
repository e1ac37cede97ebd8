import type { Outcome } from '../domain/failure.ts';
import { metricsOfEvent } from '../domain/slackwater-metric.ts';
import type { Ports, SlackwaterEvent } from './ports.ts';
import { tellMetrics } from './tell-metric.ts';

/** Tells others what happened and leaves a line of it in the log, which alerts read, and of what it measures. May be repeated: the broker drops a repeat. */
export async function tellEvent(ports: Ports, event: SlackwaterEvent): Promise<Outcome<null>> {
  const sent = await ports.messages.publishEvent(event);
  if (!sent.ok) return sent;
  ports.logger.log('info', 'event.told', { event: event.name, messageId: event.messageId });
  tellMetrics(ports, metricsOfEvent(event));
  return sent;
}
