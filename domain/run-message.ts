import { textAt } from './json.ts';
import type { JsonRecord } from './json.ts';
import { createFieldReader, deliveryForm } from './message-reading.ts';
import { refuse, succeed } from './result.ts';
import type { Fault, Result } from './result.ts';
import type { RunMessage } from './standing-order.ts';

const RUN_CANCELLED_TYPE = 'dev.slackwater.run.cancelled.v1';

/** Types of messages by which a program asks for a run, or takes that back. */
export const runMessageTypes = ['dev.slackwater.run.requested.v1', RUN_CANCELLED_TYPE] as const;

/** A program's word about one run, from the queue. It opens nothing outside a window. */
export interface IncomingRunMessage {
  readonly clusterResourceId: string;
  /** What the program calls the run. */
  readonly run: string;
  /** Of messages about one run the highest counts, in whatever order they come. */
  readonly sequence: number;
  readonly wants: RunMessage['wants'];
  readonly sender: string;
}

/** Reads a message about a run; every fault at once, code `malformed-message`. */
export function parseRunMessage(message: JsonRecord): Result<IncomingRunMessage, Fault> {
  const reader = createFieldReader();
  const data = reader.record(message['data'], 'data');
  const read: IncomingRunMessage = {
    clusterResourceId: reader.text(data, 'clusterResourceId', 'data.', /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/.*\/managedClusters\/[^/]+\/?$/i),
    run: reader.text(data, 'run', 'data.', deliveryForm),
    sequence: reader.number(data, 'sequence', 'data.'),
    wants: message['type'] === RUN_CANCELLED_TYPE ? 'cancelled' : 'requested',
    sender: (textAt(message, 'source') ?? 'a program').slice(0, 200),
  };
  return reader.faults.length > 0 ? refuse(reader.faults) : succeed(read);
}
