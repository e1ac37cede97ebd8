import { numberAt, textAt } from '../domain/json.ts';
import type { Perturbation } from './perturbation.ts';
import { hindrancesOf } from './scenario-hindrance.ts';
import { foreignOperation, heldPools, isRefused, perturbationsOf, poolOfOperation } from './scenario-perturbation.ts';
import { poolOfNode } from './scenario.ts';
import type { Scenario, TimelineEvent } from './scenario.ts';

/** What a runner does at a minute of the timeline. */
export type ScenarioStep = { readonly atMinute: number } & (
  | { readonly kind: 'perturb'; readonly perturbations: readonly Perturbation[] }
  /** The script fixes when this begins; where it really begins later, what follows is moved by the difference. */
  | { readonly kind: 'anchor'; readonly pool: string; readonly node: string | null }
  | { readonly kind: 'comment'; readonly by: string; readonly role: CommentRole; readonly body: string; readonly action: 'created' | 'edited'; /** Comments of one minute arrive in this order. */ readonly order: number }
  /** What GitHub answers from now on; below 400: as ever. */
  /** A program's message about a run of this opening. */
  | { readonly kind: 'run-message'; readonly run: string; readonly sequence: number; readonly wants: 'requested' | 'cancelled' }
  /** Somebody approves what the policy file says at a commit, or pushes another. */
  | { readonly kind: 'approval' | 'push'; readonly commit: string; readonly by: string }
  | { readonly kind: 'github'; readonly status: number }
  /** The service goes away while it waits for Azure: Azure has acted on the request, its answer is lost. */
  | { readonly kind: 'restart' }
  /** What begins a run begins it once more. */
  | { readonly kind: 'second-start' }
  /** Time merely passes up to here; `window` counts from the opening whatever was moved. */
  | { readonly kind: 'pass'; readonly clock: 'script' | 'window' }
);

/** A permission GitHub's policy repository can give. */
export type CommentRole = 'read' | 'write' | 'maintain' | 'admin';

/** A timeline as a runner plays it: what is laid out before the run begins, then steps in order. */
export interface ScenarioScript {
  readonly before: readonly Perturbation[];
  readonly steps: readonly ScenarioStep[];
}

/** How long somebody else's roll takes when no event ends it. Unit: minutes. */
const FOREIGN_ROLL_MINUTES = 45;
/** Graces from this on are used up by the pod; shorter ones end as pods usually do. Unit: seconds. */
const LONG_GRACE_SECONDS = 600;

/** Turns a timeline into steps; what the world does by its own physics only lets time pass. */
export function scenarioScript(scenario: Scenario): ScenarioScript {
  const steps = scenario.timeline.flatMap((event) => stepsOf(scenario, event));
  const rank = (step: ScenarioStep): number => (step.kind === 'comment' ? step.order : 0);
  return {
    before: [...pacesOf(scenario), ...holdsOf(scenario), ...foreignRunsOf(scenario), ...surgeFailuresOf(scenario), ...hindrancesOf(scenario)],
    steps: [...steps].sort((one, other) => one.atMinute - other.atMinute || rank(one) - rank(other)),
  };
}

function stepsOf(scenario: Scenario, step: TimelineEvent): readonly ScenarioStep[] {
  const { event, data, atMinute } = step;
  const by = textAt(data, 'by');
  const perturb = (perturbations: readonly Perturbation[]): readonly ScenarioStep[] =>
    perturbations.length === 0 ? [{ atMinute, kind: 'pass', clock: 'script' }] : [{ atMinute, kind: 'perturb', perturbations }];
  switch (event) {
    case 'pool.started': {
      const pool = textAt(data, 'pool') ?? '';
      return by === null ? [{ atMinute, kind: 'anchor', pool, node: null }] : perturb([foreignOperation(pool, by, { minutes: FOREIGN_ROLL_MINUTES, isRoll: 'roll' })]);
    }
    case 'drain.started': {
      const node = textAt(data, 'node') ?? '';
      const pool = poolOfNode(scenario, node);
      return by === null && pool !== null ? [{ atMinute, kind: 'anchor', pool, node }] : perturb(by === null ? [] : [{ kind: 'cordon-node', node, by }]);
    }
    case 'chatops.command':
    case 'comment':
    case 'comment.edited':
      return [{ atMinute, kind: 'comment', ...readAuthor(by ?? ''), body: textAt(data, 'text') ?? textAt(data, 'body') ?? '', action: event === 'comment.edited' ? 'edited' : 'created', order: data['arrivedSecond'] === true ? 1 : 0 }];
    case 'run.paused':
      // Where nothing in the world would pause the run, a person does.
      return textAt(data, 'cause') === null && !isRefused(scenario) && heldPools(scenario).length === 0 ? [{ atMinute, kind: 'comment', by: 'operator', role: 'maintain', body: '/pause', action: 'created', order: 0 }] : perturb([]);
    case 'pr.approved':
    case 'pr.pushed':
      return [{ atMinute, kind: event === 'pr.approved' ? 'approval' : 'push', commit: textAt(data, 'sha') ?? '', by: by ?? 'a reviewer' }];
    case 'sb.message':
      return [{ atMinute, kind: 'run-message', run: textAt(data, 'run') ?? '', sequence: numberAt(data, 'seq') ?? 0, wants: textAt(data, 'type') === 'run.cancelled' ? 'cancelled' : 'requested' }];
    case 'github.reply':
      return [{ atMinute, kind: 'github', status: numberAt(data, 'status') ?? 503 }];
    case 'host.restarted':
      return [{ atMinute, kind: 'restart' }];
    case 'timer.fired':
      return [{ atMinute, kind: 'second-start' }];
    case 'window.closed':
      return [{ atMinute, kind: 'pass', clock: 'window' }];
    default:
      return perturb(perturbationsOf(scenario, step));
  }
}

