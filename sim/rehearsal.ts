import type { ClusterSnapshot, Unchecked } from '../domain/cluster-snapshot.ts';
import { formatInstant } from '../domain/local-time.ts';
import type { MaintenancePolicy, WindowOpening } from '../domain/maintenance-policy.ts';
import { isStopped } from '../domain/node-pool.ts';
import { minutesBetween, type Instant } from '../domain/time.ts';
import type { OmittedUnit, UnitName } from '../domain/upgrade-plan.ts';
import type { UnitStatus, WindowStatus } from '../domain/window-status.ts';
import type { Finding, PreflightReport } from '../domain/preflight-report.ts';
import { defaultPhysics } from './physics.ts';
import { leftBehind } from './rehearsal-left-pods.ts';
import { percentile, type RehearsalReport, type RehearsedAssumption, type RehearsedBlock, type RehearsedOutcome, type RehearsedUnit } from './rehearsal-report.ts';
import { largerPeak, minutesAfter, peakOf, unnamedNodes, type BlockWatch } from './rehearsal-watch.ts';
import type { RehearsedWebhooks } from './rehearsal-webhooks.ts';
import type { WorldChange } from './wire.ts';

/** Blocks of one night that a report lists; nodes of the others are counted. */
const BLOCKS_TOLD = 100;

/** A night that was played, as its report is read from it. */
interface Night {
  readonly status: WindowStatus;
  readonly watch: BlockWatch;
  readonly changes: readonly WorldChange[];
  readonly opens: Instant;
}

/** Everything one rehearsal found. */
export interface RehearsalFacts {
  readonly snapshot: ClusterSnapshot;
  readonly policy: MaintenancePolicy;
  readonly opening: WindowOpening;
  readonly seed: number;
  /** One for each seed, the first first; never empty. */
  readonly nights: readonly [Night, ...Night[]];
  /** The first seed's night in which every unit was started in spite of all; null where none was needed. */
  readonly inSpite: Night | null;
  /** Fields of the documents for which we would send nothing, left out of `inSpite`. */
  readonly refusedFields: readonly string[];
  /** Least time between two looks, where it is not that of a real night; else null. */
  readonly looksEverySeconds: number | null;
  readonly webhooks: Pick<RehearsedWebhooks, 'helpers' | 'helperSeconds' | 'unknown'>;
  /** What a plan of the snapshot itself leaves out. */
  readonly omitted: readonly OmittedUnit[];
  /** Preflight of the snapshot itself. */
  readonly preflight: PreflightReport;
}

/** Whether some unit did not start although nothing withholds the whole run, so that only another night can tell how it would go. */
export function leavesUnitsUnseen(status: WindowStatus): boolean {
  return wholeHold(status).length === 0 && status.units.some(({ startedAt }) => startedAt === null);
}

/** Fields of the cluster that keep us from sending anything, as the units say it. */
export function refusedFieldsOf({ units }: WindowStatus): readonly string[] {
  return units.flatMap(({ note }) => /^unknown-field: .* carries (\S+?),? which /.exec(note)?.[1] ?? []);
}

/** What a rehearsal comes to. */
export function reportRehearsal(facts: RehearsalFacts): RehearsalReport {
  const { snapshot, policy, opening, seed, nights, inSpite, omitted, preflight } = facts;
  const [first] = nights;
  const windowMin = minutesBetween(opening.opens, opening.closes);
  const units = first.status.units.map((unit) => describeUnit(unit, first, inSpite, facts));
  const started = new Set(units.flatMap(({ unit, startMin }) => (startMin === null ? [] : [unit])));
  const met = blocksOf(first, 'night', preflight, () => true);
  const tried = inSpite === null ? { blocks: [], omitted: 0 } : blocksOf(inSpite, 'if-started', preflight, (unit) => !started.has(unit));
  const unseen = unseenDrains(first.status, snapshot);
  const durations = nights.map((night) => nightMinutes(night));
  const seedsThatFit = nights.filter((night) => isDoneBy(night, windowMin)).length;
  const peak = peakOf(first.changes, snapshot);
  return {
    schema: 'slackwater.rehearsal/v1',
    cluster: snapshot.cluster.resourceId,
    policy: policy.name,
    window: { opens: formatInstant(opening.opens), closes: formatInstant(opening.closes) },
    fits: seedsThatFit === nights.length,
    windowMin,
    estimateMin: { p50: percentile(durations, 0.5), p90: percentile(durations, 0.9) },
    units,
    blocks: [...met.blocks, ...tried.blocks],
    blockedNodesOmitted: met.omitted + tried.omitted,
    peak: inSpite === null ? peak : largerPeak(peak, peakOf(inSpite.changes, snapshot)),
    seed,
    seeds: nights.length,
    seedsThatFit,
    omitted: omitted.filter(({ unit }) => !units.some((each) => each.unit === unit)),
    runWithheldBy: wholeHold(first.status),
    seenByPreflightOnly: preflight.findings.flatMap((finding) => (isMissing(finding, first.status) ? [`${finding.code} ${finding.where}`] : [])),
    unitsUnseen: unseen.map(({ unit }) => unit),
    assumptions: assumptionsOf(facts),
    unchecked: [...preflight.unchecked, ...unseen.map(({ what, why }) => ({ what, why }))],
  };
}

