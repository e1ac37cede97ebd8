import { isAboutArrival } from './block-class.ts';
import type { HealthAlarm } from './cluster-health.ts';
import type { Phrase } from './markdown-text.ts';
import { countPool, countRun, isProven, isSetWithoutNodes, isUnseen } from './node-count.ts';
import { fateWhileHeld, neededBesides, neededWhileHeld, optionOfLoss, optionsWhileHeld, waitingWhileHeld } from './report-hold.ts';
import { CLAIMED_DONE, explainOperation } from './operation-words.ts';
import { linesWhileOrdered, neededForOrders } from './report-standing.ts';
import { resultLine } from './report-result.ts';
import { inBothTimes } from './report-times.ts';
import { fitsWindow, mixedVersions, namesOf, nodeCount, poolPhrase, spellMinutes, unitPhrase } from './report-words.ts';
import { minutesBetween, MINUTE_MS } from './time.ts';
import type { Instant } from './time.ts';
import type { BlockCause } from './unit-progress.ts';
import type { Pause, UnitStatus, WindowStatus } from './window-status.ts';

/** One of the five lines above the fold. */
export interface ReportLine {
  /** Bold, ends with `:` or `.`. */
  readonly label: string;
  readonly text: Phrase;
}

/** Unbroken time a cause must look cleared before a run goes on by itself. Unit: minutes. */
const CLEAR_MINUTES = 3;

/**
 * The five lines everybody reads, always in this order: users (of an ended run: the result) · waiting for · needed ·
 * if nobody acts · you can. They offer only commands this version carries out, and none that would be refused.
 */
export function reportLines(status: WindowStatus, now: Instant): readonly ReportLine[] {
  return linesOf(status, now).map(({ label, text }) => ({ label, text: inBothTimes(text, now) }));
}

function linesOf(status: WindowStatus, now: Instant): readonly ReportLine[] {
  if (status.phase === 'ended') {
    return [
      resultLine(status),
      { label: 'Waiting for:', text: ['nothing; this run has ended.'] },
      { label: 'Needed:', text: neededAfterEnd(status) },
      { label: 'If nobody acts:', text: fateAfterEnd(status) },
      { label: 'You can:', text: optionsAfterEnd(status) },
    ];
  }
  const { pause } = status;
  const ordered = linesWhileOrdered(status);
  if (status.phase === 'held' && ordered !== null) return [usersLine(status), ...ordered];
  if (status.phase === 'held') {
    return [
      usersLine(status),
      { label: 'Waiting for:', text: waitingWhileHeld(status, now) },
      { label: 'Needed:', text: neededWhileHeld(status) },
      { label: 'If nobody acts:', text: fateWhileHeld(status) },
      { label: 'You can:', text: optionsWhileHeld(status) },
    ];
  }
  return [
    usersLine(status),
    { label: 'Waiting for:', text: pause === null ? waitingWhileRunning(status) : waitingWhilePaused(pause, status, now) },
    { label: 'Needed:', text: pause === null ? neededBesides(status) : neededWhilePaused(pause) },
    { label: 'If nobody acts:', text: pause === null ? fateWhileRunning(status) : fateWhilePaused(pause, status) },
    { label: 'You can:', text: pause === null ? optionsWhileRunning(status) : optionsWhilePaused(pause, status) },
  ];
}

/** A word to the run comes too late; what it left over can still be settled by words to Azure. */
function optionsAfterEnd({ units }: WindowStatus): Phrase {
  const [node] = units.flatMap(({ inventory }) => inventory?.quarantined ?? []);
  const settle: Phrase = node === undefined ? [] : [{ command: `/release ${node}` }, ' take its label off, once what kept it is mended · '];
  return [...settle, { command: '/status' }, ' see this again in a comment; ', node === undefined ? 'this run takes no other command any more.' : 'the run itself has ended.'];
}

