import { createHash, createHmac } from 'node:crypto';
import type { Instant } from '../domain/time.ts';
import { readWebhook } from '../sim/github-changes.ts';
import type { WorldChange } from '../sim/wire.ts';

/** One try to deliver a webhook, as the App's list shows it. */
export interface DeliveryTry {
  readonly id: number;
  readonly at: Instant;
  readonly kind: 'first' | 'repeated';
  /** Null when no answer came. */
  readonly status: number | null;
}

/** One webhook and how its delivery went. */
export interface Delivery {
  /** `X-GitHub-Delivery`; the same for a redelivery and after a restart. */
  readonly guid: string;
  readonly event: string;
  readonly at: Instant;
  /** The JSON as it is sent and signed. */
  readonly body: string;
  /** `unknown`: made before a restart, which forgot how it went. */
  state: 'pending' | 'delivered' | 'failed' | 'unknown';
  /** Status of the last answer; null when none came. */
  status: number | null;
  attempts: number;
  /** What became of each attempt that has ended, oldest first. */
  readonly tries: DeliveryTry[];
}

interface WebhookOptions {
  readonly now: () => Instant;
  /** Signs every delivery. */
  readonly secret: string;
  /** Id of an attempt; each once. */
  readonly nextTryId: () => number;
  /** Goes into the delivery ids, so that two worlds do not share any. */
  readonly seed: number;
  /** Where deliveries go; null while nobody listens, which fails them. */
  readonly deliverTo: () => string | null;
  readonly appId: number;
  /** Counts work in flight until the returned function is called. */
  readonly beginWork: (what: string) => () => void;
}

/** Deliveries of one GitHub, in order, one at a time. */
export interface Webhooks {
  readonly deliveries: readonly Delivery[];
  /** Sends the webhooks among `changes`. */
  send(changes: readonly WorldChange[]): void;
  /** Lists the webhooks among `changes` as `unknown`, with one attempt that got no answer, without sending them: they were made before a restart. */
  remember(changes: readonly WorldChange[]): void;
  /** Sends one again under its id; false when there is none. */
  redeliver(guid: string): boolean;
  /** Resolves when nothing is on its way. */
  whenIdle(): Promise<void>;
}

/** GitHub gives a receiver this long. Unit: ms. */
const ANSWER_MS_MAX = 10_000;

/**
 * Delivers webhooks as GitHub does: signed over the raw body, in JSON, a failed one kept and not tried again.
 *
 * @see GitHub Docs, "Webhook events and payloads: delivery headers" and "Handling failed webhook deliveries".
 */
export function createWebhooks(options: WebhookOptions): Webhooks {
  const deliveries: Delivery[] = [];
  let last: Promise<void> = Promise.resolve();
  const enqueue = (delivery: Delivery): void => {
    delivery.state = 'pending';
    const end = options.beginWork('webhook');
    last = last.then(() => deliver(options, delivery)).finally(end);
  };
  const list = (changes: readonly WorldChange[], state: Delivery['state']): readonly Delivery[] => {
    const added = changes.flatMap((change) => makeDelivery(options.seed, change, state));
    deliveries.push(...added);
    return added;
  };
  return {
    deliveries,
    send: (changes) => list(changes, 'pending').forEach(enqueue),
    remember: (changes) => {
      // What nobody remembers to have arrived is listed as failed, so that whoever sweeps the list has it sent again.
      for (const delivery of list(changes, 'unknown')) delivery.tries.push({ id: options.nextTryId(), at: delivery.at, kind: 'first', status: null });
    },
    redeliver: (guid) => {
      const delivery = deliveries.find((one) => one.guid === guid);
      if (delivery !== undefined) enqueue(delivery);
      return delivery !== undefined;
    },
    whenIdle: async () => {
      for (let seen: Promise<void> | null = null; seen !== last; ) {
        seen = last;
        await seen;
      }
    },
  };
}

function makeDelivery(seed: number, change: WorldChange, state: Delivery['state']): readonly Delivery[] {
  const webhook = readWebhook(change);
  if (webhook === null) return [];
  const { event, payload, delivery } = webhook;
  const guid = guidOf(`${seed}:${delivery}`);
  return [{ guid, event, at: change.at, body: JSON.stringify(payload), state, status: null, attempts: 0, tries: [] }];
}

function guidOf(key: string): string {
  const digits = createHash('sha256').update(key).digest('hex');
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `a${digits.slice(17, 20)}`, digits.slice(20, 32)];
  return parts.join('-');
}

async function deliver(options: WebhookOptions, delivery: Delivery): Promise<void> {
  const url = options.deliverTo();
  delivery.attempts += 1;
  delivery.status = url === null ? null : await post(options, delivery, url);
  const isTaken = delivery.status !== null && delivery.status >= 200 && delivery.status < 300;
  delivery.state = isTaken ? 'delivered' : 'failed';
  delivery.tries.push({ id: options.nextTryId(), at: options.now(), kind: delivery.tries.length === 0 ? 'first' : 'repeated', status: delivery.status });
}

async function post({ secret, appId }: WebhookOptions, delivery: Delivery, url: string): Promise<number | null> {
  const sign = (algorithm: 'sha1' | 'sha256'): string => createHmac(algorithm, secret).update(delivery.body).digest('hex');
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/local',
        'x-github-delivery': delivery.guid,
        'x-github-event': delivery.event,
        'x-github-hook-id': '1',
        'x-github-hook-installation-target-type': 'integration',
        'x-github-hook-installation-target-id': String(appId),
        'x-hub-signature': `sha1=${sign('sha1')}`,
        'x-hub-signature-256': `sha256=${sign('sha256')}`,
      },
      body: delivery.body,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // No answer is what the list says; GitHub knows no more either.
    return null;
  }
}
