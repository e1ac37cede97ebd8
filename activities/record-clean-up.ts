import { isOpen } from '../domain/debt.ts';
import type { Outcome } from '../domain/failure.ts';
import { describeDebt } from '../domain/clean-up-words.ts';
import type { LedgerAfter } from '../domain/clean-up-words.ts';
import { checkDebts } from './check-debts.ts';
import type { ActivityContract } from './contract.ts';
import type { Ports } from './ports.ts';

/** Debts named in an answer; the issue of debts has all. */
const DEBTS_NAMED = 8;

/**
 * Brings a cluster's ledger of debts up to date after a clean-up: what is new settles its debt, what a roll left in the pools it touched
 * opens one. May be repeated: the ledger is judged anew each time.
 */
export async function recordCleanUp(ports: Ports, { policy, repository, cleanUpId, pools }: ActivityContract['recordCleanUp']['input']): Promise<Outcome<LedgerAfter>> {
  const checked = await checkDebts(ports, { policy, repository, touched: { who: cleanUpId, pools } });
  if (!checked.ok) return checked;
  const { open, settled } = checked.value;
  const mine = open.filter((debt) => isOpen(debt) && pools.includes(debt.pool));
  const named = mine.slice(0, DEBTS_NAMED).map((debt) => describeDebt(debt, ports.clock.now()));
  const more = mine.length > DEBTS_NAMED ? [`And ${mine.length - DEBTS_NAMED} more; the issue of debts has all.`] : [];
  return { ok: true, value: { open: [...named, ...more], settled: settled.map(({ node, pool, kind }) => node ?? `${kind.replace('-', ' ')} of ${pool}`).slice(0, DEBTS_NAMED) } };
}