function usersLine(status: WindowStatus): ReportLine {
  if (status.pause?.health !== undefined) return { label: 'Users: may be affected.', text: [healthUsers[status.pause.health.kind]] };
  if (status.unseen != null) {
    return { label: 'Users: not seen.', text: ['Kubernetes cannot be read since ', { at: status.unseen.since, form: 'clock' }, ', so drains cannot be judged and nodes cannot be counted; Azure Resource Manager alone is watched. ', status.unseen.why] };
  }
  const count = countRun(status.units);
  if (count === null) {
    const isUntouched = status.units.every(({ startedAt }) => startedAt === null);
    return isUntouched
      ? { label: 'Users: untouched.', text: ['This run has changed nothing on the cluster yet.'] }
      : { label: 'Users: nodes untouched.', text: ['Only the control plane is at work; no node has been changed or counted yet.'] };
  }
  const spare = count.spare === 0 ? '' : ` (${count.spare === 1 ? '1 is a spare' : `${count.spare} are spares`})`;
  const isPart = status.units.some(({ unit, inventory }) => unit !== 'control-plane' && inventory === null);
  const ready = `${count.ready} of ${count.total} ${isPart ? 'nodes counted so far are' : 'nodes'} Ready${spare}`;
  const missing = status.pause?.causes.find((cause) => isAboutArrival(cause.class) && cause.pod !== '');
  if (missing !== undefined) return { label: 'Users: may be affected.', text: [{ name: missing.pod }, ` does not run meanwhile; ${ready}.`] };
  if (count.ready === count.total) {
    const cordoned = status.units.flatMap(({ inventory }) => inventory?.cordoned ?? []).length;
    const open = cordoned === 0 ? ', all of them take pods' : '';
    return { label: 'Users: serving, as far as nodes show.', text: [`${ready}${open}; no pod is evicted against its budget.${azureStateOf(status)}`] };
  }
  return { label: 'Users: may be affected.', text: [`${ready}; not Ready: `, ...namesOf(count.notReady, 5), '.'] };
}

/** Azure's own state is told apart from what serves: the one may be Failed while the other is whole. */
function azureStateOf({ pause }: WindowStatus): string {
  const isArrival = pause?.causes.some((cause) => isAboutArrival(cause.class)) === true;
  const isStopped = pause !== null && (pause.kind === 'failed' || pause.kind === 'quarantined' || (pause.kind === 'blocked' && pause.drainDeadline === null && !isArrival));
  if (!isStopped) return '';
  return ` Azure shows its operation as ${isClaimedDone(pause) ? 'Succeeded' : 'Failed'}, which says nothing of what serves.`;
}

/** Azure calls its operation done while nodes are old. */
function isClaimedDone({ kind, detail }: Pause): boolean {
  return kind === 'failed' && detail.startsWith(CLAIMED_DONE);
}

function waitingWhileRunning(status: WindowStatus): Phrase {
  if (status.phase === 'waiting' && status.turn !== undefined) return ['its turn at ', { at: status.turn.startsAt, form: 'clock' }, '. ', status.turn.reason];
  if (status.phase === 'planning') return ['the plan; the cluster is being read.'];
  if (status.phase === 'preflight') return ['the checks before the start.'];
  if (status.phase === 'verifying') return ['the last look at every node.'];
  const unit = status.units.find(({ state }) => state === 'running');
  const next: Phrase = status.nextAt === null ? ['.'] : ['; next look at ', { at: status.nextAt, form: 'clock' }, '.'];
  if (unit === undefined) return ['nothing', ...next];
  if (unit.inventory === null) return ['nothing; ', ...unitPhrase(unit.unit), ' is being upgraded', ...next];
  const count = countPool(unit.inventory, []);
  return ['nothing; ', ...unitPhrase(unit.unit), ` is being upgraded, ${count.proven} of ${count.total - count.spare} nodes new`, ...next];
}

function waitingWhilePaused(pause: Pause, status: WindowStatus, now: Instant): Phrase {
  const since: Phrase = [' Since ', { at: pause.since, form: 'clock' }, `, ${spellMinutes(minutesBetween(pause.since, now))}.`];
  if (pause.clearedSince !== null) {
    return ['a second look. The cause seems to have cleared at ', { at: pause.clearedSince, form: 'clock' }, '.', ...since];
  }
  if (pause.health !== undefined) return [pause.health.summary, ...since];
  const [first, ...others] = pause.causes;
  const more: Phrase = others.length === 0 ? [] : [` And ${others.length} more, named below.`];
  if (first !== undefined) return [...blockedWords(first, pause.kind), ...since, ...more];
  switch (pause.kind) {
    case 'blocked':
      return pause.drainDeadline === null
        ? ['a decision: Azure ended the upgrade of ', ...unitPhrase(pause.unit), ' while a drain was blocked; what blocked it is not seen any more.', ...since]
        : ['a node of ', ...unitPhrase(pause.unit), ' that does not empty; the cause is not known yet.', ...since];
    case 'quarantined': {
      const aside = status.units.find(({ unit }) => unit === pause.unit)?.inventory?.quarantined ?? [];
      return ['a decision: AKS set ', ...(aside.length === 0 ? ['nodes'] : namesOf(aside, 3)), ' of ', ...unitPhrase(pause.unit), ' aside, old and cordoned.', ...since];
    }
    case 'failed': {
      if (isClaimedDone(pause)) return ['a decision about ', ...unitPhrase(pause.unit), '. ', pause.detail, ...since];
      const words = explainOperation(pause.detail);
      const why: Phrase = words === null ? ['; what it said is below.'] : [': ', words.meaning, '.'];
      return ['a decision: Azure ended the upgrade of ', ...unitPhrase(pause.unit), ' before every node was new', ...why, ...since];
    }
    case 'needs-reconcile':
      return ['a decision about Azure\'s state alone. ', pause.detail, ...since];
    case 'health':
      return ['the cluster to look well. ', pause.detail, ...since];
    case 'operator':
      return ['a person to say ', { command: '/resume' }, '. ', pause.detail, ...since];
  }
}

