import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, test } from 'node:test';
import { CHECK_ACTION_TYPE } from '../../domain/check-action-message.ts';
import { TICK_TYPE } from '../../domain/dashboard-message.ts';
import { DEBT_CHECK_TYPE } from '../../domain/debt-check-message.ts';
import { aksEventTypes, COMMAND_TYPE, parseInboxMessage } from '../../domain/inbox-message.ts';
import { isRecord } from '../../domain/json.ts';
import { PULL_REQUEST_TYPE } from '../../domain/pull-request-message.ts';
import { runMessageTypes } from '../../domain/run-message.ts';
import { runOutcomes } from '../../domain/run-record.ts';
import { runEndedEventName, slackwaterEventNames } from '../../domain/slackwater-event.ts';
import { SCHEDULED_EVENT_TYPE } from '../../domain/support-notice.ts';
import { routes, serviceBusNames } from '../../functions/service-names.ts';
import { startRehearsal } from '../../local/rehearsal/rehearsal.ts';
import { readBicepFiles, readText, root, stringsOf, propertyOf } from './bicep.ts';

const files = readBicepFiles();
const fileAt = (path: string) => files.find((file) => file.path === path) ?? assert.fail(`${path} is gone`);
const main = fileAt('infra/main.bicep').text;
const pages = ['docs/deploy.md', 'docs/operations.md'].map(readText).join('\n');
const sources = (...patterns: readonly string[]): readonly { readonly path: string; readonly text: string }[] => globSync(patterns, { cwd: root }).map((path) => ({ path, text: readText(path) }));
const code = sources('activities/*.ts', 'adapters/*.ts', 'domain/*.ts', 'functions/*.ts', 'orchestrations/*.ts', 'local/**/*.ts');
const outside = sources('README.md', 'docs/*.md', 'infra/**/*.bicep', 'infra/**/*.json', 'azure.yaml', 'local/**/*.ts', 'cli/*.ts');

describe('routes', () => {
  const entry = readText('functions/main.ts');

  test('are each registered once, and nothing else is', () => {
    const registered = [...entry.matchAll(/route: (?:routes\.(\w+)|`\$\{routes\.(\w+)\}[^`]*`|(.+?))[,\s}]/g)].map(([, one, other, literal]) => one ?? other ?? `not from the list: ${literal ?? ''}`);

    assert.deepEqual(registered.sort(), Object.keys(routes).sort());
  });

  test('that infra hands out, and those that pages, hooks and queries name, are there', () => {
    const known: readonly string[] = Object.values(routes);
    const named = outside.flatMap(({ path, text }) => [...text.matchAll(/(?<!microsoft\.com|prometheus\.monitor\.azure\.com)\/api\/((?!v3)[a-z][a-z/-]*)/g)].map(([, route]) => ({ path, route: route ?? '' })));
    const asked = outside.flatMap(({ path, text }) => [...text.matchAll(/has \\?"(github\/\w+)/g)].map(([, route]) => ({ path, route: route ?? '' })));

    assert.ok(named.length > 8 && asked.length >= 4);
    assert.deepEqual([...named, ...asked].filter(({ route }) => !known.includes(route)), []);
  });

  test('are all told in the pages', () => {
    for (const route of Object.values(routes)) assert.ok(pages.includes(`/api/${route}\``), route);
  });
});

