import { numberAt, textsAt } from '../../domain/json.ts';
import { MINUTE_MS, type Instant } from '../../domain/time.ts';
import type { MaintenancePolicy } from '../../domain/maintenance-policy.ts';
import { isOpen } from '../../domain/debt.ts';
import { openWindows, type WindowDecision } from '../../activities/open-windows.ts';
import type { Ports } from '../../activities/ports.ts';
import { receiveInboxMessage } from '../../activities/receive-inbox.ts';
import type { StatusFinding } from '../../domain/window-status.ts';
import type { Physics } from '../../sim/physics.ts';
import type { ScenarioResult } from '../../sim/scenario-agreement.ts';
import { scenarioDocuments } from '../../sim/scenario-documents.ts';
import { debtCheckTime, scenarioMemory } from '../../sim/scenario-memory.ts';
import type { DebtFacts } from '../../sim/scenario-verdict.ts';
import { orderOf, scenarioOrder } from '../../sim/scenario-policy.ts';
import { latestImagesOf } from '../../sim/scenario-azure.ts';
import { donePools, scenarioScript, type ScenarioStep } from '../../sim/scenario-timeline.ts';
import type { Scenario, ScenarioPool } from '../../sim/scenario.ts';
import { resolveCount } from '../../sim/disruption-budget-record.ts';
import { appLogin, policyRepository } from '../loopback-world.ts';
import { startWindowRehearsal, type Rehearsal } from '../rehearsal/window-rehearsal.ts';
import { approveAt } from './scenario-approval.ts';
import { inboxPorts, readRun, sayComment, sendRunMessage, type CommentEnd } from './scenario-comments.ts';
import { checkTimes, playDebtCheck, playMemory, readMemory } from './scenario-debts.ts';
import { withScenarioFacts } from './scenario-facts.ts';
import { resultOf, type PlayedScenario } from './scenario-result.ts';

/** How long a pause must last, after the last event, until it is what the scenario ends with. Unit: minutes. */
const PAUSE_LASTS_MINUTES = 15;
/** Between two ticks of the timer that opens windows. Unit: minutes. */
const TICK_MINUTES = 5;
/** How long a run may go on after its window closed, and how long anything is waited for. Unit: minutes. */
const OVERRUN_MINUTES_MAX = 300;

/** A run while its scenario is played. */
interface Play {
  readonly scenario: Scenario;
  readonly rehearsal: Rehearsal;
  readonly commands: CommentEnd[];
  /** The fullest list of findings the run has published: a status may be cut later. */
  findings: readonly StatusFinding[];
  /** The service's ports, with the scenario's policies and facts. */
  readonly ports: Ports;
  /** What the policy file says now, as its Git id, where the script tells of commits. */
  commit: string | null;
  /** What the last tick decided; null before it. */
  ticked: WindowDecision['kind'] | null;
  /** `window`: the script speaks of the window's end, so nothing in it comes earlier than written. */
  readonly clock: 'script' | 'window';
  /** Minutes by which the script's events come later than written; below 0: earlier. */
  delayMinutes: number;
  /** The present pause and when it was first seen: its own `since` is when its cause began. */
  pauseSeen: { readonly number: number; readonly at: Instant } | null;
}

/**
 * Plays one scenario through the whole service in virtual time: the real orchestrations, activities and SDK clients over
 * loopback services and a simulated cluster made from `initial`.
 *
 * Throws only for a defect, or for an opening time that cannot be understood.
 */
