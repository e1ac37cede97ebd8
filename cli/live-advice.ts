import type { Failure } from '../domain/failure.ts';
import type { LiveTarget } from './live-target.ts';

/** The failure in one sentence: the identity library lists every way it tried, of which only Entra's own answer helps. */
export function sentenceOf({ code, message, detail }: Failure): string {
  if (code !== 'no-token') return detail === undefined ? message : `${message} ${detail}`;
  const answer = /AADSTS\d+:[^.\n]*\./.exec(detail ?? message)?.[0];
  return `No sign-in to Azure was found here.${answer === undefined ? '' : ` ${answer}`}`;
}

/** What a person at a terminal does about a cluster that cannot be read; the service's own remedies speak of its identity. */
export function adviseOn(failure: Failure, { resourceId, kubeconfig }: LiveTarget): string {
  const { code, message, remedy, detail } = failure;
  const rule = advices.find(({ when }) => when.test(code) || when.test(`${code}: ${detail ?? message}`));
  if (rule === undefined) return remedy;
  return rule.advice({ resourceId, isKubeconfig: kubeconfig !== null });
}

interface Situation {
  readonly resourceId: string;
  readonly isKubeconfig: boolean;
}

const ownKubeconfig = 'az aks get-credentials -f FILE writes a kubeconfig; name it with --kubeconfig FILE.';

/** The first that fits counts. Codes of Kubernetes and of ARM have no word in common. */
const advices: readonly { readonly when: RegExp; readonly advice: (situation: Situation) => string }[] = [
  { when: /^no-token$/, advice: () => 'Sign in: az login. In a pipeline set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or federated token.' },
  {
    when: /^AuthorizationFailed: .*listClusterUserCredential/,
    advice: ({ resourceId }) => `Get the role "Azure Kubernetes Service Cluster User Role" on ${resourceId}, or ${ownKubeconfig}`,
  },
  { when: /^AuthorizationFailed$/, advice: ({ resourceId }) => `Get the role Reader on ${resourceId}, or sign in as somebody who has it: az login.` },
  { when: /^(InvalidAuthenticationToken|AuthenticationFailed|ExpiredAuthenticationToken)/, advice: () => 'Sign in to the tenant of the subscription: az login --tenant TENANT.' },
  { when: /^(ResourceNotFound|ResourceGroupNotFound|SubscriptionNotFound|NotFound: .*(managed cluster|managedClusters))/, advice: () => 'Check --cluster; az aks list --query [].id -o tsv lists what you may see.' },
  { when: /^no-entra-id$/, advice: () => `No sign-in of yours counts there. ${ownKubeconfig} Or write kubernetesApi: optional into the policy: Azure alone is then judged.` },
  {
    when: /^(Unauthorized|http-401)$/,
    advice: ({ isKubeconfig }) => (isKubeconfig ? `The kubeconfig's credential is no longer taken. ${ownKubeconfig}` : `The cluster does not take Entra tokens of this sign-in. ${ownKubeconfig}`),
  },
  {
    when: /^(Forbidden|http-403)$/,
    advice: () => 'Get list on nodes, pods and budgets of all namespaces: "Azure Kubernetes Service RBAC Reader" gives all but nodes, so add a custom role with nodes/read, or bind a ClusterRole.',
  },
  { when: /^(no-connection|time-limit)$/, advice: () => 'Check the network and the proxy; a private cluster, or one with authorised address ranges, is reached only from inside: try kubectl get nodes. Or write kubernetesApi: optional into the policy: Azure alone is then judged.' },
];
