import { isOpen } from './debt.ts';
import type { Debt } from './debt.ts';
import { ageDays, missedImages } from './debt-ledger.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import type { Phrase } from './markdown-text.ts';
import { nodeCount } from './report-words.ts';
import type { StateFile } from './state-file.ts';
import type { Instant } from './time.ts';

/** What a debt is told with. */
export interface DebtTelling {
  readonly now: Instant;
  readonly nodeImages: StateFile['nodeImages'];
  readonly nodeCostPerDay: MaintenancePolicy['debts']['nodeCostPerDay'];
}

/** `20 days`, `1 day`, `at least 3 days` where nothing tells when it began, `today` below one. */
export function ageText(debt: Debt, now: Instant): string {
  const days = ageDays(debt, now);
  if (days === 0) return 'today';
  return `${debt.whenFrom === 'first-seen' ? 'at least ' : ''}${days} ${days === 1 ? 'day' : 'days'}`;
}

/** What the debt has cost so far; null when the policy names no cost, or the debt's nodes do serve. */
export function costOf(debt: Debt, { now, nodeCostPerDay }: DebtTelling): { readonly amount: number; readonly currency: string } | null {
  if (nodeCostPerDay === null || debt.kind === 'mixed-versions') return null;
  return { amount: ageDays(debt, now) * debt.count * nodeCostPerDay.amount, currency: nodeCostPerDay.currency };
}

/** `144.00 EUR`. */
export function costText({ amount, currency }: { readonly amount: number; readonly currency: string }): string {
  return `${amount.toFixed(2)} ${currency}`;
}

/** The debt in one sentence: who waits, how long, what it misses and costs. */
export function debtSentence(debt: Debt, telling: DebtTelling): Phrase {
  const cost = costOf(debt, telling);
  const paid = cost === null || cost.amount === 0 ? '' : `, about ${costText(cost)}`;
  const age = ageText(debt, telling.now);
  const waited = age === 'today' ? ' waits since today' : ` has waited ${age}`;
  switch (debt.kind) {
    case 'spare-nodes':
      return [{ name: debt.pool }, ` has ${debt.count === 1 ? 'a node' : `${debt.count} nodes`} more than it asks for, paid ${age === 'today' ? 'since today' : `for ${age}`}${paid}.`];
    case 'mixed-versions':
      return [{ name: debt.pool }, ` runs mixed versions ${age === 'today' ? 'since today' : `for ${age}`}: ${nodeCount(debt.count)} behind the others; they serve.`];
    case 'quarantined-node':
    case 'cordoned-node': {
      const state: Phrase = debt.state === '' ? [] : [` Now ${debt.state}.`];
      return [{ name: debt.node ?? debt.pool }, `${waited}: ${behindText(missedImages(debt, telling.nodeImages))}, one extra node paid since${paid}.`, ...state];
    }
  }
}

function behindText(missed: number): string {
  if (missed === 0) return 'not upgraded';
  return `${missed} node ${missed === 1 ? 'image' : 'images'} behind`;
}

/** What settles it: the smallest thing that does. */
export function settlingPhrase(debt: Debt): Phrase {
  switch (debt.kind) {
    case 'spare-nodes':
      return ['Scale the pool to what it asks for, once no node is set aside in it.'];
    case 'mixed-versions':
      return ['The next window rolls the pool; nothing else is needed.'];
    case 'quarantined-node':
    case 'cordoned-node':
      return ['It is settled when the node runs the newest image and takes pods again, or is gone; taking the label away settles nothing.', ...nextWord(debt)];
  }
}

/** The words that bring a node to its end once its cause is gone. */
function nextWord({ label, node, pool }: Debt): Phrase {
  if (label === 'never' || node === null) return [];
  const resolve: Phrase = [{ command: `/resolve ${pool}` }, ' in an open window, or the next one rolls it.'];
  return label === 'present' ? [' Once its cause is gone: ', { command: `/release ${node}` }, ', then ', ...resolve] : [' Next: ', ...resolve];
}

/** How a settled debt ended. */
export function settledText(debt: Debt): string {
  switch (debt.settledBy) {
    case 'upgraded':
      return 'the node is new and takes pods';
    case 'gone':
      return 'it is gone';
    case 'settled':
    case null:
      return 'nothing is owed any more';
  }
}

/** Open debts as sentences without markup, oldest first, at most `shownMax` and one that counts the others. */
export function debtLines(debts: readonly Debt[], telling: DebtTelling, shownMax: number): readonly string[] {
  const open = debts.filter(isOpen).toSorted((one, other) => one.when - other.when);
  const lines = open.slice(0, shownMax).map((debt) => `${debtSentence(debt, telling).map((part) => (typeof part === 'string' ? part : 'name' in part ? part.name : '')).join('')} Left by ${debt.who}.`);
  return open.length > shownMax ? [...lines, `And ${open.length - shownMax} more.`] : lines;
}
