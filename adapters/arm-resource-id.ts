import type { Outcome } from '../domain/failure.ts';

/** A cluster's ARM id in parts, spelled as it was given. */
export interface ClusterId {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly cluster: string;
}

const form =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)\/?$/i;

/** Parses a cluster's ARM id, whatever the case of its fixed parts. Errors: `invalid-resource-id`. */
export function parseClusterId(resourceId: string): Outcome<ClusterId> {
  const match = form.exec(resourceId);
  const [, subscriptionId, resourceGroup, cluster] = match ?? [];
  if (subscriptionId !== undefined && resourceGroup !== undefined && cluster !== undefined) {
    return { ok: true, value: { subscriptionId, resourceGroup, cluster } };
  }
  return {
    ok: false,
    failure: {
      code: 'invalid-resource-id',
      class: 'terminal',
      message: `${resourceId} is no id of an AKS cluster.`,
      remedy: 'Write /subscriptions/…/resourceGroups/…/providers/Microsoft.ContainerService/managedClusters/… in the policy.',
      retryAfterSeconds: null,
    },
  };
}
