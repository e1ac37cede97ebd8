import type { Failure } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';
import { isDrainFailure } from '../domain/operation-error.ts';
import { armErrorRules } from './arm-error-rules.ts';
import type { ArmErrorRule } from './arm-error-rules.ts';
import { redactSecrets } from './secret-text.ts';

/** What ARM answered, as far as a classification needs it. */
export interface ArmAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or text. */
  readonly body: unknown;
}

/** One error ARM named, at whatever depth. */
interface NamedError {
  readonly code: string;
  readonly message: string;
}

/** Longest message kept. Unit: characters. */
const MESSAGE_CHARACTERS_MAX = 2_000;
/** Deepest nesting of `details` and `innererror` followed. */
const DEPTH_MAX = 8;

/**
 * Classifies an answer of ARM that is not a success.
 *
 * Throttling is told by status, because its codes also mean other things; then texts that are clearer than their codes;
 * then the innermost code of the table; then the status. What is in no table is terminal and reported as it came, and a
 * success status, which should not come here, is `unreadable`. Reads both error shapes ARM uses (`{error:{…}}` from the
 * gateway and bare `{code, message}`), `details`, `innererror` and AKS's `SubCode:` text.
 * @see AKS support articles "Troubleshoot clusters or nodes in a failed state" (2026-09-15) and "error codes".
 */
export function classifyArmAnswer(answer: ArmAnswer): Failure {
  const errors = collectErrors(answer.body);
  const outer = errors[0] ?? { code: `http-${answer.status}`, message: describeBody(answer) };
  const { code, rule } = chooseRule(answer.status, errors.length === 0 ? [outer] : errors);
  return {
    code,
    class: rule.class,
    message: joinMessages(errors.length === 0 ? [outer] : errors),
    remedy: rule.remedy,
    retryAfterSeconds: readRetryAfterSeconds(answer.headers),
  };
}

function chooseRule(status: number, errors: readonly NamedError[]): { code: string; rule: ArmErrorRule } {
  const outerCode = errors[0]?.code ?? `http-${status}`;
  if (status === 429) return { code: outerCode, rule: throttled };
  const byText = errors.map(ruleByText).find((found) => found !== null);
  if (byText !== undefined && byText !== null) return byText;
  for (const error of errors.toReversed()) {
    const rule = armErrorRules.get(error.code) ?? ruleByPrefix(error.code);
    if (rule !== null) return { code: error.code, rule };
  }
  return { code: outerCode, rule: ruleByStatus(status) };
}

const throttled: ArmErrorRule = {
  class: 'transient',
  remedy: 'Wait as long as the service asks; fewer clusters in one window keep below the limit.',
};

/** Codes that carry a varying tail. */
function ruleByPrefix(code: string): ArmErrorRule | null {
  const isDownload = /^(K8SDownloadTimeout|CniDownloadTimeout)/.test(code);
  return isDownload ? { class: 'transient', remedy: 'Check that nodes can download from the AKS endpoints without delay.' } : null;
}

/** Texts that say more than the code they come with (`OperationNotAllowed` is a conflict, a quota or a throttle). */
function ruleByText(error: NamedError): { code: string; rule: ArmErrorRule } | null {
  const text = error.message;
  if (isDrainFailure(error)) return named(error.code === 'UnsatisfiablePDB' ? error.code : 'PodDrainFailure');
  if (/recent usage of a Kubernetes API deprecated/i.test(text)) return named('UpgradeBlockedOnDeprecatedAPIUsage');
  if (/exceeding quota limits|insufficient .{0,20}quota/i.test(text)) return named('QuotaExceeded');
  if (/is not allowed\. Available upgrades/i.test(text)) return named('AgentPoolUpgradeVersionNotAllowed');
  const isBusy = /another (agentpool )?operation .{0,80}in progress|is in provisioning state|aks-pending-operation/i.test(text);
  const isOver = /cancel operation is not allowed/i.test(text);
  return isBusy || isOver ? { code: error.code, rule: armErrorRules.get('OperationNotAllowed') ?? throttled } : null;
}

function named(code: string): { code: string; rule: ArmErrorRule } | null {
  const rule = armErrorRules.get(code);
  return rule === undefined ? null : { code, rule };
}

function ruleByStatus(status: number): ArmErrorRule {
  if (status < 400) return unreadable;
  if (status === 409 || status === 412) return { class: 'conflict', remedy: 'Read the resource again and plan anew.' };
  if (status === 401) return { class: 'terminal', remedy: 'Check the identity of the function app and its tenant.' };
  if (status === 403) return { class: 'terminal', remedy: 'Grant the role of the installation guide; it takes up to five minutes to spread.' };
  if (status === 404) return { class: 'terminal', remedy: 'Check the resource id in the policy.' };
  if (status === 408 || status >= 500) return { class: 'transient', remedy: 'Nothing to do: the call is repeated.' };
  return { class: 'terminal', remedy: 'Read the message: this answer is not known, so nothing is repeated.' };
}

