import { readSnapshotFolder } from '../adapters/snapshot-folder.ts';
import type { ClusterSnapshot } from '../domain/cluster-snapshot.ts';
import { matchesSelector } from '../domain/disruption-budget.ts';
import { judgeEviction } from '../domain/eviction.ts';
import { forecastDrain } from '../domain/drain-forecast.ts';
import type { PodVerdict } from '../domain/preflight-report.ts';
import { judgePreflight } from '../domain/preflight.ts';

/** One measured way of answering for every pod; printed as one line of JSON. */
const [folder = '', way = ''] = process.argv.slice(2);
const began = performance.now();
const read = await readSnapshotFolder(folder);
if (!read.ok) throw new Error(JSON.stringify(read.faults));
const parsed = performance.now();
const answers = way === 'naive' ? naive(read.value) : way === 'verdicts' ? verdicts(read.value) : judged(read.value);
const ended = performance.now();
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
process.stdout.write(JSON.stringify({ ...answers, parseMs: parsed - began, judgeMs: ended - parsed, peakMb: maxRSS / 1_024, cpuMs: (userCPUTime + systemCPUTime) / 1_000 }));

interface Answers {
  readonly pods: number;
  readonly matches: number;
  readonly blocked: number;
}

function judged(snapshot: ClusterSnapshot): Answers {
  return count(judgePreflight(null, null, snapshot).pods);
}

function verdicts(snapshot: ClusterSnapshot): Answers {
  return count(forecastDrain(snapshot));
}

function count(pods: readonly PodVerdict[]): Answers {
  return { pods: pods.length, matches: pods.reduce((sum, { budgets }) => sum + budgets.length, 0), blocked: pods.filter(({ verdict }) => verdict === 'blocked').length };
}

/** The verdicts of the pods as one would first think of it: every budget is held against every pod. */
function naive({ pods, disruptionBudgets, namespaces }: ClusterSnapshot): Answers {
  let matches = 0;
  let blocked = 0;
  for (const pod of pods) {
    const budgets = disruptionBudgets.filter((budget) => matchesSelector(budget.selector, pod.labels) && budget.namespace === pod.namespace);
    matches += budgets.length;
    const namespace = namespaces.find(({ name }) => name === pod.namespace) ?? null;
    if (judgeEviction({ pod, budgets, namespace, deadWebhooks: [] }).status === 429) blocked += 1;
  }
  return { pods: pods.length, matches, blocked };
}
