import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { forecastDrain, forecastPods } from '../../domain/drain-forecast.ts';
import { isRecord, listAt, numberAt, recordAt, recordsAt, textAt, textsAt, valueAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import { readKubernetesItems, readListItems } from '../../domain/kubernetes-object.ts';
import { sharedMaterial } from '../shared-material.ts';
import { sampleBudget, samplePod } from './cluster-samples.ts';

/** What a real API server answered to one dry-run eviction. */
interface RecordedAnswer {
  readonly pod: string;
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
  readonly message: string;
  readonly cause: string;
  readonly budgets: readonly string[];
}

function recordOf(value: unknown): JsonRecord {
  assert.ok(isRecord(value));
  return value;
}

/** Holds every recorded answer against the forecast made from nothing but the lists. */
function assertAgreement(items: readonly unknown[], answers: readonly RecordedAnswer[]): void {
  const parts = readKubernetesItems(items);
  assert.ok(parts.ok, JSON.stringify(parts));
  const forecasts = new Map(forecastPods(parts.value).map((one) => [`${one.pod.namespace}/${one.pod.name}`, one]));
  for (const answer of answers) {
    const forecast = forecasts.get(answer.pod);
    const { status, retryAfterSeconds, message, cause } = forecast?.eviction ?? {};
    const budgets = forecast?.budgets.map(({ name }) => name);
    assert.deepEqual({ pod: answer.pod, status, retryAfterSeconds, message, cause, budgets }, { ...answer, budgets: [...answer.budgets].sort() });
  }
}

test('the forecast of each kind of pod and budget is the recorded answer of the API server', () => {
  const recorded = recordOf(JSON.parse(readFileSync(new URL('recorded/evictions.json', import.meta.url), 'utf8')));
  const answers = recordsAt(recorded, 'answers').map((answer) => ({
    pod: `${textAt(answer, 'namespace') ?? ''}/${textAt(answer, 'pod') ?? ''}`,
    status: numberAt(answer, 'status'),
    retryAfterSeconds: numberAt(answer, 'retryAfterSeconds'),
    message: textAt(answer, 'message') ?? '',
    cause: textAt(answer, 'cause') ?? '',
    budgets: textsAt(answer, 'budgets'),
  }));

  assert.equal(answers.length, 27);
  assertAgreement([...listAt(recorded, 'pods'), ...listAt(recorded, 'budgets')], answers);
});

const recordings = sharedMaterial('recordings/kubernetes/');

test('all 180 recorded dry runs agree in status, Retry-After, message, cause and budgets', { skip: recordings.skip }, () => {
  const kinds = ['pods', 'poddisruptionbudgets'];
  const items = kinds.flatMap((kind) => {
    const list = readListItems(valueAt(recordings.readJson(`list-${kind}.json`), 'body'), kind);
    assert.ok(list.ok);
    return list.value;
  });
  const rows = recordings.readJson('evictions-dryrun.json');
  assert.ok(Array.isArray(rows));
  const answers = rows.map(recordOf).map((row) => {
    const body = recordAt(row, 'body');
    const retryAfter = textAt(row, 'headers', 'retry-after');
    const [cause] = recordsAt(body, 'details', 'causes');
    return {
      pod: `${textAt(row, 'namespace') ?? ''}/${textAt(row, 'pod') ?? ''}`,
      status: numberAt(row, 'status'),
      retryAfterSeconds: retryAfter === null ? null : Number(retryAfter),
      message: textAt(body, 'message') ?? '',
      cause: cause === undefined ? '' : textAt(cause, 'message') ?? '',
      budgets: recordsAt(row, 'pdbs').map((budget) => textAt(budget, 'name') ?? ''),
    };
  });

  assert.equal(answers.length, 180);
  assertAgreement(items, answers);
});

test('the recorded snapshot agrees with the answers recorded at the same moment', { skip: recordings.skip }, () => {
  const rows = recordings.readJson('snapshot/evictions.json');
  assert.ok(Array.isArray(rows));
  const answers = rows.map(recordOf).map((row) => {
    const [cause] = recordsAt(row, 'causes');
    const retryAfter = row['retryAfter'];
    return {
      pod: `${textAt(row, 'namespace') ?? ''}/${textAt(row, 'pod') ?? ''}`,
      status: numberAt(row, 'status'),
      retryAfterSeconds: retryAfter === null ? null : Number(retryAfter),
      message: textAt(row, 'message') ?? '',
      cause: cause === undefined ? '' : textAt(cause, 'message') ?? '',
      budgets: textsAt(row, 'budgets'),
    };
  });

  assert.equal(answers.length, 180);
  assertAgreement(listAt(recordings.readJson('snapshot/kubernetes.json'), 'items'), answers);
});

test('a drain leaves static and DaemonSet pods, lets finished ones pass, and says who is gone for good', () => {
  const blockedAll = sampleBudget('shop/all', {
    selector: { matchLabels: {}, matchExpressions: [] },
    status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 },
  });
  const daemon = { owner: { kind: 'DaemonSet', name: 'agent', uid: 'd' } };
  const table = [
    ['static', 'shop', { isMirror: true, owner: null }, 'skipped', 429],
    ['daemon', 'shop', daemon, 'skipped', 429],
    ['guarded', 'shop', {}, 'blocked', 429],
    ['finished', 'shop', { phase: 'Succeeded', owner: null }, 'evictable', 201],
    ['ending', 'shop', { deletionTimestamp: 1, owner: null }, 'evictable', 201],
    ['bare', 'ops', { owner: null }, 'unmanaged', 201],
    ['free', 'ops', {}, 'evictable', 201],
  ] as const;
  const pods = table.map(([name, namespace, change]) => samplePod(`${namespace}/${name}`, change));

  const verdicts = forecastDrain({ pods, disruptionBudgets: [blockedAll], namespaces: [], admissionWebhooks: [] });

  assert.deepEqual(
    verdicts.map(({ name, verdict, status }) => [name, verdict, status]),
    table.map(([name, , , verdict, status]) => [name, verdict, status]),
  );
  assert.equal(verdicts[2]?.reason, 'The disruption budget all needs 1 healthy pods and has 1 currently');
  assert.deepEqual(verdicts[2]?.budgets, ['shop/all']);
});

test('the time of a forecast grows with the pods, not with pods times budgets', () => {
  const budgets = Array.from({ length: 2_000 }, (_, index) => sampleBudget(`shop/app${index}`));
  const pods = Array.from({ length: 40_000 }, (_, index) => samplePod(`shop/app${index % 2_000}-1`, { labels: { app: `app${index % 2_000}` } }));
  const started = performance.now();

  const forecasts = forecastPods({ pods, disruptionBudgets: budgets, namespaces: [], admissionWebhooks: [] });

  assert.ok(forecasts.every(({ budgets: mine }) => mine.length === 1));
  // Trying each of 2 000 budgets for each of 40 000 pods takes many seconds; the bound leaves room for a slow machine.
  assert.ok(performance.now() - started < 3_000, `took ${performance.now() - started} ms`);
});
