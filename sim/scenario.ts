import { closestWord } from '../domain/closest-word.ts';
import { isRecord, listAt, numberAt, recordAt, recordsAt, textAt, textsAt, valueAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { Fault, Result } from '../domain/result.ts';
import { refuse, succeed } from '../domain/result.ts';

/** Words a timeline may use: the only list. */
export const timelineWords = [
  'addon.upgraded', 'alert', 'arm.operation', 'arm.reply', 'chatops.command', 'clock', 'cnpg.switchover', 'comment', 'comment.edited',
  'controlplane.upgraded', 'daemonset.ready', 'deployment.scaled', 'drain.started', 'drain.finished', 'event', 'eviction.refused',
  'eviction.denied', 'eviction.error', 'github.reply', 'host.restarted', 'hpa.changed', 'hpa.scaled', 'image.published', 'job.succeeded',
  'kubectl.logs', 'node.deleted', 'node.quarantined', 'node.tainted', 'node.upgraded', 'nodes.final', 'pdb.changed', 'pod.evicted',
  'pod.pending', 'pod.ready', 'pod.rescheduled', 'pool.started', 'pool.succeeded', 'pr.approved', 'pr.pushed', 'probe.failed',
  'queue.redelivered', 'repo.pr', 'run.held', 'run.paused', 'sb.message', 'surge.created', 'surge.failed', 'timer.fired',
  'webhook.timeouts', 'window.opened', 'window.closed',
] as const;
type TimelineWord = (typeof timelineWords)[number];

const workloadKinds = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Pod', 'CNPG'] as const;
type ScenarioWorkloadKind = (typeof workloadKinds)[number];

/** A node pool as a scenario names it; the rest of its words are read where they are needed. */
export interface ScenarioPool {
  readonly name: string;
  readonly mode: 'System' | 'User';
  readonly count: number;
  readonly vcpu: number;
  readonly kubernetesVersion: string;
  readonly image: string;
  /** Null: AKS names no newer image. */
  readonly imageLatest: string | null;
  readonly words: JsonRecord;
}

/** A workload; `on` holds node names, or patterns with `*`. */
export interface ScenarioWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly kind: ScenarioWorkloadKind;
  readonly replicas: number;
  readonly ready: number;
  readonly on: readonly string[];
  readonly words: JsonRecord;
}

/** One thing that happens; `atMinute` counts from the opening. */
export interface TimelineEvent {
  readonly atMinute: number;
  readonly event: TimelineWord;
  readonly data: JsonRecord;
}

/** What an excellent service does, as far as a machine compares it. */
export interface ScenarioExpectation {
  readonly result: string;
  readonly findings: readonly { readonly code: string; readonly where: string; readonly severity: string }[];
  readonly decision: string;
  readonly final: JsonRecord;
}

/** A scenario: how the world is, what the operator wants, what happens when. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What the moment 0 is: `window open`, `comment time`, … */
  readonly begins: string;
  readonly times: JsonRecord;
  readonly cluster: JsonRecord;
  readonly pools: readonly ScenarioPool[];
  readonly nodeExceptions: readonly JsonRecord[];
  readonly workloads: readonly ScenarioWorkload[];
  readonly extra: JsonRecord;
  readonly policy: JsonRecord;
  readonly timeline: readonly TimelineEvent[];
  readonly expected: ScenarioExpectation;
}

/** Gathers faults with the place they are at. */
interface Reading {
  readonly faults: Fault[];
  add(where: string, expected: string, remedy?: string): void;
}

/**
 * Reads one line of a scenario file. Words of the vocabulary only: an unknown event or kind is a fault, as is a field that
 * is missing or of another form. Every fault at once; code `unreadable-scenario`.
 */
export function readScenario(value: unknown): Result<Scenario, Fault> {
  const faults: Fault[] = [];
  const reading: Reading = {
    faults,
    add: (where, expected, remedy = 'Use the words of the scenario vocabulary.') =>
      faults.push({ code: 'unreadable-scenario', where, message: `${where} must be ${expected}.`, remedy }),
  };
  if (!isRecord(value)) {
    reading.add('the line', 'a JSON object');
    return refuse(faults);
  }
  const initial = recordAt(value, 'initial');
  const scenario: Scenario = {
    id: text(reading, value, 'id'),
    title: textAt(value, 'title') ?? '',
    begins: textAt(value, 't0_is') ?? 'window open',
    times: readTimes(reading, recordAt(value, 'sim')),
    cluster: readClusterWords(reading, initial),
    pools: recordsAt(initial, 'pools').map((pool, index) => readPool(reading, pool, `initial.pools[${index}]`)),
    nodeExceptions: recordsAt(initial, 'nodeExceptions'),
    workloads: recordsAt(initial, 'workloads').map((workload, index) => readWorkload(reading, workload, `initial.workloads[${index}]`)),
    extra: recordAt(initial, 'extra'),
    policy: readPolicyWords(reading, recordAt(value, 'policy')),
    timeline: listAt(value, 'timeline').map((event, index) => readEvent(reading, event, `timeline[${index}]`)),
    expected: readExpectation(recordAt(value, 'expect')),
  };
  if (scenario.pools.length === 0) reading.add('initial.pools', 'a list of at least one pool');
  judgeNames(reading, scenario);
  return faults.length > 0 ? refuse(faults) : succeed(scenario);
}

/** The pool whose node this is, by the names scenarios use (`usr-1`, `usr-s1`); null when none fits. */
export function poolOfNode(scenario: Pick<Scenario, 'pools'>, node: string): string | null {
  const name = node.replace(/-s?[0-9a-z]+$/, '');
  return scenario.pools.find((pool) => pool.name === name)?.name ?? null;
}

