import { comesTwice, isTimeZone } from './local-time.ts';
import type { Phrase } from './markdown-text.ts';
import { countPool, countRun, isProven } from './node-count.ts';
import { renderGantt } from './report-gantt.ts';
import { holdPhrases } from './report-hold.ts';
import { reportLines } from './report-lines.ts';
import type { ReportLine } from './report-lines.ts';
import { leftOutPools } from './node-count.ts';
import { provenOutcome } from './report-result.ts';
import { standingPhrases } from './report-standing.ts';
import { inBothTimes } from './report-times.ts';
import { fitsWindow, mixedVersions, namesOf, poolPhrase, spellMinutes } from './report-words.ts';
import { minutesBetween } from './time.ts';
import type { Instant } from './time.ts';
import type { BlockCause } from './unit-progress.ts';
import { startCutOff } from './upgrade-plan.ts';
import type { RunOutcome, UnitStatus, WindowStatus } from './window-status.ts';

/** One row of the pool table; counts are null where nodes were not counted or do not apply. */
export interface PoolRow {
  readonly pool: Phrase;
  readonly counts: { readonly proven: number; readonly old: number; readonly blocked: Phrase; readonly spare: number } | null;
  readonly state: Phrase;
}

/** Everything the report of a run says, in order, not yet Markdown. */
export interface ReportModel {
  readonly runId: string;
  readonly now: Instant;
  readonly timeZone: string;
  /** Plain text. */
  readonly title: string;
  /** Users (or the result) · waiting for · needed · if nobody acts · you can. */
  readonly lines: readonly ReportLine[];
  /** When somebody last looked, and that the run lives; empty once it has ended. */
  readonly beat: Phrase;
  readonly pools: readonly PoolRow[];
  /** The run as a Mermaid diagram in its fence; empty when it has no units. */
  readonly gantt: string;
  readonly why: readonly Phrase[];
  readonly plan: readonly Phrase[];
  /** Oldest first. */
  readonly timeline: readonly { readonly at: Instant; readonly text: Phrase }[];
  readonly timelineOmitted: number;
  readonly leftOver: readonly Phrase[];
  /** The same facts for machines. */
  readonly machine: WindowStatus;
}

/** The report of a run as it stands at `now`. The same status and moment give the same report. */
export function reportOf(status: WindowStatus, now: Instant): ReportModel {
  return {
    runId: status.runId,
    now,
    timeZone: status.timeZone,
    title: titleOf(status),
    lines: reportLines(status, now),
    beat: beatOf(status, now),
    gantt: renderGantt(status, now),
    pools: status.units.map((unit) => poolRow(unit, status, now)),
    why: whyOf(status, now).map((phrase) => inBothTimes(phrase, now)),
    plan: planOf(status),
    timeline: status.timeline.map(({ at, text }) => ({ at, text: inBothTimes([text], at) })),
    timelineOmitted: status.timelineOmitted,
    leftOver: leftOverOf(status),
    machine: status,
  };
}

function beatOf({ phase, lookedAt }: WindowStatus, now: Instant): Phrase {
  if (phase === 'ended') return [];
  const looked: Phrase = lookedAt === undefined ? ['The cluster was not looked at yet.'] : ['Last looked ', { at: lookedAt, form: 'clock' }, '.'];
  return [...looked, ' Written ', { at: now, form: 'clock' }, ', and again every 5 to 15 min while the run lives.'];
}

const phaseTitles: Readonly<Record<Exclude<WindowStatus['phase'], 'ended'>, string>> = {
  waiting: 'Waiting',
  planning: 'Planning',
  preflight: 'Checking',
  held: 'Held',
  upgrading: 'Upgrading',
  paused: 'Paused',
  verifying: 'Verifying',
};

const outcomeTitles: Readonly<Record<RunOutcome, string>> = {
  succeeded: 'Done',
  'succeeded-with-unproven': 'Done, not all proven',
  'completed-partial': 'Partly done',
  'completed-with-debt': 'Done with debt',
  'completed-overrun': 'Ran past the window',
  replanned: 'First part done',
  'needs-reconcile': 'Nodes done, Azure needs a reconcile',
  aborted: 'Aborted',
  'not-started': 'Not started',
  none: 'Nothing to do',
};

function titleOf(status: WindowStatus): string {
  const word = status.phase === 'ended' ? outcomeTitles[provenOutcome(status)] : phaseTitles[status.phase];
  const unit = status.phase === 'ended' ? undefined : focusOf(status);
  const count = countRun(unit === undefined || unit.inventory === null ? status.units : [unit]);
  const where = unit === undefined ? '' : unit.unit === 'control-plane' ? ' — control plane' : ` — pool ${unit.unit.slice('pool/'.length)}`;
  const pools = status.units.filter((each) => each.unit !== 'control-plane');
  const leftOut = leftOutPools(status).length;
  const isPart = unit === undefined && (leftOut > 0 || pools.some(({ inventory }) => inventory === null));
  const done = isPart ? `, ${pools.filter(isProven).length} of ${pools.length + leftOut} pools done` : null;
  const nodes = count === null || unit?.inventory === null ? '' : done ?? `, ${count.proven} of ${count.wanted} nodes new`;
  return `${word}: ${status.clusterName}${where}${nodes}`;
}

