import type { Failure, FailureClass, Outcome } from '../domain/failure.ts';
import { isRecord, textAt } from '../domain/json.ts';
import { readRetryAfterSeconds } from './arm-failure.ts';
import { SigningFailure } from './key-vault-signer.ts';

/** An answer with a success status that is not what GitHub documents. */
export class UnreadableAnswer extends Error {
  override name = 'UnreadableAnswer';
}

/** What became known of a request that failed. */
interface FailedRequest {
  /** Null when no answer came. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Longest message kept. Unit: characters. */
const MESSAGE_CHARACTERS_MAX = 600;
/** GitHub asks to wait at least this long after a secondary limit that names no time. Unit: seconds. */
const SECONDARY_LIMIT_SECONDS = 60;

/**
 * Runs `work` and turns what it throws into a {@link Failure}.
 *
 * @param secret - Cut out of every message, with anything that looks like a GitHub token.
 */
export async function tryGitHub<T>(secret: string, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    return { ok: false, failure: classifyGitHubError(thrown, secret) };
  }
}

/**
 * Classifies what Octokit threw.
 *
 * Codes: `github-rate-limited` and `github-unavailable`, `github-unreachable` (transient) · `github-conflict` (conflict)
 * · `github-unauthorized`, `github-forbidden`, `github-not-found`, `github-gone`, `github-refused`, `github-client-fault`
 * (terminal) · `github-unreadable-answer` · `key-vault-unavailable` (transient), `key-vault-refused` (terminal). A 403 is a rate limit when its headers or words say so.
 * @see GitHub REST, "Rate limits" and "Best practices: handle rate limit errors appropriately".
 */
export function classifyGitHubError(thrown: unknown, secret: string): Failure {
  const clean = (text: string): string => redact(text, secret).slice(0, MESSAGE_CHARACTERS_MAX);
  if (thrown instanceof SigningFailure) return classifySigning(thrown, clean(thrown.message));
  if (thrown instanceof UnreadableAnswer) return fail('unreadable', clean(thrown.message));
  const request = readFailedRequest(thrown);
  if (request === null) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return fail('fault', `The request to GitHub could not be made: ${clean(message)}`);
  }
  const { status, headers } = request;
  const message = clean(request.message);
  if (status === null) return fail('unreachable', `GitHub did not answer: ${message}`);
  if (isRateLimit(status, request)) return { ...fail('limit', message), retryAfterSeconds: readWaitSeconds(headers) };
  if (status >= 500 || status === 408) {
    return { ...fail('unavailable', `GitHub answered ${status}: ${message}`), retryAfterSeconds: askedSeconds(headers) };
  }
  return fail(statusKinds[status] ?? (status >= 400 ? 'refused' : 'unreadable'), `GitHub answered ${status}: ${message}`);
}

/** A key that does not sign now may sign later; one that may not be used stays so until somebody mends it. */
function classifySigning({ status, retryAfterSeconds }: SigningFailure, message: string): Failure {
  if (status === null || status === 408 || status === 429 || status >= 500) return { ...fail('vault-away', `The App's key could not sign: ${message}`), retryAfterSeconds };
  return fail('vault-refused', `Key Vault answered ${status} when the App's key was to sign: ${message}`);
}

type FailureKind = keyof typeof failureKinds;

