import { renderBox } from './dashboard-box.ts';
import type { Dashboard, DashboardItem } from './dashboard.ts';
import { ageText, costOf, costText } from './debt-words.ts';
import { DASHBOARD_MARKER, withMarker } from './hidden-marker.ts';
import { renderPhrase } from './markdown-text.ts';
import type { Instant } from './time.ts';
import { clusterNameOf } from './window-identity.ts';

/** Lines of one section that are shown; fewer where names are so long that GitHub would refuse the text. */
const ITEMS_SHOWN = [100, 30, 8] as const;
/** GitHub takes 65 536. */
const BODY_CHARACTERS_MAX = 60_000;

/** The dashboard as GitHub gets it, its boxes not ticked. The same fleet gives the same text all day. */
export function renderDashboard(dashboard: Dashboard, now: Instant): { readonly title: string; readonly body: string } {
  const bodies = ITEMS_SHOWN.map((shown) => bodyOf(dashboard, now, shown));
  return { title: 'Maintenance dashboard', body: bodies.find((body) => body.length <= BODY_CHARACTERS_MAX) ?? withMarker(headOf(dashboard), DASHBOARD_MARKER) };
}

function bodyOf(dashboard: Dashboard, now: Instant, shown: number): string {
  const parts = [
    headOf(dashboard),
    renderBox({ verb: 'look', target: '' }, 'Look at every run again now'),
    section('Blocked now', dashboard.blocked, shown),
    section('Awaiting approval', dashboard.approvals, shown),
    section('Running', dashboard.running, shown),
    debtSection(dashboard, now, shown),
    section('Planned', dashboard.planned, shown),
    section('Last runs', dashboard.lastRuns, shown),
    faultSection(dashboard, shown),
    'Tick a box to do what it says, by the same rights as the command of its name; it is cleared once that was handled.',
  ];
  return withMarker(parts.filter((part) => part !== '').join('\n\n'), DASHBOARD_MARKER);
}

function headOf({ clusters, blocked, approvals, running, debts }: Dashboard): string {
  const needing = blocked.length + approvals.length;
  const head = needing === 0 ? 'Nobody is needed now.' : needing === 1 ? '1 thing needs somebody.' : `${needing} things need somebody.`;
  const counts = [`${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}`, `${blocked.length} blocked`, `${running.length} running`, `${debts.length} ${debts.length === 1 ? 'debt' : 'debts'}`];
  return `> **${head}** ${counts.join(', ')}.`;
}

function section(title: string, items: readonly DashboardItem[], shown: number): string {
  if (items.length === 0) return '';
  const lines = items.slice(0, shown).flatMap(({ text, timeZone, issue, boxes }) => [
    `- ${renderPhrase(text, timeZone)}${issue === null ? '' : ` ${issue}`}`,
    ...boxes.map(({ box, label }) => renderBox(box, renderPhrase(label, timeZone))).filter((line) => line !== ''),
  ]);
  return [`### ${title}`, '', ...lines, ...(items.length > shown ? [`- and ${items.length - shown} more.`] : [])].join('\n');
}

function debtSection({ debts }: Dashboard, now: Instant, shown: number): string {
  if (debts.length === 0) return '';
  const rows = debts.slice(0, shown).map(({ cluster: { policy, state }, debt }) => {
    const nodeImages = typeof state === 'object' && state !== null ? state.nodeImages : {};
    const cost = costOf(debt, { now, nodeImages, nodeCostPerDay: policy.debts.nodeCostPerDay });
    const told = typeof state === 'object' && state !== null && state.debtIssue !== null && /^[\w.-]+\/[\w.-]+$/.test(state.debtIssue.repository) ? `${state.debtIssue.repository}#${state.debtIssue.number}` : '–';
    const cells = [
      renderPhrase([{ name: clusterNameOf(policy.clusterResourceId) }], 'UTC'),
      renderPhrase([{ name: debt.node ?? debt.pool }, `, ${debt.kind.replace('-', ' ')}`], 'UTC'),
      ageText(debt, now),
      cost === null ? 'not known' : costText(cost),
      debt.owner === null ? 'not named' : renderPhrase([{ name: debt.owner }], 'UTC'),
      told,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const more = debts.length > shown ? [`| and ${debts.length - shown} more | | | | | |`] : [];
  return ['### Set aside and owed', '', '| Cluster | What | Age | Cost | Owner | Told in |', '| --- | --- | --- | ---: | --- | --- |', ...rows, ...more].join('\n');
}

function faultSection({ faultyPolicies }: Dashboard, shown: number): string {
  if (faultyPolicies.length === 0) return '';
  return ['### Policies with faults', '', 'They open nothing until they are mended.', '', ...faultyPolicies.slice(0, shown).map((name) => `- ${renderPhrase([{ name }], 'UTC')}`)].join('\n');
}
