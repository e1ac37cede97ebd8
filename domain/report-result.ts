import type { Phrase } from './markdown-text.ts';
import { missedPhrase } from './missed-words.ts';
import { countRun, isProven, isSetWithoutNodes, isUnseen, leftOutPools } from './node-count.ts';
import { lastEnd, namesOf, poolPhrase, spellMinutes } from './report-words.ts';
import { minutesBetween } from './time.ts';
import type { RunOutcome, UnitStatus, WindowStatus } from './window-status.ts';

/** An end so soon after the close is no overrun worth a word. */
const OVERRUN_MINUTES = 5;

const labels: Readonly<Record<RunOutcome, string>> = {
  succeeded: 'Done.',
  'succeeded-with-unproven': 'Done, but not all of it is proven.',
  'completed-partial': 'Partly done.',
  'completed-with-debt': 'Done, with something left over.',
  'completed-overrun': 'Ran past the end of the window.',
  replanned: 'The first part is done.',
  'needs-reconcile': 'Nodes done; Azure\'s state needs a reconcile.',
  aborted: 'Aborted.',
  'not-started': 'Not started.',
  none: 'Nothing to do.',
};

/**
 * The first line of an ended run: how it ended, and always what serves.
 *
 * It never says a plain "Done." while a unit of the run is not proven or something is left over, whatever outcome was
 * recorded.
 */
export function resultLine(status: WindowStatus): { readonly label: string; readonly text: Phrase } {
  const outcome = provenOutcome(status);
  return { label: labels[outcome], text: [...missedPhrase(status), ...factsOf(status, outcome), ...servingOf(status)] };
}

/** The recorded outcome, or a lesser one where the nodes do not bear it out. */
export function provenOutcome(status: WindowStatus): RunOutcome {
  const outcome = status.outcome ?? 'completed-partial';
  if (outcome !== 'succeeded') return outcome;
  if (status.leftOver.length > 0) return 'completed-with-debt';
  return status.units.every(isProven) ? 'succeeded' : 'succeeded-with-unproven';
}

/** Outcomes after which nobody has anything to do for the run. */
const settledOutcomes: readonly RunOutcome[] = ['succeeded', 'none', 'replanned', 'completed-overrun'];

/** Whether a run ended and left nothing: every unit is proven, nothing is left over. Then its issue is closed. */
export function isRunSettled(status: WindowStatus): boolean {
  if (status.phase !== 'ended' || status.leftOver.length > 0) return false;
  return settledOutcomes.includes(provenOutcome(status)) && status.units.every(isProven);
}

function factsOf(status: WindowStatus, outcome: RunOutcome): Phrase {
  const count = countRun(status.units);
  const nodes = count === null ? '' : `${countedPools(status)}${count.proven} of ${count.wanted} nodes are new and verified. `;
  const open = status.units.filter((unit) => !isProven(unit));
  switch (outcome) {
    case 'succeeded':
      return [nodes === '' ? 'Every unit is on its target. ' : nodes];
    case 'none':
      if (status.unseen != null) return ['Azure Resource Manager shows everything on its target; nodes not seen. The run changed nothing. ', status.unseen.why, ' '];
      return ['Everything is on its target, or nothing was wanted; the run changed nothing. '];
    case 'not-started':
      return ['This run changed nothing on the cluster. ', ...firstBlock(status), ...openUnits(open)];
    case 'aborted':
      return [...abortedAt(status), nodes, 'AKS does not roll back: new nodes stay new, old nodes stay old. ', ...openUnits(open), ...unusableNodes(status)];
    case 'completed-overrun':
      return [nodes, overrunText(status), ...openUnits(open)];
    case 'replanned':
      return [nodes, ...status.units.flatMap(({ state, note }) => (state === 'upgraded' && note !== '' ? [`${note} `] : [])), ...openUnits(open)];
    case 'needs-reconcile':
      return [nodes, 'Azure says that its operation failed after that; ', ...openUnits(open), ...unusableNodes(status)];
    case 'succeeded-with-unproven':
    case 'completed-partial':
    case 'completed-with-debt':
      return [nodes, ...(isBeyondWindow(status) ? [overrunText(status)] : []), ...openUnits(open), ...leftOut(status), ...unusableNodes(status)];
  }
}

function firstBlock(status: WindowStatus): Phrase {
  const finding = status.findings.find(({ severity }) => severity === 'block');
  return finding === undefined ? [] : ['Reason: ', finding.message, ' (', { name: finding.where }, '). '];
}

