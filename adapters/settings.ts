import { refuse, succeed } from '../domain/result.ts';
import type { Fault, Result } from '../domain/result.ts';
import type { PollRange } from '../orchestrations/contract.ts';
import { isSlackwaterMode, slackwaterModes } from '../domain/slackwater-mode.ts';
import type { SlackwaterMode } from '../domain/slackwater-mode.ts';
import { isLoopback } from './loopback.ts';

/** Everything the function app is told from outside, checked. */
export interface Settings {
  readonly mode: SlackwaterMode;
  readonly webhookSecrets: readonly string[];
  readonly gitHub: GitHubSettings;
  readonly policies: { readonly repository: string; readonly path: string };
  readonly serviceBus: ServiceBusSettings;
  /** Client id of the user-assigned identity for ARM and Kubernetes; null takes the system-assigned one. */
  readonly azureClientId: string | null;
  /** Client id of the identity that writes to clusters; null takes the one that reads. */
  readonly azureWriterClientId: string | null;
  /** Local stand-ins for Azure; null in production. */
  readonly local: LocalSettings | null;
  /** Null: OpenTelemetry is off, and the host forwards our lines. */
  readonly telemetry: TelemetrySettings | null;
  readonly pollSeconds: PollRange;
  /** How long ended runs stay in the task hub; null leaves that to its own retention. Unit: days. */
  readonly runHistoryDays: number | null;
  /** NCRONTAB, six fields, UTC. */
  readonly windowTimerSchedule: string;
  /** Likewise. */
  readonly debtTimerSchedule: string;
  /** Likewise. */
  readonly deliveryTimerSchedule: string;
}

interface GitHubSettings {
  readonly apiUrl: string;
  readonly identity:
    | { readonly kind: 'app'; readonly appId: number; readonly privateKey: string }
    /** The key stays in the vault and signs there. */
    | { readonly kind: 'vault-app'; readonly appId: number; readonly keyId: string }
    | { readonly kind: 'token'; readonly token: string };
  /** Our own login, so that our own comments are never read as commands. */
  readonly appLogin: string;
}

/** How Service Bus is reached: by identity in Azure, by connection string on loopback only. */
type ServiceBusSettings =
  | { readonly kind: 'identity'; readonly fullyQualifiedNamespace: string; readonly clientId: string | null }
  | { readonly kind: 'connection-string'; readonly connectionString: string };

/** Where spans, lines and metrics of the app go. */
export interface TelemetrySettings {
  readonly connectionString: string;
  /** Client id of the identity that sends; null: the key of the connection string is enough. */
  readonly clientId: string | null;
}

/** Servers on this machine in place of Azure. */
export interface LocalSettings {
  readonly armEndpoint: string | null;
  readonly kubernetesEndpoint: string | null;
  /** Sent as bearer token to the local endpoints, which never see a real one. */
  readonly token: string;
}

/** One setting, as documentation and the example file tell it. */
interface SettingDescription {
  readonly name: string;
  /** `one-of` names belong to a group of which exactly one way is chosen. */
  readonly need: 'required' | 'one-of' | 'optional';
  readonly kind: 'secret' | 'plain';
  readonly description: string;
  /** Used when the setting is absent; null when there is none. */
  readonly fallback: string | null;
}