/** What users may feel while the cluster itself does not look well. */
const healthUsers: Readonly<Record<HealthAlarm['kind'], string>> = {
  path: 'Pods that run keep serving, as far as nodes show; new pods may not be made, and logs and exec fail.',
  probe: 'What the policy probes does not answer as it must.',
  dns: 'Pods find no names.',
  nodes: 'Nodes are not Ready.',
  unreadable: 'Nobody can tell now.',
};

function blockedWords(cause: BlockCause, kind: Pause['kind']): Phrase {
  const owner: Phrase = cause.owner === null ? [' (no owner is named on it)'] : [' (', cause.owner, ')'];
  const holder: Phrase = [{ name: cause.pod }, ...owner];
  const node: Phrase =
    kind === 'quarantined'
      ? [', so AKS set node ', { name: cause.node }, ' aside, old and cordoned.']
      : [', so node ', { name: cause.node }, ' cannot empty.'];
  if (isAboutArrival(cause.class) || cause.guiltyNode !== null) return [...(cause.pod === '' ? [] : [...holder, '. ']), cause.evidence];
  const [budget, second] = cause.budgets;
  if (cause.webhook !== null || cause.waitsUntil !== null) return [...holder, '. ', cause.evidence, ' Meanwhile it does not leave', ...node];
  if (budget === undefined) return [...holder, '. It does not leave', ...node];
  if (second !== undefined) return [...holder, '. More than one budget selects it (', ...namesOf(cause.budgets, 3), ')', ...node];
  return [...holder, '. Its budget ', { name: budget }, ' allows no eviction', ...node];
}

function neededWhilePaused(pause: Pause): Phrase {
  if (pause.clearedSince !== null) {
    const goesOnAt = pause.clearedSince + CLEAR_MINUTES * MINUTE_MS;
    return ['nothing. The run goes on by itself at about ', { at: goesOnAt, form: 'clock' }, ' if it stays so.'];
  }
  if (pause.health !== undefined) return [pause.health.remedy, ` The run goes on by itself ${CLEAR_MINUTES} min after that is live.`];
  if (pause.kind === 'operator' || pause.kind === 'health') return [{ command: '/resume' }, ' when the reason for the pause is gone.'];
  const remedies = [...new Set(pause.causes.map(({ remedy }) => remedy).filter((remedy) => remedy !== ''))];
  const change: Phrase = remedies.slice(0, 2).flatMap((remedy, index): Phrase => (index === 0 ? [remedy] : [' Also: ', remedy]));
  switch (pause.kind) {
    case 'blocked':
      if (change.length === 0 && pause.drainDeadline === null) return ['a look at what blocked it, in the story below. Then ', { command: retry(pause) }, '.'];
      return change.length === 0
        ? ['somebody who looks at the evidence below.']
        : [...change, ` The run goes on by itself ${CLEAR_MINUTES} min after that is live`, ...withoutNewOperation(pause), '.'];
    case 'quarantined':
      return [...(change.length === 0 ? ['a look at why its drain did not end.'] : change), ' Then ', { command: retry(pause) }, ', or ', { command: skip(pause) }, ' to leave the node for later.'];
    case 'needs-reconcile':
      return [{ command: retry(pause) }, ' before the window closes: it sends the same request again, which is the reconcile Azure asks for. Nodes and pods need nothing.'];
    case 'failed':
      if (isClaimedDone(pause)) return ['a look at those nodes: what they run decides, not what Azure says. Then ', { command: retry(pause) }, '.'];
      return [...change, explainOperation(pause.detail)?.needed ?? 'Mend what Azure named below.', ' Then ', { command: retry(pause) }, '.'];
  }
}