export async function runScenario(given: Scenario): Promise<ScenarioResult> {
  const order = scenarioOrder(given);
  if (order === null) throw new Error(`${given.id}: policy.window.open is no time.`);
  const scenario = withDonePools(given);
  const script = scenarioScript(scenario);
  const checkAt = debtCheckTime(given, order.zero);
  const opening = checkAt === null ? order.opening : null;
  const zero = checkAt ?? order.zero;
  const earliest = Math.min(0, ...script.steps.map(({ atMinute }) => atMinute));
  const people = Object.fromEntries(script.steps.flatMap((step) => (step.kind === 'comment' ? [[step.by, step.role] as const] : [])));
  const neighbours = neighboursOf(scenario, order.policy).map(({ clusterResourceId }) => clusterResourceId);
  const rehearsal = await startWindowRehearsal({
    documents: scenarioDocuments(scenario, zero),
    policy: order.policy,
    opening: opening ?? order.frozen ?? { opens: zero, closes: zero + MINUTE_MS, restriction: 'none', reason: '' },
    policies: {},
    startsAt: zero + earliest * MINUTE_MS - 1_000,
    physics: physicsOf(scenario),
    latestNodeImages: latestImagesOf(scenario),
    changePorts: (ports) => ({ ...ports, azureFacts: withScenarioFacts(ports.azureFacts, scenario) }),
    people: { operator: 'maintain', ...people },
    beginning: 'held',
    ...(neighbours.length === 0 ? {} : { fleet: { neighbours, armLimits: 'enforced' as const } }),
  });
  try {
    const play: Play = { scenario, rehearsal, commands: [], findings: [], ports: playPorts(rehearsal, given, () => play.commit), commit: commitAtFirst(script.steps), ticked: null, clock: script.steps.some((step) => step.kind === 'pass' && step.clock === 'window') ? 'window' : 'script', delayMinutes: 0, pauseSeen: null };
    const memory = scenarioMemory(scenario, zero);
    if (memory !== null) await playMemory(inboxPorts(rehearsal), memory);
    for (const perturbation of script.before) rehearsal.world.perturb(perturbation);
    const hasRun = checkAt === null && (opening ?? order.frozen) !== null && (scenario.begins === 'window open' || scenario.begins === 'run in progress');
    const debts = checkAt === null ? null : await playDebtChecks(play, script.steps, order.policy);
    if (debts === null) await playSteps(play, script.steps, hasRun ? 'with-run' : 'without-run');
    const left = await readMemory(inboxPorts(rehearsal), order.policy.clusterResourceId);
    return resultOf({ ...playedOf(play, windowOf(play, order.opening === null ? 'shut' : 'opened')), debts, openDebtsCount: left.debts.filter(isOpen).length });
  } finally {
    await rehearsal.close();
  }
}

function playedOf({ scenario, rehearsal, commands, findings }: Play, window: PlayedScenario['window']): Omit<PlayedScenario, 'debts' | 'openDebtsCount'> {
  return { scenario, rehearsal, commands, findings, status: readRun(rehearsal), window };
}

/** Ports that know the scenario's own policy, and one for each cluster it names. */
function playPorts(rehearsal: Rehearsal, scenario: Scenario, commit: () => string | null): Ports {
  const { policy } = rehearsal.input;
  const names = textsAt(scenario.extra, 'clusters');
  const policies = names.length === 0 ? [policy, ...neighboursOf(scenario, policy)] : names.map((name) => ({ ...policy, name, clusterResourceId: policy.clusterResourceId.replace(/[^/]+$/, name) }));
  const present = (): readonly MaintenancePolicy[] => policies.map((each) => (commit() === null ? each : { ...each, version: commit() ?? '' }));
  const ports = inboxPorts(rehearsal);
  return { ...ports, policies: { ...ports.policies, readPolicies: async () => ({ ok: true, value: { policies: present(), faults: [] } }) }, azureFacts: withScenarioFacts(ports.azureFacts, scenario) };
}

/** The other clusters of a scenario that only counts them: their windows open with its own, and what they would upgrade is not told, so that is nothing. */
function neighboursOf({ extra }: Scenario, policy: MaintenancePolicy): readonly MaintenancePolicy[] {
  const others = Array.from({ length: Math.max(0, (numberAt(extra, 'clusters') ?? 1) - 1) }, (_, index) => `${policy.name}-${index + 2}`);
  return others.map((name) => ({ ...policy, name, clusterResourceId: `${policy.clusterResourceId}-${name.split('-').at(-1) ?? ''}`, target: { kubernetesVersion: null, nodeImage: 'keep' } }));
}

