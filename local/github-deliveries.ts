import { recordAt } from '../domain/json.ts';
import { notFound, problem, reply } from '../sim/github-call.ts';
import { kubernetesTime as toTimestamp } from '../sim/timestamp.ts';
import type { WireRequest, WireResponse } from '../sim/wire.ts';
import type { Delivery, DeliveryTry, Webhooks } from './github-webhooks.ts';

/** Operations of {@link answerDeliveries}, as GitHub's description names them. */
export const deliveryRoutes = [
  { method: 'GET', pattern: '/app/hook/deliveries' },
  { method: 'GET', pattern: '/app/hook/deliveries/{delivery_id}' },
  { method: 'POST', pattern: '/app/hook/deliveries/{delivery_id}/attempts' },
] as const;

interface Listed {
  readonly delivery: Delivery;
  readonly attempt: DeliveryTry;
}

/**
 * The App's own list of deliveries, newest first, and the wish to have one tried again; null for any other path.
 *
 * They belong to the wire, not to the simulated world: what was delivered depends on who listens. `path` is below the API.
 * @see GitHub REST, "GitHub App webhooks".
 */
export function answerDeliveries(webhooks: Webhooks, request: WireRequest, baseUrl: string, actor: 'app' | 'somebody-else'): WireResponse | null {
  const match = /^\/app\/hook\/deliveries(?:\/(\d+)(\/attempts)?)?$/.exec(request.path);
  if (match === null) return null;
  if (actor !== 'app') return problem(401, 'A JSON web token could not be decoded');
  const listed = webhooks.deliveries
    .flatMap((delivery) => delivery.tries.map((attempt): Listed => ({ delivery, attempt })))
    .sort((one, other) => other.attempt.id - one.attempt.id);
  const [, id, attempts] = match;
  if (id === undefined) return request.method === 'GET' ? listPage(listed, request, baseUrl) : notFound();
  const found = listed.find(({ attempt }) => attempt.id === Number(id));
  if (found === undefined) return notFound();
  if (attempts === undefined) return request.method === 'GET' ? reply(200, { ...itemShape(found), url: '', ...contentShape(found) }) : notFound();
  if (request.method !== 'POST') return notFound();
  webhooks.redeliver(found.delivery.guid);
  return reply(202, {});
}

function listPage(listed: readonly Listed[], { query }: WireRequest, baseUrl: string): WireResponse {
  const perPage = Math.min(Math.max(Number(query['per_page'] ?? 30) || 30, 1), 100);
  const cursor = Number(query['cursor'] ?? Number.POSITIVE_INFINITY);
  const rest = listed.filter(({ attempt }) => attempt.id < cursor);
  const shown = rest.slice(0, perPage);
  const last = shown.at(-1)?.attempt.id;
  const search = new URLSearchParams({ per_page: String(perPage), cursor: String(last) });
  const link = `<${baseUrl}/app/hook/deliveries?${search.toString()}>; rel="next"`;
  return reply(200, shown.map(itemShape), rest.length > shown.length ? { link } : {});
}

/** `hook-delivery-item`. */
function itemShape({ delivery, attempt }: Listed) {
  const payload: unknown = JSON.parse(delivery.body);
  const action = recordAt(payload)['action'];
  const isTaken = attempt.status !== null && attempt.status >= 200 && attempt.status < 300;
  return {
    id: attempt.id,
    guid: delivery.guid,
    delivered_at: toTimestamp(attempt.at),
    redelivery: attempt.kind === 'repeated',
    duration: 0.1,
    status: isTaken ? 'OK' : attempt.status === null ? 'failed to connect to host' : `Invalid HTTP Response: ${attempt.status}`,
    status_code: attempt.status ?? 0,
    event: delivery.event,
    action: typeof action === 'string' ? action : null,
    installation_id: recordAt(payload, 'installation')['id'] ?? null,
    repository_id: recordAt(payload, 'repository')['id'] ?? null,
    throttled_at: null,
  };
}

/** What `hook-delivery` has beside its item. */
function contentShape({ delivery, attempt }: Listed) {
  const payload: unknown = JSON.parse(delivery.body);
  const headers = { 'X-GitHub-Delivery': delivery.guid, 'X-GitHub-Event': delivery.event };
  return { request: { headers, payload }, response: { headers: attempt.status === null ? null : {}, payload: null } };
}
