import { numberAt, recordsAt, textAt, textsAt } from '../domain/json.ts';
import type { Perturbation } from './perturbation.ts';
import { poolOfNode } from './scenario.ts';
import type { Scenario, ScenarioWorkload, TimelineEvent } from './scenario.ts';
import { placesOf } from './scenario-workload.ts';

/** Reasons of events that keep a pod on a young node from starting. */
const startReasons: ReadonlySet<string> = new Set(['FailedMount', 'FailedCreatePodSandBox', 'NetworkNotReady']);
/** Kinds whose pods come back under their names. */
const namedKinds: ReadonlySet<string> = new Set(['StatefulSet', 'CNPG', 'Pod']);

/**
 * What a timeline fixes about things that the simulation makes happen at its own time: who moves refused pods, which disks,
 * places and starts are withheld and how long, which new nodes never come up.
 */
export function hindrancesOf(scenario: Scenario): readonly Perturbation[] {
  return [...operatorsOf(scenario), ...scenario.timeline.flatMap((event) => hindranceOf(scenario, event))];
}

function hindranceOf(scenario: Scenario, event: TimelineEvent): readonly Perturbation[] {
  switch (event.event) {
    case 'eviction.denied':
      return helperOf(scenario, event);
    case 'event':
      return textAt(event.data, 'reason') === 'FailedAttachVolume' ? heldDisk(scenario, event) : withheldStart(scenario, event);
    case 'pod.pending':
      return withheldPlace(scenario, event);
    case 'pod.ready':
    case 'pod.rescheduled':
      return steering(scenario, event);
    case 'surge.created':
      return [...placedSurge(scenario, event), ...unreadySurge(scenario, event)];
    default:
      return [];
  }
}

/** A primary that is refused and never switched over has an operator that does not work. */
function operatorsOf({ workloads, timeline }: Scenario): readonly Perturbation[] {
  const databases = workloads.filter(({ kind }) => kind === 'CNPG');
  const isRefused = timeline.some(({ event, data }) => event === 'eviction.refused' && databases.some(({ name }) => (textAt(data, 'pod') ?? '').startsWith(`${name}-`)));
  return isRefused && !timeline.some(({ event }) => event === 'cnpg.switchover') ? [{ kind: 'operators-away' }] : [];
}

/** A webhook on evictions that is installed, or that moves the pod, is a helper; its own time is what the timeline says, if it moves it. */
function helperOf(scenario: Scenario, { data, atMinute }: TimelineEvent): readonly Perturbation[] {
  const pod = textAt(data, 'pod') ?? '';
  const workload = workloadOfPod(scenario, pod);
  const installed = recordsAt(scenario.cluster, 'webhooks').find((webhook) => textsAt(webhook, 'resources').some((resource) => resource.endsWith('pods/eviction')));
  if (workload === null) return [];
  const movedAt = nextAbout(scenario, atMinute, (event) => event.event === 'pod.rescheduled' && textAt(event.data, 'pod') === pod);
  // Nobody who moves it: a webhook that only refuses, which ends the upgrade.
  if (installed === undefined && movedAt === null) return [{ kind: 'eviction-webhook', namespace: workload.namespace, status: 403, message: `${textAt(data, 'by') ?? 'somebody'} refuses` }];
  const name = textAt(installed, 'name') ?? textAt(data, 'by') ?? 'webhook';
  const moveAfterSeconds = movedAt === null ? null : Math.round((movedAt - atMinute) * 60);
  return [{ kind: 'eviction-helper', namespace: workload.namespace, pods: `${workload.name}-`, name, message: `${name} moves the pod`, moveAfterSeconds }];
}