/** Every setting the app reads, in the order people meet them: the only list. */
export const settingNames = [
  describe('SLACKWATER_MODE', 'optional', 'plain', 'What may be done: stopped, plan-only or maintain. Stopped opens no window and starts no unit; plan-only writes to no cluster.', 'plan-only'),
  describe('GITHUB_WEBHOOK_SECRETS', 'required', 'secret', 'Webhook secrets, one or several separated by commas or new lines, each of at least 16 characters; several while one is being replaced.'),
  describe('GITHUB_API_URL', 'optional', 'plain', 'Base of the GitHub REST API; https, or http on loopback.', 'https://api.github.com'),
  describe('GITHUB_APP_ID', 'one-of', 'plain', 'Number of the GitHub App; goes with GITHUB_APP_PRIVATE_KEY or GITHUB_APP_KEY_ID.'),
  describe('GITHUB_APP_PRIVATE_KEY', 'one-of', 'secret', 'Private key of the GitHub App in PEM; new lines may be written as \\n.'),
  describe('GITHUB_APP_KEY_ID', 'one-of', 'plain', 'Instead of the private key: its identifier in Key Vault, version included; the key signs there and never leaves it.'),
  describe('GITHUB_TOKEN', 'one-of', 'secret', 'A token instead of a GitHub App.'),
  describe('GITHUB_APP_LOGIN', 'required', 'plain', 'Login we comment with, for example slackwater[bot]; its comments are ignored.'),
  describe('POLICY_REPOSITORY', 'required', 'plain', 'Repository of the policies, owner/name.'),
  describe('POLICY_PATH', 'optional', 'plain', 'Folder (or one file) of the policies in that repository; a dot stands for its root.', 'slackwater'),
  describe('ServiceBusConnection__fullyQualifiedNamespace', 'one-of', 'plain', 'Service Bus namespace, for example shop.servicebus.windows.net, reached by identity.'),
  describe('ServiceBusConnection__clientId', 'optional', 'plain', 'Client id of the user-assigned identity for Service Bus.'),
  describe('ServiceBusConnection', 'one-of', 'secret', 'Connection string of a Service Bus emulator on loopback; refused for Azure.'),
  describe('AZURE_CLIENT_ID', 'optional', 'plain', 'Client id of the user-assigned identity for ARM and Kubernetes.'),
  describe('AZURE_WRITER_CLIENT_ID', 'optional', 'plain', 'Client id of another user-assigned identity for what is written to clusters; without it the first one writes.'),
  describe('SLACKWATER_ARM_ENDPOINT', 'optional', 'plain', 'ARM on loopback, for local use.'),
  describe('SLACKWATER_KUBERNETES_ENDPOINT', 'optional', 'plain', 'Kubernetes API on loopback, for local use.'),
  describe('SLACKWATER_LOCAL_TOKEN', 'optional', 'secret', 'Bearer token for the local endpoints; required with either of them.'),
  describe('OTEL_ENABLED', 'optional', 'plain', 'Whether the app sends spans, lines and metrics by itself, as OpenTelemetry: true or false. Without it the host forwards the lines.', 'false'),
  describe('APPLICATIONINSIGHTS_CONNECTION_STRING', 'optional', 'plain', 'Application Insights; the host reads it too. Required with OTEL_ENABLED.'),
  describe('APPLICATIONINSIGHTS_AUTHENTICATION_STRING', 'optional', 'plain', 'Whose identity sends: ClientId=<client id>;Authorization=AAD. The host reads it too.'),
  describe('POLL_SECONDS_SHORTEST', 'optional', 'plain', 'Shortest wait between two looks at a running operation, 30 to 150 seconds.', '30'),
  describe('POLL_SECONDS_LONGEST', 'optional', 'plain', 'Longest wait between two looks, 30 to 150 seconds.', '150'),
  describe('RUN_HISTORY_DAYS', 'optional', 'plain', 'How long ended runs stay in the task hub, 7 to 3650 days; without it only a Durable Task Scheduler forgets them, by its own retention.'),
  describe('WINDOW_TIMER_SCHEDULE', 'optional', 'plain', 'When windows are looked for: six fields, seconds first, UTC.', '0 */5 * * * *'),
  describe('DEBT_TIMER_SCHEDULE', 'optional', 'plain', 'When debts of earlier runs are looked at, once a day: six fields, seconds first, UTC.', '0 0 8 * * *'),
  describe('DELIVERY_TIMER_SCHEDULE', 'optional', 'plain', 'When lost webhooks of the GitHub App are looked for: six fields, seconds first, UTC.', '30 */5 * * * *'),
] as const satisfies readonly SettingDescription[];

type SettingName = (typeof settingNames)[number]['name'];

function describe<const N extends string>(
  name: N,
  need: SettingDescription['need'],
  kind: SettingDescription['kind'],
  description: string,
  fallback: string | null = null,
) {
  return { name, need, kind, description, fallback };
}

/** Reads one setting after another and gathers what is wrong; a blank value counts as absent. */
interface Reader {
  text(name: SettingName): string | null;
  fault(name: SettingName, code: string, message: string, remedy: string): void;
}