/** The commit that is there when the script begins: the first it tells of. */
function commitAtFirst(steps: readonly ScenarioStep[]): string | null {
  return steps.flatMap((step) => (step.kind === 'approval' || step.kind === 'push' ? [step.commit] : []))[0] ?? null;
}

/** Whether the window opened, as the service had it: people may open a frozen one, programs may take a run back. */
function windowOf({ rehearsal, ticked }: Play, otherwise: PlayedScenario['window']): PlayedScenario['window'] {
  if (readRun(rehearsal) !== null) return 'opened';
  if (ticked === 'cancelled') return 'cancelled';
  if (ticked === 'frozen') return 'shut';
  return otherwise === 'opened' && ticked === 'closed' ? 'moved' : otherwise;
}

async function playSteps(play: Play, steps: readonly ScenarioStep[], mode: 'with-run' | 'without-run'): Promise<void> {
  const { rehearsal } = play;
  let isBegun = mode === 'without-run';
  for (const [index, step] of steps.entries()) {
    if (!isBegun && step.atMinute >= firstTick(steps)) {
      await begin(play, steps);
      isBegun = true;
    }
    if (step.kind !== 'anchor' || play.clock === 'window') await passTo(play, step);
    await takeStep(play, step, index);
  }
  if (!isBegun) await begin(play, steps);
  if (mode === 'with-run') await letEnd(play, steps);
  else await rehearsal.clock.whenIdle();
}

/** Daily looks at debts, the script's events between them; the last look is what the scenario ends with. */
async function playDebtChecks(play: Play, steps: readonly ScenarioStep[], policy: MaintenancePolicy): Promise<DebtFacts> {
  const { rehearsal, scenario } = play;
  const ports = inboxPorts(rehearsal);
  const given: Ports = { ...ports, azureFacts: withScenarioFacts(ports.azureFacts, scenario) };
  const lastMinute = steps.length === 0 ? null : Math.max(...steps.map(({ atMinute }) => atMinute));
  const waiting = steps.map((step, index) => ({ step, index }));
  let facts: DebtFacts | null = null;
  for (const at of checkTimes(rehearsal.opens, lastMinute)) {
    for (let next = waiting[0]; next !== undefined && rehearsal.opens + next.step.atMinute * MINUTE_MS <= at; next = waiting[0]) {
      waiting.shift();
      await passTo(play, next.step);
      await takeStep(play, next.step, next.index);
    }
    await until(play, () => false, at);
    facts = await playDebtCheck(rehearsal, given, policy);
  }
  return facts ?? { openCount: 0, settledCount: 0, toldStepDays: null, issueTitle: '' };
}

/** The minute of the timer's tick that opens the window: the first, or, where programs ask for the run, the next. */
function firstTick(steps: readonly ScenarioStep[]): number {
  return steps.some(({ kind }) => kind === 'run-message') ? TICK_MINUTES : 0;
}

/** Lets the timer open what is open, as people and programs have it by then. */
async function begin(play: Play, steps: readonly ScenarioStep[]): Promise<void> {
  await play.rehearsal.clock.advanceTo(play.rehearsal.opens + firstTick(steps) * MINUTE_MS);
  await tick(play);
}

async function tick(play: Play): Promise<void> {
  const opened = await openWindows(play.ports, { policyRepository, pollSeconds: play.rehearsal.input.pollSeconds });
  const own = opened.ok ? opened.value.find(({ clusterResourceId }) => clusterResourceId === play.rehearsal.input.policy.clusterResourceId) : undefined;
  play.ticked = own?.kind ?? 'failed';
}