function blocksOf({ status, watch, opens, changes }: Night, when: RehearsedBlock['when'], preflight: PreflightReport, isAsked: (unit: UnitName) => boolean): { readonly blocks: readonly RehearsedBlock[]; readonly omitted: number } {
  const named = [...refusedStarts(status, opens), ...watch.blocks(opens, changes)];
  const all = [...named, ...leftBehind(changes, named, preflight, opens)].filter(({ unit }) => isAsked(unit));
  const blocks = all.sort((one, other) => one.atMin - other.atMin || (one.node < other.node ? -1 : 1)).slice(0, BLOCKS_TOLD);
  return { blocks: blocks.map((block) => ({ ...block, when })), omitted: unnamedNodes(changes, blocks).filter(({ unit }) => isAsked(unit)).length };
}

/** Units that AKS does not even begin because of a budget: nothing drains, and no look can name it. */
function refusedStarts({ units }: WindowStatus, opens: Instant): readonly Omit<RehearsedBlock, 'when'>[] {
  return units.flatMap(({ unit, note, startedAt }) => {
    const budget = /^UnsatisfiablePDB: .*PDB (\S+) has/.exec(note)?.[1];
    if (budget === undefined || startedAt === null) return [];
    const remedy = 'Change the budget: with maxUnavailable 0 no eviction is ever allowed, and AKS refuses every upgrade of a node pool while it is there.';
    return [{ unit, atMin: minutesAfter(opens, startedAt), untilMin: null, azureGaveUpMin: null, node: '', pod: '', budgets: [budget], class: 'PDB_STRUCTURAL', owner: null, evidence: note, remedy }];
  });
}

function wholeHold({ holds }: WindowStatus): readonly string[] {
  return holds.flatMap(({ unit, state, causes }) => (unit === 'run' && state !== 'cleared' ? causes.map(({ code, where }) => `${code} ${where}`) : []));
}

/** A finding that withholds something of the snapshot, and that the simulated cluster does not have. */
function isMissing({ severity, pools }: Finding, status: WindowStatus): boolean {
  if (severity !== 'block' || wholeHold(status).length > 0) return false;
  return status.units.some(({ unit, startedAt }) => startedAt !== null && pools.some((pool) => pool === '*' || unit === `pool/${pool}`));
}

function describeUnit(status: UnitStatus, night: Night, inSpite: Night | null, { snapshot: { nodePools }, preflight }: RehearsalFacts): RehearsedUnit {
  const { unit, state, startedAt, endedAt, estimateMinutes, note } = status;
  const at = (moment: Instant | null): number | null => (startedAt === null || moment === null ? null : minutesAfter(night.opens, moment));
  const hold = night.status.holds.findLast((each) => each.unit === unit);
  const whole = wholeHold(night.status);
  // A status holds the first causes only; preflight of the snapshot knows them all.
  const known = preflight.findings.filter(({ severity, pools }) => severity === 'block' && pools.some((pool) => unit === `pool/${pool}`));
  const causes = hold === undefined || hold.state === 'cleared' ? [] : [...hold.causes, ...known].map(({ code, where }) => `${code} ${where}`);
  const withheldBy = startedAt !== null ? [] : [...new Set([...causes, ...whole])];
  const isWithheld = withheldBy.length > 0;
  const tried = startedAt === null ? inSpite?.status.units.find((each) => each.unit === unit) : undefined;
  return {
    unit,
    startMin: at(startedAt),
    endMin: at(endedAt),
    outcome: outcomeOf(status),
    nodes: nodePools.find(({ name }) => unit === `pool/${name}`)?.nodeCount ?? 0,
    state: isWithheld ? 'withheld' : state,
    estimateMin: estimateMinutes,
    withheldBy,
    ifStarted: tried === undefined || tried.startedAt === null ? null : { outcome: outcomeOf(tried), minutes: tried.endedAt === null ? null : minutesBetween(tried.startedAt, tried.endedAt) },
    note: isWithheld ? '' : note,
  };
}

