import { isRecord, listAt, numberAt, textAt, textMapAt, valueAt } from '../domain/json.ts';
import type { ClusterCore } from './cluster-core.ts';
import { decideEviction, evictPod } from './eviction.ts';
import type { EvictionAnswer, EvictionWebhook } from './eviction.ts';
import type { PodRecord } from './kubernetes-objects.ts';
import { keyOf } from './kubernetes-store.ts';
import { badRequest, failureStatus, invalid, notFound, objectAnswer } from './kubernetes-status.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** `POST pods/{name}/eviction`, dry or real, with the codes and texts of kube-apiserver 1.36. */
export function answerEviction(
  core: ClusterCore,
  target: { readonly namespace: string; readonly name: string },
  request: WireRequest,
  webhooks: readonly EvictionWebhook[],
): WireResponse {
  const { body } = request;
  const options = valueAt(body, 'deleteOptions');
  const asked = [...(request.query['dryRun'] === undefined ? [] : [request.query['dryRun']]), ...listAt(options, 'dryRun')];
  const wrong = asked.find((value) => value !== 'All');
  if (wrong !== undefined) return badDryRun(wrong);
  const named = textAt(body, 'metadata', 'name');
  if (isRecord(body) && named !== null && named !== target.name) {
    return badRequest('name in URL does not match name in Eviction object');
  }
  const pod = core.store.pods.get(keyOf(target));
  if (pod === undefined) return notFound('pods', target.name);
  const stale = findStalePrecondition(pod, textMapAt(options, 'preconditions'));
  if (stale !== null) return stale;
  const isDry = asked.length > 0;
  const answer = isDry
    ? decideEviction(core.store, pod, webhooks)
    : evictPod(core, pod, { webhooks, graceSeconds: numberAt(options, 'gracePeriodSeconds'), by: actorOf(request) });
  if (!isDry) tellRefusal(core, pod, answer, actorOf(request));
  return wordEviction(pod, answer);
}

/** Who sends a request: an impersonated user, or the client itself. */
export function actorOf(request: WireRequest): string {
  return request.headers['impersonate-user'] ?? 'an API client';
}

/** The eviction's answer as the API server words it. */
function wordEviction(pod: PodRecord, answer: EvictionAnswer): WireResponse {
  switch (answer.kind) {
    case 'accepted':
      return objectAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    case 'refused': {
      const { message, retryAfterSeconds } = answer;
      return failureStatus(429, {
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        reason: 'TooManyRequests',
        details: {
          causes: [{ reason: 'DisruptionBudget', message }],
          ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
        },
        headers: retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) },
      });
    }
    case 'several-budgets':
      return failureStatus(500, {
        message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      });
    case 'namespace-terminating':
      return failureStatus(403, {
        message: `pods "${pod.name}" is forbidden: unable to create new content in namespace ${pod.namespace} because it is being terminated`,
        reason: 'Forbidden',
        details: {
          name: pod.name,
          kind: 'pods',
          causes: [{ reason: 'NamespaceTerminating', message: `namespace ${pod.namespace} is being terminated`, field: 'metadata.namespace' }],
        },
      });
    case 'denied':
      return wordDenial(pod, answer.webhook);
  }
}

function wordDenial(pod: PodRecord, { status, message, helper }: EvictionWebhook): WireResponse {
  if (status === 500) {
    const text = `failed calling webhook ${message}`;
    return failureStatus(500, {
      message: `Internal error occurred: ${text}`,
      reason: 'InternalError',
      details: { causes: [{ message: text }] },
    });
  }
  const reason = status === 403 ? 'Forbidden' : 'Invalid';
  return failureStatus(status, { message: `admission webhook ${helper === undefined ? '' : `"${helper.name}" `}denied the request: ${message}`, reason, details: { name: pod.name, kind: 'pods' } });
}

function tellRefusal(core: ClusterCore, pod: PodRecord, answer: EvictionAnswer, by: string): void {
  if (answer.kind === 'accepted') return;
  const text = answer.kind === 'refused' ? answer.message : answer.kind;
  const { namespace, name } = pod;
  core.timeline.tell('eviction.refused', `${keyOf(pod)} stays: ${text}`, { namespace, pod: name, node: pod.nodeName, reason: text, by });
}

function badDryRun(value: unknown): WireResponse {
  const message = `Unsupported value: ["${String(value)}"]: supported values: "All"`;
  return invalid(`CreateOptions.meta.k8s.io "" is invalid: dryRun: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'CreateOptions',
    causes: [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }],
  });
}

function findStalePrecondition(pod: PodRecord, preconditions: Readonly<Record<string, string>>): WireResponse | null {
  const { uid, resourceVersion } = preconditions;
  const version = pod.version === 0 ? (textAt(pod.document, 'metadata', 'resourceVersion') ?? '') : String(pod.version);
  const conflict = (what: string, hint: string): WireResponse =>
    failureStatus(409, {
      message: `Operation cannot be fulfilled on Pod "${pod.name}": the ${what}. The object might have been ${hint}`,
      reason: 'Conflict',
      details: { name: pod.name, kind: 'Pod' },
    });
  if (uid !== undefined && uid !== pod.uid) {
    return conflict(`UID in the precondition (${uid}) does not match the UID in record (${pod.uid})`, 'deleted and then recreated');
  }
  if (resourceVersion !== undefined && resourceVersion !== version) {
    const text = `ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${version})`;
    return conflict(text, 'modified');
  }
  return null;
}
