import type { Hold } from './hold.ts';
import type { WindowOpening, MaintenancePolicy } from './maintenance-policy.ts';
import { leftOutPools } from './node-count.ts';
import type { Instant } from './time.ts';
import type { NodeInventory } from './unit-progress.ts';
import type { PlannedUnit, UnitName, UnitVersion, UpgradePlan } from './upgrade-plan.ts';
import type { RunOutcome, UnitStatus, WindowStatus } from './window-status.ts';

/** Timeline lines kept; the oldest go first, and are counted. */
const TIMELINE_KEPT = 60;
/** Custom status limit: 16 KB of UTF-16, hence 8 192 characters; some are left for the host's own quoting. */
const HOST_CHARACTERS = 7_800;
const NAMES_KEPT = 8;
/** Azure's error texts can hold one paragraph per node; a line of the story keeps their beginning. */
const LINE_CHARACTERS = 600;
const DETAIL_CHARACTERS = 400;

/** The status of a run that has just begun. */
export function beginStatus(input: { readonly policy: MaintenancePolicy; readonly opening: WindowOpening; readonly nextOpens?: Instant | null; readonly runId: string; readonly clusterName: string }): WindowStatus {
  return {
    schema: 'slackwater.status/v1',
    runId: input.runId,
    policyName: input.policy.name,
    clusterResourceId: input.policy.clusterResourceId,
    clusterName: input.clusterName,
    timeZone: input.policy.window.timeZone,
    window: { opens: input.opening.opens, closes: input.opening.closes },
    nextOpens: input.nextOpens ?? null,
    phase: 'planning',
    outcome: null,
    planDigest: null,
    units: [],
    pause: null,
    holds: [],
    acknowledgements: [],
    findings: [],
    findingsOmitted: 0,
    unchecked: [],
    timeline: [],
    timelineOmitted: 0,
    leftOver: [],
    missed: null,
    issue: null,
    nextAt: null,
  };
}

function shorten(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;
}

/** Adds one line to the story; a very long one is cut. */
export function addLine(status: WindowStatus, at: Instant, text: string): WindowStatus {
  const timeline = [...status.timeline, { at, text: shorten(text, LINE_CHARACTERS) }];
  const over = Math.max(0, timeline.length - TIMELINE_KEPT);
  return { ...status, timeline: timeline.slice(over), timelineOmitted: status.timelineOmitted + over };
}

/** Changes what is said of one unit. */
export function changeUnit(status: WindowStatus, unit: UnitName, change: Partial<UnitStatus>): WindowStatus {
  const cut = change.note === undefined ? change : { ...change, note: shorten(change.note, LINE_CHARACTERS) };
  return { ...status, units: status.units.map((each) => (each.unit === unit ? { ...each, ...cut } : each)) };
}

/** A version as a person reads it: `1.35.5`, with the image where only the image moves. */
function describeVersion(version: UnitVersion, action: PlannedUnit['action']): string {
  if (action !== 'pool-node-image' || version.nodeImageVersion === null) return version.kubernetesVersion;
  return /\d{6}\.\d{2}\.\d+$/.exec(version.nodeImageVersion)?.[0] ?? version.nodeImageVersion;
}

/** The units of a plan as statuses, all of them still to come. */
export function unitsOf(plan: UpgradePlan): readonly UnitStatus[] {
  return plan.units.map((unit): UnitStatus => ({
    unit: unit.unit,
    state: 'planned',
    from: describeVersion(unit.from, unit.action),
    to: describeVersion(unit.to, unit.action),
    attempt: 0,
    startedAt: null,
    endedAt: null,
    estimateMinutes: unit.estimateMinutes,
    inventory: null,
    note: '',
  }));
}

/**
 * The status cut to what a host keeps: below 16 KB of UTF-16.
 *
 * Timeline goes first, then findings and names of nodes; state, pause and deadlines always stay. Cuts are counted.
 */
export function fitToHost(status: WindowStatus): WindowStatus {
  let fitted = status;
  for (const cut of [shortenNames, dropOldLines, dropFindings, dropCauses, dropNotes]) {
    if (JSON.stringify(fitted).length <= HOST_CHARACTERS) return fitted;
    fitted = cut(fitted);
  }
  return fitted;
}

function shortenNames(status: WindowStatus): WindowStatus {
  const fewer = (inventory: NodeInventory | null): NodeInventory | null =>
    inventory === null
      ? null
      : {
          ...inventory,
          old: inventory.old.slice(0, NAMES_KEPT),
          cordoned: inventory.cordoned.slice(0, NAMES_KEPT),
          quarantined: inventory.quarantined.slice(0, NAMES_KEPT),
          notReady: inventory.notReady.slice(0, NAMES_KEPT),
          surge: inventory.surge.slice(0, NAMES_KEPT),
        };
  return { ...status, units: status.units.map((unit) => ({ ...unit, inventory: fewer(unit.inventory) })) };
}

function dropOldLines(status: WindowStatus): WindowStatus {
  const kept = status.timeline.slice(-10);
  return { ...status, timeline: kept, timelineOmitted: status.timelineOmitted + status.timeline.length - kept.length };
}