/**
 * The settings of an environment, or every fault of it at once.
 *
 * No secret has a default, and no fault ever repeats a value. Codes: `setting-missing`, `setting-invalid`,
 * `setting-conflict`, `setting-not-loopback`.
 */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): Result<Settings, Fault> {
  const faults: Fault[] = [];
  const reader = createReader(env, faults);
  const settings: Settings = {
    mode: readMode(reader),
    webhookSecrets: readWebhookSecrets(reader),
    gitHub: readGitHub(reader),
    policies: { repository: readRepository(reader), path: readPolicyPath(reader) },
    serviceBus: readServiceBus(reader),
    azureClientId: readClientId(reader, 'AZURE_CLIENT_ID'),
    azureWriterClientId: readClientId(reader, 'AZURE_WRITER_CLIENT_ID'),
    local: readLocal(reader),
    telemetry: readTelemetry(reader),
    pollSeconds: readPollSeconds(reader),
    runHistoryDays: readRunHistoryDays(reader),
    windowTimerSchedule: readSchedule(reader, 'WINDOW_TIMER_SCHEDULE', 'every five minutes, or write seconds first, for example 0 */5 * * * *'),
    debtTimerSchedule: readSchedule(reader, 'DEBT_TIMER_SCHEDULE', 'eight in the morning, or write seconds first, for example 0 0 8 * * *'),
    deliveryTimerSchedule: readSchedule(reader, 'DELIVERY_TIMER_SCHEDULE', 'every five minutes, or write seconds first, for example 30 */5 * * * *'),
  };
  return faults.length === 0 ? succeed(settings) : refuse(faults);
}

/** The local stand-ins for Azure that an environment names, without everything else the function app needs; null when it names none. */
export function parseLocalSettings(env: Readonly<Record<string, string | undefined>>): Result<LocalSettings | null, Fault> {
  const faults: Fault[] = [];
  const local = readLocal(createReader(env, faults));
  return faults.length === 0 ? succeed(local) : refuse(faults);
}

function createReader(env: Readonly<Record<string, string | undefined>>, faults: Fault[]): Reader {
  return {
    text(name) {
      const given = (env[name] ?? '').trim();
      return given === '' ? (settingNames.find((setting) => setting.name === name)?.fallback ?? null) : given;
    },
    fault(where, code, message, remedy) {
      faults.push({ code, where, message, remedy });
    },
  };
}

function required(reader: Reader, name: SettingName, remedy: string): string {
  const text = reader.text(name);
  if (text === null) reader.fault(name, 'setting-missing', `${name} is not set.`, remedy);
  return text ?? '';
}

/** A word nobody knows starts nothing: the app then answers that its settings are wrong. */
function readMode(reader: Reader): SlackwaterMode {
  const name = 'SLACKWATER_MODE';
  const text = reader.text(name) ?? '';
  if (isSlackwaterMode(text)) return text;
  reader.fault(name, 'setting-invalid', `${name} is none of ${slackwaterModes.join(', ')}.`, 'Set plan-only to look on, maintain to upgrade, stopped to stop.');
  return 'stopped';
}

const shortestSecret = 16;

function readWebhookSecrets(reader: Reader): readonly string[] {
  const name = 'GITHUB_WEBHOOK_SECRETS';
  const remedy = 'Set the secret entered at the webhook of the GitHub App; `openssl rand -hex 32` makes a good one.';
  const text = required(reader, name, remedy);
  const secrets = text.split(/[,\n]/).map((secret) => secret.trim()).filter((secret) => secret !== '');
  if (text !== '' && secrets.length === 0) reader.fault(name, 'setting-missing', `${name} holds only separators.`, remedy);
  secrets.forEach((secret, index) => {
    if (secret.length >= shortestSecret) return;
    reader.fault(name, 'setting-invalid', `Secret ${index + 1} of ${name} is shorter than ${shortestSecret} characters.`, remedy);
  });
  return secrets;
}

function readGitHub(reader: Reader): GitHubSettings {
  return {
    apiUrl: readApiUrl(reader),
    identity: readGitHubIdentity(reader),
    appLogin: required(reader, 'GITHUB_APP_LOGIN', 'Set the login we comment with: the App\'s slug followed by [bot], or the owner of the token.'),
  };
}

function readApiUrl(reader: Reader): string {
  const name = 'GITHUB_API_URL';
  const text = reader.text(name) ?? '';
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe = url !== null && url.username === '' && url.password === '' && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)));
  if (!isSafe) {
    reader.fault(name, 'setting-invalid', `${name} is neither an https address without a password nor http on loopback.`, 'Leave it out for github.com, or set https://<host>/api/v3 of a GitHub Enterprise Server.');
  }
  return text.replace(/\/+$/, '');
}

