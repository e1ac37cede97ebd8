import type { NodePool } from '../domain/cluster-snapshot.ts';
import { isOpen } from '../domain/debt.ts';
import type { Debt } from '../domain/debt.ts';
import { ageDays, findDebts, isStepDue, judgeLedger, newestImage, rememberImages, stepAt } from '../domain/debt-ledger.ts';
import type { LedgerLook } from '../domain/debt-ledger.ts';
import { noticesOf, renderDebtNotice, renderDebts } from '../domain/debt-markdown.ts';
import type { DebtNotice, DebtReport } from '../domain/debt-markdown.ts';
import type { Outcome } from '../domain/failure.ts';
import { recordsAt, textAt } from '../domain/json.ts';
import { formatInstant } from '../domain/local-time.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import type { Finding } from '../domain/preflight-report.ts';
import { judgePreflight } from '../domain/preflight.ts';
import { debtEvent } from '../domain/slackwater-event.ts';
import { measure } from '../domain/slackwater-metric.ts';
import { trimState } from '../domain/state-file.ts';
import type { StateFile } from '../domain/state-file.ts';
import { clusterNameOf, debtOccasion, stateFileName } from '../domain/window-identity.ts';
import type { IssueReference, Ports } from './ports.ts';
import { keepRunIssues } from './keep-run-issues.ts';
import { tellMetrics } from './tell-metric.ts';
import { openDebtsOf, readClusterSnapshot } from './read-cluster-snapshot.ts';

/** What a check needs to know. */
export interface DebtCheckInput {
  readonly policy: MaintenancePolicy;
  /** `owner/name` of the issue. */
  readonly repository: string;
  /** What a clean-up touched: debts of all it left there are opened in its name. Absent: only nodes that AKS set aside are looked for. */
  readonly touched?: { readonly who: string; readonly pools: readonly string[] };
}

/** What a check saw and told. */
export interface DebtCheck {
  /** `skipped`: the cluster is stopped; nothing can be seen, so nothing was judged. */
  readonly kind: 'checked' | 'skipped';
  readonly open: readonly Debt[];
  /** Debts this check opened or settled. */
  readonly opened: readonly Debt[];
  readonly settled: readonly Debt[];
  /** Steps that were told now. */
  readonly notices: readonly DebtNotice[];
}

/**
 * Looks at what a cluster still owes: judges each debt by its node, opens those of nodes AKS set aside, keeps the cluster's
 * one issue of debts, and tells each step of escalation once.
 *
 * Facts are written first, then the words are said, then which words were said; so it may be repeated at any point, and by
 * several hosts at once. A memory that cannot be read is a failure, and nothing is told or overwritten.
 */
export async function checkDebts(ports: Ports, input: DebtCheckInput): Promise<Outcome<DebtCheck>> {
  const { policy } = input;
  const before = await ports.state.readState(policy.clusterResourceId);
  if (!before.ok) return before;
  const look = await readLook(ports, policy, before.value);
  if (!look.ok) return look;
  if (look.value === 'stopped') return { ok: true, value: { kind: 'skipped', open: before.value.debts.filter(isOpen), opened: [], settled: [], notices: [] } };
  const at = look.value.at;
  const found = findDebts(look.value, input.touched === undefined ? { kind: 'quarantined' } : { kind: 'run', pools: input.touched.pools }, {
    who: input.touched?.who ?? `check-${formatInstant(at).slice(0, 10)}`,
    ofPool: {},
  });
  const judged = judgeLedger(before.value.debts, found, look.value);
  const known = await explain(ports, policy, judged, at);
  const changes = changesOf(before.value.debts, known);
  const announced = await announce(ports, policy, changes, at);
  if (!announced.ok) return announced;
  const kept = await keepFacts(ports, policy, { found, look: look.value, known });
  if (!kept.ok) return kept;
  const notices = noticesOf(kept.value.debts, (debt) => isStepDue(debt, at), (debt) => stepAt(ageDays(debt, at)));
  const told = await tell(ports, input, { state: kept.value, notices, now: at });
  const issues = told.ok ? await keepRunIssues(ports, { clusterResourceId: policy.clusterResourceId, state: told.value, report: reportOf(input, { state: kept.value, notices, now: at }) }) : told;
  if (!issues.ok) return issues;
  return told.ok ? { ok: true, value: { kind: 'checked', open: kept.value.debts.filter(isOpen), ...changes, notices } } : told;
}

