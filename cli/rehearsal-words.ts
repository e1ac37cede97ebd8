import { formatBothDated, formatUtc, parseInstant } from '../domain/local-time.ts';
import { spellMinutes } from '../domain/report-words.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { RehearsalReport, RehearsedBlock, RehearsedUnit } from '../sim/rehearsal-report.ts';
import { clusterNameOf } from '../domain/window-identity.ts';
import { renderCount } from './print.ts';

/** The rehearsal in one word and one sentence. */
export interface RehearsalVerdict {
  readonly word: 'WITHHELD' | 'NOTHING' | 'BLOCKS' | 'NOT SEEN' | 'TOO SHORT' | 'FITS';
  readonly sentence: string;
}

/** What somebody who is tired reads first. */
export function verdictOfRehearsal(report: RehearsalReport): RehearsalVerdict {
  const { cluster, units, blocks, runWithheldBy, windowMin, fits, seeds, seedsThatFit, estimateMin, seenByPreflightOnly, unitsUnseen } = report;
  const name = clusterNameOf(cluster);
  const nights = renderCount(seeds, { one: 'night', many: 'nights' });
  if (runWithheldBy.length > 0) return { word: 'WITHHELD', sentence: `${name}: preflight withholds the whole run (${runWithheldBy.join(', ')}), so no drain was rehearsed.` };
  if (units.length === 0) return { word: 'NOTHING', sentence: `${name}: nothing is to be upgraded.` };
  const met = blocks.filter(({ when }) => when === 'night');
  const withheld = units.filter(({ withheldBy }) => withheldBy.length > 0);
  if (met.length > 0) return { word: 'BLOCKS', sentence: `${name}: ${listUnits(met.map(({ unit }) => unit))} will block this night, and nobody acts.${aside(withheld)}` };
  const stopped = units.filter(({ outcome }) => outcome === 'blocked' || outcome === 'quarantined');
  if (stopped.length > 0) return { word: 'BLOCKS', sentence: `${name}: ${listUnits(stopped.map(({ unit }) => unit))} will not come to a good end.${aside(withheld)}` };
  if (withheld.length > 0) return { word: 'WITHHELD', sentence: `${name}: preflight withholds ${listUnits(withheld.map(({ unit }) => unit))}; ${inSpiteWords(withheld, blocks.length)}` };
  if (!fits) return { word: 'TOO SHORT', sentence: `${name}: the work takes about ${spellMinutes(estimateMin.p50)}, the window lasts ${spellMinutes(windowMin)}; it fits in ${seedsThatFit} of ${nights}.` };
  if (seenByPreflightOnly.length > 0) return { word: 'WITHHELD', sentence: `${name}: preflight withholds what the simulated cluster does not show (${seenByPreflightOnly.join(', ')}); without it everything would be done in time.` };
  if (unitsUnseen.length > 0) return { word: 'NOT SEEN', sentence: `${name}: the snapshot lacks nodes of ${listUnits(unitsUnseen)}, so how that would go is not known; all else is done in time.` };
  return { word: 'FITS', sentence: `${name}: everything is done ${spellMinutes(estimateMin.p50)} after the opening, of ${spellMinutes(windowMin)}${seeds === 1 ? '' : `; in nine of ten nights within ${spellMinutes(estimateMin.p90)}`}.` };
}

function aside(withheld: readonly RehearsedUnit[]): string {
  return withheld.length === 0 ? '' : ` Preflight withholds ${listUnits(withheld.map(({ unit }) => unit))}.`;
}

function inSpiteWords(withheld: readonly RehearsedUnit[], blockCount: number): string {
  if (blockCount > 0) return 'started in spite of that, it would block.';
  return withheld.every(({ ifStarted }) => ifStarted?.outcome === 'upgraded') ? 'started in spite of that, nothing would block.' : 'how it would go in spite of that could not be rehearsed.';
}

function listUnits(units: readonly string[]): string {
  return [...new Set(units)].join(', ');
}