function readGitHubIdentity(reader: Reader): GitHubSettings['identity'] {
  const appId = reader.text('GITHUB_APP_ID');
  const privateKey = reader.text('GITHUB_APP_PRIVATE_KEY');
  const keyId = reader.text('GITHUB_APP_KEY_ID');
  const token = reader.text('GITHUB_TOKEN');
  const oneWay = 'Set GITHUB_APP_ID with GITHUB_APP_PRIVATE_KEY or GITHUB_APP_KEY_ID, or GITHUB_TOKEN alone.';
  if (token !== null) {
    if (appId !== null || privateKey !== null || keyId !== null) {
      reader.fault('GITHUB_TOKEN', 'setting-conflict', 'Both a token and a GitHub App are set; which of them acts would be a guess.', oneWay);
    }
    return { kind: 'token', token };
  }
  if (appId === null && privateKey === null && keyId === null) {
    reader.fault('GITHUB_APP_ID', 'setting-missing', 'Neither a GitHub App nor a token is set.', oneWay);
    return { kind: 'token', token: '' };
  }
  if (appId === null) reader.fault('GITHUB_APP_ID', 'setting-missing', 'GITHUB_APP_ID is not set, but the App\'s key is.', oneWay);
  else if (!/^[1-9]\d{0,14}$/.test(appId)) reader.fault('GITHUB_APP_ID', 'setting-invalid', 'GITHUB_APP_ID is not a number.', 'Copy the "App ID" from the settings page of the GitHub App.');
  if (keyId !== null) {
    if (privateKey !== null) reader.fault('GITHUB_APP_KEY_ID', 'setting-conflict', 'Both a private key and a key in Key Vault are set; which of them signs would be a guess.', oneWay);
    return { kind: 'vault-app', appId: Number(appId), keyId: readKeyId(reader, keyId) };
  }
  if (privateKey === null) reader.fault('GITHUB_APP_PRIVATE_KEY', 'setting-missing', 'Neither GITHUB_APP_PRIVATE_KEY nor GITHUB_APP_KEY_ID is set, but the App id is.', oneWay);
  const pem = (privateKey ?? '').replaceAll('\\n', '\n');
  if (privateKey !== null && !/^-----BEGIN (RSA )?PRIVATE KEY-----\n[^]+\n-----END (RSA )?PRIVATE KEY-----$/.test(pem.replaceAll('\r', ''))) {
    reader.fault('GITHUB_APP_PRIVATE_KEY', 'setting-invalid', 'GITHUB_APP_PRIVATE_KEY is not a PEM private key.', 'Paste the whole downloaded .pem file, its BEGIN and END lines included.');
  }
  return { kind: 'app', appId: Number(appId), privateKey: pem };
}

/** An identifier of one version: GitHub knows one key, so a new version must not begin to sign by itself. */
function readKeyId(reader: Reader, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOfVault = url !== null && url.protocol === 'https:' && /^[a-z0-9-]+\.vault\.azure\.net$/.test(url.host) && url.username === '';
  const isLocal = url !== null && url.protocol === 'http:' && isLoopback(url) && reader.text('SLACKWATER_LOCAL_TOKEN') !== null;
  if ((isOfVault || isLocal) && /^\/keys\/[\w-]+\/[\w-]+$/.test(url.pathname) && url.search === '' && url.hash === '') return text;
  reader.fault('GITHUB_APP_KEY_ID', 'setting-invalid', 'GITHUB_APP_KEY_ID is not the identifier of one version of a key in Key Vault.', 'Copy the key identifier of the version: https://<vault>.vault.azure.net/keys/<name>/<version>.');
  return text;
}

function readRepository(reader: Reader): string {
  const name = 'POLICY_REPOSITORY';
  const remedy = 'Set it to owner/name of the repository that holds the policies.';
  const text = required(reader, name, remedy);
  if (text !== '' && !/^[\w.-]+\/[\w.-]+$/.test(text)) reader.fault(name, 'setting-invalid', `${name} is not of the form owner/name.`, remedy);
  return text;
}

