import type { ApprovalStanding } from '../../domain/approval.ts';
import { answerCheckRefusal } from '../../domain/check-answer.ts';
import { renderCalendarMarkdown } from '../../domain/calendar-markdown.ts';
import type { CheckedPolicy } from '../../domain/checked-policy.ts';
import type { CleanUpPlan, CleanUpRequest } from '../../domain/clean-up.ts';
import {
  answerCleanUpAborted,
  answerCleanUpBegun,
  answerCleanUpEnded,
  answerCleanUpRefused,
  answerNothingToDo,
  answerReleased,
  answerRunFirst,
  answerWhichCleanUp,
  answerWhichCluster as answerWhichClusterToCleanUp,
  describeDebt,
  describeOther,
} from '../../domain/clean-up-words.ts';
import type { CleanUpTelling } from '../../domain/clean-up-words.ts';
import { answerStatus } from '../../domain/command-answer.ts';
import type { Debt } from '../../domain/debt.ts';
import { noticesOf, renderDebtNotice, renderDebts } from '../../domain/debt-markdown.ts';
import { answerForecast } from '../../domain/forecast-answer.ts';
import { renderForeignRoll } from '../../domain/foreign-roll.ts';
import type { WindowOpening } from '../../domain/maintenance-policy.ts';
import { prose } from '../../domain/markdown-text.ts';
import { renderNotice } from '../../domain/notice-markdown.ts';
import { answerLossAhead, answerOutlook, answerPlan, answerPreflight, answerUnreadable } from '../../domain/outlook-answer.ts';
import { renderPlan } from '../../domain/plan-markdown.ts';
import { parseMaintenancePolicy } from '../../domain/policy-parse.ts';
import { renderCheckedFile } from '../../domain/policy-check-markdown.ts';
import { renderPreflightMarkdown } from '../../domain/preflight-markdown.ts';
import type { PreflightReport } from '../../domain/preflight-report.ts';
import { renderReport } from '../../domain/report-markdown.ts';
import { reportOf } from '../../domain/report.ts';
import {
  answerApprovalTooLate,
  answerApproved,
  answerFrozen,
  answerNotInTeam,
  answerNotPostponed,
  answerPostponed,
  answerUnfrozen,
  answerUpgrade,
  answerWhichCluster,
} from '../../domain/standing-answer.ts';
import type { Freeze } from '../../domain/standing-order.ts';
import type { UpgradePlan } from '../../domain/upgrade-plan.ts';
import { answerOvertaken, renderUpgrade, titleOfUpgrade } from '../../domain/upgrade-pull-request.ts';
import type { WindowStatus } from '../../domain/window-status.ts';
import { renderUndoWarning, renderWriteBack } from '../../domain/write-back-markdown.ts';
import { debtNow, debtSample } from './debt-samples.ts';
import { goodPolicy } from './good-policy.ts';
import { heldStatus, minutesIn, pausedNow, pausedStatus, statusSample } from './window-status-samples.ts';

/** Something that makes Markdown of what others wrote. To add one, write how it is made with `text` wherever a stranger could choose. */
interface MarkdownMaker {
  /** Exported functions that are tried by this. */
  readonly covers: readonly string[];
  readonly make: (text: string) => readonly string[];
  /** Titles, which no page renders: plain text of one line. */
  readonly titles?: (text: string) => readonly string[];
}

/** Members of our types whose text somebody else chooses: names, sentences, reasons, versions. */
const foreign: ReadonlySet<string> = new Set([
  ...['answer', 'budgets', 'by', 'causes', 'clusterName', 'cordoned', 'detail', 'digest', 'disk', 'evidence', 'from', 'guiltyNode', 'image', 'kubernetesVersion'],
  ...['label', 'leftOver', 'message', 'name', 'namespace', 'node', 'nodeImageVersion', 'note', 'notReady', 'old', 'owner', 'pod', 'policyName', 'pool', 'pools'],
  ...['quarantined', 'reason', 'remedy', 'runId', 'surge', 'target', 'text', 'to', 'webhook', 'what', 'where', 'who', 'why', 'workload'],
]);

/** The value with `text` at every member a stranger could choose. */
export function taint<T>(value: T, text: string): T {
  const replaced = JSON.stringify(value, (key, each: unknown) => {
    if (key === 'unit' && typeof each === 'string' && each.startsWith('pool/')) return `pool/${text}`;
    if (!foreign.has(key)) return each;
    if (typeof each === 'string') return text;
    return Array.isArray(each) && each.every((item) => typeof item === 'string') ? each.map(() => text) : each;
  });
  return JSON.parse(replaced);
}

