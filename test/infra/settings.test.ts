import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, test } from 'node:test';
import { settingNames } from '../../adapters/settings.ts';
import { isRecord } from '../../domain/json.ts';
import { slackwaterEventNames } from '../../domain/slackwater-event.ts';
import { isSlackwaterMode } from '../../domain/slackwater-mode.ts';
import { namedChildren, propertiesOf, readBicepFiles, readText, root } from './bicep.ts';
import { readQueries, readQuery } from './kusto.ts';

const files = readBicepFiles();
const fileAt = (path: string) => files.find((file) => file.path === path) ?? assert.fail(`${path} is gone`);
const app = fileAt('infra/modules/app.bicep');

/** Names a variable of app.bicep sets. */
function namesOf(variable: string): readonly string[] {
  const { node } = app.variables.find(({ name }) => name === variable) ?? assert.fail(`${variable} is gone`);
  return propertiesOf(namedChildren(node).at(-1) ?? node).map(({ key }) => key);
}

/** Settings that infra leaves out, as docs/deploy.md tells them. */
const leftOut = [...readText('docs/deploy.md').matchAll(/^\| `([A-Z]\w+)` \| not set \|/gm)].flatMap(([, name]) => name ?? []);

describe('settings of the app', () => {
  test('are set by infra or told in docs/deploy.md as left out, each of them, and nothing is set that the app does not read', () => {
    const read = settingNames.map(({ name }) => String(name));
    // The host reads it beside the two that the app reads too (facts: Azure Functions docs, identity-based connections).
    const ofTheHost = ['ServiceBusConnection__credential'];

    const ofBoth = namesOf('hostSettings').filter((name) => name.startsWith('APPLICATIONINSIGHTS_'));

    assert.deepEqual([...namesOf('appSettings'), ...ofBoth, ...leftOut].sort(), [...read, ...ofTheHost].sort());
  });

  test('that infra leaves out are secrets, or for servers on one machine', () => {
    const told = settingNames.filter(({ name }) => leftOut.includes(name));

    assert.ok(told.every(({ name, kind }) => kind === 'secret' || /^SLACKWATER_(ARM|KUBERNETES)_ENDPOINT$/.test(name)), JSON.stringify(told));
  });

  test('that are secret are references to the vault', () => {
    const { node } = app.variables.find(({ name }) => name === 'appSettings') ?? assert.fail();
    for (const { key, value } of propertiesOf(namedChildren(node).at(-1) ?? node)) {
      if (settingNames.some(({ name, kind }) => name === key && kind === 'secret')) assert.match(value.text, /@Microsoft\.KeyVault\(/, key);
    }
  });

  test('and those of the host are the ones host.json names, none that Flex Consumption refuses', () => {
    const host = readText('host.json');
    const all = ['hostSettings', 'schedulerSettings', 'storageSettings'].flatMap(namesOf);
    const refused = /^(FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT.*|WEBSITE_TIME_ZONE|TZ)$/;

    assert.ok(host.includes('%TASKHUB_NAME%') && all.includes('TASKHUB_NAME'));
    assert.ok(host.includes('"DURABLE_TASK_SCHEDULER_CONNECTION_STRING"') && all.includes('DURABLE_TASK_SCHEDULER_CONNECTION_STRING'));
    assert.deepEqual([...all, ...namesOf('appSettings')].filter((name) => refused.test(name)), []);
    for (const name of all.filter((each) => each.startsWith('AzureFunctionsJobHost__'))) assert.ok(isInHost(name), `${name} overrides nothing of host.json`);
  });

  test('modes are the same in infra and in the app', () => {
    const main = fileAt('infra/main.bicep');
    const before = main.text.slice(0, main.text.indexOf('param mode string')).split('\n\n').at(-1) ?? '';
    const allowed = [...before.slice(before.indexOf('@allowed')).matchAll(/'([^']+)'/g)].flatMap(([, word]) => word ?? []);

    assert.deepEqual(allowed.map(isSlackwaterMode), [true, true, true]);
  });
});

/** Whether the object the setting reaches into is part of host.json; the last name may be new there. */
function isInHost(name: string): boolean {
  const host: unknown = JSON.parse(readText('host.json'));
  const parents = name.split('__').slice(1, -1);
  return isRecord(parents.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), host));
}

describe('names that code, infra and docs share', () => {
  test('what queries look for is a line, an event or a route of ours, or a word of the host', () => {
    const sources = globSync(['activities/*.ts', 'adapters/*.ts', 'domain/*.ts', 'functions/*.ts', 'orchestrations/*.ts'], { cwd: root }).map(readText).join('\n');
    // Of the Durable extension and of the formats of ids and severities (facts: EndToEndTraceHelper.FunctionFailed).
    const ofTheHost = ['(Orchestrator)', 'failed with an error'];
    const codes = readQueries().flatMap(({ where, text }) => readQuery(text).literals.filter((literal) => /^[a-z-]+(\.[a-z-]+)+$|^\w+\/\w+$|^failed/.test(literal)).map((literal) => ({ where, literal })));
    const known = (literal: string): boolean => ofTheHost.includes(literal) || slackwaterEventNames.some((name) => name === literal) || sources.includes(`'${literal}'`);

    assert.ok(codes.length > 10);
    assert.deepEqual(codes.filter(({ literal }) => literal !== 'dev.slackwater.' && !known(literal)), []);
  });

  test('the package azd deploys is the one the build makes', () => {
    assert.match(readText('package.json'), /"main": "dist\/main\.mjs"/);
    assert.match(readText('azure.yaml'), /npm run build/);
    assert.match(readText('.funcignore'), /^\/node_modules$/m);
    assert.doesNotMatch(readText('.funcignore'), /^\/?(dist|host\.json|package\.json)\/?$/m);
    assert.match(readText('infra/modules/app.bicep'), /'azd-service-name': 'slackwater'/);
    assert.match(readText('azure.yaml'), /^services:\n {2}slackwater:$/m);
  });
});

test('there are the five alerts people need, each saying what it means', () => {
  const { text } = fileAt('infra/modules/alerts.bicep');
  const names = [...text.matchAll(/^ {4}name: '([\w-]+)'\n {4}says: '([^']|\\'){20,}'/gm)].map(([, name]) => name);

  assert.deepEqual([...names, /name: 'slackwater-(dead-letters)'/.exec(text)?.[1]], ['orchestration-failed', 'run-over-budget', 'webhook-5xx', 'no-tick', 'dead-letters']);
  for (const name of names) assert.ok(readText('docs/operations.md').includes(`| ${name ?? ''} |`), `${name ?? ''} is not explained`);
});