function readPolicyPath(reader: Reader): string {
  const name = 'POLICY_PATH';
  const path = (reader.text(name) ?? '').replace(/^\/+|\/+$/g, '');
  if (path === '.') return '';
  if (path.split('/').some((part) => part === '..' || part === '.' || part === '')) {
    reader.fault(name, 'setting-invalid', `${name} is not a folder inside the repository.`, 'Set a path from the root of the repository, for example slackwater or clusters/policies.');
  }
  return path;
}

function readServiceBus(reader: Reader): ServiceBusSettings {
  const namespaceName = 'ServiceBusConnection__fullyQualifiedNamespace';
  const fullyQualifiedNamespace = reader.text(namespaceName);
  const connectionString = reader.text('ServiceBusConnection');
  const clientId = readClientId(reader, 'ServiceBusConnection__clientId');
  const oneWay = `Set ${namespaceName} in Azure, or ServiceBusConnection for a local emulator.`;
  if (fullyQualifiedNamespace !== null && connectionString !== null) {
    reader.fault('ServiceBusConnection', 'setting-conflict', 'Both a namespace and a connection string of Service Bus are set.', oneWay);
  }
  if (connectionString !== null) {
    if (!isLocalConnectionString(connectionString)) {
      reader.fault('ServiceBusConnection', 'setting-not-loopback', 'ServiceBusConnection is not the connection string of an emulator on loopback; a key for Azure is never accepted.', oneWay);
    }
    return { kind: 'connection-string', connectionString };
  }
  if (fullyQualifiedNamespace === null) {
    reader.fault(namespaceName, 'setting-missing', 'Service Bus is not set.', oneWay);
  } else if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(fullyQualifiedNamespace)) {
    reader.fault(namespaceName, 'setting-invalid', `${namespaceName} is not a host name.`, 'Set the host alone, for example shop.servicebus.windows.net, without sb:// and without a slash.');
  }
  return { kind: 'identity', fullyQualifiedNamespace: fullyQualifiedNamespace ?? '', clientId };
}

/** Whether a Service Bus connection string leads to an emulator on this machine and nowhere else. */
export function isLocalConnectionString(connectionString: string): boolean {
  const parts = connectionString.split(';').map((part) => part.trim());
  const [endpoint = '', ...more] = parts.filter((part) => /^Endpoint=/i.test(part)).map((part) => part.slice('Endpoint='.length));
  if (more.length > 0) return false;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  return url !== null && url.protocol === 'sb:' && isLoopback(url) && parts.some((part) => /^UseDevelopmentEmulator=true$/i.test(part));
}

function readClientId(reader: Reader, name: 'AZURE_CLIENT_ID' | 'AZURE_WRITER_CLIENT_ID' | 'ServiceBusConnection__clientId'): string | null {
  const text = reader.text(name);
  if (text !== null && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    reader.fault(name, 'setting-invalid', `${name} is not a client id.`, 'Set the clientId (a GUID) of the user-assigned identity, not its name or resource id.');
  }
  return text;
}

function readLocal(reader: Reader): LocalSettings | null {
  const armEndpoint = readLocalEndpoint(reader, 'SLACKWATER_ARM_ENDPOINT');
  const kubernetesEndpoint = readLocalEndpoint(reader, 'SLACKWATER_KUBERNETES_ENDPOINT');
  const token = reader.text('SLACKWATER_LOCAL_TOKEN');
  if (armEndpoint === null && kubernetesEndpoint === null) return null;
  if (token === null) {
    reader.fault('SLACKWATER_LOCAL_TOKEN', 'setting-missing', 'A local endpoint is set without SLACKWATER_LOCAL_TOKEN.', 'Set the token the local servers expect; a real Azure token is never sent to them.');
  }
  return { armEndpoint, kubernetesEndpoint, token: token ?? '' };
}

function readLocalEndpoint(reader: Reader, name: 'SLACKWATER_ARM_ENDPOINT' | 'SLACKWATER_KUBERNETES_ENDPOINT'): string | null {
  const text = reader.text(name);
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || !isLoopback(url)) {
    reader.fault(name, 'setting-not-loopback', `${name} does not lead to this machine.`, 'It is for local use only: set http://127.0.0.1:<port>, or leave it out to reach Azure.');
  }
  return text.replace(/\/+$/, '');
}