const timeZone = 'Europe/Paris';
const opening: WindowOpening = { opens: minutesIn(0), closes: minutesIn(360), restriction: 'minor', reason: 'freeze' };
const report: PreflightReport = {
  schema: 'slackwater.preflight/v1',
  cluster: '/subscriptions/s/managedClusters/shop',
  result: 'block',
  findings: (['block', 'warn', 'info'] as const).map((severity) => ({ code: 'PDB_EDGE', where: 'a/b', severity, pools: ['usr'], message: 'm', remedy: 'r', owner: 'o', evidence: {} })),
  pods: [{ namespace: 'pay', name: 'ledger-0', node: 'usr-1', verdict: 'blocked', status: 429, budgets: ['pay/b'], reason: 'r' }],
  unchecked: [{ what: 'quota', why: 'not allowed' }],
};
const plan: UpgradePlan = {
  clusterResourceId: '/subscriptions/s/managedClusters/shop',
  clusterName: 'shop',
  units: [
    {
      unit: 'pool/usr',
      from: { kubernetesVersion: '1.34.1', nodeImageVersion: 'i1' },
      to: { kubernetesVersion: '1.35.1', nodeImageVersion: 'i2' },
      action: 'pool-version',
      nodeCount: 3,
      surgeNodeCount: 1,
      waves: 3,
      estimateMinutes: 30,
      upgradeSettings: null,
      restoreSettings: null,
      drainTimeoutMinutes: 30,
      undrainableNodeBehavior: 'Cordon',
      isSpot: false,
    },
  ],
  omitted: [{ unit: 'pool/gpu', code: 'already-there', message: 'm' }],
  digest: '0123456789abcdef',
};
const standing: ApprovalStanding = { kind: 'waiting', required: 2, approvers: [{ who: 'lia', when: 0 }], voided: [{ who: 'wim', when: 0, changed: 'plan' }], requestedBy: 'lia', override: { who: 'lia', when: 0, why: 'x' } };
const freeze: Freeze = { kind: 'freeze', id: 'f', who: 'lia', when: 0, why: 'w', until: null, endedBy: null };
const request: CleanUpRequest = { verb: 'resolve', target: 'usr', outsideWindow: null, by: 'lia', decisionId: 'd', comment: null };
const told: CleanUpTelling = { request, clusterName: 'shop', timeZone, now: pausedNow };
const ended: WindowStatus = statusSample({ phase: 'ended', outcome: 'completed-with-debt', leftOver: ['usr-2 is cordoned'] });

/** Every maker of Markdown; a test holds this list against the domain's exports. */
export const markdownMakers: readonly MarkdownMaker[] = [
  { covers: ['renderReport', 'renderLines', 'renderPools', 'renderGantt', 'renderTimes'], make: (text) => [pausedStatus, heldStatus, ended].map((status) => renderReport(reportOf(taint(status, text), pausedNow)).body), titles: (text) => [pausedStatus, heldStatus, ended].map((status) => renderReport(reportOf(taint(status, text), pausedNow)).title) },
  {
    covers: ['renderNotice'],
    make: (text) => (['paused', 'resumed', 'escalated', 'ended'] as const).map((kind) => renderNotice(taint(kind === 'ended' ? ended : pausedStatus, text), kind, 'key', { onCall: null, owners: {}, mention: null, late: null }, pausedNow).body),
  },
  { covers: ['renderForeignRoll'], make: (text) => [renderForeignRoll(taint(ended, text), { pool: text, at: pausedNow, by: text, channel: null, image: text }), renderForeignRoll(ended, { pool: text, at: pausedNow, by: null, channel: text, image: null })].map(({ body }) => body) },
  { covers: ['answerStatus'], make: (text) => [answerStatus(taint(pausedStatus, text), pausedNow)] },
  { covers: ['renderPreflightMarkdown'], make: (text) => [renderPreflightMarkdown(taint(report, text))] },
  { covers: ['renderPlan'], make: (text) => [renderPlan(taint(plan, text), opening, timeZone)] },
  { covers: ['renderDebts', 'renderDebtNotice'], make: (text) => madeOfDebts(text).bodies, titles: (text) => madeOfDebts(text).titles },
  { covers: ['renderCheckedFile'], make: madeOfChecks },
  { covers: ['renderUpgrade', 'answerOvertaken'], make: madeOfUpgrades, titles: (text) => Object.values(titleOfUpgrade([{ checked: checkedPolicy(text), to: text }])) },
  { covers: ['answerPlan', 'answerPreflight', 'answerOutlook', 'answerUnreadable', 'answerLossAhead'], make: madeOfOutlooks },
  {
    covers: ['answerForecast'],
    make: (text) => [answerForecast({ clusterName: text, timeZone }, opening, [{ unit: `pool/${text}`, startsAt: null, endsAt: null, withheldBy: [`PDB_EDGE ${text}`], refused: [{ pod: text, budgets: [text] }] }], { clusterResourceId: text, source: text }, 'plan-only')],
  },
  { covers: ['renderCalendarMarkdown'], make: madeOfCalendar },
  { covers: ['answerCheckRefusal'], make: (text) => [answerCheckRefusal({ kind: 'not-in-team', teams: [text, text] }, { path: text, sender: text }), answerCheckRefusal({ kind: 'not-allowed', permission: text }, { path: text, sender: text })] },
  { covers: ['renderWriteBack', 'renderUndoWarning'], make: (text) => madeOfPins(text).bodies, titles: (text) => madeOfPins(text).titles },
  {
    covers: ['answerFrozen', 'answerUnfrozen', 'answerPostponed', 'answerNotPostponed', 'answerApproved', 'answerApprovalTooLate', 'answerNotInTeam', 'answerUpgrade', 'answerWhichCluster', 'describeApprovals'],
    make: madeOfOrders,
  },
  {
    covers: ['answerCleanUpRefused', 'answerCleanUpBegun', 'answerCleanUpEnded', 'answerReleased', 'answerRunFirst', 'answerNothingToDo', 'answerWhichCleanUp', 'answerCleanUpAborted', 'describeDebt', 'describeOther'],
    make: madeOfCleanUps,
  },
];