/** A mended cause lets Azure's own operation go on, as long as that has not given up. */
function withoutNewOperation({ drainDeadline }: Pause): Phrase {
  return drainDeadline === null ? [] : ['; before ', { at: drainDeadline, form: 'clock' }, ' without a new operation'];
}

function retry(pause: Pause): string {
  return pause.unit.startsWith('pool/') ? `/retry ${pause.unit.slice('pool/'.length)}` : '/retry';
}

function skip(pause: Pause): string {
  return pause.unit.startsWith('pool/') ? `/skip ${pause.unit.slice('pool/'.length)}` : '/skip';
}

function fateWhileRunning(status: WindowStatus): Phrase {
  return ['the run goes on by itself. At ', { at: status.window.closes, form: 'dated' }, ' the window closes and nothing more is started.'];
}

function fateWhilePaused(pause: Pause, status: WindowStatus): Phrase {
  const later: Phrase = status.nextOpens == null ? [] : ['; the rest is for the next window, ', { at: status.nextOpens, form: 'dated' }];
  const mixed = mixedVersions(status);
  const closes: Phrase = [
    'at ',
    { at: pause.windowDeadline, form: 'dated' },
    ' the window closes; nothing more is started and old nodes stay old and serve',
    ...later,
    mixed === null ? '.' : `. ${mixed}.`,
  ];
  if (pause.kind === 'operator') return ['what Azure does now goes on to its end; ', ...closes];
  if (pause.kind === 'health') return ['nothing more is started until it is mended; ', ...closes];
  if (pause.kind !== 'blocked' || pause.drainDeadline === null) {
    const pool: Phrase = [...unitPhrase(pause.unit), ' stays as it is'];
    return [...pool, '; ', ...closes];
  }
  const node = pause.causes[0]?.node;
  const inventory = status.units.find(({ unit }) => unit === pause.unit)?.inventory ?? null;
  const count = inventory === null ? null : countPool(inventory, []);
  const nodes = count === null ? 0 : count.old + count.blocked.length;
  return [
    'at ',
    { at: pause.drainDeadline, form: 'clock' },
    ' Azure gives up on ',
    ...(node === undefined ? ['the node'] : [{ name: node }]),
    ' (drain timeout) and stops this pool or sets the node aside, as its settings say',
    ...(nodes === 0 ? [] : [`; ${nodeCount(nodes)} would stay old and serve`]),
    '. Then, ',
    ...closes,
  ];
}

function optionsWhileRunning(status: WindowStatus): Phrase {
  const pools = status.units.filter(({ unit }) => unit.startsWith('pool/'));
  const pool = pools.find(({ state }) => state === 'planned') ?? pools.find(({ state }) => state === 'running');
  const leave: Phrase =
    pool === undefined ? [] : [{ command: `/skip ${pool.unit.slice('pool/'.length)}` }, ' leave that pool for another window · '];
  return [
    { command: '/pause' },
    ' start nothing more (what Azure does now goes on) · ',
    ...leave,
    ...optionOfLoss(status),
    { command: '/abort' },
    ' stop Azure now; nothing is rolled back.',
  ];
}

function optionsWhilePaused(pause: Pause, status: WindowStatus): Phrase {
  const unit = status.units.find((each) => each.unit === pause.unit) ?? null;
  const isAtWork = pause.kind === 'operator' ? status.units.some(({ state }) => state === 'running') : pause.drainDeadline !== null;
  const abort: Phrase = [{ command: '/abort' }, isAtWork ? ' stops Azure now and leaves ' : ' ends the run here and leaves ', ...residueOf(unit), '; nothing is rolled back.'];
  const left: Phrase = pause.unit.startsWith('pool/') ? [{ command: skip(pause) }, ' leave this pool and finish the others · '] : [];
  switch (pause.kind) {
    case 'health':
      return [{ command: '/resume' }, ' go on all the same · ', ...abort];
    case 'operator':
      return [{ command: '/resume' }, ' go on · ', ...abort];
    case 'blocked':
      return isAtWork
        ? [{ command: '/pause' }, ' start nothing after it until a person says resume · ', ...left, ...abort]
        : [{ command: '/resume' }, ' try again at once · ', ...left, ...abort];
    case 'quarantined':
    case 'failed':
    case 'needs-reconcile':
      return [{ command: retry(pause) }, ' try again · ', ...left, ...abort];
  }
}

