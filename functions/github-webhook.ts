import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Logger, MessagePort } from '../activities/ports.ts';
import { verifySignature } from '../adapters/github-signature.ts';
import { isEventTaken, projectDelivery } from '../domain/webhook-delivery.ts';
import { answerJson, refuseJson } from './http-answer.ts';

/** What the webhook needs of the app. */
interface WebhookParts {
  readonly secrets: readonly string[];
  readonly messages: Pick<MessagePort, 'enqueueInbox'>;
  readonly logger: Logger;
}

/** GitHub sends no larger payload (facts: GitHub Docs, "Webhook events and payloads"). Unit: bytes. */
const payloadBytesMax = 25 * 1024 * 1024;

/**
 * Takes a delivery of GitHub: proves who sent it, keeps what may be a command, and answers in milliseconds.
 *
 * 202 queued or ignored (the body says which and why) · 400 no delivery id, no event, not JSON, or not the shape GitHub
 * documents · 401 signature · 413 larger than GitHub sends · 415 not JSON · 503 the queue is out of reach, so that GitHub
 * shows the delivery as failed and it can be redelivered. May be repeated: the delivery id is the message id.
 */
export async function receiveWebhook(parts: WebhookParts, request: HttpRequest): Promise<HttpResponseInit> {
  const tooEarly = refuseByHeaders(request);
  if (tooEarly !== null) return tooEarly;
  const rawBody = new Uint8Array(await request.arrayBuffer());
  if (rawBody.byteLength > payloadBytesMax) return refuseLarge();
  const verdict = verifySignature(rawBody, request.headers.get('x-hub-signature-256'), parts.secrets);
  if (verdict !== 'valid') {
    parts.logger.log('warn', 'webhook.refused', { reason: `signature-${verdict}` });
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
  { messages, logger }: WebhookParts,
  delivery: { readonly deliveryId: string; readonly event: string; readonly rawBody: Uint8Array },
): Promise<HttpResponseInit> {
  const { deliveryId, event } = delivery;
  // Any other event is ignored whatever it holds, so its megabytes are not even parsed.
  const payload = isEventTaken(event) ? parseJson(delivery.rawBody) : { ok: true, value: null };
  if (!payload.ok) {
    logger.log('warn', 'webhook.refused', { deliveryId, event, reason: 'payload-not-json' });
    return refuseJson(400, { code: 'payload-not-json', message: 'The payload is not JSON in UTF-8.', remedy: 'Redeliver it from the settings of the GitHub App.' });
  }
  const projection = projectDelivery(event, deliveryId, payload.value);
  if (projection.kind === 'ignore') {
    logger.log('info', 'webhook.ignored', { deliveryId, event, reason: projection.reason });
    return answerJson(202, { result: 'ignored', deliveryId, reason: projection.reason });
  }
  if (projection.kind === 'malformed') {
    const { faults } = projection;
    logger.log('warn', 'webhook.refused', { deliveryId, event, reason: 'payload-malformed', faults });
    return answerJson(400, { code: 'payload-malformed', message: 'The payload has not the shape GitHub documents.', remedy: 'See the faults.', faults });
  }
  const queued = await messages.enqueueInbox(deliveryId, projection.event);
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

function parseJson(rawBody: Uint8Array): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody)) };
  } catch {
    return { ok: false };
  }
}