/** What the ledger is judged by; `stopped`: the cluster has no nodes to look at. */
async function readLook(ports: Ports, policy: MaintenancePolicy, state: StateFile): Promise<Outcome<LedgerLook | 'stopped'>> {
  const read = await ports.aks.readCluster(policy.clusterResourceId);
  if (!read.ok) return read;
  const { cluster, nodePools } = read.value;
  if (cluster.powerState.toLowerCase() === 'stopped') return { ok: true, value: 'stopped' };
  const nodes = await ports.kubernetes.readNodes(cluster);
  if (!nodes.ok) return nodes;
  const pools: NodePool[] = [];
  for (const pool of nodePools) {
    const offers = await ports.aks.readNodePoolOffers(policy.clusterResourceId, pool.name);
    const offered = offers.ok ? offers.value.latestNodeImageVersion : null;
    // An offer that cannot be read must settle nothing: the newest image that was ever seen stands in for it.
    pools.push({ ...pool, latestNodeImageVersion: offered ?? newestImage(state.nodeImages[pool.name] ?? []) });
  }
  return { ok: true, value: { at: ports.clock.now(), pools, nodes: nodes.value, nodeImage: policy.target.nodeImage } };
}

/** Cause and owner of nodes for which nobody knows them yet: asked only when somebody is about to be told. */
async function explain(ports: Ports, policy: MaintenancePolicy, debts: readonly Debt[], now: number): Promise<readonly Debt[]> {
  const isUnexplained = (debt: Debt): boolean => isOpen(debt) && debt.node !== null && debt.owner === null && isStepDue(debt, now);
  if (!debts.some(isUnexplained)) return debts;
  const read = await readClusterSnapshot(ports, policy.clusterResourceId);
  if (!read.ok) {
    ports.logger.log('warn', 'debts.cause-unknown', { cluster: policy.clusterResourceId, failure: read.failure });
    return debts;
  }
  const { findings } = judgePreflight(policy, null, { ...read.value, openDebts: openDebtsOf(debts) });
  return debts.map((debt) => {
    const finding = isUnexplained(debt) ? findings.find(({ code, where }) => code === 'OPEN_DEBT_SAME_CAUSE' && where === debt.node) : undefined;
    return finding === undefined ? debt : { ...debt, owner: finding.owner, why: causeOf(finding) };
  });
}

/** What keeps the node from draining, and the smallest thing that mends it. */
function causeOf({ evidence, remedy }: Finding): string {
  const [first] = recordsAt(evidence, 'causes').flatMap((cause) => textAt(cause, 'message') ?? []);
  return [first ?? '', remedy].filter((text) => text !== '').join(' ');
}

function changesOf(before: readonly Debt[], after: readonly Debt[]): Pick<DebtCheck, 'opened' | 'settled'> {
  const isSame = (one: Debt) => (other: Debt): boolean => one.id === other.id && one.who === other.who && one.when === other.when;
  return {
    opened: after.filter((debt) => isOpen(debt) && !before.some(isSame(debt))),
    settled: after.filter((debt) => !isOpen(debt) && before.some((known) => isOpen(known) && isSame(debt)(known))),
  };
}

async function announce(ports: Ports, { clusterResourceId }: MaintenancePolicy, { opened, settled }: Pick<DebtCheck, 'opened' | 'settled'>, now: number): Promise<Outcome<null>> {
  for (const [name, debts] of [['debt.opened', opened], ['debt.closed', settled]] as const) {
    for (const debt of debts) {
      const { id, kind, pool, node, who, when, settledBy } = debt;
      const occasion = debtOccasion(clusterResourceId, [id, who]);
      const sent = await ports.messages.publishEvent(debtEvent(name, { occasion, step: 0 }, now, { cluster: clusterNameOf(clusterResourceId), id, kind, pool, node, who, since: formatInstant(when), settledBy }));
      if (!sent.ok) return sent;
      tellMetrics(ports, [measure(name === 'debt.opened' ? 'slackwater.debts.opened' : 'slackwater.debts.paid', 1, `${occasion}/${when}`)]);
    }
  }
  return { ok: true, value: null };
}

interface Facts {
  readonly found: readonly Debt[];
  readonly look: LedgerLook;
  /** Debts with what was learnt of their causes. */
  readonly known: readonly Debt[];
}