/** The disk of the pod that left last stays at its old node until the pod is Ready elsewhere, or for good. */
function heldDisk(scenario: Scenario, { data, atMinute }: TimelineEvent): readonly Perturbation[] {
  const left = scenario.timeline.filter((one) => one.event === 'pod.evicted' && one.atMinute <= atMinute && textAt(one.data, 'node') !== null).at(-1);
  const pod = textAt(data, 'pod') ?? textAt(left?.data, 'pod') ?? scenario.workloads.filter((workload) => textsAt(workload.words, 'volumes').length > 0).flatMap((workload) => placesOf(scenario, workload))[0]?.name ?? '';
  const workload = workloadOfPod(scenario, pod);
  if (workload === null) return [];
  const node = textAt(left?.data, 'node') ?? placesOf(scenario, workload).find(({ name }) => name === pod)?.node ?? '';
  const leftAt = left?.atMinute ?? atMinute;
  const next = nextAbout(scenario, leftAt, (one) => one.event === 'pod.evicted' && textAt(one.data, 'pod') === pod) ?? Infinity;
  const ready = nextAbout(scenario, atMinute, (one) => one.event === 'pod.ready' && textAt(one.data, 'pod') === pod);
  return [hinder('held-disk', workload, { pod, node, minutes: ready === null || ready > next ? null : ready - leftAt })];
}

function withheldStart(scenario: Scenario, { data, atMinute }: TimelineEvent): readonly Perturbation[] {
  const reason = textAt(data, 'reason') ?? '';
  const pod = textAt(data, 'pod') ?? '';
  const workload = workloadOfPod(scenario, pod);
  if (!startReasons.has(reason) || workload === null) return [];
  const over = nextAbout(scenario, atMinute, (one) => one.event === 'daemonset.ready' || (one.event === 'pod.ready' && textAt(one.data, 'pod') === pod));
  return [hinder('unstarted', workload, { pod, reason, message: textAt(data, 'msg') ?? '', minutes: over === null ? null : over - atMinute })];
}

function withheldPlace(scenario: Scenario, { data, atMinute }: TimelineEvent): readonly Perturbation[] {
  const pod = textAt(data, 'pod') ?? '';
  const workload = workloadOfPod(scenario, pod);
  if (workload === null) return [];
  const ready = nextAbout(scenario, atMinute, (one) => one.event === 'pod.ready' && textAt(one.data, 'pod') === pod);
  return [hinder('unplaced', workload, { pod, message: textAt(data, 'reason') ?? '', minutes: ready === null ? null : ready - atMinute })];
}

function steering(scenario: Scenario, { data }: TimelineEvent): readonly Perturbation[] {
  const pod = textAt(data, 'pod') ?? '';
  const node = textAt(data, 'node') ?? textAt(data, 'to');
  const workload = workloadOfPod(scenario, pod);
  return node === null || workload === null || !namedKinds.has(workload.kind) ? [] : [hinder('steer', workload, { pod, node })];
}

function placedSurge(scenario: Scenario, { data }: TimelineEvent): readonly Perturbation[] {
  const [pool, zone] = [poolOfNode(scenario, textAt(data, 'node') ?? ''), textAt(data, 'zone')];
  return pool === null || zone === null ? [] : [{ kind: 'surge-zone', pool, zone }];
}

function unreadySurge(scenario: Scenario, { data, atMinute }: TimelineEvent): readonly Perturbation[] {
  const node = textAt(data, 'node') ?? '';
  const pool = poolOfNode(scenario, node);
  if (data['ready'] !== false || pool === null) return [];
  const ready = nextAbout(scenario, atMinute, (one) => one.event === 'surge.created' && textAt(one.data, 'node') === node && one.data['ready'] === true);
  return [{ kind: 'surge-unready', pool, minutes: ready === null ? numberAt(data, 'minutes') : ready - atMinute }];
}

type Hinder = Extract<Perturbation, { readonly kind: 'hinder-pod' }>;

/** Pods of a Deployment come back under other names, so the next of the workload is meant. */
function hinder(kind: Hinder['hindrance'], workload: ScenarioWorkload, about: Partial<Hinder> & { readonly pod: string }): Hinder {
  const pod = namedKinds.has(workload.kind) ? about.pod : `${workload.name}-`;
  return { kind: 'hinder-pod', hindrance: kind, namespace: workload.namespace, node: '', reason: '', message: '', minutes: null, ...about, pod };
}

function nextAbout(scenario: Scenario, after: number, isMeant: (event: TimelineEvent) => boolean): number | null {
  return scenario.timeline.find((one) => one.atMinute > after && isMeant(one))?.atMinute ?? null;
}

function workloadOfPod(scenario: Scenario, pod: string): ScenarioWorkload | null {
  return scenario.workloads.find((workload) => pod === workload.name || pod.startsWith(`${workload.name}-`)) ?? null;
}
