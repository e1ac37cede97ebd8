import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Clock, Logger, MessagePort } from '../activities/ports.ts';
import { verifySignature } from '../adapters/github-signature.ts';
import { jsonDepth } from '../adapters/json-depth.ts';
import { sealMessage } from '../adapters/message-seal.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { Instant } from '../domain/time.ts';
import { isEventTaken, projectDelivery } from '../domain/webhook-delivery.ts';
import { answerJson, refuseJson } from './http-answer.ts';

/** What the webhook needs of the app. */
interface WebhookParts {
  readonly secrets: readonly string[];
  readonly clock: Clock;
  readonly messages: Pick<MessagePort, 'enqueueInbox'>;
  readonly logger: Logger;
}

/** GitHub sends no larger payload (facts: GitHub Docs, "Webhook events and payloads"). Unit: bytes. */
const payloadBytesMax = 25 * 1024 * 1024;
/** Lists and objects within each other; GitHub's own examples reach 8. */
const payloadDepthMax = 32;

/**
 * Takes a delivery of GitHub: proves who sent it, keeps what may be a command, and answers in milliseconds.
 *
 * 202 queued or ignored (the body says which and why) · 400 no delivery id, no event, not JSON, too deeply nested, or not the shape
 * GitHub documents · 401 signature · 413 larger than GitHub sends · 415 not JSON (a form neither) · 503 the queue is out of reach, so that GitHub
 * shows the delivery as failed and it can be redelivered. May be repeated: what comes again within a minute is dropped by the queue, what comes
 * later by whoever finds it handled, see `messageIdOf`.
 */
export async function receiveWebhook(parts: WebhookParts, request: HttpRequest): Promise<HttpResponseInit> {
  const tooEarly = refuseByHeaders(request);
  if (tooEarly !== null) return tooEarly;
  const rawBody = new Uint8Array(await request.arrayBuffer());
  if (rawBody.byteLength > payloadBytesMax) return refuseLarge();
  const verdict = verifySignature(rawBody, request.headers.get('x-hub-signature-256'), parts.secrets);
  if (verdict !== 'valid') {
    parts.logger.log('warn', 'webhook.refused', { code: `signature-${verdict}` });
    return refuseJson(401, {
      code: `signature-${verdict}`,
      message: 'The signature of this delivery does not prove that GitHub sent it.',
      remedy: 'Enter one of the secrets of GITHUB_WEBHOOK_SECRETS at the webhook of the GitHub App, then redeliver.',
    });
  }
  const deliveryId = request.headers.get('x-github-delivery') ?? '';
  const event = request.headers.get('x-github-event') ?? '';
  if (deliveryId === '' || event === '') {
    const header = deliveryId === '' ? 'X-GitHub-Delivery' : 'X-GitHub-Event';
    return refuseJson(400, { code: 'header-missing', message: `The header ${header} is missing.`, remedy: 'Send the request as GitHub does, with every X-GitHub header.' });
  }
  return takeDelivery(parts, { deliveryId, event, rawBody });
}

function refuseByHeaders(request: HttpRequest): HttpResponseInit | null {
  const length = Number(request.headers.get('content-length') ?? '0');
  if (length > payloadBytesMax) return refuseLarge();
  const mediaType = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType === 'application/json') return null;
  if (mediaType === 'application/x-www-form-urlencoded') {
    return refuseJson(415, {
      code: 'content-type-form',
      message: 'This webhook sends its payload as a form; only application/json is taken, because the signed bytes are then the payload itself.',
      remedy: 'Set the content type of the webhook to application/json in the settings of the GitHub App, then redeliver.',
    });
  }
  return refuseJson(415, {
    code: 'content-type-not-json',
    message: 'Only application/json is taken.',
    remedy: 'Set the content type of the webhook to application/json in the settings of the GitHub App.',
  });
}

function refuseLarge(): HttpResponseInit {
  return refuseJson(413, { code: 'payload-too-large', message: 'The payload is larger than 25 MB.', remedy: 'GitHub sends no such payload; see who did.' });
}

async function takeDelivery(
  { secrets, clock, messages, logger }: WebhookParts,
  delivery: { readonly deliveryId: string; readonly event: string; readonly rawBody: Uint8Array },
): Promise<HttpResponseInit> {
  const { deliveryId, event } = delivery;
  const isTooDeep = isEventTaken(event) && jsonDepth(delivery.rawBody) > payloadDepthMax;
  if (isTooDeep) {
    logger.log('warn', 'webhook.refused', { deliveryId, event, code: 'payload-too-deep' });
    return refuseJson(400, { code: 'payload-too-deep', message: `The payload is nested more than ${payloadDepthMax} levels deep.`, remedy: 'GitHub sends no such payload; see who did.' });
  }
  // Any other event is ignored whatever it holds, so its megabytes are not even parsed.
  const payload = isEventTaken(event) ? parseJson(delivery.rawBody) : { ok: true, value: null };
  if (!payload.ok) {
    logger.log('warn', 'webhook.refused', { deliveryId, event, code: 'payload-not-json' });
    return refuseJson(400, { code: 'payload-not-json', message: 'The payload is not JSON in UTF-8.', remedy: 'Redeliver it from the settings of the GitHub App.' });
  }
  const projection = projectDelivery(event, deliveryId, payload.value);
  if (projection.kind === 'ignore') {
    logger.log('info', 'webhook.ignored', { deliveryId, event, reason: projection.reason });
    return answerJson(202, { result: 'ignored', deliveryId, reason: projection.reason });
  }
  if (projection.kind === 'malformed') {
    const { faults } = projection;
    logger.log('warn', 'webhook.refused', { deliveryId, event, code: 'payload-malformed', faults });
    return answerJson(400, { code: 'payload-malformed', message: 'The payload has not the shape GitHub documents.', remedy: 'See the faults.', faults });
  }
  const queued = await messages.enqueueInbox(messageIdOf(deliveryId, clock.now()), sealMessage(projection.event, secrets));
  if (!queued.ok) {
    logger.log('error', 'webhook.not-queued', { deliveryId, event, failure: queued.failure });
    return refuseJson(
      503,
      { code: queued.failure.code, message: 'The delivery could not be queued.', remedy: 'Redeliver it from the settings of the GitHub App once the queue can be reached.' },
      { 'retry-after': String(queued.failure.retryAfterSeconds ?? 30) },
    );
  }
  logger.log('info', 'webhook.queued', { deliveryId, event });
  return answerJson(202, { result: 'queued', deliveryId });
}

/**
 * The queue drops an id it has seen, for up to hours: a delivery that was seen but not handled (its message is a dead letter) could then never be
 * delivered again. So only repeats within a minute share an id; whether a later one was handled, whoever takes it asks GitHub.
 */
function messageIdOf(deliveryId: string, now: Instant): string {
  return `${deliveryId.slice(0, 100)}.${Math.floor(now / MINUTE_MS)}`;
}

function parseJson(rawBody: Uint8Array): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody)) };
  } catch {
    return { ok: false };
  }
}
