import type { Debt } from './debt.ts';
import { isOpen } from './debt.ts';
import { ageDays, stepAfter, stepAt } from './debt-ledger.ts';
import { debtTable } from './debt-markdown.ts';
import type { DebtReport } from './debt-markdown.ts';
import { costOf, costText } from './debt-words.ts';
import { renderPhrase } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import type { RunRecord } from './run-record.ts';
import type { StateFile } from './state-file.ts';
import { DAY_MS } from './time.ts';

/** What a run that ended still owes, for its own issue. */
export interface RunLedger {
  readonly run: RunRecord & { readonly issue: NonNullable<RunRecord['issue']> };
  readonly owed: readonly Debt[];
  /** `settled`: all it left is · `overtaken`: it left no debt, and a later run took up what it did not do · `open`: neither. */
  readonly standing: 'settled' | 'overtaken' | 'open';
  /** The later run; null when there is none. */
  readonly next: RunRecord | null;
}

const DEBTS_SHOWN = 20;
const BEGIN = '<!-- slackwater:ledger -->';
const END = '<!-- slackwater:ledger-end -->';
/** GitHub takes 65 536; a report that would not hold its ledger keeps only the ledger's first line. */
const BODY_CHARACTERS_MAX = 64_000;

/** The ledgers of every run whose issue is open still. */
export function openLedgers({ runs, debts }: Pick<StateFile, 'runs' | 'debts'>): readonly RunLedger[] {
  return runs.flatMap((run, index): readonly RunLedger[] => {
    const { issue } = run;
    if (issue === undefined || issue.state === 'closed') return [];
    const own = debts.filter((debt) => isLeftBy(debt, run));
    const owed = own.filter(isOpen);
    const next = runs[index + 1] ?? null;
    const standing = owed.length > 0 ? 'open' : own.length > 0 ? 'settled' : next === null ? 'open' : 'overtaken';
    return [{ run: { ...run, issue }, owed, standing, next }];
  });
}

/** Its own debts, and older ones in pools it worked on: it left them as well. */
function isLeftBy(debt: Debt, run: RunRecord): boolean {
  return debt.who === run.who || (debt.when <= run.until && (debt.until === null || debt.until > run.until) && Object.hasOwn(run.tookMinutes, debt.pool));
}

/** The issue's text with the ledger behind its first lines, in the place of an earlier one; every other byte stays. */
export function withLedger(body: string, ledger: RunLedger, report: DebtReport, debtIssue: StateFile['debtIssue']): string {
  const [whole, short] = [sectionOf(ledger, report, debtIssue), headOf(ledger, report)].map((text) => put(body, `${BEGIN}\n${text}\n${END}`));
  return (whole ?? body).length <= BODY_CHARACTERS_MAX ? (whole ?? body) : (short ?? body);
}

function put(body: string, section: string): string {
  const from = body.indexOf(BEGIN);
  const to = body.indexOf(END);
  if (from >= 0 && to > from) return `${body.slice(0, from)}${section}${body.slice(to + END.length)}`;
  const quoted = /^(?:>[^\n]*\n)+/.exec(body)?.[0].length ?? 0;
  return `${body.slice(0, quoted)}\n${section}\n${body.slice(quoted)}`;
}

function sectionOf(ledger: RunLedger, report: DebtReport, debtIssue: StateFile['debtIssue']): string {
  const where = debtIssue !== null && /^[\w.-]+\/[\w.-]+$/.test(debtIssue.repository) ? `Each step is told in ${debtIssue.repository}#${debtIssue.number}.` : '';
  return [headOf(ledger, report), debtTable(ledger.owed, DEBTS_SHOWN, report), ledger.owed.length === 0 ? '' : where].filter((text) => text !== '').join('\n\n');
}

function headOf({ owed, standing, next }: RunLedger, report: DebtReport): string {
  const oldest = owed.reduce<Debt | null>((one, debt) => (one === null || debt.when < one.when ? debt : one), null);
  if (oldest === null) {
    const isOvertaken = standing === 'overtaken' && next !== null;
    return render(isOvertaken ? [{ strong: 'Overtaken:' }, ' what this run did not do was taken up by ', { name: next.who }, '.'] : [{ strong: 'Settled:' }, ' every debt this run left is. Nothing is owed any more.'], report);
  }
  const costs = owed.flatMap((debt) => costOf(debt, report) ?? []);
  const total = costs.reduce((sum, { amount }) => sum + amount, 0);
  const cost: Phrase = costs[0] === undefined || total === 0 ? [] : [`, about ${costText({ amount: total, currency: costs[0].currency })} so far`];
  const step = stepAfter(stepAt(ageDays(oldest, report.now)));
  return render([{ strong: 'Still owed:' }, ` ${owed.length} ${owed.length === 1 ? 'debt' : 'debts'}`, ...cost, `; the next word is at day ${step}, `, { at: oldest.when + step * DAY_MS, form: 'dated' }, '. This issue stays open until each is settled.'], report);
}

function render(phrase: Phrase, { timeZone }: DebtReport): string {
  return renderPhrase(phrase, timeZone);
}
