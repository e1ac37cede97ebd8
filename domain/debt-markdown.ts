import type { Debt } from './debt.ts';
import { isOpen } from './debt.ts';
import { ageDays, LEAD_STEP_DAYS, missedImages, stepAfter, stepAt } from './debt-ledger.ts';
import { ageText, costOf, costText, debtSentence, settledText, settlingPhrase } from './debt-words.ts';
import type { DebtTelling } from './debt-words.ts';
import { debtNoticeMarker, debtsMarker, withMarker } from './hidden-marker.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import { jsonFence, renderPhrase, visibleText } from './markdown-text.ts';
import type { Phrase } from './markdown-text.ts';
import { DAY_MS } from './time.ts';

/** What a cluster's debts are told with. */
export interface DebtReport extends DebtTelling {
  readonly clusterName: string;
  /** Names the cluster in markers: its file on the state branch. */
  readonly key: string;
  readonly timeZone: string;
  readonly onCall: MaintenancePolicy['report']['onCall'];
  readonly owners: MaintenancePolicy['debts']['owners'];
}

/** Debts named one by one; fewer where names are so long that GitHub would refuse the text. */
const DEBTS_SHOWN = [40, 12, 3] as const;
/** GitHub takes 65 536. */
const BODY_CHARACTERS_MAX = 60_000;
const MACHINE_CHARACTERS_MAX = 20_000;
const SETTLED_SHOWN = 10;
/** GitHub takes 256 characters of a title. */
const TITLE_CHARACTERS_MAX = 240;

/** The one issue of a cluster's debts; the same facts give the same text within a day. */
export function renderDebts(debts: readonly Debt[], report: DebtReport): { readonly marker: string; readonly title: string; readonly body: string } {
  const marker = debtsMarker(report.key);
  const open = debts.filter(isOpen).toSorted((one, other) => one.when - other.when);
  const oldest = open[0];
  const word = oldest === undefined ? 'No debts' : `${open.length === 1 ? '1 debt' : `${open.length} debts`}, the oldest ${ageText(oldest, report.now)}`;
  const bodies = DEBTS_SHOWN.map((shown) => withMarker(bodyOf(debts, { open, shown, report }), marker));
  const fitting = bodies.find((body) => body.length <= BODY_CHARACTERS_MAX) ?? withMarker(headOf(open, report), marker);
  return { marker, title: visibleText(`${word}: ${report.clusterName}`, TITLE_CHARACTERS_MAX), body: fitting };
}

