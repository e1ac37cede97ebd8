import type { Phrase } from './markdown-text.ts';
import { missedPhrase } from './missed-words.ts';
import { countRun, isProven } from './node-count.ts';
import { poolPhrase } from './report-words.ts';
import type { RunOutcome, UnitStatus, WindowStatus } from './window-status.ts';

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

function factsOf(status: WindowStatus, outcome: RunOutcome): Phrase {
  const count = countRun(status.units);
  const nodes = count === null ? '' : `${count.proven} of ${count.wanted} nodes are new and verified. `;
  const open = status.units.filter((unit) => !isProven(unit));
  switch (outcome) {
    case 'succeeded':
      return [nodes === '' ? 'Every unit is on its target. ' : nodes];
    case 'none':
      return ['Everything is on its target, or nothing was wanted; the run changed nothing. '];
    case 'not-started':
      return ['This run changed nothing on the cluster. ', ...firstBlock(status), ...openUnits(open)];
    case 'aborted':
      return [nodes, 'AKS does not roll back: new nodes stay new, old nodes stay old. ', ...openUnits(open), ...unusableNodes(status)];
    case 'completed-overrun':
      return [nodes, 'Azure lets a started pool finish after the window. ', ...openUnits(open)];
    case 'replanned':
      return [nodes, ...status.units.flatMap(({ state, note }) => (state === 'upgraded' && note !== '' ? [`${note} `] : [])), ...openUnits(open)];
    case 'needs-reconcile':
      return [nodes, 'Azure says that its operation failed after that; ', ...openUnits(open), ...unusableNodes(status)];
    case 'succeeded-with-unproven':
    case 'completed-partial':
    case 'completed-with-debt':
      return [nodes, ...openUnits(open), ...unusableNodes(status)];
  }
}

function firstBlock(status: WindowStatus): Phrase {
  const finding = status.findings.find(({ severity }) => severity === 'block');
  return finding === undefined ? [] : ['Reason: ', finding.message, ' (', { name: finding.where }, '). '];
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
  if (units.length === 0) return [];
  const named = units
    .slice(0, 6)
    .flatMap(({ unit, state }, index): Phrase => [index === 0 ? '' : ', ', ...poolPhrase(unit), ` (${stateWords[state]})`]);
  const more = units.length > 6 ? ` and ${units.length - 6} more` : '';
  return ['Not done: ', ...named, `${more}. `];
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
  if (count === null) return ['No node was changed or counted by this run.'];
  if (count.ready === count.total) return [`${count.ready} of ${count.total} nodes are Ready and serve.`];
  return [`${count.ready} of ${count.total} nodes are Ready and serve; ${count.total - count.ready} not Ready.`];
}