function keepFacts(ports: Ports, policy: MaintenancePolicy, { found, look, known }: Facts): Promise<Outcome<StateFile>> {
  const learnt = (debt: Debt): Debt => {
    const same = known.find(({ id, who, owner }) => id === debt.id && who === debt.who && owner !== null);
    return same === undefined || debt.owner !== null ? debt : { ...debt, owner: same.owner, why: same.why };
  };
  const change = (state: StateFile): StateFile =>
    trimState({ ...state, debts: judgeLedger(state.debts, found, look).map(learnt), nodeImages: rememberImages(state.nodeImages, look.pools) }, look.at);
  return ports.state.changeState(policy.clusterResourceId, change, `Check the debts of ${clusterNameOf(policy.clusterResourceId)}`);
}

interface Telling {
  readonly state: StateFile;
  readonly notices: readonly DebtNotice[];
  readonly now: number;
}

/** Keeps the issue, posts the steps that are due, and remembers that they were told. Nothing is opened for a cluster that never owed anything. */
async function tell(ports: Ports, input: DebtCheckInput, telling: Telling): Promise<Outcome<StateFile>> {
  const { state, notices, now } = telling;
  const isOwing = state.debts.some(isOpen);
  if (!isOwing && state.debtIssue === null) return { ok: true, value: state };
  const issue = await keepIssue(ports, input, telling);
  if (!issue.ok) return issue;
  for (const notice of notices) {
    const said = await sayNotice(ports, input, { notice, issue: issue.value, telling });
    if (!said.ok) return said;
  }
  const { repository, number } = issue.value;
  const change = (present: StateFile): StateFile => ({
    ...present,
    debtIssue: { repository, number },
    debts: withSteps(present.debts, notices),
  });
  const kept = await ports.state.changeState(input.policy.clusterResourceId, change, `Remember what was told of the debts of ${clusterNameOf(input.policy.clusterResourceId)}`);
  if (!kept.ok) return kept;
  ports.logger.log('info', 'debts.told', { cluster: input.policy.clusterResourceId, open: state.debts.filter(isOpen).length, steps: notices.map(({ stepDays }) => stepDays), issue: number, now });
  return kept;
}

function withSteps(debts: readonly Debt[], notices: readonly DebtNotice[]): readonly Debt[] {
  const stepOf = (debt: Debt): number => notices.find((notice) => notice.debts.some(({ id, who }) => id === debt.id && who === debt.who))?.stepDays ?? 0;
  return debts.map((debt) => ({ ...debt, stepDays: Math.max(debt.stepDays, stepOf(debt)) }));
}

function reportOf({ policy }: DebtCheckInput, { state, now }: Telling): DebtReport {
  return {
    clusterName: clusterNameOf(policy.clusterResourceId),
    key: stateFileName(policy.clusterResourceId),
    timeZone: policy.window.timeZone,
    onCall: policy.report.onCall,
    owners: policy.debts.owners,
    nodeCostPerDay: policy.debts.nodeCostPerDay,
    nodeImages: state.nodeImages,
    now,
  };
}

function keepIssue(ports: Ports, input: DebtCheckInput, telling: Telling): Promise<Outcome<IssueReference>> {
  const { debts, debtIssue } = telling.state;
  const { marker, title, body } = renderDebts(withSteps(debts, telling.notices), reportOf(input, telling));
  return ports.github.ensureIssue({
    repository: input.repository,
    marker,
    title,
    body,
    labels: ['slackwater', ...input.policy.report.labels],
    state: debts.some(isOpen) ? 'open' : 'closed',
    knownNumber: debtIssue?.repository === input.repository ? debtIssue.number : null,
  });
}

interface Saying {
  readonly notice: DebtNotice;
  readonly issue: IssueReference;
  readonly telling: Telling;
}

async function sayNotice(ports: Ports, input: DebtCheckInput, { notice, issue, telling }: Saying): Promise<Outcome<null>> {
  const { marker, body } = renderDebtNotice(notice, reportOf(input, telling));
  const posted = await ports.github.ensureComment({ repository: issue.repository, issueNumber: issue.number, marker, body });
  if (!posted.ok) return posted;
  const { clusterResourceId } = input.policy;
  const facts = { cluster: clusterNameOf(clusterResourceId), who: notice.who, stepDays: notice.stepDays, debts: notice.debts.slice(0, 20).map(({ id }) => id), debtsCount: notice.debts.length, issue: issue.url };
  return ports.messages.publishEvent(debtEvent('debt.escalated', { occasion: debtOccasion(clusterResourceId, [notice.who]), step: notice.stepDays }, telling.now, facts));
}
