import { isRecord, isTrueAt, textsAt, valueAt } from './json.ts';

/** How a cluster's API server is reached, and who says what a caller may do there, as ARM tells. */
export interface ApiServerAccess {
  /** `authorized-ranges`: public, for callers from listed addresses alone · `private`: from inside its network alone. */
  readonly reach: 'public' | 'authorized-ranges' | 'private';
  /** How callers prove who they are. `certificates`: no Entra ID, so no token of an identity counts. */
  readonly signIn: 'entra' | 'certificates';
  /** Who judges rights: Azure's roles beside those of Kubernetes, those of Kubernetes alone, or nobody. */
  readonly judge: 'azure-rbac' | 'kubernetes-rbac' | 'nobody';
  readonly localAccounts: 'on' | 'off';
}

/** Reads it from the properties of an ARM cluster (facts: AKS API, `aadProfile`, `enableRBAC`, `apiServerAccessProfile`, `disableLocalAccounts`). */
export function readApiServerAccess(properties: unknown): ApiServerAccess {
  const isPrivate = isTrueAt(properties, 'apiServerAccessProfile', 'enablePrivateCluster');
  const hasRanges = textsAt(valueAt(properties, 'apiServerAccessProfile'), 'authorizedIPRanges').length + textsAt(valueAt(properties, 'apiServerAccessProfile'), 'authorizedIpRanges').length > 0;
  const isAzureJudging = isTrueAt(properties, 'aadProfile', 'enableAzureRBAC') || isTrueAt(properties, 'aadProfile', 'enableAzureRbac');
  return {
    reach: isPrivate ? 'private' : hasRanges ? 'authorized-ranges' : 'public',
    signIn: isRecord(valueAt(properties, 'aadProfile')) ? 'entra' : 'certificates',
    judge: isAzureJudging ? 'azure-rbac' : valueAt(properties, 'enableRBAC') === false || valueAt(properties, 'enableRbac') === false ? 'nobody' : 'kubernetes-rbac',
    localAccounts: isTrueAt(properties, 'disableLocalAccounts') ? 'off' : 'on',
  };
}

const reaches = { public: 'public', 'authorized-ranges': 'open to authorized address ranges alone', private: 'private' } as const;
const judges = { 'azure-rbac': 'Azure RBAC beside Kubernetes RBAC judges', 'kubernetes-rbac': 'Kubernetes RBAC judges', nobody: 'nobody judges rights' } as const;

/** In words, to stand in a sentence: `private, callers prove themselves by Entra ID, Kubernetes RBAC judges, local accounts off`. */
export function describeAccess({ reach, signIn, judge, localAccounts }: ApiServerAccess): string {
  const proof = signIn === 'entra' ? 'callers prove themselves by Entra ID' : 'without Entra ID';
  return `${reaches[reach]}, ${proof}, ${judges[judge]}, local accounts ${localAccounts}`;
}