/** Makers whose every word is ours: verbs, permissions and counts. */
export const wordsOfOurs: readonly string[] = ['answerHelp', 'answerHelpAbout', 'answerEdited', 'answerLate', 'answerNoCluster', 'answerNoNodeNamed', 'answerNoRun', 'answerNotTakenHere', 'answerPermissionUnknown', 'answerRulesUnknown'];

function madeOfDebts(text: string) {
  const debts: readonly Debt[] = [taint(debtSample, text), taint<Debt>({ ...debtSample, id: 'spare/usr', kind: 'spare-nodes', node: null, count: 2 }, text)];
  const told = { clusterName: text, key: 'key', timeZone, onCall: null, owners: {}, nodeImages: {}, nodeCostPerDay: null, now: debtNow };
  const notices = noticesOf(debts, () => true, () => 3);
  const { title, body } = renderDebts(debts, told);
  return { titles: [title], bodies: [body, ...notices.map((notice) => renderDebtNotice(notice, told).body)] };
}

function madeOfChecks(text: string): readonly string[] {
  const file = { path: text, pullNumber: 1, headSha: 'a', version: 'v' };
  const fault = taint({ code: 'c', where: 'w', message: 'm', remedy: 'r', line: 1, column: 1, source: 'a.yaml', path: [] }, text);
  return [
    renderCheckedFile({ ...file, content: { kind: 'removed', clusters: [`/x/managedClusters/${text}`] } }),
    renderCheckedFile({ ...file, content: { kind: 'faulty', faults: [fault] } }),
    renderCheckedFile({ ...file, content: { kind: 'valid', policies: [checkedPolicy(text), { ...checkedPolicy(text), look: { kind: 'not-read', why: text } }] } }),
  ].flatMap(({ summary, text: below }) => [summary, below]);
}

/** A policy whose every word somebody chose, with what a look at its cluster found. */
function checkedPolicy(text: string): CheckedPolicy {
  const parsed = parseMaintenancePolicy(goodPolicy(), 'shop.yaml');
  if (!parsed.ok) throw new Error('The good policy is none.');
  const policy = { ...parsed.value, name: text, source: text, clusterResourceId: `/subscriptions/s/managedClusters/${text.replaceAll('/', '')}` };
  const look: CheckedPolicy['look'] = { kind: 'planned', opening, plan: taint(plan, text), report: taint(report, text), reductions: [] };
  return {
    policy,
    look,
    occurrences: [
      { kind: 'opens', localDate: '2026-11-21', opening: { ...opening, reason: text }, notes: [text] },
      { kind: 'skipped', localDate: '2026-11-28', code: 'not-allowed-dates', reason: text },
    ],
    openNow: null,
    rule: { required: 2, teams: [[text]] },
    approvals: taint(standing, text),
  };
}