describe('queue and topic', () => {
  test('are made by infra under the names the code uses, and told in the pages', () => {
    assert.deepEqual({ queue: /var queueName = '(\w+)'/.exec(main)?.[1], topic: /var topicName = '(\w+)'/.exec(main)?.[1] }, serviceBusNames);
    for (const name of Object.values(serviceBusNames)) assert.ok(pages.includes(`\`${name}\``), name);
    for (const [kind, name] of Object.entries(serviceBusNames)) assert.match(readText('docs/events.md'), new RegExp(`^## .*: ${kind} \`${name}\`$`, 'm'));
  });

  test('are written once in the code, and the functions are named once', () => {
    const places = code.flatMap(({ path, text }) => [...text.matchAll(/(?:queue(?:Name)?|topic|name): '(inbox|events)'/g)].map(() => path));
    const functions = [...readText('functions/main.ts').matchAll(/app\.\w+\('(\w+)'/g)].flatMap(([, name]) => name ?? []);

    assert.deepEqual(places, ['functions/service-names.ts', 'functions/service-names.ts']);
    assert.ok(functions.includes('githubWebhook') && functions.includes('inbox'));
  });
});

describe('events', () => {
  const page = readText('docs/events.md');
  const [told = '', taken = ''] = page.split('## Taken');
  const rowsOf = (text: string): readonly string[] => [...text.matchAll(/^\| `([\w.-]+)` \| .{10,} \|$/gm)].flatMap(([, name]) => name ?? []);

  test('that are told stand in docs/events.md, each once, with what they mean', () => {
    assert.deepEqual([...rowsOf(told)].sort(), [...slackwaterEventNames].sort());
  });

  test('that are taken stand there too, each once', () => {
    const types = [...aksEventTypes, SCHEDULED_EVENT_TYPE, COMMAND_TYPE, PULL_REQUEST_TYPE, CHECK_ACTION_TYPE, TICK_TYPE, DEBT_CHECK_TYPE, ...runMessageTypes];

    assert.deepEqual([...rowsOf(taken)].sort(), [...types].sort());
    for (const type of types) {
      const parsed = parseInboxMessage({ specversion: '1.0', type });
      assert.ok(parsed.ok || parsed.faults.every((fault) => fault.code !== 'unknown-message-type'), type);
    }
  });

  test('of the list are all told by some code: none is a promise', () => {
    const ended: readonly string[] = runOutcomes.map(runEndedEventName);
    const telling = code.filter(({ path }) => /^(orchestrations|activities)\//.test(path)).map(({ text }) => text).join('\n');

    assert.deepEqual(slackwaterEventNames.filter((name) => !ended.includes(name) && !telling.includes(`'${name}'`)), []);
    assert.deepEqual(ended.filter((name) => !slackwaterEventNames.some((each) => each === name)), []);
  });

  test('of a night arrive at a listener as the page says', async () => {
    const rehearsal = await startRehearsal();
    const { ServiceBusClient } = await import('@azure/service-bus');
    const client = new ServiceBusClient(rehearsal.world.serviceBus.connectionString);
    try {
      await rehearsal.untilEnded();
      const messages = await client.createReceiver(serviceBusNames.topic, 'all').receiveMessages(100, { maxWaitTimeInMs: 1_000 });
      const adds = new Map([...told.matchAll(/^\| `([\w.-]+)` \| .* \| ([^|]*)\|$/gm)].map(([, name, cell]) => [name ?? '', [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, key]) => key ?? '')]));

      assert.ok(messages.length > 8, `${messages.length} events`);
      for (const { messageId, body } of messages) {
        assert.ok(isRecord(body) && isRecord(body['data']));
        const name = String(body['type']).replace('dev.slackwater.', '');
        assert.deepEqual([body['specversion'], body['source'], body['id']], ['1.0', '/slackwater', messageId]);
        assert.deepEqual(Object.keys(body['data']).filter((key) => !['cluster', 'runId', 'unit', 'attempt', ...(adds.get(name) ?? [])].includes(key)), [], name);
        for (const key of ['cluster', 'runId', 'unit', 'attempt']) assert.ok(key in body['data'], `${name} has no ${key}`);
      }
    } finally {
      await client.close();
      await rehearsal.close();
    }
  });

  test('that are subscribed to are those the inbox takes, each once', () => {
    const asked = ['infra/cluster/main.bicep', 'infra/cluster/notices.bicep'].flatMap((path) => {
      const module = fileAt(path).modules.find(({ path: file }) => file === 'events.bicep') ?? assert.fail(path);
      return stringsOf(propertyOf(propertyOf(module.body, 'params') ?? assert.fail(path), 'eventTypes'));
    });

    assert.deepEqual([...asked].sort(), [...aksEventTypes, SCHEDULED_EVENT_TYPE].sort());
  });

  test('are written once in the code', () => {
    const literal = /'(Microsoft\.(?:ContainerService|ResourceNotifications)\.[A-Za-z.]+|dev\.slackwater\.[a-z.-]+\.v1)'/g;
    const places = code.filter(({ path }) => !path.startsWith('local/')).flatMap(({ path, text }) => [...text.matchAll(literal)].map(([, name]) => `${name ?? ''} ${path}`));
    const names = places.map((place) => place.split(' ')[0]);

    assert.deepEqual(places.filter((_, index) => names.indexOf(names[index]) !== index), []);
  });
});

test('every role of infra stands in the table of the installation, and no other', () => {
  const table: unknown = JSON.parse(readText('infra/roles.json'));
  const [, section = ''] = readText('docs/permissions.md').split("## In the installation's own resource group");
  const told = [...section.matchAll(/^\| [^|]+ \| ([A-Z][^|]+) \| [^|]+ \| [^|]+ \|$/gm)].flatMap(([, names]) => (names ?? '').trim().split(', '));

  assert.deepEqual([...new Set(told)].sort(), Object.keys(isRecord(table) ? table : {}).sort());
});
