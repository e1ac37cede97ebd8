import type { SignBytes } from './key-vault-signer.ts';

/** A JSON web token of a GitHub App, and until when it holds. */
interface AppToken {
  readonly jwt: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** Makes a token, as `@octokit/auth-app` asks for it. */
export type CreateAppToken = (clientId: string | number, differenceSeconds?: number) => Promise<AppToken>;

/** GitHub takes at most ten minutes, counted from its own clock. Unit: seconds. */
const LIFETIME_SECONDS = 9 * 60;
/** How far a token's beginning lies back, for clocks that differ. Unit: seconds. */
const SLACK_SECONDS = 60;
/** A token with less left is made anew. Unit: ms. */
const RENEW_BEFORE_MS = 60_000;

/**
 * Makes the App's JSON web tokens with a signer that keeps the key to itself; one serves for minutes.
 *
 * @see GitHub Docs, "Generating a JSON Web Token (JWT) for a GitHub App"; RFC 7519.
 */
export function createAppTokens(appId: number, sign: SignBytes): CreateAppToken {
  let kept: AppToken | null = null;
  return async (_clientId, differenceSeconds = 0) => {
    if (kept !== null && differenceSeconds === 0 && Date.parse(kept.expiresAt) - RENEW_BEFORE_MS > Date.now()) return kept;
    const now = Math.floor(Date.now() / 1000) + differenceSeconds;
    const exp = now + LIFETIME_SECONDS;
    const payload = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now - SLACK_SECONDS, exp, iss: String(appId) })}`;
    kept = { jwt: `${payload}.${await sign(payload)}`, expiresAt: new Date(exp * 1000).toISOString() };
    return kept;
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