const unreadable: ArmErrorRule = {
  class: 'unreadable',
  remedy: 'Compare the answer with the API version in use; nothing is assumed from it.',
};

/** A failure for an answer of success whose body we cannot read. */
export function unreadableAnswer(what: string, why: string): Failure {
  const message = redactSecrets(`${what} could not be read: ${why}`).slice(0, MESSAGE_CHARACTERS_MAX);
  return { code: 'unreadable-answer', class: 'unreadable', message, remedy: unreadable.remedy, retryAfterSeconds: null };
}

/** Names of `@azure/identity` errors that mean: no identity is configured, or it was refused. */
const identityErrors: ReadonlySet<string> = new Set([
  'AuthenticationError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
]);

/**
 * Classifies what a call threw before any answer came: no token, no connection, a time limit.
 *
 * Whether a write arrived is then unknown, so `transient` means: look first, then send again.
 */
export function classifyBrokenCall(thrown: unknown): Failure {
  const name = thrown instanceof Error ? thrown.name : '';
  const message = redactSecrets(thrown instanceof Error ? thrown.message : String(thrown)).slice(0, MESSAGE_CHARACTERS_MAX);
  if (identityErrors.has(name)) {
    const remedy = 'Check that the function app has a managed identity and AZURE_CLIENT_ID names it.';
    return { code: 'no-token', class: 'terminal', message, remedy, retryAfterSeconds: null };
  }
  const isTimeLimit = name === 'AbortError' || name === 'TimeoutError';
  const code = isTimeLimit ? 'time-limit' : (systemCodeOf(thrown) ?? 'unexpected-error');
  const isNetwork = code !== 'unexpected-error';
  return {
    code: isNetwork && !isTimeLimit ? 'no-connection' : code,
    class: isNetwork ? 'transient' : 'unreadable',
    message: isNetwork && !isTimeLimit ? `${code}: ${message}` : message,
    remedy: isNetwork ? 'Nothing to do at first: the call is repeated. If it lasts, check the network.' : 'Report this message: it is a fault of the program.',
    retryAfterSeconds: null,
  };
}

/** Node's or the HTTP pipeline's code of a connection error, looked for along the chain of causes. */
function systemCodeOf(thrown: unknown): string | null {
  for (let error = thrown, depth = 0; isRecord(error) && depth < DEPTH_MAX; error = error['cause'], depth += 1) {
    const code = error['code'];
    if (typeof code !== 'string') continue;
    if (/^(E[A-Z]{3,}|REQUEST_SEND_ERROR|PARSE_ERROR|HPE_|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS|ERR_SSL|UND_ERR)/.test(code)) return code;
  }
  return null;
}

/**
 * Seconds to wait as the answer asks, rounded up; null when it does not.
 *
 * Reads `retry-after` as seconds or as an HTTP date (measured from the answer's own `date`), and the millisecond forms
 * of Azure services.
 */
export function readRetryAfterSeconds(headers: Readonly<Record<string, string>>): number | null {
  const milliseconds = headers['retry-after-ms'] ?? headers['x-ms-retry-after-ms'];
  if (milliseconds !== undefined && /^\d+$/.test(milliseconds)) return Math.ceil(Number(milliseconds) / 1_000);
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return null;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text));
  const seconds = (Date.parse(text) - Date.parse(headers['date'] ?? '')) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}

/** Every error of a body, outermost first. */
function collectErrors(body: unknown): readonly NamedError[] {
  const found: NamedError[] = [];
  collectInto(found, isRecord(body) && isRecord(body['error']) ? body['error'] : body, 0);
  return found;
}

function collectInto(found: NamedError[], value: unknown, depth: number): void {
  if (!isRecord(value) || depth > DEPTH_MAX) return;
  const message = typeof value['message'] === 'string' ? value['message'] : '';
  if (typeof value['code'] === 'string' && value['code'] !== '') found.push({ code: value['code'], message });
  for (const key of ['subcode', 'subCode']) {
    if (typeof value[key] === 'string' && value[key] !== '') found.push({ code: value[key], message });
  }
  for (const match of message.matchAll(/\b(?:SubCode: ?|Code=["']?)(\w+)/g)) found.push({ code: match[1] ?? '', message });
  const details = value['details'];
  if (Array.isArray(details)) for (const detail of details) collectInto(found, detail, depth + 1);
  collectInto(found, value['innererror'] ?? value['innerError'], depth + 1);
}

function joinMessages(errors: readonly NamedError[]): string {
  const distinct = [...new Set(errors.map(({ message }) => message).filter((message) => message !== ''))];
  return redactSecrets(distinct.length === 0 ? (errors[0]?.code ?? '') : distinct.join(' · ')).slice(0, MESSAGE_CHARACTERS_MAX);
}

function describeBody({ status, body }: ArmAnswer): string {
  const text = typeof body === 'string' ? body : body === null || body === undefined ? '' : JSON.stringify(body);
  return text === '' ? `ARM answered ${status} without a body.` : `ARM answered ${status}: ${text}`;
}