/** The timer's further ticks up to `limit`, while a freeze keeps the window shut. */
async function tickOn(play: Play, limit: Instant): Promise<void> {
  const { rehearsal } = play;
  const last = Math.min(limit, rehearsal.closes - TICK_MINUTES * MINUTE_MS);
  while (play.ticked === 'frozen' && rehearsal.clock.now() < last) {
    await rehearsal.clock.advanceTo(Math.min(rehearsal.clock.now() + TICK_MINUTES * MINUTE_MS, last));
    await tick(play);
  }
}

async function passTo(play: Play, step: ScenarioStep): Promise<void> {
  const { rehearsal } = play;
  const delay = step.kind === 'pass' && step.clock === 'window' ? 0 : play.delayMinutes;
  const at = rehearsal.opens + Math.round((step.atMinute + delay) * MINUTE_MS);
  await tickOn(play, at);
  await until(play, () => false, at);
  // Without a run, or after it, nothing is due, and time would stand still.
  if (rehearsal.host.engine.read(rehearsal.instanceId) === null || hasEnded(rehearsal)) await rehearsal.clock.advanceTo(at);
}

async function takeStep(play: Play, step: ScenarioStep, index: number): Promise<void> {
  const { world } = play.rehearsal;
  switch (step.kind) {
    case 'pass':
      return;
    case 'perturb':
      return perturb(play, step);
    case 'github':
      world.faults.github.clear();
      if (step.status >= 400) world.faults.github.add({ method: null, path: null, times: Infinity, mishap: { kind: 'answer', moment: 'before', response: { status: step.status, headers: {}, body: null } } });
      return;
    case 'restart':
      play.rehearsal.world.faults.arm.add({ method: null, path: null, times: 1, mishap: { kind: 'cut', moment: 'after' } });
      return;
    case 'second-start':
      play.rehearsal.begin();
      return;
    case 'comment':
      play.commands.push(await sayComment(play.rehearsal, play.ports, step, `delivery-${index}`));
      return;
    case 'push':
      play.commit = step.commit;
      return;
    case 'approval':
      return approveAt(play.ports, play.rehearsal, step);
    case 'run-message':
      return sendRunMessage(play.ports, play.rehearsal.input.policy.clusterResourceId, step);
    case 'anchor':
      return awaitAnchor(play, step);
  }
}

/** Changes the world. While a run is live it sees for itself; after it, what AKS tells of pools comes over the queue. */
async function perturb({ rehearsal, ports }: Play, step: Extract<ScenarioStep, { readonly kind: 'perturb' }>): Promise<void> {
  const known = rehearsal.changes.length;
  for (const perturbation of step.perturbations) rehearsal.world.perturb(perturbation);
  if (!hasEnded(rehearsal)) return;
  for (const { kind, data } of rehearsal.changes.slice(known)) {
    if (kind === 'event-grid') await receiveInboxMessage(ports, { appLogin, policyRepository }, data);
  }
}

/** Waits until what the script dates has begun, and moves the rest of the script by the difference, later or earlier. */
async function awaitAnchor(play: Play, step: Extract<ScenarioStep, { readonly kind: 'anchor' }>): Promise<void> {
  const { rehearsal } = play;
  const begun = (): Instant | null => {
    const kind = step.node === null ? 'operation.started' : 'drain.started';
    const found = rehearsal.changes.find((change) => change.kind === kind && change.at >= rehearsal.opens && change.data['pool'] === step.pool && (step.node === null || change.data['node'] === step.node));
    return found?.at ?? null;
  };
  await until(play, () => begun() !== null || isResting(play), rehearsal.closes + OVERRUN_MINUTES_MAX * MINUTE_MS);
  const at = begun();
  if (at === null) return;
  const delay = (at - rehearsal.opens) / MINUTE_MS - step.atMinute;
  play.delayMinutes = play.clock === 'window' ? Math.max(play.delayMinutes, delay) : delay;
}