/** When the window opens and closes. */
export function windowWords({ window, windowMin }: RehearsalReport, timeZone: string): string {
  const dated = (text: string): string => formatBothDated(parseInstant(text) ?? 0, timeZone);
  return `Window ${dated(window.opens)} to ${dated(window.closes)}, ${windowMin} min.`;
}

/** `+52 (21:52Z)`; a dash for what did not happen. */
export function minuteWords({ window }: RehearsalReport, minute: number | null): string {
  return minute === null ? '–' : `+${minute} (${formatUtc((parseInstant(window.opens) ?? 0) + minute * MINUTE_MS)})`;
}

/** What is said of a unit beside its times. */
export function unitWords({ withheldBy, ifStarted, note, state }: RehearsedUnit): string {
  if (withheldBy.length > 0) return `withheld: ${withheldBy.join(', ')}${triedWords(ifStarted)}`;
  if (state === 'unproven') return note === '' ? 'no node proves it' : note;
  return `${note}${triedWords(ifStarted)}`;
}

function triedWords(tried: RehearsedUnit['ifStarted']): string {
  if (tried === null) return '';
  return `; if started: ${tried.outcome}${tried.minutes === null ? '' : ` after ${tried.minutes} min`}`;
}

/** One block in a sentence: where, when, what holds, how long. */
export function blockWords(report: RehearsalReport, block: RehearsedBlock): string {
  const { unit, atMin, untilMin, azureGaveUpMin, when, node, pod, budgets } = block;
  const place = pod === '' ? (node === '' ? 'Azure refuses it' : `${node} does not come up`) : `${node === '' ? 'a new node' : node} waits for ${pod}`;
  const held = `${place}${budgets.length === 0 ? '' : `, budget ${budgets.join(' and ')}`}`;
  const gaveUp = azureGaveUpMin === null ? '' : ` Azure gives up on the node at ${minuteWords(report, azureGaveUpMin)}.`;
  const end = untilMin === null ? 'It does not clear by itself.' : `It clears at ${minuteWords(report, untilMin)}.`;
  return `${unit}${when === 'if-started' ? ', if started' : ''}, ${minuteWords(report, atMin)}: ${held}. ${end}${gaveUp}`;
}

/** Blocks that a person is shown; the others are counted. */
const BLOCKS_SHOWN = 20;

/** The blocks a person is shown. */
export function shownBlocks({ blocks }: RehearsalReport): readonly RehearsedBlock[] {
  return blocks.slice(0, BLOCKS_SHOWN);
}

/** What was blocked beside those that are shown: a line each, or none. */
export function omittedWords({ blocks, blockedNodesOmitted }: RehearsalReport): readonly string[] {
  const more = blocks.length - BLOCKS_SHOWN;
  return [
    ...(more > 0 ? [`${renderCount(more, { one: 'more block', many: 'more blocks' })}: -o json lists them.`] : []),
    ...(blockedNodesOmitted === 0 ? [] : [`Azure gives up on ${renderCount(blockedNodesOmitted, { one: 'more node', many: 'more nodes' })}.`]),
  ];
}

/** The most that exists at once beside the cluster's own nodes. */
export function peakWords({ peak: { extraNodes, extraCores, extraAddresses } }: RehearsalReport): string {
  const cores = extraCores === null ? 'cores unknown' : renderCount(extraCores, { one: 'core', many: 'cores' });
  const addresses = extraAddresses === null ? 'addresses unknown' : renderCount(extraAddresses, { one: 'address', many: 'addresses' });
  return `At most beside the cluster's own: ${renderCount(extraNodes, { one: 'node', many: 'nodes' })}, ${cores}, ${addresses}.`;
}

/** What was taken for granted, in one line. */
export function assumptionWords({ assumptions }: RehearsalReport): string {
  const signs = { min: ' min', s: ' s', percent: ' %' } as const;
  return `${assumptions.map(({ what, value, unit }) => (value === null ? what : `${what} ${value}${unit === null ? '' : signs[unit]}`)).join('; ')}.`;
}
