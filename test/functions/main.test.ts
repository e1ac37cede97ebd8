import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { activityNames } from '../../activities/contract.ts';
import { isRecord, listAt, recordsAt, textAt } from '../../domain/json.ts';
import { orchestrations } from '../../orchestrations/registry.ts';
import { startBundle } from './bundle-host.ts';
import { environment } from './environment.ts';

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

interface Loaded {
  readonly functions: readonly Readonly<Record<string, unknown>>[];
  readonly stderr: string;
}

/** Loads an entry in a process of its own with just these settings. */
async function load(entry: string, env: Readonly<Record<string, string>>): Promise<Loaded> {
  const { stdout, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', path('test/functions/list-functions.ts'), path(entry)], { env: { PATH: process.env['PATH'], ...env } });
  const told: unknown = JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{"functions"')) ?? '{}');
  return { functions: listAt(isRecord(told) ? told : {}, 'functions').filter(isRecord), stderr };
}

const namesOf = (loaded: Loaded, trigger: string): readonly string[] =>
  loaded.functions.filter((each) => each['trigger'] === trigger).map((each) => textAt(each, 'name') ?? '').sort();

describe('the function app from source', () => {
  let loaded: Loaded;
  before(async () => {
    loaded = await load('functions/main.ts', environment);
  });

  test('registers every orchestration and every activity under the names of their contracts', () => {
    assert.deepEqual(namesOf(loaded, 'orchestrationTrigger'), Object.keys(orchestrations).sort());
    assert.deepEqual(namesOf(loaded, 'activityTrigger'), [...activityNames].sort());
  });

  test('gives each activity the durable client, so that it can raise events', () => {
    const without = loaded.functions.filter((each) => each['trigger'] === 'activityTrigger' && !listAt(each, 'bindings').includes('durableClient'));

    assert.deepEqual(without, []);
  });

  test('registers its triggers with their routes, queue and schedule, and nothing else', () => {
    const triggers = loaded.functions.filter((each) => !['activityTrigger', 'orchestrationTrigger'].includes(textAt(each, 'trigger') ?? ''));

    assert.deepEqual(
      triggers.map(({ bindings: _bindings, ...each }) => each),
      [
        { name: 'githubWebhook', trigger: 'httpTrigger', route: 'github/webhook', authLevel: 'anonymous', methods: ['POST'] },
        { name: 'status', trigger: 'httpTrigger', route: 'status/{instanceId?}', authLevel: 'function', methods: ['GET'] },
        { name: 'health', trigger: 'httpTrigger', route: 'health', authLevel: 'anonymous', methods: ['GET'] },
        { name: 'deployment', trigger: 'httpTrigger', route: 'deployment', authLevel: 'function', methods: ['GET', 'POST', 'DELETE'] },
        { name: 'windowTimer', trigger: 'timerTrigger', schedule: '0 */5 * * * *' },
        { name: 'debtTimer', trigger: 'timerTrigger', schedule: '0 0 8 * * *' },
        { name: 'deliveryTimer', trigger: 'timerTrigger', schedule: '30 */5 * * * *' },
        { name: 'inbox', trigger: 'serviceBusTrigger', queueName: 'inbox', connection: 'ServiceBusConnection' },
      ],
    );
  });
});

test('with faulty settings only HTTP is there, and every fault is logged', async () => {
  const { GITHUB_TOKEN: _none, ...rest } = environment;
  const loaded = await load('functions/main.ts', { ...rest, POLICY_REPOSITORY: 'nobody' });
  const lines = loaded.stderr.split('\n').filter((line) => line.startsWith('{'));

  assert.deepEqual(loaded.functions.map((each) => each['name']), ['githubWebhook', 'status', 'deployment', 'health']);
  assert.deepEqual(lines.map((line): unknown => JSON.parse(line)).map((line) => (isRecord(line) ? [line['code'], line['setting']] : [])), [
    ['settings.invalid', 'GITHUB_APP_ID'],
    ['settings.invalid', 'POLICY_REPOSITORY'],
  ]);
});

describe('the bundle', () => {
  before(async () => {
    await run(process.execPath, ['--disable-warning=ExperimentalWarning', path('build.ts')]);
  });

  test('registers exactly what the source does, in Node\'s own modules', async () => {
    const [source, bundle] = await Promise.all([load('functions/main.ts', environment), load('dist/main.mjs', environment)]);

    assert.ok(source.functions.length > 15);
    assert.deepEqual(bundle.functions, source.functions);
  });

  test('leaves out of its dependencies only what nobody in it asks for', () => {
    const meta: unknown = JSON.parse(readFileSync(path('dist/meta.json'), 'utf8'));
    const inputs = isRecord(meta) && isRecord(meta['inputs']) ? meta['inputs'] : {};
    const asking = Object.entries(inputs).flatMap(([file, input]) =>
      recordsAt(isRecord(input) ? input : {}, 'imports').flatMap((each) => {
        const [, standIn] = /^less:(.+)$/.exec(textAt(each, 'path') ?? '') ?? [];
        return standIn === undefined ? [] : [{ file, standIn }];
      }),
    );
    const packageOf = (file: string): string => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;
    const used = asking.flatMap(({ file, standIn }) => {
      if (['@azure/core-xml', 'debug', 'jsonwebtoken'].includes(standIn)) return [`${standIn} by ${packageOf(file)}`];
      const text = readFileSync(path(file), 'utf8');
      const [, name] = new RegExp(`(\\w+) = require\\(["']${standIn}["']\\)`).exec(text) ?? assert.fail(`${file} does not require ${standIn}`);
      return [...text.matchAll(new RegExp(`\\b${name}\\b(?! = require|-)(\\.\\w+)?`, 'g'))].map(([, member]) => `${standIn}${member ?? ' as a whole'} by ${packageOf(file)}`);
    });

    assert.deepEqual([...new Set(used)].sort(), [
      '@azure/core-xml by @azure/service-bus',
      'axios.default by durable-functions',
      ...['durable-functions', 'http-proxy-agent', 'https-proxy-agent', 'require-in-the-middle', 'rhea', 'rhea-promise'].map((name) => `debug by ${name}`),
      'jsonwebtoken by @azure/msal-node',
      'moment as a whole by durable-functions',
      'moment.duration by durable-functions',
      'validator.isURL by durable-functions',
    ]);
  });

  test('holds of the clients of ARM exactly the operations that the adapters call', () => {
    const meta: unknown = JSON.parse(readFileSync(path('dist/meta.json'), 'utf8'));
    const inputs = isRecord(meta) && isRecord(meta['inputs']) ? Object.keys(meta['inputs']) : [];
    const held = inputs.flatMap((input) => {
      const [, group = '', operations = ''] = /^fewer:\S+ (\w+) (.+)$/.exec(input) ?? [];
      return operations === '' ? [] : operations.split(' ').map((operation) => `${group}.${operation}`);
    });
    const adapters = readdirSync(path('adapters')).map((file) => readFileSync(path(`adapters/${file}`), 'utf8'));
    const called = adapters.flatMap((text) => [...text.matchAll(/\bclient\.(?!pipeline\.)(\w+)\.(\w+)\(/g)].map(([, group, operation]) => `${group}.${operation}`));

    assert.deepEqual([...new Set(held)].sort(), [...new Set(called)].sort());
  });

  test('holds of GitHub exactly the endpoints that the adapters call', () => {
    const [, list = ''] = /const endpointsOfGitHub[^=]*= \{([^;]*)\};/.exec(readFileSync(path('bundle-options.ts'), 'utf8')) ?? [];
    const held = [...list.matchAll(/(\w+): \[([^\]]*)\]/g)].flatMap(([, scope, names = '']) => [...names.matchAll(/\w+/g)].map(([name]) => `${scope}.${name}`));
    const adapters = readdirSync(path('adapters')).map((file) => readFileSync(path(`adapters/${file}`), 'utf8'));
    const called = adapters.flatMap((text) => [...text.matchAll(/\.rest\.(\w+)\.(\w+)/g)].map(([, scope, name]) => `${scope}.${name}`));

    assert.ok(held.length > 10);
    assert.deepEqual(held.sort(), [...new Set(called)].sort());
  });

  test('asks the platform for a token of the identity that was set, and goes to ARM with it', async () => {
    const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', path('test/functions/identity-child.ts')], { env: { PATH: process.env['PATH'] }, timeout: 60_000 });

    assert.deepEqual(JSON.parse(stdout), {
      asked: [
        { path: '/msi/token', resource: 'https://management.azure.com', clientId: '11111111-2222-4333-8444-555555555555', header: 'of-the-platform' },
        { connect: 'management.azure.com:443' },
      ],
    });
  });

  test('opens a window, begins its run and takes a comment, through every SDK it holds', async (t) => {
    const { world, host, clock } = await startBundle(t);

    await host.fireTimer('windowTimer');
    const [run] = host.engine.list({}).filter(({ name }) => name === 'maintenanceWindow');
    assert.ok(run !== undefined);
    const isUpgrading = (): boolean => world.log.entries.some(({ service, method }) => service === 'arm' && method === 'PUT');
    assert.equal(await clock.runUntil(isUpgrading, 3_600_000), 'reached');
    world.github.request('operator', 'POST', '/repos/acme/platform/issues/1/comments', { body: '/status' });
    const isTaken = (): boolean => world.log.entries.some(({ service, method, path: entity }) => service === 'service-bus' && method === 'COMPLETE' && entity === 'inbox');
    while (!isTaken()) await new Promise((resolve) => setTimeout(resolve, 10));

    const services = new Set(world.log.entries.map(({ service }) => service));
    assert.deepEqual([...services].sort(), ['arm', 'github', 'kubernetes', 'service-bus']);
    const usages = world.log.entries.flatMap(({ path: asked, status }) => (asked.endsWith('/usages') ? [`${status} ${/Microsoft\.(Compute|Network)/.exec(asked)?.[1]}`] : []));
    assert.deepEqual([...new Set(usages)].sort(), ['200 Compute', '200 Network']);
    assert.ok(world.log.entries.some(({ service, method, path: entity }) => service === 'service-bus' && method === 'SEND' && entity === 'events'));
    assert.ok(world.log.entries.some(({ service, method, path: asked }) => service === 'github' && method === 'POST' && asked.endsWith('/issues/1/comments')));
  });

  test('holds the command line as a program of its own', async () => {
    const { stdout } = await run(process.execPath, [path('dist/slackwater.mjs'), '--help']);

    assert.match(stdout, /slackwater/);
    assert.match(readFileSync(path('dist/slackwater.mjs'), 'utf8'), /^#!\/usr\/bin\/env node\n/);
  });
});