/** `erin(maintain)`, `jon(read, author_association=MEMBER)`: a login with its repository permission. */
function readAuthor(by: string): { readonly by: string; readonly role: CommentRole } {
  const match = /^([^(]+)\((\w+)/.exec(by);
  const roles: readonly CommentRole[] = ['read', 'write', 'maintain', 'admin'];
  return { by: match?.[1]?.trim() ?? by, role: roles.find((role) => role === match?.[2]) ?? 'read' };
}

/** Pods start as slowly, and stop as late, as their workload says. */
function pacesOf(scenario: Scenario): readonly Perturbation[] {
  return scenario.workloads.flatMap(({ kind, namespace, name, words }): readonly Perturbation[] => {
    const startSeconds = numberAt(words, 'startSec');
    const graceSeconds = numberAt(words, 'graceSec') ?? 30;
    if (kind === 'Pod' || kind === 'CNPG') return [];
    return [{ kind: 'slow-workload', workload: { kind, namespace, name }, startSeconds, stopSeconds: graceSeconds >= LONG_GRACE_SECONDS ? graceSeconds : null }];
  });
}

function holdsOf(scenario: Scenario): readonly Perturbation[] {
  return heldPools(scenario).map(({ pool, nodes }) => ({ kind: 'hold-upgrade', pool, nodes }));
}

/** An operation that ends under somebody else's name has run since moment 0, unless its begin is told too. */
function foreignRunsOf(scenario: Scenario): readonly Perturbation[] {
  return scenario.timeline.flatMap(({ event, data, atMinute }) => {
    const by = textAt(data, 'by');
    const pool = poolOfOperation(scenario, data, atMinute);
    const isTold = scenario.timeline.some((one) => one.event === 'pool.started' && textAt(one.data, 'by') === by);
    if (event !== 'arm.operation' || by === null || isTold || pool === null) return [];
    return [foreignOperation(pool, by, { minutes: atMinute, isRoll: 'change' })];
  });
}

function surgeFailuresOf(scenario: Scenario): readonly Perturbation[] {
  return scenario.timeline.flatMap(({ event, data, atMinute }) => {
    const pool = poolOfOperation(scenario, data, atMinute);
    if (event !== 'surge.failed' || pool === null) return [];
    return [{ kind: 'surge-fails', pool, code: textAt(data, 'code') ?? 'AllocationFailed', message: textAt(data, 'text') ?? '', times: 100 }];
  });
}

/**
 * Pools that a scenario takes as done before it begins: those before the first pool it speaks of in the order, when they
 * could not be done by the minute it names. Only images: a version is never ahead of its control plane.
 */
export function donePools(scenario: Scenario, order: readonly string[], estimateMinutes: (pool: string) => number): readonly string[] {
  if (textAt(scenario.policy, 'target', 'kind') !== 'node-image') return [];
  const spoken = scenario.timeline.filter(({ event, data }) => (event === 'pool.started' || event === 'drain.started') && textAt(data, 'by') === null);
  const [first] = spoken;
  const name = first === undefined ? null : (textAt(first.data, 'pool') ?? poolOfNode(scenario, textAt(first.data, 'node') ?? ''));
  if (first === undefined || name === null) return [];
  const earlier = order.slice(0, Math.max(0, order.indexOf(name)));
  const minutes = earlier.reduce((sum, pool) => sum + estimateMinutes(pool), 0);
  return minutes <= first.atMinute ? [] : earlier;
}
