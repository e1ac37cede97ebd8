import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isRecord, numberAt, parseJson, textAt } from '../../domain/json.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { policyRepository } from '../../local/loopback-world.ts';
import { startBundle } from './bundle-host.ts';

/*
 * Plays one whole night with the function app that the first argument names, and writes what it asked of whom, what people
 * could read and what the task hub kept to the file of the second. A process of its own, because one process loads one app.
 */
const [entry = '', told = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'slackwater-night-'));
const database = join(folder, 'durable.sqlite');
const logged: string[] = [];
let end: () => Promise<void> = () => Promise.resolve();
const { world, host, clock } = await startBundle({ after: (ends) => (end = ends) }, entry, database, 'app', {
  log: (level, code, { message }) => {
    const line = code === 'app.log' && typeof message === 'string' ? parseJson(message) : null;
    logged.push(`${level} ${isRecord(line) ? textAt(line, 'code') : code}`);
  },
});
const at = `/repos/${policyRepository}`;
const settle = async (): Promise<void> => {
  await world.github.webhooks.whenIdle();
  await clock.whenIdle();
};
const say = async (login: string, body: string): Promise<void> => {
  world.github.request(login, 'POST', `${at}/issues/1/comments`, { body });
  await settle();
};
const reach = async (isReached: () => boolean): Promise<void> => assert.equal(await clock.runUntil(isReached, 10 * HOUR_MS), 'reached');
const wasAsked = (asked: string, method: string, path: RegExp): boolean => world.log.entries.some((each) => each.service === asked && each.method === method && path.test(each.path));

await host.fireTimer('windowTimer');
const [run] = host.engine.list({}).filter(({ name }) => name === 'maintenanceWindow');
assert.ok(run !== undefined);
await reach(() => wasAsked('arm', 'PUT', /lab-aks$/));
for (const body of ['/help', '/status', '/slackwater frobnicate', '/slackwater plan', '/slackwater preflight']) await say('operator', body);
proposeLaterWindow();
await settle();
// A budget is tightened while its pool drains; its owner mends it after the pause has been told.
await reach(() => wasAsked('arm', 'PUT', /agentPools\/apps$/));
world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 3, by: 'team-shop' });
await clock.advanceTo(clock.now() + 25 * MINUTE_MS);
await say('operator', '/pause');
world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable: 2, by: 'team-shop' });
await clock.advanceTo(clock.now() + 5 * MINUTE_MS);
await say('operator', '/resume');
await reach(() => host.engine.read(run.instanceId)?.runtimeStatus === 'Completed');
await settle();
await say('chief', '/slackwater freeze lab-aks --reason "stock-taking"');
for (const timer of ['windowTimer', 'debtTimer', 'deliveryTimer']) await host.fireTimer(timer);
await settle();

// Of requests at one moment chance decides the order; the broker's moments are the machine's.
const requests = world.log.entries.map(({ at: moment, service, method, path, query, requestBody, status }) =>
  plain(`${service} ${service === 'service-bus' ? '' : new Date(moment).toISOString()} ${method} ${path} ${JSON.stringify(query)} ${JSON.stringify(requestBody)} → ${status}`),
);
const issues = [1, 2, 3].map((number) => ({ issue: textAt(world.github.request('chief', 'GET', `${at}/issues/${number}`, null).body, 'body'), comments: world.github.request('chief', 'GET', `${at}/issues/${number}/comments`, null).body }));
const instances = host.engine.list({}).map(({ instanceId, name, runtimeStatus, outputJson }) => ({ instanceId, name, runtimeStatus, output: plain(outputJson ?? '') }));
await end();
writeFileSync(told, JSON.stringify({ requests: requests.sort(), logged: logged.sort(), issues: plain(JSON.stringify(issues)).split('\\n'), instances, histories: readHistories() }));
rmSync(folder, { recursive: true });
process.exit(0);

/** Kinds and names of the events of every instance, in their order. */
function readHistories(): Readonly<Record<string, readonly string[]>> {
  const hub = new DatabaseSync(database, { readOnly: true });
  const histories: Record<string, string[]> = {};
  for (const { instance_id: id, event } of hub.prepare('SELECT instance_id, event FROM history ORDER BY instance_id, sequence').all()) {
    const row = parseJson(String(event));
    if (isRecord(row)) (histories[String(id)] ??= []).push(`${numberAt(row, 'EventType')} ${textAt(row, 'Name') ?? ''}`.trim());
  }
  hub.close();
  return histories;
}

/** Without ports and ids that chance gives. */
function plain(text: string): string {
  return text.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'GUID');
}

/** Somebody proposes to open the window an hour later. */
function proposeLaterWindow(): void {
  const ask = (method: string, path: string, body: unknown): unknown => world.github.request('operator', method, `${at}/${path}`, body).body;
  ask('POST', 'git/refs', { ref: 'refs/heads/later', sha: textAt(ask('GET', 'git/ref/heads/main', null), 'object', 'sha') });
  const file = ask('GET', 'contents/slackwater/lab-aks.yaml', null);
  const text = Buffer.from(textAt(file, 'content') ?? '', 'base64').toString('utf8').replace('startTime: "22:00"', 'startTime: "23:00"');
  ask('PUT', 'contents/slackwater/lab-aks.yaml', { message: 'Later', branch: 'later', sha: textAt(file, 'sha'), content: Buffer.from(text).toString('base64') });
  ask('POST', 'pulls', { title: 'Open later', head: 'later', base: 'main', body: 'An hour later.' });
}
