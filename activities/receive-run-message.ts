import type { IncomingRunMessage } from '../domain/run-message.ts';
import type { RunMessage } from '../domain/standing-order.ts';
import { upcomingOpening } from '../domain/upcoming-opening.ts';
import { clusterNameOf, windowInstanceId } from '../domain/window-identity.ts';
import { isSameText, stopBy, type InboxResult } from './inbox-result.ts';
import { keepOrder } from './order-opening.ts';
import type { Ports } from './ports.ts';

/**
 * Keeps a program's word about a run of the opening that is open or comes next. Nothing is started here: the next tick opens what
 * is open, by all words that came until then, so that a message that was overtaken starts nothing. May be repeated.
 */
export async function receiveRunMessage(ports: Ports, { clusterResourceId, run, sequence, wants, sender }: IncomingRunMessage): Promise<InboxResult> {
  const read = await ports.policies.readPolicies();
  if (!read.ok) return stopBy(read.failure, 'policies');
  const policy = read.value.policies.find((each) => isSameText(each.clusterResourceId, clusterResourceId));
  if (policy === undefined) return { kind: 'done', what: 'no-policy' };
  const memory = await ports.state.readState(policy.clusterResourceId);
  if (!memory.ok) return stopBy(memory.failure, 'state');
  const now = ports.clock.now();
  const upcoming = upcomingOpening(policy, memory.value.orders, now);
  if (upcoming === null) return { kind: 'done', what: 'noted' };
  const { opens, closes } = upcoming.opening;
  const order: RunMessage = { kind: 'run-message', id: `${run}/${sequence}`, who: sender, when: now, why: '', until: closes, opens, run, sequence, wants };
  const kept = await keepOrder(ports, policy, order, `Run ${run} of ${clusterNameOf(clusterResourceId)}: ${wants}`);
  if (!kept.ok) return stopBy(kept.failure, 'state');
  const raised = await ports.windows.raise(windowInstanceId(clusterResourceId), 'wake', { kind: 'look', reason: `run ${wants}`, pool: null });
  if (!raised.ok) ports.logger.log('warn', 'inbox.run-not-woken', { cluster: clusterResourceId, code: raised.failure.code });
  ports.logger.log('info', 'inbox.run-message', { cluster: clusterResourceId, run, sequence, wants, opens });
  return { kind: 'done', what: 'kept' };
}
