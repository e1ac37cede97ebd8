import type { Clock } from '../activities/ports.ts';
import type { ApiServerAccess } from '../domain/api-server-access.ts';
import type { Cluster, Unchecked } from '../domain/cluster-snapshot.ts';
import type { Failure, Outcome } from '../domain/failure.ts';
import { textAt, valueAt } from '../domain/json.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import { findKubernetesOperation, kubernetesOperations } from './cluster-operations.ts';
import type { KubernetesOperation } from './cluster-operations.ts';
import type { KubernetesAnswer, KubernetesCall } from './kubernetes-transport.ts';

/** A right one of our identities needs, and what is not known without it. */
export interface KubernetesRight {
  readonly operation: KubernetesOperation;
  readonly identity: 'reader' | 'writer';
  readonly loss: string;
}

/** What the API server said of our rights, remembered for a while. */
export interface RightsBook {
  /** The rights of these that are denied; asks for what is not remembered. Fails when no answer comes at all. May be repeated. */
  findDenied(cluster: Cluster, send: Send, rights: readonly KubernetesRight[]): Promise<Outcome<ReadonlySet<KubernetesRight>>>;
  /** The failure of doing without this right, where it is remembered as denied; null: try. Sends nothing. */
  recallDenial(cluster: Cluster, right: KubernetesRight): Failure | null;
}

type Send = (call: KubernetesCall) => Promise<Outcome<KubernetesAnswer>>;

/** `not-served`: this server answers no such question · `unknown`: it could not say. Both are tried. */
type Verdict = 'granted' | 'denied' | 'not-served' | 'unknown';

/** Where questions about rights go. They store nothing, so they may be repeated. */
export const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
/** The first question also tells whether there is a way to the API server, so silence is met sooner than in a list. */
const REVIEW_LIMIT_MS = 10 * SECOND_MS;
/** How long a verdict is remembered. A denial is soon asked again: somebody may have just mended it. */
const KEPT_MS: Readonly<Record<Verdict, number>> = { granted: 10 * MINUTE_MS, denied: MINUTE_MS, 'not-served': 10 * MINUTE_MS, unknown: 0 };

/**
 * Asks with `SelfSubjectAccessReview`, a question for each right, and remembers the verdicts by cluster.
 *
 * `SelfSubjectRulesReview` would tell all at once, but is incomplete where an outside authorizer such as Azure RBAC judges (source:
 * Kubernetes API reference, SubjectRulesReviewStatus).
 */
export function createRightsBook(clock: Clock): RightsBook {
  const known = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  const recall = (cluster: Cluster, right: KubernetesRight): Verdict | null => {
    const entry = known.get(keyOf(cluster, right));
    return entry === undefined || entry.until <= clock.now() ? null : entry.verdict;
  };
  const note = (cluster: Cluster, right: KubernetesRight, verdict: Verdict): void => {
    known.set(keyOf(cluster, right), { verdict, until: clock.now() + KEPT_MS[verdict] });
  };
  return {
    async findDenied(cluster, send, rights) {
      const [first, ...others] = rights.filter((right) => recall(cluster, right) === null);
      if (first !== undefined) {
        const verdict = await review(send, first);
        if (!verdict.ok) return verdict;
        note(cluster, first, verdict.value);
        const isServed = verdict.value !== 'not-served';
        const answers = isServed ? await Promise.all(others.map((right) => review(send, right))) : others.map(() => verdict);
        for (const [index, right] of others.entries()) {
          const answer = answers[index];
          if (answer?.ok === false) return answer;
          if (answer !== undefined) note(cluster, right, answer.value);
        }
      }
      return { ok: true, value: new Set(rights.filter((right) => recall(cluster, right) === 'denied')) };
    },
    recallDenial: (cluster, right) => (recall(cluster, right) === 'denied' ? failureOfDenial([right], cluster.access) : null),
  };
}

function keyOf({ resourceId }: Cluster, { operation: { verb, group, resource }, identity }: KubernetesRight): string {
  return [resourceId.toLowerCase(), identity, verb, group, resource].join(' ');
}

