import type { TokenCredential } from '@azure/identity';
import { isLoopback } from './loopback.ts';

/** Scope of the Azure Resource Manager API in the public cloud. */
export const armScope = 'https://management.azure.com/.default';
/** Scope of the Kubernetes API of any AKS cluster with Entra ID (facts: AKS docs, kubelogin; the AKS server application). */
export const kubernetesScope = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';

/** How long a fixed local token claims to live. Unit: milliseconds. */
const LOCAL_TOKEN_LIFETIME_MS = 3_600_000;

/**
 * The identity of the function app in Azure: the user-assigned identity `clientId` names, else what the environment
 * offers (managed identity, or a developer's own sign-in).
 *
 * The identity library is loaded when the first token is asked for, so that a cold start does not pay for it.
 */
export function createAzureCredential(clientId: string | null): TokenCredential {
  let loading: Promise<TokenCredential> | null = null;
  async function load(): Promise<TokenCredential> {
    const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
    return clientId === null ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
  }
  return {
    async getToken(scopes, options) {
      loading ??= load();
      return (await loading).getToken(scopes, options);
    },
  };
}

/**
 * A fixed token for servers on this machine; throws when any endpoint is elsewhere, so that no made-up token ever leaves
 * and no real one is needed locally.
 */
export function createLocalCredential(token: string, endpoints: readonly string[]): TokenCredential {
  for (const endpoint of endpoints) {
    if (isLoopback(new URL(endpoint))) continue;
    throw new Error(`The local token may go to loopback only, not to ${endpoint}; unset SLACKWATER_LOCAL_TOKEN.`);
  }
  return {
    getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + LOCAL_TOKEN_LIFETIME_MS }),
  };
}