/** What an abort at this moment would leave, counted. */
function residueOf(unit: UnitStatus | null): Phrase {
  if (unit === null || unit.inventory === null) return ['everything as it is now'];
  const count = countPool(unit.inventory, []);
  const cordoned: Phrase = unit.inventory.cordoned.length === 0 ? [] : [...namesOf(unit.inventory.cordoned, 3), ' cordoned, '];
  const spare = count.spare === 0 ? '' : `${count.spare === 1 ? '1 spare node' : `${count.spare} spare nodes`}, `;
  return [...cordoned, `${spare}${count.proven} new and ${count.old + count.blocked.length} old nodes`];
}

function neededAfterEnd(status: WindowStatus): Phrase {
  const unheeded = neededForOrders(status);
  if (unheeded !== null) return [...unheeded, ' The rest is left for the next window', ...nextWindow(status), '.'];
  const open = status.units.filter((unit) => !isProven(unit) && !isSetWithoutNodes(unit));
  const isOpen = (pool: string): boolean => pool === '*' || !status.units.some(({ unit }) => unit === `pool/${pool}`) || open.some(({ unit }) => unit === `pool/${pool}`);
  const cause = status.findings.find(({ severity, pools }) => severity === 'block' && pools.some(isOpen)) ?? status.findings.find(({ code, pools }) => code.startsWith('PDB_') && open.some(({ unit, startedAt }) => startedAt !== null && pools.some((pool) => unit === `pool/${pool}`)));
  const remedy: Phrase = cause === undefined ? [] : [{ name: cause.where }, cause.owner === null ? ': ' : ` (${cause.owner}): `, cause.remedy];
  if (status.leftOver.length > 0) return [...remedy, ...(cause === undefined ? [] : [' And ']), `somebody who clears what is left over (${status.leftOver.length}, listed below).`];
  if (cause !== undefined) return remedy;
  if (open.length === 0) return ['nothing.'];
  if (status.unseen != null && open.every(isUnseen)) return ['a look at the nodes, which this run did not see: ', { command: 'kubectl get nodes' }, '.'];
  return open.every(({ state }) => leftForLater.includes(state))
    ? ['nothing now; what is not done is left for the next window', ...nextWindow(status), '.']
    : ['a look at the pools that are not done, in the table.'];
}

/** `, Sat 17 Oct 22:00 (20:00Z)`; empty where it is not known. */
function nextWindow({ nextOpens }: WindowStatus): Phrase {
  return nextOpens == null ? [] : [', ', { at: nextOpens, form: 'dated' }];
}

/** States whose units the next window's plan holds again, unless somebody brings them to their target before. */
const plannedAgain: readonly UnitStatus['state'][] = ['planned', 'withheld', 'skipped', 'not-started', 'failed', 'aborted', 'foreign'];

/** States a run leaves on purpose. */
const leftForLater: readonly UnitStatus['state'][] = ['planned', 'withheld', 'skipped', 'not-started'];

function fateAfterEnd(status: WindowStatus): Phrase {
  const open = status.units.filter((unit) => !isProven(unit) && plannedAgain.includes(unit.state) && fitsWindow(unit, status));
  const tooLong = status.units.filter((unit) => !isProven(unit) && !fitsWindow(unit, status));
  if (status.outcome === 'completed-overrun' && status.units.some(({ state }) => state === 'running')) return ['Azure finishes what it is still at work on; nothing more is started.'];
  const never: Phrase = tooLong.slice(0, 5).flatMap(({ unit, estimateMinutes }): Phrase => [' Pool ', ...poolPhrase(unit), ` fits into no such window as it is: it needs about ${spellMinutes(estimateMinutes)}.`]);
  const booked: Phrase = open.length === 0 || status.nextOpens == null ? never : [' Planned for then: ', ...open.slice(0, 5).flatMap(({ unit }, index): Phrase => [index === 0 ? '' : ', ', ...unitPhrase(unit)]), '.', ...never];
  if (status.leftOver.length > 0) return ['what is left over stays as it is; nothing is cleaned up by itself. The next window opens', ...nextWindow(status), '.', ...booked];
  return ['nothing changes until the next window opens', ...nextWindow(status), '.', ...booked];
}
