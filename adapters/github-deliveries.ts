import type { DeliveryPort } from '../activities/ports.ts';
import { numberAt, textAt, timeAt } from '../domain/json.ts';
import type { DeliveryAttempt } from '../domain/lost-delivery.ts';
import type { Instant } from '../domain/time.ts';
import { UnreadableAnswer } from './github-failure.ts';
import { readList } from './github-issue.ts';
import type { GitHubSession } from './github-session.ts';

const PAGE_SIZE = 100;
/** Pages read at most, so that a flood of events cannot hold a sweep for ever; the newest come first. */
const PAGES_MAX = 50;

/**
 * The App's list of webhook deliveries, read and acted upon as the App itself.
 *
 * Failures by class: see `classifyGitHubError`.
 * @see GitHub REST, "GitHub App webhooks".
 */
export function createDeliveryPort(session: GitHubSession): DeliveryPort {
  return {
    listAttempts: (since) => session.useApp((github) => listSince(since, (cursor) => github.rest.apps.listWebhookDeliveries({ per_page: PAGE_SIZE, ...(cursor === null ? {} : { cursor }) }))),
    redeliver: (attemptId) =>
      session.useApp(async (github) => {
        await github.rest.apps.redeliverWebhookDelivery({ delivery_id: attemptId });
        return null;
      }),
  };
}

type ReadPage = (cursor: string | null) => Promise<{ readonly data: unknown; readonly headers: { readonly link?: string | undefined } }>;

async function listSince(since: Instant, read: ReadPage): Promise<{ readonly attempts: readonly DeliveryAttempt[]; readonly isComplete: boolean }> {
  const found: DeliveryAttempt[] = [];
  let cursor: string | null = null;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { data, headers } = await read(cursor);
    const attempts: readonly DeliveryAttempt[] = readList(data).map(readAttempt);
    found.push(...attempts.filter(({ at }) => at >= since));
    cursor = nextCursor(headers.link ?? '');
    if (cursor === null || attempts.some(({ at }) => at < since)) return { attempts: found, isComplete: true };
  }
  return { attempts: found, isComplete: false };
}

function nextCursor(link: string): string | null {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
  return next === undefined || !URL.canParse(next) ? null : new URL(next).searchParams.get('cursor');
}

function readAttempt(data: unknown): DeliveryAttempt {
  const [id, guid, at, event] = [numberAt(data, 'id'), textAt(data, 'guid'), timeAt(data, 'delivered_at'), textAt(data, 'event')];
  if (id === null || guid === null || at === null || event === null) throw new UnreadableAnswer('GitHub answered a delivery without id, guid, delivered_at or event.');
  return { id, guid, at, event, status: numberAt(data, 'status_code') ?? 0 };
}
