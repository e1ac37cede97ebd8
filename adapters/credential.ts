import type { AccessToken, TokenCredential } from '@azure/identity';
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
    const { DefaultAzureCredential, ManagedIdentityCredential } = await import('./identity-sdk.ts');
    return clientId === null ? new DefaultAzureCredential() : new ManagedIdentityCredential({ clientId });
  }
  return rememberTokens({
    async getToken(scopes, options) {
      loading ??= load();
      return (await loading).getToken(scopes, options);
    },
  });
}

/** A token is asked for anew this long before its end. Unit: milliseconds. */
const RENEW_BEFORE_MS = 300_000;

/**
 * A credential that asks once for each scope until the token nears its end.
 *
 * A sign-in by az login starts a program for every token, and each client of ARM and each call of Kubernetes asks for one. Refusals are not kept; what has
 * claims or a tenant of its own is passed on.
 */
export function rememberTokens(credential: TokenCredential): TokenCredential {
  const kept = new Map<string, { readonly token: Promise<AccessToken | null>; expiresAt: number }>();
  return {
    getToken(scopes, options = {}) {
      const { claims, tenantId, enableCae = false } = options;
      if (claims !== undefined || tenantId !== undefined) return credential.getToken(scopes, options);
      const key = `${enableCae} ${[scopes].flat().join(' ')}`;
      const known = kept.get(key);
      if (known !== undefined && known.expiresAt - RENEW_BEFORE_MS > Date.now()) return known.token;
      // Without the caller's signal: others wait for the same token.
      const asked = { token: credential.getToken(scopes, { enableCae }), expiresAt: Infinity };
      kept.set(key, asked);
      asked.token.then(
        (token) => (asked.expiresAt = token?.expiresOnTimestamp ?? 0),
        () => (asked.expiresAt = 0),
      );
      return asked.token;
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
