import type { ActivityContract } from '../activities/contract.ts';
import type { HealthMemory } from '../domain/cluster-health.ts';
import type { HeardWord } from '../domain/opposite-words.ts';
import { slackwaterEvent, type SlackwaterEventName } from '../domain/slackwater-event.ts';
import type { Silence } from '../domain/telling.ts';
import type { Instant } from '../domain/time.ts';
import type { UnitName, UpgradePlan } from '../domain/upgrade-plan.ts';
import { addLine, changeUnit } from '../domain/window-story.ts';
import type { UnitStatus, WindowStatus } from '../domain/window-status.ts';
import type { MaintenanceWindowInput } from './contract.ts';
import type { Flow } from './flow.ts';

/** Words that wait to be said: kept in order, said again until the service takes them. */
export type Word = (
  | { readonly kind: 'notice'; readonly input: ActivityContract['postNotice']['input'] }
  | { readonly kind: 'answer'; readonly input: ActivityContract['answerComment']['input'] }
) & {
  /** When it would have been said, were the service there. */
  readonly at: Instant;
  /** How often its thread did not take it. */
  readonly refusals: number;
};

/** One run while it is under way. Its fields change only in the orchestration that holds it. */
export interface WindowRun {
  readonly flow: Flow;
  readonly input: MaintenanceWindowInput;
  status: WindowStatus;
  plan: UpgradePlan | null;
  /** What is to be remembered of the run; null before its end, and once it is. */
  record: ActivityContract['recordRun']['input'] | null;
  /** Words for GitHub, oldest first. */
  words: Word[];
  events: ActivityContract['publishEvent']['input'][];
  isReportDue: boolean;
  /** Whether the fleet's dashboard shows an older state of this run, and not before when it may be written. */
  isDashboardDue: boolean;
  dashboardNotBefore: Instant;
  /** When the report was last written, and when the run last changed its state: they space its edits. */
  reportedAt: Instant | null;
  changedAt: Instant;
  /** Since when GitHub takes no words; null while it does. */
  silence: Silence | null;
  /** What was told late since then. */
  toldLate: string[];
  /** Threads that take nothing now, with how often they were tried and when they are again. */
  readonly threads: Map<string, { readonly tries: number; readonly notBefore: Instant }>;
  /** Failed tries in a row, and not before when the next may be made. */
  wordTries: number;
  wordsNotBefore: Instant;
  eventTries: number;
  eventsNotBefore: Instant;
  /** Decisions taken up already: the same comment delivered twice is one decision. */
  readonly decisionsSeen: Set<string>;
  /** Words taken up so far, newest last: one may contradict another. */
  readonly heard: HeardWord[];
  heldBy: string | null;
  abortedBy: string | null;
  /** Units to leave out, with the login that said so. */
  readonly skipped: Map<UnitName, string>;
  /** Units a person wants tried again after the others. */
  requeued: UnitName[];
  /** Pools that carry settings of this run only, with why they were not changed back yet. */
  readonly unrestored: Map<UnitName, string>;
  pauses: number;
  /** What the run waits for and people were told of. */
  readonly waitsTold: Set<string>;
  waits: number;
  /** Steps of escalation told so far. */
  escalations: number;
  /** Holds, pauses and acknowledgements so far: the count that keeps their events apart. */
  holds: number;
  /** That count of the last pause. */
  pauseHold: number;
  /** When what is withheld was last looked at, and whether a word or an event of AKS asks for a look soon. */
  lookedAt: Instant;
  isLookHinted: boolean;
  /** Number of a pause that ended while nothing said so, because it was not yet clear whether the run goes on; null when none. */
  resumeOwed: number | null;
  /** What the looks between units said. */
  readonly health: HealthMemory;
  /** Pools whose stop a budget, a pod or a person explains; any other failure may lie in the version or image. */
  readonly explained: Set<UnitName>;
  /** Pools stopped by a cause that may lie in their version or image, with its class. */
  readonly suspects: Map<UnitName, string>;
  /** Pools whose nodes are all new while Azure says that its operation failed. */
  readonly unreconciled: Set<UnitName>;
  /** Whether the run sees nodes and pods, or Azure alone; and from which preflight judged it. */
  sight: 'kubernetes' | 'azure-alone';
  judgedFrom: WindowRun['sight'];
  /** Whether what now runs was written back to code, or given up. */
  isWrittenBack: boolean;
}

/** Changes the status and marks the report as due. */
export function update(run: WindowRun, change: Partial<WindowStatus>): void {
  if (change.phase !== undefined && change.phase !== run.status.phase) run.isDashboardDue = true;
  run.status = { ...run.status, ...change };
  run.isReportDue = true;
}

/** Adds a line to the run's story. */
export function say(run: WindowRun, text: string): void {
  run.status = addLine(run.status, run.flow.now(), text);
  run.isReportDue = true;
}

/** Changes what is said of one unit. */
export function updateUnit(run: WindowRun, unit: UnitName, change: Partial<UnitStatus>): void {
  if (change.state !== undefined) run.isDashboardDue = true;
  run.status = changeUnit(run.status, unit, change);
  run.isReportDue = true;
}

/** Tells when the cluster was last looked at; by itself no reason to write the report. */
export function noteLook(run: WindowRun, at: Instant): void {
  run.status = { ...run.status, lookedAt: Math.max(at, run.status.lookedAt ?? 0) };
}

/** Longest reason kept of why Kubernetes is not read. Unit: characters. */
const WHY_CHARACTERS_MAX = 400;

/** Notes whether Kubernetes is read, with why it is not (null: it is), and tells each change. */
export function noteSight(run: WindowRun, why: string | null): void {
  const sight = why === null ? 'kubernetes' : 'azure-alone';
  if (sight === run.sight) return;
  run.sight = sight;
  update(run, { unseen: why === null ? null : { since: run.flow.now(), why: why.slice(0, WHY_CHARACTERS_MAX) } });
  say(run, why === null ? 'Kubernetes is read again: nodes are counted and drains judged from here on.' : `Kubernetes cannot be read, and the policy goes on without it: drains cannot be judged, nodes cannot be counted. ${why}`);
}

/** Puts one comment of a change of state in the queue. `key` makes it one however often it is said. */
export function notify(run: WindowRun, kind: ActivityContract['postNotice']['input']['kind'], key: string, mention: string | null = null): void {
  const { report, debts } = run.input.policy;
  const at = run.flow.now();
  run.changedAt = at;
  run.isDashboardDue = true;
  run.words.push({ kind: 'notice', at, refusals: 0, input: { status: run.status, report, owners: debts.owners, key, kind, mention, late: null } });
}

/** Puts an answer to a person in the queue. */
export function answer(run: WindowRun, input: ActivityContract['answerComment']['input']): void {
  run.words.push({ kind: 'answer', at: run.flow.now(), refusals: 0, input });
}

/** Puts an event for the topic in the queue. */
export function emit(run: WindowRun, name: SlackwaterEventName, about: { readonly unit: UnitName | 'run'; readonly attempt: number }, facts: Readonly<Record<string, unknown>> = {}): void {
  run.events.push(slackwaterEvent(name, { runId: run.input.runId, ...about }, run.flow.now(), { cluster: run.status.clusterName, ...facts }));
}
