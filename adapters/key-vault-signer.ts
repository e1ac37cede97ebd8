import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { textAt } from '../domain/json.ts';
import { readRetryAfterSeconds } from './arm-failure.ts';
import { requireSafeEndpoint } from './loopback.ts';

/** A key that would not sign, and what the vault said. */
export class SigningFailure extends Error {
  override name = 'SigningFailure';
  /** Null when the vault did not answer. */
  readonly status: number | null;
  /** Null when it named no wait. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, status: number | null, retryAfterSeconds: number | null = null) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Signs bytes with RS256; the signature in base64url. Throws {@link SigningFailure}. */
export type SignBytes = (bytes: string) => Promise<string>;

/** How a vault is reached. */
interface VaultKey {
  /** `https://<vault>.vault.azure.net/keys/<name>/<version>`. */
  readonly keyId: string;
  readonly credential: TokenCredential;
  /** `loopback-only` lets http be used for a server on this machine. */
  readonly allowInsecureConnection: 'never' | 'loopback-only';
}

const scope = 'https://vault.azure.net/.default';
const apiVersion = '7.4';
/** Longest wait for one answer. Unit: ms. */
const ANSWER_MS_MAX = 15_000;

/**
 * Lets a key of Azure Key Vault sign: the key never leaves the vault, only a digest goes there and a signature comes back.
 *
 * The identity needs `keys/sign` on the key (role Key Vault Crypto User). Throws where the app is composed when the address is not safe.
 * @see Azure Key Vault REST, "Keys - Sign".
 */
export function createVaultSigner({ keyId, credential, allowInsecureConnection }: VaultKey): SignBytes {
  const url = requireSafeEndpoint(`${keyId}/sign?api-version=${apiVersion}`, allowInsecureConnection);
  return async (bytes) => {
    const value = createHash('sha256').update(bytes).digest('base64url');
    const answer = await ask(url, credential, { alg: 'RS256', value });
    const signature = textAt(answer, 'value');
    if (signature === null || !/^[\w-]+$/.test(signature)) throw new SigningFailure('The vault answered without a signature.', 502);
    return signature;
  };
}

async function ask(url: URL, credential: TokenCredential, body: object): Promise<unknown> {
  const token = await orAway(() => credential.getToken(scope));
  const response = await orAway(() =>
    fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // A redirect would take the token elsewhere.
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    }),
  );
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new SigningFailure(textAt(answer, 'error', 'message') ?? `The vault answered ${response.status}.`, response.status, readRetryAfterSeconds(Object.fromEntries(response.headers)));
}

async function orAway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw new SigningFailure(thrown instanceof Error ? thrown.message : String(thrown), null);
  }
}