function outcomeOf({ state, startedAt }: UnitStatus): RehearsedOutcome {
  if (startedAt === null) return 'not-started';
  if (state === 'upgraded' || state === 'unproven') return 'upgraded';
  return state === 'quarantined' ? 'quarantined' : 'blocked';
}

/** Nothing to do fits; a run that is withheld as a whole does not. */
function isDoneBy({ status, opens }: Night, windowMin: number): boolean {
  return wholeHold(status).length === 0 && status.units.every((unit) => outcomeOf(unit) === 'upgraded' && unit.endedAt !== null && minutesAfter(opens, unit.endedAt) <= windowMin);
}

/** To the end of the last unit; where one did not come to a good end, the sum of what took place and what the plan reckons. */
function nightMinutes({ status: { units }, opens }: Night): number {
  const ends = units.map((unit) => (outcomeOf(unit) === 'upgraded' ? unit.endedAt : null));
  if (!ends.includes(null)) return Math.max(0, ...ends.map((end) => minutesAfter(opens, end ?? opens)));
  return units.reduce((sum, { startedAt, endedAt, estimateMinutes }, index) => sum + (ends[index] === null || startedAt === null || endedAt === null ? estimateMinutes : minutesBetween(startedAt, endedAt)), 0);
}

/** Pools whose drains could not be rehearsed because their nodes are not there. */
function unseenDrains({ units }: WindowStatus, { nodePools, nodes }: ClusterSnapshot): readonly (Unchecked & { readonly unit: UnitName })[] {
  return nodePools.flatMap((pool) => {
    const held = nodes.filter(({ nodePool }) => nodePool === pool.name).length;
    if (held >= pool.nodeCount || isStopped(pool) || !units.some(({ unit }) => unit === `pool/${pool.name}`)) return [];
    return [{ unit: `pool/${pool.name}`, what: `drains of pool ${pool.name}`, why: `Azure counts ${pool.nodeCount} nodes, the snapshot holds ${held}: the others were not rehearsed.` }];
  });
}

function assumptionsOf({ policy, snapshot: { nodePools }, looksEverySeconds, webhooks, refusedFields }: RehearsalFacts): readonly RehearsedAssumption[] {
  const { surgeCreateMinutes, reimageMinutes, controlPlaneMinutes, surgeDeleteMinutes, podStartSeconds, podStopSeconds, jitterRatio } = defaultPhysics;
  const given = (what: string): RehearsedAssumption => ({ what, value: null, unit: null });
  const unknownImages = policy.target.nodeImage === 'latest' ? nodePools.filter(({ latestNodeImageVersion }) => latestNodeImageVersion === null).map(({ name }) => name) : [];
  return [
    { what: 'the control plane takes', value: controlPlaneMinutes, unit: 'min' },
    { what: 'a surge node is Ready after', value: surgeCreateMinutes, unit: 'min' },
    { what: 'a drained node is re-imaged in', value: reimageMinutes, unit: 'min' },
    { what: 'the surge nodes are deleted in', value: surgeDeleteMinutes, unit: 'min' },
    { what: 'a pod is Ready after its binding, images pulled, in', value: podStartSeconds, unit: 's' },
    { what: 'a pod that obeys its signal stops within', value: podStopSeconds, unit: 's' },
    { what: 'each of these varies by the seed by up to', value: Math.round(jitterRatio * 100), unit: 'percent' },
    ...(looksEverySeconds === null ? [] : [{ what: 'a cluster as large as this is looked at once in', value: looksEverySeconds, unit: 's' } as const]),
    ...webhooks.helpers.map((name) => ({ what: `${name} moves a pod it is asked about in`, value: webhooks.helperSeconds, unit: 's' }) as const),
    ...webhooks.unknown.map((name) => given(`the webhook ${name} lets every eviction pass`)),
    ...refusedFields.map((field) => given(`what does not start this night is tried without ${field}, for which Slackwater sends nothing`)),
    given('nobody acts'),
    given('nothing else changes the cluster until the night is over'),
    given('no freeze, postponement or debt is kept in Git'),
    ...(policy.approvals.required > 0 ? [given('the approvals that the policy wants are given')] : []),
    ...((policy.verify?.probes.length ?? 0) > 0 ? [given('the probes of spec.verify are answered well')] : []),
    ...unknownImages.map((name) => given(`pool ${name} is offered a newer node image than it runs`)),
  ];
}
