import type { Outcome } from '../domain/failure.ts';
import { debtCheckEvent } from '../domain/debt-check-message.ts';
import type { Ports } from './ports.ts';

/** The ports that asking needs. */
export type AskingPorts = Pick<Ports, 'clock' | 'logger' | 'policies' | 'messages'>;

/** What became of asking. */
interface AskedChecks {
  readonly asked: readonly string[];
  /** Policies whose check could not be asked for, with the code of the reason. */
  readonly failed: readonly { readonly policy: string; readonly code: string }[];
}

/**
 * Puts one debt check of today on the queue `inbox` for the cluster of every policy, so that each is done by itself, met again
 * when a service is out of reach, and never by two at once for long.
 *
 * May be repeated: the day is part of the message id, so the broker drops a repeat, and a check that runs twice tells nothing
 * twice. Fails only when no policy could be read at all.
 */
export async function askDebtChecks(ports: AskingPorts): Promise<Outcome<AskedChecks>> {
  const now = ports.clock.now();
  const read = await ports.policies.readPolicies();
  if (!read.ok) return read;
  const asked: string[] = [];
  const failed: { policy: string; code: string }[] = [];
  for (const { name, clusterResourceId } of read.value.policies) {
    const { messageId, event } = debtCheckEvent(clusterResourceId, now);
    const sent = await ports.messages.enqueueInbox(messageId, event);
    if (sent.ok) asked.push(name);
    else failed.push({ policy: name, code: sent.failure.code });
  }
  ports.logger.log(failed.length === 0 ? 'info' : 'error', 'debts.asked', { asked: asked.length, failed });
  return { ok: true, value: { asked, failed } };
}
