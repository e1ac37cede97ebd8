import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { appEvents, appManifest, appPermissions } from '../../domain/github-app.ts';
import { isEventTaken } from '../../domain/webhook-delivery.ts';

const root = new URL('../../', import.meta.url);

test('README lists every permission and event with its reason, and no other', () => {
  const text = readFileSync(new URL('README.md', root), 'utf8');
  const section = text.slice(text.indexOf('\n## GitHub App\n')).split('\n## ')[1] ?? '';
  const rows = [...section.matchAll(/^\| `([a-z_]+)` \| (read|write|event) \| ([^|]+) \|$/gm)].map(([, ...cells]) => cells);

  assert.deepEqual(rows, [...appPermissions.map(({ name, access, reason }) => [name, access, reason]), ...appEvents.map(({ name, reason }) => [name, 'event', reason])]);
});

test('the App subscribes to exactly the events the webhook takes', () => {
  const source = readFileSync(new URL('domain/webhook-delivery.ts', root), 'utf8');
  const taken = [...(/projections: .* = \{([^}]*)\}/.exec(source)?.[1] ?? '').matchAll(/(\w+):/g)].map(([, event]) => event ?? '');

  assert.ok(taken.length >= 3 && taken.every(isEventTaken));
  assert.deepEqual(appEvents.map(({ name }) => name).sort(), taken.sort());
});

test('the manifest asks for exactly the rights and events of the list, privately', () => {
  const manifest = appManifest({ name: 'slackwater', homepage: 'https://app.example', webhookUrl: 'https://app.example/api/github/webhook', redirectUrl: 'http://127.0.0.1:1/created' });

  assert.deepEqual(Object.entries(manifest.default_permissions), appPermissions.map(({ name, access }) => [name, access]));
  assert.deepEqual(manifest.default_events, appEvents.map(({ name }) => name));
  assert.equal(manifest.public, false);
});