/** Node names of a pool, in order. */
export function nodeNamesOf(pool: ScenarioPool): readonly string[] {
  return Array.from({ length: pool.count }, (_, index) => `${pool.name}-${index}`);
}

function readTimes(reading: Reading, times: JsonRecord): JsonRecord {
  for (const [name, value] of Object.entries(times)) {
    if (typeof value !== 'number' || value < 0) reading.add(`sim.${name}`, 'a number of minutes or seconds, not negative');
  }
  return times;
}

function readClusterWords(reading: Reading, initial: JsonRecord): JsonRecord {
  const cluster = recordAt(initial, 'cluster');
  text(reading, cluster, 'name', 'initial.cluster');
  version(reading, cluster, 'k8s', 'initial.cluster');
  return cluster;
}

function readPolicyWords(reading: Reading, policy: JsonRecord): JsonRecord {
  const window = recordAt(policy, 'window');
  text(reading, window, 'open', 'policy.window');
  text(reading, window, 'tz', 'policy.window');
  const minutes = numberAt(window, 'durationMin');
  if (minutes === null || minutes <= 0) reading.add('policy.window.durationMin', 'a number of minutes above 0');
  word(reading, recordAt(policy, 'target'), 'kind', ['node-image', 'kubernetes'], 'policy.target');
  return policy;
}

function readPool(reading: Reading, words: JsonRecord, path: string): ScenarioPool {
  return {
    name: text(reading, words, 'name', path),
    mode: word(reading, words, 'mode', ['System', 'User'], path),
    count: whole(reading, words, 'count', path),
    vcpu: numberAt(words, 'vcpu') ?? 4,
    kubernetesVersion: version(reading, words, 'k8s', path),
    image: text(reading, words, 'image', path),
    imageLatest: textAt(words, 'imageLatest'),
    words,
  };
}

function readWorkload(reading: Reading, words: JsonRecord, path: string): ScenarioWorkload {
  for (const [index, budget] of recordsAt(words, 'pdbs').entries()) text(reading, budget, 'name', `${path}.pdbs[${index}]`);
  return {
    namespace: text(reading, words, 'ns', path),
    name: text(reading, words, 'name', path),
    kind: word(reading, words, 'kind', workloadKinds, path),
    replicas: whole(reading, words, 'replicas', path),
    ready: whole(reading, words, 'ready', path),
    on: textsAt(words, 'on'),
    words,
  };
}

function readEvent(reading: Reading, value: unknown, path: string): TimelineEvent {
  const atMinute = numberAt(value, 'at');
  if (atMinute === null) reading.add(`${path}.at`, 'a number of minutes');
  const data = valueAt(value, 'data');
  if (data !== undefined && !isRecord(data)) reading.add(`${path}.data`, 'an object');
  return { atMinute: atMinute ?? 0, event: word(reading, isRecord(value) ? value : {}, 'event', timelineWords, path), data: recordAt(value, 'data') };
}

function readExpectation(expected: JsonRecord): ScenarioExpectation {
  return {
    result: textAt(expected, 'preflight', 'result') ?? 'pass',
    findings: recordsAt(expected, 'preflight', 'findings').map((finding) => ({
      code: textAt(finding, 'code') ?? '',
      where: textAt(finding, 'where') ?? '',
      severity: textAt(finding, 'severity') ?? '',
    })),
    decision: textAt(expected, 'decision') ?? '',
    final: recordAt(expected, 'final'),
  };
}

/** Nodes and pools that are spoken of must be there, or a scenario would quietly be another one. */
function judgeNames(reading: Reading, scenario: Scenario): void {
  const nodes = new Set(scenario.pools.flatMap(nodeNamesOf));
  scenario.nodeExceptions.forEach((exception, index) => {
    const name = text(reading, exception, 'name', `initial.nodeExceptions[${index}]`);
    if (name !== '' && poolOfNode(scenario, name) === null) reading.add(`initial.nodeExceptions[${index}].name`, 'a node of one of the pools');
  });
  scenario.workloads.forEach(({ on }, index) => {
    for (const name of on) if (!name.includes('*') && !nodes.has(name)) reading.add(`initial.workloads[${index}].on`, `made of nodes of the pools; ${name} is none`);
  });
}

function text(reading: Reading, record: JsonRecord, key: string, path = ''): string {
  const found = textAt(record, key);
  if (found !== null && found !== '') return found;
  reading.add(placeOf(path, key), 'a text that is not empty');
  return '';
}

function version(reading: Reading, record: JsonRecord, key: string, path: string): string {
  const found = text(reading, record, key, path);
  if (found !== '' && !/^\d+\.\d+\.\d+$/.test(found)) reading.add(placeOf(path, key), 'a version such as 1.34.4');
  return found;
}

function whole(reading: Reading, record: JsonRecord, key: string, path: string): number {
  const found = numberAt(record, key);
  if (found !== null && Number.isInteger(found) && found >= 0) return found;
  reading.add(placeOf(path, key), 'a whole number, not negative');
  return 0;
}

function word<W extends string>(reading: Reading, record: JsonRecord, key: string, words: readonly [W, ...W[]], path: string): W {
  const found = textAt(record, key);
  const known = words.find((each) => each === found);
  if (known !== undefined) return known;
  const nearest = found === null ? null : closestWord(found, words);
  const remedy = nearest === null ? `Known: ${words.join(', ')}.` : `Did you mean ${nearest}?`;
  reading.add(placeOf(path, key), found === null ? 'one of the known words' : `a known word, and ${JSON.stringify(found)} is none`, remedy);
  return words[0];
}

function placeOf(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