/** The unit a reader should look at: the paused one, else the one under way. */
function focusOf(status: WindowStatus): UnitStatus | undefined {
  return (
    status.units.find(({ unit }) => unit === status.pause?.unit) ??
    status.units.find(({ state }) => state === 'running' || state === 'paused')
  );
}

function blockedNodesOf(status: WindowStatus, unit: UnitStatus): readonly string[] {
  return status.pause?.unit === unit.unit ? status.pause.causes.map(({ node }) => node) : [];
}

function poolRow(unit: UnitStatus, status: WindowStatus, now: Instant): PoolRow {
  const pool = poolPhrase(unit.unit);
  if (unit.inventory === null) return { pool, counts: null, state: inBothTimes(stateOf(unit, 0, status), now) };
  const count = countPool(unit.inventory, blockedNodesOf(status, unit));
  const blocked: Phrase = count.blocked.length === 0 ? ['0'] : [`${count.blocked.length} (`, ...namesOf(count.blocked, 3), ')'];
  return {
    pool,
    counts: { proven: count.proven, old: count.old, blocked, spare: count.spare },
    state: inBothTimes(stateOf(unit, count.unproven, status), now),
  };
}

/** `verified`, unless the policy wants it to settle first, or the cluster does not look well since. */
function verifiedWord({ verifiedAt }: WindowStatus, { endedAt }: UnitStatus): string {
  const isSettled = verifiedAt === undefined || endedAt === null || (verifiedAt !== null && endedAt <= verifiedAt);
  return isSettled ? ', verified' : ', not verified yet';
}

function stateOf(unit: UnitStatus, unprovenNodes: number, status: WindowStatus): Phrase {
  const unproven: Phrase = unprovenNodes === 0 ? [] : [`; ${unprovenNodes} on the target but not Ready or cordoned`];
  const note: Phrase = unit.note === '' ? [] : [': ', unit.note];
  const untouched = unit.startedAt === null ? ', nothing in it was touched' : '';
  const since: Phrase = unit.startedAt === null ? [] : [' since ', { at: unit.startedAt, form: 'clock' }];
  const until: Phrase = unit.endedAt === null ? [] : [' ', { at: unit.endedAt, form: 'clock' }];
  switch (unit.state) {
    case 'planned':
      return [`planned, about ${unit.estimateMinutes} min`];
    case 'running':
      return ['running', ...since, ...unproven];
    case 'paused':
      return ['paused', ...unproven];
    case 'upgraded':
      if (unit.unit === 'control-plane') return ['done', ...until, status.verifiedAt === undefined ? '' : verifiedWord(status, unit)];
      return ['done', ...until, unprovenNodes === 0 ? verifiedWord(status, unit) : '', ...unproven];
    case 'not-started':
      return [`not started${untouched}`, ...note];
    case 'unproven':
      return ['set, nodes not proven', ...note, ...unproven];
    case 'foreign':
      return ['somebody else is at work on it', ...note];
    case 'withheld':
    case 'quarantined':
    case 'failed':
    case 'aborted':
    case 'skipped':
      return [`${unit.state}${untouched}`, ...until, ...note, ...unproven];
  }
}

function whyOf(status: WindowStatus, now: Instant): readonly Phrase[] {
  const { pause } = status;
  const why: Phrase[] = [];
  for (const cause of pause?.causes ?? []) why.push(...causePhrases(cause));
  if (pause !== null) {
    why.push(['Seen since ', { at: pause.since, form: 'dated' }, `, ${spellMinutes(minutesBetween(pause.since, now))}.`]);
    if (pause.detail !== '' && pause.kind !== 'health') why.push(['What Azure or the operator said: ', pause.detail]);
    for (const { at, text } of pause.health?.changes ?? []) why.push(['Changed before: ', text, ...(at === null ? [] : [' at ', { at, form: 'dated' } as const]), '.']);
  }
  why.push(...holdPhrases(status));
  for (const { unit, note } of status.units) if (note !== '') why.push([...poolPhrase(unit), ': ', note]);
  for (const finding of status.findings) {
    const owner: Phrase = finding.owner === null ? [] : [' Owner: ', { name: finding.owner }, '.'];
    why.push([{ strong: finding.severity }, ' ', { name: finding.code }, ' at ', { name: finding.where }, ': ', finding.message, ' ', finding.remedy, ...owner]);
  }
  if (status.findingsOmitted > 0) why.push([`${status.findingsOmitted} more findings are not listed here.`]);
  for (const { what, why: reason } of status.unchecked) why.push([{ strong: 'not checked' }, ' ', what, ': ', reason]);
  return why;
}