function readTelemetry(reader: Reader): TelemetrySettings | null {
  const wanted = reader.text('OTEL_ENABLED') ?? '';
  if (!['true', 'false'].includes(wanted)) reader.fault('OTEL_ENABLED', 'setting-invalid', 'OTEL_ENABLED is neither true nor false.', 'Set true to have the app send spans and metrics by itself, or leave it out.');
  if (wanted !== 'true') return null;
  const connectionString = required(reader, 'APPLICATIONINSIGHTS_CONNECTION_STRING', 'Set the connection string of Application Insights, or take OTEL_ENABLED away.');
  const endpoint = /(?:^|;)IngestionEndpoint=([^;]*)/i.exec(connectionString)?.[1] ?? '';
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  const isLocal = url !== null && url.protocol === 'http:' && isLoopback(url) && reader.text('SLACKWATER_LOCAL_TOKEN') !== null;
  if (connectionString !== '' && url?.protocol !== 'https:' && !isLocal) {
    reader.fault('APPLICATIONINSIGHTS_CONNECTION_STRING', 'setting-invalid', 'APPLICATIONINSIGHTS_CONNECTION_STRING names no IngestionEndpoint by https.', 'Copy the whole connection string from the overview of Application Insights.');
  }
  const authentication = reader.text('APPLICATIONINSIGHTS_AUTHENTICATION_STRING');
  const clientId = /^ClientId=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12});Authorization=AAD$/i.exec(authentication ?? '')?.[1] ?? null;
  if (authentication !== null && clientId === null) {
    reader.fault('APPLICATIONINSIGHTS_AUTHENTICATION_STRING', 'setting-invalid', 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING names no identity.', 'Set ClientId=<client id of the user-assigned identity>;Authorization=AAD, or leave it out.');
  }
  return { connectionString, clientId };
}

const pollSecondsMin = 30;
const pollSecondsMax = 150;

/** Openings last a day at most, and GitHub sends a comment again for three: a week keeps either from being taken for new. */
const runHistoryDaysMin = 7;
const runHistoryDaysMax = 3_650;

function readRunHistoryDays(reader: Reader): number | null {
  const text = reader.text('RUN_HISTORY_DAYS');
  if (text === null) return null;
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= runHistoryDaysMin && days <= runHistoryDaysMax) return days;
  reader.fault('RUN_HISTORY_DAYS', 'setting-invalid', `RUN_HISTORY_DAYS is not a whole number from ${runHistoryDaysMin} to ${runHistoryDaysMax}.`, 'Set 14, or leave it out with a Durable Task Scheduler, which has a retention of its own.');
  return null;
}

function readPollSeconds(reader: Reader): PollRange {
  const remedy = `Set a whole number of seconds from ${pollSecondsMin} to ${pollSecondsMax}: ARM allows few reads per subscription.`;
  const read = (name: 'POLL_SECONDS_SHORTEST' | 'POLL_SECONDS_LONGEST'): number | null => {
    const text = reader.text(name) ?? '';
    const seconds = Number(text);
    if (/^\d+$/.test(text) && seconds >= pollSecondsMin && seconds <= pollSecondsMax) return seconds;
    reader.fault(name, 'setting-invalid', `${name} is not a whole number from ${pollSecondsMin} to ${pollSecondsMax}.`, remedy);
    return null;
  };
  const shortest = read('POLL_SECONDS_SHORTEST');
  const longest = read('POLL_SECONDS_LONGEST');
  if (shortest !== null && longest !== null && shortest > longest) {
    reader.fault('POLL_SECONDS_SHORTEST', 'setting-conflict', 'POLL_SECONDS_SHORTEST is greater than POLL_SECONDS_LONGEST.', remedy);
  }
  return { shortest: shortest ?? pollSecondsMin, longest: longest ?? pollSecondsMax };
}

function readSchedule(reader: Reader, name: 'WINDOW_TIMER_SCHEDULE' | 'DEBT_TIMER_SCHEDULE' | 'DELIVERY_TIMER_SCHEDULE', otherwise: string): string {
  const text = reader.text(name) ?? '';
  const fields = text.split(/\s+/);
  if (fields.length !== 6 || fields.some((field) => !/^[\d*,/a-z-]+$/i.test(field))) {
    reader.fault(name, 'setting-invalid', `${name} is not a schedule of six fields.`, `Leave it out for ${otherwise}.`);
  }
  return text;
}
