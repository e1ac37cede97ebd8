import type { Node, NodePool } from './cluster-snapshot.ts';
import { isImageAtLeast } from './judge-progress.ts';
import { isRunSettled } from './report-result.ts';
import { minutesBetween } from './time.ts';
import type { RunRecord } from './run-record.ts';
import type { MissedWindows, RunOutcome, WindowStatus } from './window-status.ts';

/** From so many windows in a row on people are told of the row; each single one is an event. */
export const MISSED_TOLD = 2;
/** From so many windows in a row on somebody above the owner must know. */
export const MISSED_ESCALATED = 3;

/** Outcomes after which nothing of the plan is left to a later window. What is left over of a roll is a debt, not a missed window. */
const rolled: readonly RunOutcome[] = ['succeeded', 'succeeded-with-unproven', 'completed-with-debt', 'completed-overrun', 'replanned', 'none'];
const NOTE_CODE = /^([A-Z][A-Z0-9_]{2,})\b/;

/** The record of a run that ended. */
export function recordOfRun(status: WindowStatus, pools: readonly NodePool[], nodes: readonly Node[]): RunRecord {
  const outcome = status.outcome ?? 'none';
  const isRolled = rolled.includes(outcome);
  const left = status.units.filter(({ state }) => state !== 'upgraded' && state !== 'unproven');
  return {
    who: status.runId,
    when: status.window.opens,
    until: status.window.closes,
    why: isRolled ? '' : whyOf(status),
    outcome,
    reasons: isRolled ? [] : reasonsOf(status, left),
    nodeImages: oldestImages(pools, nodes),
    ...(status.issue === null ? {} : { issue: { repository: status.issue.repository, number: status.issue.number, state: isRunSettled(status) ? ('closed' as const) : ('open' as const) } }),
    tookMinutes: Object.fromEntries(
      status.units.flatMap(({ unit, startedAt, endedAt }) => (startedAt === null || endedAt === null ? [] : [[unit.replace(/^pool\//, ''), Math.max(0, minutesBetween(startedAt, endedAt))] as const])),
    ),
  };
}

function whyOf(status: WindowStatus): string {
  const finding = status.findings.find(({ severity }) => severity === 'block');
  const unit = status.units.find(({ state, note }) => state !== 'upgraded' && note !== '');
  return unit?.note ?? finding?.message ?? '';
}

/** Codes that withheld or stopped something; a plain state where nothing gave a code. */
function reasonsOf(status: WindowStatus, left: WindowStatus['units']): readonly string[] {
  const blocking = status.findings.filter(({ severity }) => severity === 'block').map(({ code }) => code);
  const noted = left.map(({ note, state }) => NOTE_CODE.exec(note)?.[1] ?? (state === 'withheld' ? '' : state));
  return [...new Set([...blocking, ...(blocking.length > 0 ? [] : noted)])].filter((reason) => reason !== '').slice(0, 20);
}

function oldestImages(pools: readonly NodePool[], nodes: readonly Node[]): Readonly<Record<string, string>> {
  const oldest = new Map<string, string>();
  for (const { nodePool, imageVersion } of nodes) {
    const known = oldest.get(nodePool);
    if (imageVersion !== '' && (known === undefined || isImageAtLeast(known, imageVersion))) oldest.set(nodePool, imageVersion);
  }
  return Object.fromEntries(pools.flatMap(({ name }) => (oldest.has(name) ? [[name, oldest.get(name) ?? ''] as const] : [])));
}

/** The runs with this one added, or put in the place of what was said of it before. Oldest first. */
export function rememberRun(runs: readonly RunRecord[], run: RunRecord): readonly RunRecord[] {
  return [...runs.filter(({ who }) => who !== run.who), run].sort((one, other) => one.when - other.when);
}

/** The windows missed in a row up to the latest; null when the latest rolled everything, or none is known. */
export function missedWindows(runs: readonly RunRecord[]): MissedWindows | null {
  const lastRoll = runs.findLastIndex(({ outcome }) => rolled.includes(outcome));
  const missed = runs.slice(lastRoll + 1);
  if (missed.length === 0) return null;
  const images = Object.values(missed.at(-1)?.nodeImages ?? {});
  return {
    count: missed.length,
    lastRollAt: runs[lastRoll]?.when ?? null,
    reasons: [...new Set(missed.toReversed().flatMap(({ reasons }) => reasons))].slice(0, 10),
    oldestImage: images.reduce((one, other) => (one === '' || !isImageAtLeast(other, one) ? other : one), ''),
  };
}
