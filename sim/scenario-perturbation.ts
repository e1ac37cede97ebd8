import { listAt, numberAt, recordsAt, textAt, textsAt, valueAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import { NODE_IMAGE_LABEL, QUARANTINED, UPGRADE_STATUS_LABEL } from './node-lifecycle.ts';
import type { Perturbation } from './perturbation.ts';
import { imageVersionOf } from './scenario-azure.ts';
import { healthPerturbations } from './scenario-health.ts';
import { debtCheckTime } from './scenario-memory.ts';
import { nodeNamesOf, poolOfNode } from './scenario.ts';
import type { Scenario, ScenarioWorkload, TimelineEvent } from './scenario.ts';

/** What an event of the timeline does to the world; nothing for what happens there by its own physics. */
export function perturbationsOf(scenario: Scenario, step: TimelineEvent): readonly Perturbation[] {
  const { event, data, atMinute } = step;
  const by = textAt(data, 'by') ?? 'somebody';
  const node = textAt(data, 'node') ?? '';
  switch (event) {
    case 'arm.operation':
      return endOf(scenario, data, atMinute);
    case 'pool.succeeded':
      return [{ kind: 'end-operation', pool: textAt(data, 'pool') ?? '', status: 'Succeeded', code: '', message: '', cordoned: [] }];
    case 'arm.reply':
      return refusalOf(scenario, data, atMinute);
    case 'pdb.changed': {
      const { namespace, name } = splitName(textAt(data, 'pdb'));
      return [{ kind: 'change-budget', namespace, name, ...countField(data, 'minAvailable'), ...countField(data, 'maxUnavailable'), by }];
    }
    case 'hpa.changed':
    case 'hpa.scaled':
    case 'deployment.scaled':
      return scaleOf(scenario, data, by);
    case 'pod.ready':
      return healOf(scenario, data);
    case 'job.succeeded':
      return [{ kind: 'finish-job', ...splitName(textAt(data, 'job')) }];
    case 'node.tainted':
      return [{ kind: 'taint-node', node, key: textAt(data, 'key') ?? '', by }, { kind: 'cordon-node', node, by }];
    case 'node.deleted':
      return [{ kind: 'delete-node', node, by: textAt(data, 'by') ?? textAt(data, 'reason') ?? 'Azure' }];
    case 'node.upgraded':
      // In a window the roll does it by itself; outside one it is somebody's own work.
      return debtCheckTime(scenario, 0) === null ? [] : newNodeOf(scenario, node, by);
    case 'node.quarantined':
      // Where a budget blocks, the world sets the node aside by itself.
      return isRefused(scenario) ? [] : [{ kind: 'cordon-node', node, by: 'AKS' }, { kind: 'label-node', node, key: UPGRADE_STATUS_LABEL, value: QUARANTINED, by: 'AKS' }];
    case 'image.published':
      return scenario.pools.map((pool) => ({ kind: 'publish-image', pool: pool.name, image: imageVersionOf(pool, textAt(data, 'image') ?? pool.image) }));
    case 'eviction.error':
      // Two budgets on one pod answer so by themselves.
      if ((textAt(data, 'text') ?? '').includes('more than one PodDisruptionBudget')) return [];
      return [{ kind: 'eviction-webhook', namespace: null, status: 500, message: (textAt(data, 'text') ?? '').replace(/^.*failed calling webhook /, '') }];
    default:
      return healthPerturbations(step);
  }
}

/** A node that was set aside, re-imaged by hand: it runs the newest image and takes pods. */
function newNodeOf(scenario: Scenario, node: string, by: string): readonly Perturbation[] {
  const pool = scenario.pools.find(({ name }) => name === poolOfNode(scenario, node));
  if (pool === undefined) return [];
  return [
    { kind: 'label-node', node, key: NODE_IMAGE_LABEL, value: imageVersionOf(pool, pool.imageLatest ?? pool.image), by },
    { kind: 'label-node', node, key: UPGRADE_STATUS_LABEL, value: null, by },
    { kind: 'uncordon-node', node, by },
  ];
}

/** Somebody else's roll or change on a pool, as long as it is scripted or else as long as a roll usually takes. */
export function foreignOperation(pool: string, by: string, about: { readonly minutes: number; readonly isRoll: 'roll' | 'change' }): Perturbation {
  return { kind: 'foreign-operation', pool, operation: about.isRoll === 'roll' ? 'UpgradingNodeImageVersion' : 'Updating', minutes: about.minutes, by };
}

/** Pools whose upgrade a timeline ends, with the nodes it may touch until then; others take their course. */
export function heldPools(scenario: Scenario): readonly { readonly pool: string; readonly nodes: readonly string[] }[] {
  return scenario.timeline.flatMap((event) => {
    const pool = heldPoolOf(scenario, event);
    return pool === null ? [] : [{ pool, nodes: touchedNodes(scenario, pool) }];
  });
}

/** A failure that the world would not reach by itself, or an end it would reach sooner, needs the upgrade to be held. */
function heldPoolOf(scenario: Scenario, { event, data, atMinute }: TimelineEvent): string | null {
  if (event === 'pool.succeeded') return textAt(data, 'pool');
  if (event !== 'arm.operation' || textAt(data, 'by') !== null) return null;
  const pool = poolOfOperation(scenario, data, atMinute);
  const isScripted = textAt(data, 'state') === 'Failed' || isSetAside(scenario) || (textAt(data, 'state') === 'Succeeded' && leavesOldNodes(scenario, pool));
  const hasOwnCause = scenario.timeline.some((one) => one.event === 'surge.failed') || isRefused(scenario);
  return isScripted && !hasOwnCause ? pool : null;
}

/** AKS sets a node aside that no budget of the scenario blocks. */
function isSetAside(scenario: Scenario): boolean {
  return scenario.timeline.some(({ event }) => event === 'node.quarantined') && !isRefused(scenario);
}

/** The nodes of a pool as the timeline counts them at the end, if it does. */
function lastCount({ timeline }: Scenario, pool: string | null): JsonRecord | undefined {
  return timeline.find(({ event, data }) => event === 'nodes.final' && (textAt(data, 'pool') ?? pool) === pool)?.data;
}

function leavesOldNodes(scenario: Scenario, pool: string | null): boolean {
  const last = lastCount(scenario, pool);
  return (numberAt(last, 'old') ?? listAt(last, 'old').length) > 0;
}

/** A drain that a budget refuses for good fails at its own time-out. */
export function isRefused(scenario: Scenario): boolean {
  return scenario.workloads.some(({ words }) => recordsAt(words, 'pdbs').some((budget) => numberAt(budget, 'disruptionsAllowed') === 0 && textAt(budget, 'managedBy') === null));
}

function touchedNodes(scenario: Scenario, poolName: string): readonly string[] {
  const pool = scenario.pools.find((each) => each.name === poolName);
  const all = pool === undefined ? [] : nodeNamesOf(pool);
  const last = lastCount(scenario, poolName);
  const count = numberAt(last, 'upgraded');
  if (count !== null) return all.slice(0, count);
  const named = textsAt(last, 'upgraded');
  if (named.length > 0) return named.filter((name) => all.includes(name));
  // A failure leaves something undone, or it would be none of the nodes'.
  const isFailing = last === undefined && scenario.timeline.some(({ event, data }) => event === 'arm.operation' && textAt(data, 'state') === 'Failed');
  return isFailing ? all.slice(0, -1) : all;
}

/** The pool an operation is about: named, or the last one begun before it, or the only one spoken of. */
export function poolOfOperation(scenario: Scenario, data: JsonRecord, atMinute: number): string | null {
  const named = textAt(data, 'pool');
  if (named !== null) return named;
  const begun = scenario.timeline.filter((one) => one.atMinute <= atMinute && (one.event === 'pool.started' || one.event === 'drain.started') && textAt(one.data, 'by') === null).at(-1);
  if (begun !== undefined) return textAt(begun.data, 'pool') ?? poolOfNode(scenario, textAt(begun.data, 'node') ?? '');
  const refused = scenario.timeline.map((one) => /Another operation \((\S+) - /.exec(textAt(one.data, 'text') ?? '')?.[1]).find((pool) => pool !== undefined);
  return scenario.pools.find((pool) => pool.name === refused)?.name ?? scenario.pools.at(-1)?.name ?? null;
}

function endOf(scenario: Scenario, data: JsonRecord, atMinute: number): readonly Perturbation[] {
  const state = textAt(data, 'state');
  const pool = poolOfOperation(scenario, data, atMinute);
  // A foreign operation ends by itself, and so does an abort of ours.
  const isOurs = pool !== null && textAt(data, 'by') === null;
  if (isOurs && state === 'Succeeded' && leavesOldNodes(scenario, pool)) return [{ kind: 'claim-success', pool }];
  if (!isOurs || (state !== 'Succeeded' && state !== 'Failed' && !(state === 'Canceled' && isSetAside(scenario)))) return [];
  const code = textAt(data, 'code') ?? 'UpgradeFailed';
  const last = scenario.timeline.find(({ event }) => event === 'nodes.final');
  return [{ kind: 'end-operation', pool, status: state, code, message: `${code}: the upgrade of node pool ${pool} failed.`, cordoned: textsAt(last?.data, 'cordoned') }];
}

/** A conflict lasts until the script answers otherwise; any other refusal is for one request. */
function refusalOf(scenario: Scenario, data: JsonRecord, atMinute: number): readonly Perturbation[] {
  const status = numberAt(data, 'status') ?? 202;
  const replies = scenario.timeline.filter(({ event }) => event === 'arm.reply');
  const isLasting = status === 409 && replies.some((one) => one.atMinute > atMinute && (numberAt(one.data, 'status') ?? 202) < 400);
  const isOver = status < 400 && replies.some((one) => one.atMinute < atMinute && numberAt(one.data, 'status') === 409);
  if (status < 400 && !isOver) return [];
  const reply = { status, code: textAt(data, 'code') ?? (status === 429 ? 'TooManyRequests' : 'ServiceUnavailable'), message: textAt(data, 'text') ?? '', retryAfterSeconds: numberAt(data, 'retryAfterSec') };
  return [{ kind: 'scripted-reply', service: 'arm', requests: 'writes', reply, times: isOver ? 0 : isLasting ? Infinity : 1 }];
}

function countField(data: JsonRecord, key: 'minAvailable' | 'maxUnavailable'): { readonly [K in typeof key]?: number | string } {
  const value = valueAt(data, key);
  return typeof value === 'number' || typeof value === 'string' ? { [key]: value } : {};
}

function scaleOf(scenario: Scenario, data: JsonRecord, by: string): readonly Perturbation[] {
  const target = textAt(data, 'target');
  const workload = target === null ? scenario.workloads.find(({ kind }) => kind === 'Deployment') : scenario.workloads.find((one) => `${one.namespace}/${one.name}` === target);
  if (workload === undefined || workload.kind === 'CNPG' || workload.kind === 'Pod') return [];
  const name = { kind: workload.kind, namespace: workload.namespace, name: workload.name };
  const minReplicas = numberAt(data, 'minReplicas');
  if (minReplicas !== null) return [{ kind: 'raise-autoscaler', workload: name, minReplicas, by }];
  return [{ kind: 'scale-workload', workload: name, replicas: numberAt(data, 'to') ?? workload.replicas, by }];
}

/** A pod that becomes Ready heals its workload where that was unhealthy; elsewhere the world starts pods by itself. */
function healOf(scenario: Scenario, data: JsonRecord): readonly Perturbation[] {
  const workload = workloadOfPod(scenario, textAt(data, 'pod') ?? '');
  if (workload === null || workload.ready >= workload.replicas || workload.kind === 'CNPG' || workload.kind === 'Pod') return [];
  return [{ kind: 'sicken-workload', workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name }, count: 0 }];
}

function workloadOfPod(scenario: Scenario, pod: string): ScenarioWorkload | null {
  return scenario.workloads.find((workload) => pod === workload.name || pod.startsWith(`${workload.name}-`)) ?? null;
}

function splitName(written: string | null): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = (written ?? '').split('/');
  return { namespace, name };
}
