import { projectCheckAction } from './check-action-message.ts';
import { projectTick } from './dashboard-message.ts';
import { projectIssueComment } from './inbox-message.ts';
import type { DeliveryProjection } from './message-reading.ts';
import { projectPullRequest } from './pull-request-message.ts';

/** What is made of each event of GitHub that may concern us; `payload` is untrusted although its signature was right. */
const projections: Readonly<Record<string, (deliveryId: string, payload: unknown) => DeliveryProjection>> = {
  issue_comment: projectIssueComment,
  issues: projectTick,
  pull_request: projectPullRequest,
  check_run: projectCheckAction,
};

/** Whether an event may concern us at all; the payload of any other need not even be parsed. */
export function isEventTaken(event: string): boolean {
  return Object.hasOwn(projections, event);
}

/** Turns a webhook delivery into a message of a few KB for the queue `inbox`, or says why it is none. */
export function projectDelivery(event: string, deliveryId: string, payload: unknown): DeliveryProjection {
  const project = isEventTaken(event) ? projections[event] : undefined;
  return project === undefined ? { kind: 'ignore', reason: `event ${event} carries nothing for us` } : project(deliveryId, payload);
}
