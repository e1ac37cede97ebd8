import { textsAt } from '../../domain/json.ts';
import { formatInstant } from '../../domain/local-time.ts';
import { resultOfFindings } from '../../domain/preflight-report.ts';
import type { StatusFinding, WindowStatus } from '../../domain/window-status.ts';
import type { ScenarioResult } from '../../sim/scenario-agreement.ts';
import { latestImagesOf } from '../../sim/scenario-azure.ts';
import { judgeRun, type DebtFacts, type RunFacts } from '../../sim/scenario-verdict.ts';
import type { Scenario } from '../../sim/scenario.ts';
import type { Rehearsal } from '../rehearsal/window-rehearsal.ts';
import type { CommentEnd } from './scenario-comments.ts';

/** A scenario that was played, as its result is read from it. */
export interface PlayedScenario {
  readonly scenario: Scenario;
  readonly rehearsal: Rehearsal;
  readonly commands: readonly CommentEnd[];
  readonly findings: readonly StatusFinding[];
  /** Null: no run began. */
  readonly status: WindowStatus | null;
  readonly window: 'opened' | 'shut' | 'cancelled' | 'moved';
  /** The last daily look at debts; null when there was none. */
  readonly debts: DebtFacts | null;
  /** Debts that are open at the end. */
  readonly openDebtsCount: number;
}

/** Everything the runner says about a scenario. */
export function resultOf(played: PlayedScenario): ScenarioResult {
  const { scenario, rehearsal, findings, status } = played;
  const events = eventsOf(rehearsal);
  const armWrites = rehearsal.armWrites().map(({ what, minute }) => ({ atMin: minute, ...describeWrite(what) }));
  const { decision, run } = judgeRun(factsOf(played, events));
  const marker = played.debts !== null ? 'slackwater:debts:' : status === null ? 'slackwater:run:' : `slackwater:run:${status.runId}`;
  const report = rehearsal.issues().find(({ body }) => body.includes(marker));
  const started = rehearsal.host.engine.list().filter(({ name, customStatusJson }) => name === 'maintenanceWindow' && customStatusJson !== null && !customStatusJson.includes('"phase":"waiting"')).length;
  const comments = status?.issue === null || status === null ? [] : rehearsal.comments().filter((body) => body.includes('slackwater:'));
  return {
    id: scenario.id,
    preflight: {
      result: resultOfFindings(findings),
      findings: findings.map(({ code, where, severity, pools, message, remedy }) => ({ code, where, severity, pools, message, remedy })),
    },
    decision,
    final: {
      run,
      ...Object.fromEntries(scenario.pools.map(({ name }) => [name, poolState(played, name)])),
      openZ: formatInstant(rehearsal.opens),
      closeZ: formatInstant(rehearsal.closes),
      runs: played.window === 'opened' ? 1 : 0,
      started,
      comments: comments.length,
      armWrites: armWrites.length,
      debt: debtWord(played),
      missed: status?.missed?.count ?? 0,
    },
    events: events.map(({ name, unit }) => (unit.startsWith('pool/') ? `${name}(${unit.slice('pool/'.length)})` : name)),
    report: { title: report?.title ?? '', body: report?.body ?? '', comments },
    armWrites,
    violations: rehearsal.violations().map(({ rule, message }) => ({ rule, message })),
  };
}

function factsOf(played: PlayedScenario, events: readonly RunEvent[]): RunFacts {
  const { scenario, rehearsal, status, commands, window, findings } = played;
  const { pause = null, units = [] } = status ?? {};
  const inventory = units.find(({ unit }) => unit === pause?.unit)?.inventory ?? null;
  return {
    begins: scenario.begins,
    window,
    findings,
    outcome: status?.outcome ?? null,
    units,
    pausedUnit: pause === null ? null : { unit: pause.unit, oldCount: inventory === null ? 1 : inventory.old.length, azureSays: lastEnd(rehearsal, pause.unit) },
    events: events.map(({ name }) => name),
    commands,
    deferredWriteCount: rehearsal.world.log.entries.filter((entry) => entry.service === 'arm' && entry.method !== 'GET' && (entry.status === 409 || entry.status === 429)).length,
    seen: seenIn(scenario, rehearsal),
    leftOverCount: status?.leftOver.length ?? 0,
    missedCount: status?.missed?.count ?? 0,
    debts: played.debts,
    waitedFor: status?.standing?.waitsFor ?? null,
  };
}

