import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseSettings, settingNames } from '../../adapters/settings.ts';
import { isRecord } from '../../domain/json.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAAA\n-----END RSA PRIVATE KEY-----';

const vaultKey = 'https://shop.vault.azure.net/keys/github/0123456789abcdef0123456789abcdef';

/** The smallest environment that is complete in Azure. */
const azure: Environment = {
  GITHUB_WEBHOOK_SECRETS: '0123456789abcdef',
  GITHUB_APP_ID: '4711',
  GITHUB_APP_PRIVATE_KEY: pem,
  GITHUB_APP_LOGIN: 'slackwater[bot]',
  POLICY_REPOSITORY: 'acme/platform',
  ServiceBusConnection__fullyQualifiedNamespace: 'shop.servicebus.windows.net',
};
const emulator = 'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=local;SharedAccessKey=opens-nothing;UseDevelopmentEmulator=true';

const insights = (endpoint: string): string => `InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=${endpoint};ApplicationId=1`;

function parse(changes: Environment) {
  return parseSettings({ ...azure, ...changes });
}

function faultsOf(changes: Environment): readonly string[] {
  const parsed = parse(changes);
  return parsed.ok ? [] : parsed.faults.map(({ where, code }) => `${where} ${code}`);
}

describe('settings that are complete', () => {
  test('the smallest environment gives every default', () => {
    const parsed = parse({});

    assert.deepEqual(parsed, {
      ok: true,
      value: {
        mode: 'plan-only',
        webhookSecrets: ['0123456789abcdef'],
        gitHub: { apiUrl: 'https://api.github.com', identity: { kind: 'app', appId: 4711, privateKey: pem }, appLogin: 'slackwater[bot]' },
        policies: { repository: 'acme/platform', path: 'slackwater' },
        serviceBus: { kind: 'identity', fullyQualifiedNamespace: 'shop.servicebus.windows.net', clientId: null },
        azureClientId: null,
        azureWriterClientId: null,
        local: null,
        telemetry: null,
        pollSeconds: { shortest: 30, longest: 150 },
        windowTimerSchedule: '0 */5 * * * *',
        debtTimerSchedule: '0 0 8 * * *',
        deliveryTimerSchedule: '30 */5 * * * *',
        runHistoryDays: null,
      },
    });
  });

  const good: readonly [what: string, changes: Environment, path: readonly string[], expected: unknown][] = [
    ['several secrets, by comma and line', { GITHUB_WEBHOOK_SECRETS: 'aaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbb\ncccccccccccccccc\n' }, ['webhookSecrets'], ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc']],
    ['a key on one line with written line ends', { GITHUB_APP_PRIVATE_KEY: pem.replaceAll('\n', '\\n') }, ['gitHub', 'identity', 'privateKey'], pem],
    ['a token instead of an App', { GITHUB_APP_ID: '', GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_TOKEN: 'abc' }, ['gitHub', 'identity'], { kind: 'token', token: 'abc' }],
    ['a key that stays in Key Vault', { GITHUB_APP_PRIVATE_KEY: '', GITHUB_APP_KEY_ID: vaultKey }, ['gitHub', 'identity'], { kind: 'vault-app', appId: 4711, keyId: vaultKey }],
    ['GitHub Enterprise Server with a slash too much', { GITHUB_API_URL: 'https://git.acme.example/api/v3/' }, ['gitHub', 'apiUrl'], 'https://git.acme.example/api/v3'],
    ['GitHub on loopback', { GITHUB_API_URL: 'http://127.0.0.1:4000' }, ['gitHub', 'apiUrl'], 'http://127.0.0.1:4000'],
    ['a path with slashes around', { POLICY_PATH: '/clusters/policies/' }, ['policies', 'path'], 'clusters/policies'],
    ['the root of the repository', { POLICY_PATH: '.' }, ['policies', 'path'], ''],
    ['an emulator of Service Bus', { ServiceBusConnection__fullyQualifiedNamespace: '', ServiceBusConnection: emulator }, ['serviceBus'], { kind: 'connection-string', connectionString: emulator }],
    ['local endpoints with their token', { SLACKWATER_ARM_ENDPOINT: 'http://127.0.0.1:1/', SLACKWATER_LOCAL_TOKEN: 't' }, ['local'], { armEndpoint: 'http://127.0.0.1:1', kubernetesEndpoint: null, token: 't' }],
    ['OpenTelemetry by an identity', { OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: insights('https://x.in.applicationinsights.azure.com/'), APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=11111111-2222-4333-8444-555555555555;Authorization=AAD' }, ['telemetry'], { connectionString: insights('https://x.in.applicationinsights.azure.com/'), clientId: '11111111-2222-4333-8444-555555555555' }],
    ['OpenTelemetry to this machine', { OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: insights('http://127.0.0.1:1'), SLACKWATER_LOCAL_TOKEN: 't' }, ['telemetry'], { connectionString: insights('http://127.0.0.1:1'), clientId: null }],
    ['Application Insights of the host alone', { APPLICATIONINSIGHTS_CONNECTION_STRING: 'anything' }, ['telemetry'], null],
    ['a mode', { SLACKWATER_MODE: ' maintain ' }, ['mode'], 'maintain'],
    ['a history of two weeks', { RUN_HISTORY_DAYS: '14' }, ['runHistoryDays'], 14],
    ['poll seconds at their bounds', { POLL_SECONDS_SHORTEST: '150', POLL_SECONDS_LONGEST: '150' }, ['pollSeconds'], { shortest: 150, longest: 150 }],
    ['a schedule of six fields', { WINDOW_TIMER_SCHEDULE: '*/10 * * * * *' }, ['windowTimerSchedule'], '*/10 * * * * *'],
  ];
  for (const [what, changes, path, expected] of good) {
    test(what, () => {
      const parsed = parse(changes);

      assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.faults));
      assert.deepEqual(path.reduce((value: unknown, name) => (isRecord(value) ? value[name] : undefined), parsed.value), expected);
    });
  }
});

describe('settings that are not', () => {
  const bad: readonly [what: string, changes: Environment, expected: readonly string[]][] = [
    ['no secret', { GITHUB_WEBHOOK_SECRETS: undefined }, ['GITHUB_WEBHOOK_SECRETS setting-missing']],
    ['a blank secret', { GITHUB_WEBHOOK_SECRETS: '  ' }, ['GITHUB_WEBHOOK_SECRETS setting-missing']],
    ['only separators', { GITHUB_WEBHOOK_SECRETS: ' , \n ,' }, ['GITHUB_WEBHOOK_SECRETS setting-missing']],
    ['one secret of two too short', { GITHUB_WEBHOOK_SECRETS: 'aaaaaaaaaaaaaaaa,short' }, ['GITHUB_WEBHOOK_SECRETS setting-invalid']],
    ['OpenTelemetry half wanted', { OTEL_ENABLED: 'yes' }, ['OTEL_ENABLED setting-invalid']],
    ['OpenTelemetry to nowhere', { OTEL_ENABLED: 'true' }, ['APPLICATIONINSIGHTS_CONNECTION_STRING setting-missing']],
    ['OpenTelemetry over an open wire', { OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: insights('http://example.com'), SLACKWATER_LOCAL_TOKEN: 't' }, ['APPLICATIONINSIGHTS_CONNECTION_STRING setting-invalid']],
    ['OpenTelemetry to this machine, in production', { OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: insights('http://127.0.0.1:1') }, ['APPLICATIONINSIGHTS_CONNECTION_STRING setting-invalid']],
    ['OpenTelemetry by nobody', { OTEL_ENABLED: 'true', APPLICATIONINSIGHTS_CONNECTION_STRING: insights('https://x'), APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD' }, ['APPLICATIONINSIGHTS_AUTHENTICATION_STRING setting-invalid']],
    ['an App and a token', { GITHUB_TOKEN: 'abc' }, ['GITHUB_TOKEN setting-conflict']],
    ['neither', { GITHUB_APP_ID: undefined, GITHUB_APP_PRIVATE_KEY: undefined }, ['GITHUB_APP_ID setting-missing']],
    ['an App without key', { GITHUB_APP_PRIVATE_KEY: undefined }, ['GITHUB_APP_PRIVATE_KEY setting-missing']],
    ['two keys', { GITHUB_APP_KEY_ID: vaultKey }, ['GITHUB_APP_KEY_ID setting-conflict']],
    ['a key in a vault without App', { GITHUB_APP_ID: undefined, GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_APP_KEY_ID: vaultKey }, ['GITHUB_APP_ID setting-missing']],
    ['a key without version, which would move by itself', { GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_APP_KEY_ID: 'https://shop.vault.azure.net/keys/github' }, ['GITHUB_APP_KEY_ID setting-invalid']],
    ['a secret of a vault', { GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_APP_KEY_ID: 'https://shop.vault.azure.net/secrets/github/0123' }, ['GITHUB_APP_KEY_ID setting-invalid']],
    ['a vault elsewhere', { GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_APP_KEY_ID: 'https://shop.vault.azure.net.evil.example/keys/github/0123' }, ['GITHUB_APP_KEY_ID setting-invalid']],
    ['a vault on loopback without a local token', { GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_APP_KEY_ID: 'http://127.0.0.1:1/keys/github/0123' }, ['GITHUB_APP_KEY_ID setting-invalid']],
    ['a key without App', { GITHUB_APP_ID: undefined }, ['GITHUB_APP_ID setting-missing']],
    ['an App id that is a name', { GITHUB_APP_ID: 'slackwater' }, ['GITHUB_APP_ID setting-invalid']],
    ['a key that is none', { GITHUB_APP_PRIVATE_KEY: 'MIIB' }, ['GITHUB_APP_PRIVATE_KEY setting-invalid']],
    ['GitHub over http', { GITHUB_API_URL: 'http://api.github.com' }, ['GITHUB_API_URL setting-invalid']],
    ['GitHub with a password in its address', { GITHUB_API_URL: 'https://lia:hunter2@git.acme.example/api/v3' }, ['GITHUB_API_URL setting-invalid']],
    ['GitHub that is no address', { GITHUB_API_URL: 'api.github.com' }, ['GITHUB_API_URL setting-invalid']],
    ['a repository without owner', { POLICY_REPOSITORY: 'platform' }, ['POLICY_REPOSITORY setting-invalid']],
    ['a repository as address', { POLICY_REPOSITORY: 'https://github.com/acme/platform' }, ['POLICY_REPOSITORY setting-invalid']],
    ['a path that climbs', { POLICY_PATH: 'slackwater/../..' }, ['POLICY_PATH setting-invalid']],
    ['no Service Bus', { ServiceBusConnection__fullyQualifiedNamespace: undefined }, ['ServiceBusConnection__fullyQualifiedNamespace setting-missing']],
    ['a namespace as address', { ServiceBusConnection__fullyQualifiedNamespace: 'sb://shop.servicebus.windows.net/' }, ['ServiceBusConnection__fullyQualifiedNamespace setting-invalid']],
    ['both ways to Service Bus', { ServiceBusConnection: emulator }, ['ServiceBusConnection setting-conflict']],
    ['a connection string for Azure', { ServiceBusConnection__fullyQualifiedNamespace: '', ServiceBusConnection: 'Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b' }, ['ServiceBusConnection setting-not-loopback']],
    ['a connection string that only says emulator', { ServiceBusConnection__fullyQualifiedNamespace: '', ServiceBusConnection: 'Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKey=b;UseDevelopmentEmulator=true' }, ['ServiceBusConnection setting-not-loopback']],
    ['a connection string with a second endpoint', { ServiceBusConnection__fullyQualifiedNamespace: '', ServiceBusConnection: `${emulator};Endpoint=sb://shop.servicebus.windows.net/` }, ['ServiceBusConnection setting-not-loopback']],
    ['loopback without the emulator\'s word', { ServiceBusConnection__fullyQualifiedNamespace: '', ServiceBusConnection: 'Endpoint=sb://127.0.0.1:1;SharedAccessKey=b' }, ['ServiceBusConnection setting-not-loopback']],
    ['a host that only begins like loopback', { SLACKWATER_ARM_ENDPOINT: 'http://127.0.0.1.evil.example', SLACKWATER_LOCAL_TOKEN: 't' }, ['SLACKWATER_ARM_ENDPOINT setting-not-loopback']],
    ['a local endpoint that is Azure', { SLACKWATER_KUBERNETES_ENDPOINT: 'https://shop.hcp.westeurope.azmk8s.io', SLACKWATER_LOCAL_TOKEN: 't' }, ['SLACKWATER_KUBERNETES_ENDPOINT setting-not-loopback']],
    ['a local endpoint without token', { SLACKWATER_ARM_ENDPOINT: 'http://localhost:1' }, ['SLACKWATER_LOCAL_TOKEN setting-missing']],
    ['an identity by name', { AZURE_CLIENT_ID: 'id-slackwater', AZURE_WRITER_CLIENT_ID: 'id-writer', ServiceBusConnection__clientId: 'id-slackwater' }, ['ServiceBusConnection__clientId setting-invalid', 'AZURE_CLIENT_ID setting-invalid', 'AZURE_WRITER_CLIENT_ID setting-invalid']],
    ['a mode nobody knows', { SLACKWATER_MODE: 'off' }, ['SLACKWATER_MODE setting-invalid']],
    ['polls too often', { POLL_SECONDS_SHORTEST: '29' }, ['POLL_SECONDS_SHORTEST setting-invalid']],
    ['a history shorter than a week', { RUN_HISTORY_DAYS: '6' }, ['RUN_HISTORY_DAYS setting-invalid']],
    ['a history with a unit', { RUN_HISTORY_DAYS: '14d' }, ['RUN_HISTORY_DAYS setting-invalid']],
    ['polls too rarely', { POLL_SECONDS_LONGEST: '151' }, ['POLL_SECONDS_LONGEST setting-invalid']],
    ['polls with a unit', { POLL_SECONDS_LONGEST: '60s' }, ['POLL_SECONDS_LONGEST setting-invalid']],
    ['polls the wrong way round', { POLL_SECONDS_SHORTEST: '90', POLL_SECONDS_LONGEST: '60' }, ['POLL_SECONDS_SHORTEST setting-conflict']],
    ['a schedule of five fields', { WINDOW_TIMER_SCHEDULE: '*/5 * * * *' }, ['WINDOW_TIMER_SCHEDULE setting-invalid']],
  ];
  for (const [what, changes, expected] of bad) test(what, () => assert.deepEqual(faultsOf(changes), expected));

  test('every fault is told at once, with what to do, and none repeats a value', () => {
    const parsed = parse({ GITHUB_WEBHOOK_SECRETS: 'hunter2', GITHUB_TOKEN: 'ghp_leak', POLICY_REPOSITORY: 'no owner', ServiceBusConnection: 'Endpoint=sb://x;SharedAccessKey=leak', POLL_SECONDS_LONGEST: '9' });

    assert.ok(!parsed.ok);
    assert.equal(parsed.faults.length, 6);
    assert.doesNotMatch(JSON.stringify(parsed.faults), /hunter2|ghp_leak|leak|no owner/);
    for (const fault of parsed.faults) {
      assert.ok(settingNames.some(({ name }) => name === fault.where), fault.where);
      assert.match(fault.message, /\.$/);
      assert.match(fault.remedy, /\w/);
    }
  });
});

describe('the list of settings', () => {
  const example: unknown = JSON.parse(readFileSync(new URL('../../local.settings.example.json', import.meta.url), 'utf8'));
  const values = isRecord(example) && isRecord(example['Values']) ? example['Values'] : {};
  const ofTheHost = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage', 'TASKHUB_NAME', 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'];

  test('local.settings.example.json names every setting with its default, and holds no secret', () => {
    const ours = Object.fromEntries(Object.entries(values).filter(([name]) => !ofTheHost.includes(name)));

    assert.deepEqual(ours, Object.fromEntries(settingNames.map(({ name, fallback }) => [name, fallback ?? ''])));
  });

  test('what the example leaves blank is exactly what a person must fill in', () => {
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    const parsed = parseSettings(texts);

    assert.ok(!parsed.ok);
    const missing = parsed.faults.map(({ where, code }) => `${where} ${code}`);
    assert.deepEqual(missing, ['GITHUB_WEBHOOK_SECRETS', 'GITHUB_APP_ID', 'GITHUB_APP_LOGIN', 'POLICY_REPOSITORY', 'ServiceBusConnection__fullyQualifiedNamespace'].map((name) => `${name} setting-missing`));
  });
});