function dropFindings(status: WindowStatus): WindowStatus {
  const kept = status.findings.slice(0, 3);
  return {
    ...status,
    findings: kept.map((finding) => ({ ...finding, pools: finding.pools.slice(0, NAMES_KEPT), where: shorten(finding.where, 200), message: shorten(finding.message, 200), remedy: shorten(finding.remedy, 200), owner: finding.owner === null ? null : shorten(finding.owner, 100) })),
    findingsOmitted: status.findingsOmitted + status.findings.length - kept.length,
    unchecked: status.unchecked.slice(0, 3).map(({ what, why }) => ({ what: shorten(what, 100), why: shorten(why, 200) })),
    ...(status.sight === undefined ? {} : { sight: shorten(status.sight, 200) }),
    ...(status.unseen == null ? {} : { unseen: { ...status.unseen, why: shorten(status.unseen.why, 150) } }),
    leftOver: status.leftOver.slice(0, 5).map((text) => shorten(text, 300)),
    ...(status.earlierDebts === undefined ? {} : { earlierDebts: status.earlierDebts.slice(0, 2).map((text) => shorten(text, 150)) }),
    holds: status.holds.map((hold) => shortenHold(hold, 200)),
    acknowledgements: status.acknowledgements.slice(0, 10),
  };
}

/** One cause of a hold stays, cut; the others are counted. */
function shortenHold(hold: Hold, charactersMax: number): Hold {
  const kept = hold.causes.slice(0, 1).map(({ code, where, message, remedy, owner }) => ({
    code,
    where: shorten(where, charactersMax),
    message: shorten(message, charactersMax),
    remedy: shorten(remedy, charactersMax),
    owner: owner === null ? null : shorten(owner, charactersMax),
  }));
  return { ...hold, causes: kept, causesOmitted: hold.causesOmitted + hold.causes.length - kept.length };
}

function dropCauses(status: WindowStatus): WindowStatus {
  if (status.pause === null) return status;
  const { causes, detail, health } = status.pause;
  const kept = causes.slice(0, 2).map((cause) => ({
    ...cause,
    budgets: cause.budgets.slice(0, 3),
    evidence: shorten(cause.evidence, 200),
    remedy: shorten(cause.remedy, 200),
    ruledOut: cause.ruledOut.slice(0, 4).map(({ what, answer }) => ({ what: shorten(what, 60), answer: shorten(answer, 100) })),
  }));
  const alarm = health === undefined ? {} : { health: { ...health, summary: shorten(health.summary, DETAIL_CHARACTERS), remedy: shorten(health.remedy, 200), changes: health.changes.slice(-2) } };
  return { ...status, pause: { ...status.pause, causes: kept, detail: shorten(detail, DETAIL_CHARACTERS), ...alarm } };
}

/** The last resort for a cluster of very many pools: units beyond the first twenty keep their state only in the report. */
function dropNotes({ sight: _sight, ...status }: WindowStatus): WindowStatus {
  return {
    ...status,
    ...(status.unseen == null ? {} : { unseen: { ...status.unseen, why: shorten(status.unseen.why, 80) } }),
    timeline: status.timeline.slice(-3).map(({ at, text }) => ({ at, text: shorten(text, 200) })),
    leftOver: status.leftOver.slice(0, 3).map((text) => shorten(text, 150)),
    findings: [],
    unchecked: [],
    holds: status.holds.slice(0, 3).map((hold) => shortenHold(hold, 40)),
    acknowledgements: status.acknowledgements.slice(0, 3).map((word) => ({ ...word, where: shorten(word.where, 40), pools: word.pools.slice(0, 3) })),
    units: status.units.slice(0, 20).map((unit) => ({ ...unit, note: shorten(unit.note, 60), inventory: null })),
  };
}

/**
 * How a run ended, from its units: never "succeeded" while one in scope is old, cordoned or unproven. `isUnfinishedPlan`: the plan
 * itself leaves a pool to a second visit in a later window.
 */
export function judgeOutcome(status: WindowStatus, facts: { readonly isAborted: boolean; readonly isOverrun: boolean; readonly isUnfinishedPlan: boolean; readonly isUnreconciled: boolean }): RunOutcome {
  const { units } = status;
  if (facts.isAborted) return 'aborted';
  if (units.length === 0) return status.findings.some(({ severity }) => severity === 'block') ? 'not-started' : 'none';
  if (units.some(({ state }) => state === 'quarantined')) return 'completed-with-debt';
  if (facts.isUnreconciled && units.every(({ state }) => state === 'upgraded' || state === 'unproven')) return 'needs-reconcile';
  if (facts.isOverrun && units.every(({ state }) => state === 'upgraded' || state === 'unproven')) return 'completed-overrun';
  if (facts.isUnfinishedPlan && units.every(({ state }) => state === 'upgraded' || state === 'unproven')) return 'replanned';
  if (leftOutPools(status).length > 0) return units.every(({ startedAt }) => startedAt === null) ? 'not-started' : 'completed-partial';
  if (units.every(({ state }) => state === 'upgraded')) return 'succeeded';
  if (units.every(({ state }) => state === 'upgraded' || state === 'unproven')) return 'succeeded-with-unproven';
  if (units.every(({ startedAt }) => startedAt === null)) return 'not-started';
  return 'completed-partial';
}