const failureKinds = {
  limit: kind('github-rate-limited', 'transient', 'Wait as long as GitHub asks; fewer repositories per App or fewer edits keep below the limit.'),
  unavailable: kind('github-unavailable', 'transient', 'Try again later; see githubstatus.com when it lasts.'),
  unreachable: kind('github-unreachable', 'transient', 'Check that this app can reach GITHUB_API_URL.'),
  conflict: kind('github-conflict', 'conflict', 'Read again and repeat.'),
  unauthorized: kind('github-unauthorized', 'terminal', 'Check GITHUB_APP_ID with its key, or GITHUB_TOKEN: GitHub does not accept them.'),
  forbidden: kind('github-forbidden', 'terminal', 'Give the GitHub App write access to issues, contents and pull requests, and have the installation approve it.'),
  'not-found': kind('github-not-found', 'terminal', 'Check the repository and path, and that the GitHub App is installed on the repository.'),
  gone: kind('github-gone', 'terminal', 'Turn issues on in the repository, or name another one in spec.report.repository.'),
  refused: kind('github-refused', 'terminal', 'Read what GitHub says about the request; repeating it unchanged cannot help.'),
  'vault-away': kind('key-vault-unavailable', 'transient', 'Try again later; check that this app can reach the vault of GITHUB_APP_KEY_ID.'),
  'vault-refused': kind('key-vault-refused', 'terminal', 'Give the app\'s identity the role Key Vault Crypto User on the key of GITHUB_APP_KEY_ID, and see that the key is enabled.'),
  fault: kind('github-client-fault', 'terminal', 'Check GITHUB_APP_PRIVATE_KEY and GITHUB_API_URL.'),
  unreadable: kind('github-unreadable-answer', 'unreadable', 'Check that GITHUB_API_URL is a GitHub REST API and no proxy answers in its place.'),
} as const;

const statusKinds: Readonly<Record<number, FailureKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  410: 'gone',
};

function kind(code: string, failureClass: FailureClass, remedy: string) {
  return { code, class: failureClass, remedy } as const;
}

function fail(name: FailureKind, message: string): Failure {
  return { ...failureKinds[name], message, retryAfterSeconds: null };
}

/** Octokit's error by its form, so that its module need not be loaded for this; null for any other error. */
function readFailedRequest(thrown: unknown): FailedRequest | null {
  if (!(thrown instanceof Error) || !('status' in thrown) || typeof thrown.status !== 'number') return null;
  const response = 'response' in thrown && isRecord(thrown.response) ? thrown.response : null;
  // Octokit says 500 when no answer came.
  if (response === null) return { status: null, headers: {}, message: thrown.message };
  const headers = isRecord(response['headers']) ? response['headers'] : {};
  const data = response['data'];
  // A proxy's page would only hide what happened.
  const isPage = typeof data === 'string' && data.includes('<');
  const words = isPage ? 'an HTML page' : thrown.message;
  return { status: thrown.status, headers, message: isRecord(data) ? (detailed(data) ?? words) : words };
}

function detailed(data: Readonly<Record<string, unknown>>): string | null {
  const message = textAt(data, 'message');
  if (message === null || !Array.isArray(data['errors'])) return message;
  return `${message}: ${JSON.stringify(data['errors'])}`;
}

function isRateLimit(status: number, { headers, message }: FailedRequest): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  const isSpent = String(headers['x-ratelimit-remaining'] ?? '') === '0';
  return isSpent || headers['retry-after'] !== undefined || /rate limit|abuse detection/i.test(message);
}

function readWaitSeconds(headers: Readonly<Record<string, unknown>>): number {
  const asked = askedSeconds(headers);
  if (asked !== null) return asked;
  const resetSeconds = wholeSeconds(headers['x-ratelimit-reset']);
  if (resetSeconds === null || String(headers['x-ratelimit-remaining'] ?? '') !== '0') return SECONDARY_LIMIT_SECONDS;
  // The answer's own date, because this machine's clock may be off.
  const answered = Date.parse(String(headers['date'] ?? ''));
  const nowSeconds = (Number.isNaN(answered) ? Date.now() : answered) / 1000;
  return Math.max(1, Math.ceil(resetSeconds - nowSeconds));
}

/** What `retry-after` asks, as seconds or as a date, which proxies before GitHub Enterprise send. */
function askedSeconds(headers: Readonly<Record<string, unknown>>): number | null {
  return readRetryAfterSeconds({ 'retry-after': String(headers['retry-after'] ?? ''), date: String(headers['date'] ?? '') });
}

function wholeSeconds(value: unknown): number | null {
  const text = String(value ?? '');
  return /^\d{1,12}$/.test(text) ? Number(text) : null;
}

function redact(text: string, secret: string): string {
  const withoutSecret = secret.length < 4 ? text : text.replaceAll(secret, '[redacted]');
  return withoutSecret.replace(/\b(gh[a-z]_|github_pat_)\w+/g, '[redacted]');
}