/** `sys: ` where only some of the run's pools were counted; empty where all were. */
function countedPools({ units }: WindowStatus): string {
  const pools = units.filter(({ unit }) => unit !== 'control-plane');
  const counted = pools.filter(({ inventory }) => inventory !== null).map(({ unit }) => unit.slice('pool/'.length));
  if (counted.length === pools.length) return '';
  return counted.length > 3 ? `In ${counted.length} pools, ` : `${counted.join(', ')}: `;
}

function overrunText(status: WindowStatus): string {
  const end = lastEnd(status);
  const minutes = end === null ? 0 : minutesBetween(status.window.closes, end);
  const isOver = status.units.every(({ state }) => state !== 'running');
  return minutes > 0 && isOver ? `Azure lets a started pool finish: ${spellMinutes(minutes)} past the window. ` : 'Azure lets a started pool finish after the window. ';
}

/** Something was at work for minutes after the window had closed. */
function isBeyondWindow(status: WindowStatus): boolean {
  const end = lastEnd(status);
  return end !== null && minutesBetween(status.window.closes, end) > OVERRUN_MINUTES && status.units.some(({ state, endedAt }) => state === 'upgraded' && endedAt === end);
}

function abortedAt(status: WindowStatus): Phrase {
  const end = lastEnd(status);
  return end === null ? [] : ['At ', { at: end, form: 'clock' }, '. '];
}

const stateWords: Readonly<Record<UnitStatus['state'], string>> = {
  planned: 'not reached',
  withheld: 'withheld',
  running: 'still running',
  paused: 'paused',
  upgraded: 'upgraded, not proven',
  quarantined: 'a node set aside by AKS',
  failed: 'failed',
  aborted: 'aborted',
  skipped: 'skipped',
  'not-started': 'not started',
  unproven: 'not proven',
  foreign: 'somebody else at work',
};

function openUnits(units: readonly UnitStatus[]): Phrase {
  const set = units.filter(isSetWithoutNodes).slice(0, 6).flatMap(({ unit }, index): Phrase => [index === 0 ? 'Set, proven once a node boots: ' : ', ', ...poolPhrase(unit)]);
  const unseen = units.filter(isUnseen).slice(0, 6).flatMap(({ unit }, index): Phrase => [index === 0 ? 'Upgraded according to Azure Resource Manager, nodes not seen: ' : ', ', ...poolPhrase(unit)]);
  const rest = units.filter((unit) => !isSetWithoutNodes(unit) && !isUnseen(unit));
  return [...(unseen.length === 0 ? [] : [...unseen, '. ']), ...notDone(rest), ...(set.length === 0 ? [] : [...set, '. '])];
}

function notDone(units: readonly UnitStatus[]): Phrase {
  if (units.length === 0) return [];
  const named = units
    .slice(0, 6)
    .flatMap(({ unit, state, startedAt }, index): Phrase => [index === 0 ? '' : ', ', ...poolPhrase(unit), ` (${stateWords[state]}${startedAt === null ? ', untouched' : ''})`]);
  const more = units.length > 6 ? ` and ${units.length - 6} more` : '';
  return ['Not done: ', ...named, `${more}. `];
}

function leftOut(status: WindowStatus): Phrase {
  const pools = leftOutPools(status);
  return pools.length === 0 ? [] : ['Left out, untouched and old: ', ...namesOf(pools, 6), '. '];
}

/** Cordoned nodes, spelled out: they serve what runs on them and take nothing new. */
function unusableNodes(status: WindowStatus): Phrase {
  const cordoned = status.units.flatMap(({ inventory }) => inventory?.cordoned ?? []);
  if (cordoned.length === 0) return [];
  const named = cordoned.slice(0, 4).flatMap((name, index): Phrase => (index === 0 ? [{ name }] : [', ', { name }]));
  const more = cordoned.length > 4 ? ` and ${cordoned.length - 4} more` : '';
  return [...named, `${more} ${cordoned.length === 1 ? 'takes' : 'take'} no new pods until someone uncordons. `];
}

function servingOf(status: WindowStatus): Phrase {
  const count = countRun(status.units);
  const isBlind = status.unseen != null && status.units.some(({ startedAt }) => startedAt !== null);
  if (count === null && isBlind) return ['No node was counted: whether they serve, this run cannot say. ', status.unseen.why];
  if (count === null) return ['No node was changed or counted by this run.'];
  if (count.ready === count.total) return [`${count.ready} of ${count.total} nodes are Ready and serve.`];
  return [`${count.ready} of ${count.total} nodes are Ready and serve; ${count.total - count.ready} not Ready.`];
}
