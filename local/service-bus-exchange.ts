import type { Connection, Delivery } from 'rhea';
import type { Instant } from '../domain/time.ts';
import type { FaultList, Mishap } from './faults.ts';
import type { RequestLog } from './request-log.ts';
import { condition } from './service-bus-wire.ts';

/** One thing a client asked of the broker, for the log. */
interface Asked {
  readonly method: string;
  /** The entity. */
  readonly path: string;
  /** In HTTP's words, so that all local servers share one log. */
  readonly status: number;
  readonly asked: unknown;
  readonly answered: unknown;
}

/** Where each request of a client passes: it meets its fault, and is written down. */
export interface Exchange {
  record(entry: Asked): void;
  /**
   * Carries out `work`, unless a fault says otherwise, and tells the client the outcome it returns.
   *
   * Each outcome is told in a turn of the event loop of its own: rhea merges the outcomes of two neighbouring deliveries
   * told in one turn into the first one's. An `answer` fault refuses a send; of anything else it keeps the answer back.
   */
  meet(
    request: { readonly method: string; readonly path: string; readonly connection: Connection; readonly sent: Delivery | null },
    work: () => TellOutcome,
  ): void;
}

/** Writes to the client how its request ended. */
export type TellOutcome = () => void;

/** AMQP conditions Service Bus gives where HTTP would give these. */
const conditionByStatus: Readonly<Record<number, string>> = {
  401: condition.unauthorized,
  404: condition.notFound,
  413: condition.tooLarge,
  503: condition.serverBusy,
  504: condition.timeout,
};

/** Makes the place every request passes; faults and log are those the server shows. */
export function createExchange(options: { readonly now: () => Instant; readonly log: RequestLog; readonly faults: FaultList }): Exchange {
  const record = (entry: Asked): void => {
    options.log.record({
      at: options.now(),
      service: 'service-bus',
      method: entry.method,
      path: entry.path,
      query: {},
      requestHeaders: {},
      requestBody: entry.asked,
      status: entry.status,
      responseHeaders: {},
      responseBody: entry.answered,
    });
  };
  const untold: TellOutcome[] = [];
  const tellNext = (): void => {
    untold.shift()?.();
    if (untold.length > 0) setImmediate(tellNext);
  };
  const tell = (outcome: TellOutcome): void => {
    if (untold.push(outcome) === 1) setImmediate(tellNext);
  };
  return {
    record,
    meet(request, work) {
      const mishap: Mishap | null = options.faults.take({ method: request.method, path: request.path, query: {}, headers: {}, body: null });
      if (mishap === null) return tell(work());
      if (mishap.kind === 'delay') return void setTimeout(() => tell(work()), mishap.milliseconds);
      if (mishap.moment === 'after') work();
      const status = mishap.kind === 'answer' ? mishap.response.status : 0;
      record({ method: request.method, path: request.path, status, asked: null, answered: 'fault' });
      if (mishap.kind === 'cut') return cut(request.connection);
      const { sent } = request;
      if (sent === null) return;
      tell(() => sent.reject({ condition: conditionByStatus[status] ?? condition.internal, description: `Refused on demand with ${status}.` }));
    },
  };
}

/** Ends the connection without a word, as a lost network would. */
function cut(connection: Connection): void {
  const socket: unknown = connection['socket'];
  const destroy: unknown = typeof socket === 'object' && socket !== null ? Reflect.get(socket, 'destroy') : undefined;
  if (typeof destroy === 'function') destroy.call(socket, new Error('The connection was cut.'));
}
