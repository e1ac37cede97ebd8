import { formatInstant } from './local-time.ts';
import type { Instant } from './time.ts';
import { stateFileName } from './window-identity.ts';

/** Type of the message that asks for a look at a cluster's debts. */
export const DEBT_CHECK_TYPE = 'dev.slackwater.debt-check.v1';

/** A debt check of one cluster as a CloudEvent 1.0 for the queue, with a message id that is the same all day. */
export function debtCheckEvent(clusterResourceId: string, now: Instant): { readonly messageId: string; readonly event: Readonly<Record<string, unknown>> } {
  const messageId = `debts-${stateFileName(clusterResourceId).replace(/\.json$/, '')}-${formatInstant(now).slice(0, 10)}`;
  return {
    messageId,
    event: {
      specversion: '1.0',
      type: DEBT_CHECK_TYPE,
      id: messageId,
      source: '/slackwater/debt-timer',
      subject: clusterResourceId,
      time: formatInstant(now),
      datacontenttype: 'application/json',
      data: { clusterResourceId },
    },
  };
}