function causePhrases(cause: BlockCause): readonly Phrase[] {
  const budgets: Phrase = cause.budgets.length === 0 ? ['; no budget is involved'] : ['; budget ', ...namesOf(cause.budgets, 5)];
  const others = [['webhook', cause.webhook], ['disk', cause.disk], ['to blame', cause.guiltyNode]] as const;
  const involved: Phrase = others.flatMap(([what, name]): Phrase => (name === null ? [] : [`; ${what} `, { name }]));
  const workload: Phrase = cause.workload === null ? ['; a bare pod'] : ['; workload ', { name: cause.workload }];
  const owner: Phrase = cause.owner === null ? ['; no owner is named on it'] : ['; owner ', { name: cause.owner }];
  return [
    ['Node ', { name: cause.node }, ', pod ', { name: cause.pod }, ...workload, ...budgets, ...involved, ...owner, '; class ', { name: cause.class }],
    ['Evidence: ', cause.evidence],
    ['What clears it: ', cause.remedy],
    ['Since ', { at: cause.since, form: 'dated' }, ...(cause.ruledOut.length === 0 ? [] : ['; ruled out: ', cause.ruledOut.map(({ what, answer }) => `${what} (${answer})`).join('; ')]), '.'],
  ];
}

function planOf(status: WindowStatus): readonly Phrase[] {
  const { opens, closes } = status.window;
  const plan: Phrase[] = [
    ['Cluster ', { name: status.clusterName }, ', policy ', { name: status.policyName }, '.'],
    ['Window ', { at: opens, form: 'dated' }, ' to ', { at: closes, form: 'dated' }, `, ${spellMinutes(minutesBetween(opens, closes))}, zone `, { name: status.timeZone }, '.'],
  ];
  if (isTimeZone(status.timeZone) && comesTwice(opens, status.timeZone)) {
    plan.push(['Clocks change that night, and the hour of the opening comes twice; the window opened once, at ', { at: opens, form: 'dated' }, '.']);
  }
  if (status.planDigest !== null) plan.push(['Plan ', { name: status.planDigest.slice(0, 12) }, ', frozen when the run began.']);
  if (status.sight !== undefined) plan.push([status.sight]);
  plan.push(...standingPhrases(status));
  for (const unit of status.units) {
    plan.push([
      ...poolPhrase(unit.unit),
      ': ',
      { name: unit.from },
      ' → ',
      { name: unit.to },
      `, about ${unit.estimateMinutes} min`,
      ...(unit.attempt > 1 ? [`, attempt ${unit.attempt}`] : []),
      ...(unit.startedAt !== null ? [] : fitsWindow(unit, status) ? [', starts at the latest ', { at: startCutOff(unit, closes), form: 'clock' } as const] : [', more than the window has']),
      '.',
    ]);
  }
  if (status.nextOpens != null) plan.push(['The window opens again ', { at: status.nextOpens, form: 'dated' }, '.']);
  const mixed = mixedVersions(status);
  if (mixed !== null) plan.push([`${mixed}.`]);
  plan.push(['Nothing is forced: budgets, finalizers and webhooks are never changed, and nothing is rolled back.']);
  return plan;
}

/** How a node that AKS set aside is settled, in order (facts: AKS docs, "Resolve undrainable nodes"). */
function settlingSteps(status: WindowStatus, nodes: readonly string[]): Phrase {
  const cause = status.findings.find(({ code }) => code.startsWith('PDB_'));
  const first: Phrase = cause === undefined ? ['mend what kept the node from draining'] : ['mend ', { name: cause.where }, ' (', cause.remedy.replace(/\.$/, ''), ')'];
  return [
    'To settle ',
    ...namesOf(nodes, 3),
    ', in this order: 1) ',
    ...first,
    '; 2) take its label off: ',
    { command: `/release ${nodes[0] ?? ''}` },
    ' here, or ',
    { command: `kubectl label nodes ${nodes[0] ?? ''} kubernetes.azure.com/upgrade-status-` },
    '; 3) let the next window upgrade the pool, which makes the node new and takes the spare one away.',
  ];
}

/** What the run said it leaves, and every set-aside node it did not mention: the list must be complete. */
function leftOverOf(status: WindowStatus): readonly Phrase[] {
  const earlier = (status.earlierDebts ?? []).map((text): Phrase => [{ strong: 'from earlier runs' }, ' ', text]);
  const leftOver: Phrase[] = [...earlier, ...status.leftOver.map((text): Phrase => [text])];
  if (status.phase !== 'ended') return leftOver;
  const aside = status.units.flatMap(({ inventory }) => inventory?.quarantined ?? []);
  if (aside.length > 0) leftOver.push(settlingSteps(status, aside));
  const isTold = (node: string) => status.leftOver.some((text) => text.includes(node));
  for (const { unit, inventory } of status.units) {
    if (inventory === null) continue;
    for (const node of inventory.quarantined) {
      if (!isTold(node)) leftOver.push([...poolPhrase(unit), ': ', { name: node }, ' is quarantined by AKS and takes no pods.']);
    }
    for (const node of inventory.cordoned) {
      if (inventory.quarantined.includes(node) || isTold(node)) continue;
      leftOver.push([...poolPhrase(unit), ': ', { name: node }, ' takes no pods until someone uncordons it.']);
    }
    for (const node of inventory.surge) {
      if (!isTold(node)) leftOver.push([...poolPhrase(unit), ': ', { name: node }, ' is a node more than the pool asks for.']);
    }
  }
  return leftOver;
}
