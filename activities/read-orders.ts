import { judgeApprovals } from '../domain/approval.ts';
import type { Outcome } from '../domain/failure.ts';
import type { LossAcknowledgement } from '../domain/loss-acknowledgement.ts';
import { freezeAt, isCancelled, type StandingOrder } from '../domain/standing-order.ts';
import type { Instant } from '../domain/time.ts';
import type { OrdersLook, OrdersQuestion } from './contract.ts';
import { readDeployment } from './order-deployment.ts';
import type { Ports } from './ports.ts';

/** Reads what was ordered, and judges it for one run. Changes nothing; may be repeated. A deployment that could not be read holds nobody. */
export async function readOrders(ports: Pick<Ports, 'state' | 'clock' | 'logger'>, question: OrdersQuestion): Promise<Outcome<OrdersLook>> {
  const read = await ports.state.readState(question.clusterResourceId);
  if (!read.ok) return read;
  const deployment = await readDeployment(ports);
  const { orders } = read.value;
  const now = ports.clock.now();
  const approval = judgeApprovals(orders, question);
  const freeze = freezeAt(orders, now);
  const isOverridden = freeze !== null && approval.kind === 'granted' && approval.override !== null && freeze.when < approval.override.when;
  return {
    ok: true,
    value: {
      freeze: freeze === null || isOverridden ? null : { who: freeze.who, when: freeze.when, why: freeze.why, until: freeze.until },
      isCancelled: isCancelled(orders, question.opens),
      approval,
      losses: lossesAt(orders, now),
      deployment: deployment.ok ? deployment.value : null,
    },
  };
}

/** Losses that people let happen, as far as the word still holds. */
export function lossesAt(orders: readonly StandingOrder[], now: Instant): readonly LossAcknowledgement[] {
  return orders.flatMap((order) =>
    order.kind === 'loss' && order.until !== null && now < order.until ? [{ where: order.where, codes: order.codes, pools: order.pools, by: order.who, at: order.when, until: order.until }] : [],
  );
}
