import { causeOf, DENIED, MOVED } from './block-view.ts';
import type { Judging } from './block-view.ts';
import { delegatedMs } from './block-refusal.ts';
import type { Refusal } from './block-refusal.ts';
import type { AdmissionWebhook, Pod } from './cluster-snapshot.ts';
import { fullName } from './disruption-budget.ts';
import { MINUTE_MS, minutesBetween } from './time.ts';
import type { BlockCause, HelpedMove } from './unit-progress.ts';
import { controllerOf, controllerText } from './workload.ts';

/** A webhook on the eviction cannot be asked: named, with its service and who put it there. */
export function judgeUnreachableWebhook(judging: Judging, { pod, node, message, since }: Refusal): BlockCause {
  const name = /failed calling webhook "([^"]+)"/.exec(message)?.[1] ?? null;
  const webhook = judging.objects.admissionWebhooks.find((one) => one.name === name) ?? null;
  const place = webhook === null ? '' : ` (${webhook.kind} configuration ${webhook.configuration}${webhook.service === null ? '' : `, service ${webhook.service}`})`;
  return causeOf(judging, pod, node.name, {
    class: 'EVICTION_WEBHOOK_UNREACHABLE',
    since,
    webhook: webhook?.configuration ?? name,
    evidence: `The API server could not ask ${name === null ? 'an admission webhook' : `webhook ${name}`}${place}: ${message.slice(0, 240)}`,
    remedy: `Bring the backend of ${name ?? 'the webhook'}${webhook?.service === undefined || webhook.service === null ? '' : ` (${webhook.service})`} back, or let its owner take the webhook away.`,
    ruledOut: [
      { what: 'a disruption budget', answer: 'no: the webhook is asked before any budget' },
      { what: 'the backend\'s pods', answer: backendText(judging, webhook) },
    ],
  });
}

function backendText({ objects }: Judging, webhook: AdmissionWebhook | null): string {
  if (webhook === null || webhook.service === null) return 'not known';
  const [namespace = ''] = webhook.service.split('/');
  const backends = objects.pods.filter((pod) => pod.namespace === namespace);
  return `${backends.filter(({ isReady }) => isReady).length} of ${backends.length} pods in ${namespace} are Ready`;
}

/**
 * A webhook answered and denied the eviction: judged by where the pod is, not by the answer.
 *
 * Whoever is known to move pods by itself, or moved one of this workload in this attempt, has twice the pod's own time; any
 * other is a refusal from the first. Null: its helper moves nothing now, because nothing drains.
 */
export function judgeDenial(judging: Judging, { pod, node, message, since, by, budgets }: Refusal): BlockCause | null {
  const delegate = judging.delegateOf({ pod, budgets });
  const movedAt = judging.recall.knows(`${MOVED}${workloadText(judging, pod)}`);
  const said = /webhook "([^"]+)"/.exec(message)?.[1] ?? delegate?.configuration ?? null;
  if (delegate === null && movedAt === null) {
    return causeOf(judging, pod, node.name, {
      class: 'UNKNOWN',
      since,
      budgets,
      webhook: said,
      evidence: `The API server answers its eviction with a webhook's denial: ${message.slice(0, 240)}`,
      remedy: `Ask the owner of ${said ?? 'the webhook'} what it waits for: something other than a disruption budget refuses the eviction.`,
      ruledOut: [{ what: 'a helper that moves the pod by itself', answer: 'none is known for it, and none has moved one' }],
    });
  }
  if (by === 'dry-run') return null;
  const late = since + delegatedMs(pod);
  const helper = delegate?.helper ?? `the operator behind ${said ?? 'the webhook'}`;
  const minutes = Math.round(delegatedMs(pod) / 60_000);
  return causeOf(judging, pod, node.name, {
    class: 'EVICTION_DELEGATED',
    since,
    waitsUntil: late,
    budgets,
    webhook: said,
    evidence: judging.now < late ? `${helper} refuses its eviction and moves it by itself; it has ${minutes} min.` : `${helper} refuses its eviction and has not moved it in ${minutesBetween(since, judging.now)} min; twice its stop and start are ${minutes} min.`,
    remedy: `Nothing while it moves; if it does not, look at ${helper}.`,
    ruledOut: [{ what: 'its budget', answer: budgets.length === 0 ? 'none selects it' : `${budgets.map(fullName).join(', ')} is not asked: the webhook comes first` }],
  });
}

/** Notes which pods were denied, and tells which of those are not `here` (uids) any more: their helper is then proven for its workload. */
export function noteDenials(judging: Judging, denied: readonly Refusal[], here: ReadonlySet<string>): readonly HelpedMove[] {
  for (const { pod, since } of denied) judging.recall.since(`${DENIED}${workloadText(judging, pod)}|${pod.uid}|${fullName(pod)}`, since);
  return judging.seen.flatMap(({ key, since }) => {
    if (key.startsWith(MOVED)) judging.recall.since(key, since);
    if (!key.startsWith(DENIED)) return [];
    const [workload = '', uid = '', pod = ''] = key.slice(DENIED.length).split('|');
    if (here.has(uid)) {
      judging.recall.since(key, since);
      return [];
    }
    judging.recall.since(`${MOVED}${workload}`);
    return [{ pod, minutes: Math.max(1, Math.round((judging.now - since) / MINUTE_MS)) }];
  });
}

function workloadText(judging: Judging, pod: Pod): string {
  return controllerText(controllerOf(pod, judging.workloadIndex) ?? { kind: 'Pod', namespace: pod.namespace, name: pod.name, workload: null });
}