function madeOfUpgrades(text: string): readonly string[] {
  const support = { version: text, said: 'ending' as const, lastDay: null, when: 0 };
  const raised = { checked: checkedPolicy(text), from: text, to: text, step: 'minor' as const, running: text, support };
  return [renderUpgrade([raised, { ...raised, support: null }], [{ clusterName: text, why: text }], text), answerOvertaken(text)];
}

function madeOfOutlooks(text: string): readonly string[] {
  const cluster = { clusterName: text, timeZone };
  const approvals = taint(standing, text);
  return [
    answerPlan(cluster, { plan: taint(plan, text), opening, standing: approvals, freeze: taint(freeze, text), frozenPlan: { runId: text, digest: text } }),
    answerPreflight(cluster, opening, renderPreflightMarkdown(taint(report, text))),
    answerOutlook(cluster, opening, approvals, taint(freeze, text)),
    answerUnreadable('The cluster', { code: text, class: 'terminal', message: text, remedy: text, retryAfterSeconds: null }),
    answerLossAhead(cluster, { kind: 'kept', where: text, pools: [text, text], until: minutesIn(0) }),
    answerLossAhead(cluster, { kind: 'no-such-loss', target: text, known: [text, text] }),
  ];
}

function madeOfCalendar(text: string): readonly string[] {
  const cluster = { policyName: text, clusterName: text, key: 'key', timeZone };
  const one = { cluster, opens: minutesIn(0), closes: minutesIn(360), scheduled: minutesIn(0), state: 'moved' as const, notes: [text, text] };
  return [renderCalendarMarkdown({ openings: [one, { ...one, state: 'frozen' }], freezes: [{ cluster, dates: { start: '2026-12-18', end: '2027-01-04', scope: 'all', reason: text } }] })];
}

function madeOfPins(text: string) {
  const pin = { file: text, line: 1, pins: text, from: text, to: text };
  const { title, body } = renderWriteBack(taint(ended, text), 'acme/platform', { raised: [pin], kept: [{ file: text, line: null, pins: text, why: text }] });
  return { titles: [title], bodies: [body, renderUndoWarning([{ clusterName: text, undone: [{ ...pin, runs: text }] }], '<!-- marker -->')] };
}

function madeOfOrders(text: string): readonly string[] {
  const cluster = { clusterName: text, timeZone };
  const approvals = taint(standing, text);
  return [
    answerFrozen(cluster, null, text, 'run-under-way'),
    answerUnfrozen(cluster, taint(freeze, text), []),
    answerUnfrozen(cluster, null, [taint(freeze, text)]),
    answerPostponed(cluster, opening, opening, text),
    answerNotPostponed('beyond-next', cluster, minutesIn(0)),
    answerApproved(cluster, opening, text, approvals),
    answerApprovalTooLate(cluster),
    answerNotInTeam('approve', [text, text], 'unknown'),
    answerWhichCluster('freeze', 'which-one', [text, text]),
    answerUpgrade(cluster, { kind: 'run-under-way', runId: text }, approvals, text),
    answerUpgrade(cluster, { kind: 'next', opening, frozenBefore: { opens: minutesIn(0), reason: text } }, approvals, text),
    answerUpgrade(cluster, { kind: 'overridden', opening, reason: text }, approvals, text),
  ];
}

function madeOfCleanUps(text: string): readonly string[] {
  const telling = { ...taint(told, text), timeZone };
  const clean: Pick<CleanUpPlan, 'will' | 'remains'> = { will: [text], remains: [text] };
  const debt = taint(debtSample, text);
  return [
    answerCleanUpRefused({ verb: 'resolve' }, { kind: 'refused', code: 'c', message: text, remedy: text }),
    answerWhichClusterToCleanUp('resolve', [text, text]),
    answerWhichCleanUp([text, text]),
    answerCleanUpAborted(`pool/${text}`, 'refused'),
    answerRunFirst({ verb: 'resolve' }, text, 4),
    answerNothingToDo({ verb: 'resolve' }, text),
    answerCleanUpBegun(clean, telling, text),
    answerCleanUpEnded(clean, [{ unit: `pool/${text}`, isDone: false, detail: text }], { open: [text, describeDebt(debt, debtNow)], settled: [text] }, telling),
    answerReleased(
      { kind: 'ready', node: text, pool: text, kubeletVersion: text, imageVersion: text, isCordoned: true, provisioningState: text, podsCount: 2 },
      { ...telling, isRunUnderWay: true, nextOpens: minutesIn(0) },
    ),
    // A sentence of ours with their words, which whoever shows it escapes.
    prose(describeOther({ verb: 'resolve', target: text, by: text })),
  ];
}
