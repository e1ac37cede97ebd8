import { describeAccess } from './api-server-access.ts';
import type { ApiServerAccess } from './api-server-access.ts';
import type { Cluster } from './cluster-snapshot.ts';
import type { Failure } from './failure.ts';
import type { MaintenancePolicy } from './maintenance-policy.ts';
import type { Finding } from './preflight-report.ts';
import type { PreflightCheck } from './preflight-view.ts';

/** Whether a run goes on without the Kubernetes API: `required` waits for it, `optional` goes by Azure Resource Manager alone. */
export type KubernetesNeed = 'required' | 'optional';

/** What a policy says of it; fails closed where it says nothing. */
export function needOf(policy: Pick<MaintenancePolicy, 'kubernetesApi'> | null): KubernetesNeed {
  return policy?.kubernetesApi ?? 'required';
}

/** A failure of reading Kubernetes, not Azure. */
export type KubernetesFailure = Failure & { readonly service: 'kubernetes' };

/** Whether it was Kubernetes that could not be read, so that Azure may still tell something. */
export function isKubernetesUnread(failure: Failure): failure is KubernetesFailure {
  return failure.service === 'kubernetes';
}

interface Cause {
  readonly says: string;
  readonly remedy: string;
}

/** The finding that Kubernetes was not read. */
export const UNREAD_CODE = 'KUBERNETES_UNREADABLE';

/**
 * Names why a cluster's API server could not be read, from how it is reached and what came back, with what to do about it.
 * Code, class and wait stay as they came; what came is the failure's `detail`.
 */
export function explainUnread({ name, access }: Pick<Cluster, 'name' | 'access'>, failure: Failure): KubernetesFailure {
  if (isKubernetesUnread(failure)) return failure;
  const { says, remedy } = causeOf(name, access ?? null, failure);
  return { ...failure, service: 'kubernetes', message: `${says}.`, remedy, detail: failure.message };
}

function causeOf(name: string, access: ApiServerAccess | null, { code, message, remedy }: Failure): Cause {
  const isRefused = ['Unauthorized', 'http-401', 'no-entra-id'].includes(code);
  if (isRefused && access?.signIn === 'certificates') {
    return { says: `${name} has no Entra ID, so no token of ours counts there, and an administrator's certificate is never used`, remedy: 'Turn Entra ID on: az aks update --enable-aad.' };
  }
  if (isRefused) {
    return { says: `The API server of ${name} takes no token of ours`, remedy: 'Check that the identity is of the tenant the cluster trusts (az aks show --query aadProfile.tenantID).' };
  }
  if (code === 'Forbidden' || code === 'http-403') {
    const denied = /^not granted: ([^(]+) \(/.exec(message)?.[1];
    return { says: `The API server of ${name} refuses what no drain can be judged without${denied === undefined ? '' : `: ${denied}`}`, remedy: remedyOfForbidden(access) };
  }
  if (code === 'AuthorizationFailed') return { says: `Azure does not tell where the API server of ${name} is`, remedy: 'Assign the role Slackwater Kubernetes Reader (infra/cluster) to the reader; it takes up to 5 min to spread.' };
  if (code !== 'no-connection' && code !== 'time-limit') return { says: `The API server of ${name} could not be read`, remedy };
  if (/CERT|SELF_SIGNED|UNABLE_TO|DEPTH_ZERO|ERR_TLS|ERR_SSL/.test(message)) {
    return { says: `What answers for the API server of ${name} does not prove itself by the authority Azure names`, remedy: 'Look for a proxy or firewall that opens TLS on the way, and let this connection pass.' };
  }
  return causeOfSilence(name, access, /ENOTFOUND|EAI_AGAIN/.test(message) ? 'unknown-name' : 'no-answer');
}

function remedyOfForbidden(access: ApiServerAccess | null): string {
  const ofKubernetes = "pply infra/kubernetes/rbac.yaml with the reader's object id (ClusterRole slackwater-reader).";
  return access?.judge === 'azure-rbac' ? `Assign the role Slackwater Kubernetes Reader (infra/cluster) to the reader; it takes up to 5 min to spread. Or a${ofKubernetes}` : `A${ofKubernetes}`;
}

function causeOfSilence(name: string, access: ApiServerAccess | null, kind: 'unknown-name' | 'no-answer'): Cause {
  if (access?.reach === 'private') {
    return {
      says: kind === 'unknown-name' ? `${name} is a private cluster, and the name of its API server is not known here` : `${name} is a private cluster, and no route leads to its API server from here`,
      remedy: "Deploy with NETWORK_ACCESS=private, peer that network with the cluster's, and link the cluster's private DNS zone to it.",
    };
  }
  if (access?.reach === 'authorized-ranges') {
    return {
      says: `The API server of ${name} answers authorized address ranges alone, and does not answer here`,
      remedy: 'Deploy with NETWORK_ACCESS=private, whose NAT gateway gives one address (output EGRESS_ADDRESS), and add it: az aks update --api-server-authorized-ip-ranges.',
    };
  }
  return {
    says: kind === 'unknown-name' ? `The name of the API server of ${name} is not known here` : `The API server of ${name} does not answer`,
    remedy: 'Nothing to do at first: it is asked again. If it lasts, look at the cluster and at the network between.',
  };
}

/** The explanation with what came, for where there is room. */
export function explainWhole({ code, message, detail }: Failure): string {
  return detail === undefined ? message : `${message} (${code}: ${detail.replace(/\.$/, '')}).`;
}

/** The finding that Kubernetes was not read: it holds the whole run, or only warns where the policy can do without. */
export function findUnread({ code, message, remedy, detail }: Failure, need: KubernetesNeed): Finding {
  const isHeld = need === 'required';
  const loss = 'Drains cannot be judged and nodes cannot be counted';
  return {
    code: UNREAD_CODE,
    where: 'cluster',
    severity: isHeld ? 'block' : 'warn',
    pools: isHeld ? ['*'] : [],
    message: `${loss}${isHeld ? '' : '; the policy goes by Azure Resource Manager alone'}. ${message}`,
    remedy: isHeld ? `${remedy} Or write kubernetesApi: optional into the policy, to go by Azure Resource Manager alone.` : remedy,
    owner: null,
    evidence: { cause: code, said: detail ?? null },
  };
}

export const checkKubernetesRead: PreflightCheck = ({ policy, snapshot: { kubernetesUnread } }) => (kubernetesUnread === undefined ? [] : [findUnread(kubernetesUnread, needOf(policy))]);

/** From what the cluster was judged, in one sentence. */
export function describeSight({ cluster, kubernetesUnread, unchecked }: { readonly cluster: Cluster; readonly kubernetesUnread?: Failure; readonly unchecked: readonly unknown[] }): string {
  const server = cluster.access === undefined ? '' : ` (API server ${describeAccess(cluster.access)})`;
  if (kubernetesUnread !== undefined) return `Checked from Azure Resource Manager alone: versions, quota, addresses, locks and windows. Not seen: Kubernetes${server}, so neither drains nor nodes.`;
  const rest = unchecked.length === 0 ? 'Nothing was left out.' : `${unchecked.length} ${unchecked.length === 1 ? 'thing was' : 'things were'} not checked, named with the reason.`;
  return `Checked from Azure Resource Manager and Kubernetes${server}. ${rest}`;
}