async function review(send: Send, { operation, identity }: KubernetesRight): Promise<Outcome<Verdict>> {
  const { verb, group, resource } = operation;
  const [name = '', subresource] = resource.split('/');
  const asked = resource.startsWith('/')
    ? { nonResourceAttributes: { verb, path: resource } }
    : { resourceAttributes: { verb, group, resource: name, ...(subresource === undefined ? {} : { subresource }) } };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: asked };
  const sent = await send({ method: 'POST', path: REVIEWS, contentType: 'application/json', body, identity, timeLimitMs: REVIEW_LIMIT_MS });
  return sent.ok ? { ok: true, value: verdictOf(sent.value) } : sent;
}

/** An authorizer that failed denies too, and says so: that is no verdict. */
function verdictOf({ status, body }: KubernetesAnswer): Verdict {
  if (status === 403 || status === 404 || status === 405) return 'not-served';
  if (status !== 200 && status !== 201) return 'unknown';
  const allowed = valueAt(body, 'status', 'allowed');
  if (allowed === true) return 'granted';
  return allowed === false && (textAt(body, 'status', 'evaluationError') ?? '') === '' ? 'denied' : 'unknown';
}

/** The right that a GET of this path needs; throws for a path that is in no list of operations. */
export function rightToRead(path: string, loss: string): KubernetesRight {
  const operation = findKubernetesOperation('GET', path);
  if (operation === null) throw new Error(`${path} is no listed operation.`);
  return { operation, identity: 'reader', loss };
}

function rightTo(verb: KubernetesOperation['verb'], resource: string, identity: KubernetesRight['identity'], loss: string): KubernetesRight {
  const operation = kubernetesOperations.find((each) => each.verb === verb && each.resource === resource);
  if (operation === undefined) throw new Error(`${verb} ${resource} is no listed operation.`);
  return { operation, identity, loss };
}

/** Rights of a run that no snapshot needs. */
export const runRights = {
  events: rightTo('list', 'events', 'reader', 'why a drain stands still, as events tell it'),
  attachments: rightTo('list', 'volumeattachments', 'reader', 'disks that still hang on a drained node'),
  addons: rightTo('get', 'deployments', 'reader', 'whether CoreDNS runs between units'),
  logs: rightTo('get', 'pods/log', 'reader', 'whether the control plane reaches nodes, by a byte of a log'),
  probes: rightTo('get', 'services/proxy', 'reader', 'services that a policy probes'),
  evictions: rightTo('create', 'pods/eviction', 'writer', "the API server's own word on an eviction, by dry run"),
  labels: rightTo('patch', 'nodes', 'writer', 'whether a quarantined node can be released'),
} as const;

/** Deprecated APIs still in use. */
export const metricsRight: KubernetesRight = rightToRead('/metrics', 'use of APIs that the new version removes');

/** A denied right as a failure of reading what it is for. */
export function failureOfDenial(rights: readonly KubernetesRight[], access: ApiServerAccess | undefined): Failure {
  return {
    code: 'Forbidden',
    class: 'terminal',
    message: `not granted: ${rights.map(nameOf).join(', ')} (asked by SelfSubjectAccessReview).`,
    remedy: [...new Set(rights.map((right) => remedyOf(right, access)))].join(' '),
    retryAfterSeconds: null,
  };
}

/** What stays unchecked for want of a right: the permission, whose it is, and how it is granted. */
export function uncheckedByDenial(right: KubernetesRight, access: ApiServerAccess | undefined): Unchecked {
  return { what: right.loss, why: `Not granted to the ${right.identity}: ${nameOf(right)}. ${remedyOf(right, access)}` };
}

function nameOf({ operation: { verb, group, resource } }: KubernetesRight): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

function remedyOf({ operation: { role, dataAction } }: KubernetesRight, access: ApiServerAccess | undefined): string {
  if (access?.judge === 'azure-rbac' && dataAction !== null) return 'The role Slackwater Kubernetes Reader (infra/cluster) grants it, up to 5 min after it is assigned.';
  const name = role === 'reader' && dataAction === null ? 'reader-extras' : role;
  return `ClusterRole slackwater-${name} of infra/kubernetes/rbac.yaml grants it.`;
}