/** After the last event: to the run's end, or to a pause that lasts, unless the script speaks of the window's end. */
async function letEnd(play: Play, steps: readonly ScenarioStep[]): Promise<void> {
  const { rehearsal } = play;
  await tickOn(play, rehearsal.closes);
  const isToEnd = steps.some((step) => step.kind === 'pass' && step.clock === 'window');
  const since = rehearsal.clock.now();
  const lasts = (): boolean => {
    const pause = readRun(rehearsal)?.pause ?? null;
    return !isToEnd && pause !== null && pause.clearedSince === null && rehearsal.clock.now() - Math.max(since, play.pauseSeen?.at ?? since) >= PAUSE_LASTS_MINUTES * MINUTE_MS;
  };
  await until(play, lasts, rehearsal.closes + OVERRUN_MINUTES_MAX * MINUTE_MS);
}

/** Lets time pass until `holds`, the run has ended, or `limit`. */
async function until(play: Play, holds: () => boolean, limit: Instant): Promise<void> {
  const { rehearsal } = play;
  const isDone = (): boolean => {
    notePause(play);
    const findings = readRun(rehearsal)?.findings ?? [];
    if (findings.length > play.findings.length) play.findings = findings;
    return holds() || hasEnded(rehearsal);
  };
  const left = limit - rehearsal.clock.now();
  if (left > 0) await rehearsal.clock.runUntil(isDone, left);
}

function hasEnded({ host, instanceId }: Rehearsal): boolean {
  const state = host.engine.read(instanceId)?.runtimeStatus ?? 'Pending';
  return state === 'Completed' || state === 'Failed' || state === 'Terminated';
}

function notePause(play: Play): void {
  const number = readRun(play.rehearsal)?.pause?.number ?? null;
  if (number === null) play.pauseSeen = null;
  else if (play.pauseSeen?.number !== number) play.pauseSeen = { number, at: play.rehearsal.clock.now() };
}

function isResting(play: Play): boolean {
  const pause = readRun(play.rehearsal)?.pause ?? null;
  return pause !== null && play.rehearsal.clock.now() - pause.since >= PAUSE_LASTS_MINUTES * MINUTE_MS;
}

function physicsOf({ times }: Scenario): Partial<Physics> {
  const minutes = (name: string, otherwise: number): number => numberAt(times, name) ?? otherwise;
  return {
    surgeCreateMinutes: minutes('surgeCreateMin', 4),
    reimageMinutes: minutes('reimageMin', 5),
    controlPlaneMinutes: minutes('controlPlaneMin', 12),
    surgeDeleteMinutes: minutes('surgeDeleteMin', 2),
    drainMinutes: minutes('drainMinTypical', 8),
    podStartSeconds: minutes('podStartMinDefault', 0.5) * 60,
    evictRetrySeconds: minutes('evictRetrySec', 5),
    jitterRatio: 0,
  };
}

function withDonePools(scenario: Scenario): Scenario {
  const done = donePools(scenario, orderOf(scenario), (name) => {
    const pool = scenario.pools.find((each) => each.name === name);
    return pool === undefined ? 0 : estimateOf(scenario, pool);
  });
  return { ...scenario, pools: scenario.pools.map((pool) => (done.includes(pool.name) ? { ...pool, image: pool.imageLatest ?? pool.image } : pool)) };
}

/** `surgeCreate + waves × (drain + soak + reimage) + surgeDelete`: the time model of the vocabulary. Unit: minutes. */
function estimateOf({ times }: Scenario, { count, words }: ScenarioPool): number {
  const number = (name: string, otherwise: number): number => numberAt(times, name) ?? otherwise;
  const surge = Math.max(1, resolveCount(String(words['maxSurge'] ?? '1'), count));
  const wave = number('drainMinTypical', 8) + (numberAt(words, 'soakMin') ?? 0) + number('reimageMin', 5);
  return number('surgeCreateMin', 4) + Math.ceil(count / surge) * wave + number('surgeDeleteMin', 2);
}