function bodyOf(debts: readonly Debt[], { open, shown, report }: { readonly open: readonly Debt[]; readonly shown: number; readonly report: DebtReport }): string {
  const machine = jsonFence(open.slice(0, shown));
  const parts = [
    headOf(open, report),
    debtTable(open, shown, report),
    fold('In words', open.slice(0, shown).map((debt) => `- ${render([...debtSentence(debt, report), ...causeOf(debt), ' ', ...settlingPhrase(debt)], report)}`)),
    fold('Settled', debts.filter((debt) => !isOpen(debt)).slice(-SETTLED_SHOWN).toReversed().map((debt) => `- ${render(settledLine(debt), report)}`)),
    open.length === 0 || machine.length > MACHINE_CHARACTERS_MAX ? '' : `<details><summary><b>For machines</b></summary>\n\n${machine}\n\n</details>`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headOf(open: readonly Debt[], report: DebtReport): string {
  const [oldest] = open;
  if (oldest === undefined) return '> **Nothing is owed.** Every node that was set aside is new or gone.';
  const costs = open.flatMap((debt) => costOf(debt, report) ?? []);
  const total = costs.reduce((sum, { amount }) => sum + amount, 0);
  const step = stepAfter(stepAt(ageDays(oldest, report.now)));
  const lines: readonly Phrase[] = [
    [{ strong: 'Owed:' }, ' ', ...debtSentence(oldest, report), ...(open.length > 1 ? [` And ${open.length - 1} more, below.`] : [])],
    ...(costs[0] === undefined || total === 0 ? [] : [[{ strong: 'Cost so far:' }, ` about ${costText({ amount: total, currency: costs[0].currency })} for nodes that take no pods.`] as const]),
    [{ strong: 'Needed:' }, ' ', ...neededOf(oldest)],
    [{ strong: 'If nobody acts:' }, ` it stays as it is; the next word is at day ${step}, `, { at: oldest.when + step * DAY_MS, form: 'dated' }, '. This issue stays open while a debt is.'],
  ];
  return lines.map((line) => `> ${render(line, report)}`).join('\n');
}

function neededOf(debt: Debt): Phrase {
  const who: Phrase = debt.owner === null ? [] : [{ name: debt.owner }, ': '];
  return debt.why === '' ? [...who, ...settlingPhrase(debt)] : [...who, debt.why];
}

function causeOf(debt: Debt): Phrase {
  const by: Phrase = [' Left by ', { name: debt.who }, '.'];
  const owner: Phrase = debt.owner === null ? [] : [' Owner: ', { name: debt.owner }, '.'];
  return debt.why === '' ? [...by, ...owner] : [...by, ' Cause: ', debt.why, ...owner];
}

/** Debts in a table, with age and cost; empty where there are none. */
export function debtTable(open: readonly Debt[], shown: number, report: DebtReport): string {
  if (open.length === 0) return '';
  const rows = open.slice(0, shown).map((debt) => {
    const cost = costOf(debt, report);
    const what: Phrase = debt.node === null ? [debt.kind === 'spare-nodes' ? 'spare nodes of ' : 'old nodes of ', { name: debt.pool }] : [{ name: debt.node }, ' of ', { name: debt.pool }];
    const cells = [
      render(what, report),
      render([...(debt.whenFrom === 'first-seen' ? ['at least since '] : []), { at: debt.when, form: 'dated' }], report),
      ageText(debt, report.now),
      debt.node === null ? '–' : missedImages(debt, report.nodeImages),
      cost === null ? 'not known' : costText(cost),
      debt.owner === null ? 'not named' : render([{ name: debt.owner }], report),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const more = open.length > shown ? [`| and ${open.length - shown} more | | | | | |`] : [];
  return ['| Debt | Since | Age | Images missed | Cost | Owner |', '| --- | --- | --- | ---: | ---: | --- |', ...rows, ...more].join('\n');
}

function settledLine(debt: Debt): Phrase {
  return [{ name: debt.node ?? debt.pool }, `: ${settledText(debt)}, `, { at: debt.until ?? debt.when, form: 'dated' }, '.'];
}

function fold(summary: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<details><summary><b>${summary}</b></summary>\n\n${lines.join('\n')}\n\n</details>`;
}

function render(phrase: Phrase, report: DebtReport): string {
  return renderPhrase(phrase, report.timeZone);
}

/** One comment of an escalation: debts that one run or check left, at one step. */
export interface DebtNotice {
  readonly who: string;
  readonly stepDays: number;
  readonly debts: readonly Debt[];
}

/** The debts that have passed a step nobody was told of, one notice for what the same run left at the same step. */
export function noticesOf(debts: readonly Debt[], isDue: (debt: Debt) => boolean, stepOf: (debt: Debt) => number): readonly DebtNotice[] {
  const due = debts.filter(isDue);
  const groups = Map.groupBy(due, (debt) => `${stepOf(debt)} ${debt.who}`);
  return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [{ who: group[0].who, stepDays: stepOf(group[0]), debts: group }]));
}

/**
 * The comment of one step: the debts, their causes, and who can act. Mentions only whom the policy names: the owners, and
 * from day 14 on whoever is on call.
 */
export function renderDebtNotice(notice: DebtNotice, report: DebtReport): { readonly marker: string; readonly body: string } {
  const marker = debtNoticeMarker(report.key, notice.who, notice.stepDays);
  const shown = notice.debts.slice(0, SETTLED_SHOWN).map((debt) => `- ${render([...debtSentence(debt, report), ...causeOf(debt)], report)}`);
  const more = notice.debts.length > SETTLED_SHOWN ? [`- and ${notice.debts.length - SETTLED_SHOWN} more, above.`] : [];
  const owners = notice.debts.flatMap(({ owner }) => (owner ?? '').split(', ')).flatMap((owner) => (Object.hasOwn(report.owners, owner) ? [report.owners[owner] ?? ''] : []));
  const called = [...new Set([...owners, ...(notice.stepDays >= LEAD_STEP_DAYS && report.onCall !== null ? [report.onCall] : [])])];
  const head = `**Day ${notice.stepDays}.** ${called.length === 0 ? '' : `${called.join(' ')}: `}${notice.debts.length === 1 ? 'this is' : 'these are'} still owed.`;
  const first = notice.debts[0];
  const needed = first === undefined ? [] : [render([{ strong: 'Needed:' }, ' ', ...neededOf(first)], report)];
  return { marker, body: withMarker([head, [...shown, ...more].join('\n'), ...needed, `Next word at day ${stepAfter(notice.stepDays)}, not before.`].join('\n\n'), marker) };
}