/** Debts of a run by their number; of a daily look by how they stand. */
function debtWord({ debts, openDebtsCount }: PlayedScenario): string | number {
  if (debts === null) return openDebtsCount;
  if (debts.openCount > 0) return debts.toldStepDays === null ? 'open' : `open, step ${debts.toldStepDays}d`;
  return debts.settledCount > 0 ? 'closed' : 'none';
}

/** What Azure said of a unit's last operation; empty while one runs, or when none did. */
function lastEnd({ changes }: Rehearsal, unit: string): string {
  return String(changes.findLast(({ kind, data }) => kind.startsWith('operation.') && `pool/${String(data['pool'])}` === unit)?.data['status'] ?? '');
}

/** What the world did beside the run, from what it told and what the script says of it. */
function seenIn({ timeline }: Scenario, { changes, opens }: Rehearsal): RunFacts['seen'] {
  const seen = new Set<RunFacts['seen'][number]>();
  const isDisturbed = timeline.some(({ event, data }) => event === 'pod.pending' || event === 'event' || (event === 'drain.finished' && textsAt(data, 'remaining').length > 0));
  if (timeline.some(({ event }) => event === 'host.restarted')) seen.add('restart');
  if (timeline.some(({ event }) => event === 'timer.fired')) seen.add('second-start');
  if (isDisturbed) seen.add('disturbance');
  for (const { kind, data, at } of changes) {
    const by = String(data['by'] ?? '');
    if (kind === 'operation.started' && by !== 'an ARM client') seen.add(at < opens ? 'foreign-operation' : 'foreign-roll');
    if (kind === 'node.tainted' || (kind === 'node.cordoned' && by !== 'AKS')) seen.add('disturbance');
    if (kind === 'node.taken') seen.add('node-left');
  }
  return [...seen];
}

interface RunEvent {
  readonly name: string;
  readonly unit: string;
}

/** Message ids of events about debts outside a run. */
const DEBT_MESSAGE = /\/debt\/[0-9a-f]{16}\/\d+\/(debt\.\w+)$/;

/** The run's events on the topic, in order; their message ids are `<run>/<unit>/<attempt>/<name>`. */
function eventsOf({ world, input }: Rehearsal): readonly RunEvent[] {
  return world.serviceBus.broker.peek('events/subscriptions/all', 0, 1_000).flatMap(({ messageId }) => {
    const parts = messageId.startsWith(`${input.runId}/`) ? messageId.slice(input.runId.length + 1).split('/') : [];
    const name = parts.at(-1);
    const [, debtEvent] = DEBT_MESSAGE.exec(messageId) ?? [];
    if (debtEvent !== undefined) return [{ name: debtEvent, unit: 'run' }];
    return name === undefined ? [] : [{ name, unit: parts.slice(0, -2).join('/') }];
  });
}

function describeWrite(what: string): { readonly verb: string; readonly target: string } {
  const [method = '', path = ''] = what.split(' ');
  const [resource = '', pool, action] = path.split('/');
  const target = resource === 'pool' && pool !== undefined ? pool : 'cluster';
  const last = (resource === 'pool' ? action : pool) ?? '';
  if (/^abort$/i.test(last)) return { verb: 'abort', target };
  if (/^upgradeNodeImageVersion$/i.test(last)) return { verb: 'upgradeNodeImage', target };
  return { verb: target === 'cluster' ? 'upgradeControlPlane' : method === 'PUT' ? 'upgradePool' : method, target };
}

/** Judged by the nodes that are there, not by what was believed. */
function poolState({ scenario, rehearsal, status }: PlayedScenario, name: string): 'upgraded' | 'untouched' | 'in-progress' {
  const nodes = rehearsal.world.cluster.inspect().find(({ pool }) => pool === name)?.nodes ?? [];
  const unit = status?.units.find((each) => each.unit === `pool/${name}`);
  const target = latestImagesOf(scenario)[name];
  const newCount = nodes.filter(({ imageVersion, isSurge }) => !isSurge && imageVersion === target).length;
  if (unit?.startedAt === null || unit?.startedAt === undefined) return newCount > 0 && newCount === nodes.length ? 'upgraded' : 'untouched';
  if (unit.state === 'upgraded') return 'upgraded';
  const isTouched = newCount > 0 || nodes.some(({ isSurge, isCordoned }) => isSurge || isCordoned);
  return isTouched ? 'in-progress' : 'untouched';
}
