import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { commands } from '../../cli/commands.ts';
import { runCommandLine } from '../../cli/command-line.ts';
import { parseSettings } from '../../adapters/settings.ts';
import { appManifest, appPermissions } from '../../domain/github-app.ts';
import { isRecord, parseJson, textAt, textMapAt } from '../../domain/json.ts';
import { startGitHub } from '../local/github-fixture.ts';
import { slackwater } from './slackwater.ts';

const webhook = 'https://shop.azurewebsites.net/api/github/webhook';

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slackwater-app-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the command until its page is open; `ended` resolves when it has ended. */
async function begin(...words: readonly string[]) {
  let stdout = '';
  let stderr = '';
  let opened: (url: string) => void = () => undefined;
  const page = new Promise<string>((resolve) => (opened = resolve));
  const ended = runCommandLine({ commands, version: '1' }, ['github-app', ...words], {
    now: () => 0,
    print: (text) => (stdout += `${text}\n`),
    printError: (text) => {
      stderr += `${text}\n`;
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(text)?.[0];
      if (url !== undefined) opened(url);
    },
    environment: {},
    terminal: { columns: 120, colour: 'left-out' },
  });
  return { url: await page, ended: ended.then((exitCode) => ({ exitCode, stdout, stderr })) };
}

/** Asks for the page under another host's name, as a browser does that another site led here. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve) => request(url, { headers: { host } }, (response) => resolve(response.resume().statusCode)).end());
}

/** The form of the page, as a browser reads it. */
async function readForm(url: string) {
  const html = await (await fetch(url)).text();
  const unescape = (text: string): string => text.replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)));
  return { html, action: unescape(/action="([^"]*)"/.exec(html)?.[1] ?? ''), manifest: unescape(/name="manifest" value="([^"]*)"/.exec(html)?.[1] ?? '') };
}

/** Sends the form as a browser does, and answers where GitHub sends the browser then. */
async function submit({ action, manifest }: { readonly action: string; readonly manifest: string }): Promise<string> {
  const response = await fetch(action, { method: 'POST', body: new URLSearchParams({ manifest }), redirect: 'manual' });
  assert.equal(response.status, 303);
  return response.headers.get('location') ?? '';
}

test('an App is made from the manifest, and its secrets lie in the file and nowhere else', async (context) => {
  const { server, log } = await startGitHub(context);
  const out = join(folderOf(context), 'app.json');
  const { url, ended } = await begin('--webhook-url', webhook, '--out', out, '--github', server.url, '--org', 'acme', '--name', 'Slackwater of shop');
  const form = await readForm(url);
  for (const { name, reason } of appPermissions) assert.ok(form.html.includes(name) && form.html.includes(reason.split('&')[0] ?? ''));
  assert.match(form.action, /\/organizations\/acme\/settings\/apps\/new\?state=/);
  const manifest: unknown = JSON.parse(form.manifest);
  assert.deepEqual(manifest, appManifest({ name: 'Slackwater of shop', homepage: 'https://shop.azurewebsites.net', webhookUrl: webhook, redirectUrl: `${url}created` }));

  const done = await (await fetch(await submit(form))).text();
  const { exitCode, stdout, stderr } = await ended;

  assert.equal(exitCode, 0, stderr);
  assert.match(done, /The App is made/);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  const kept: unknown = JSON.parse(readFileSync(out, 'utf8'));
  const pem = textAt(kept, 'GITHUB_APP_PRIVATE_KEY') ?? '';
  const secret = textAt(kept, 'GITHUB_WEBHOOK_SECRETS') ?? '';
  assert.equal(createPrivateKey(pem).asymmetricKeyType, 'rsa');
  assert.match(stdout, /Made the App slackwater-of-shop, id \d+.*installations\/new/s);
  for (const hidden of [pem, pem.split('\n')[1] ?? 'none', secret]) assert.ok(![stdout, stderr, done, form.html].some((text) => text.includes(hidden)));
  const parsed = parseSettings({ ...textMapAt(kept), POLICY_REPOSITORY: 'acme/platform', ServiceBusConnection__fullyQualifiedNamespace: 'shop.servicebus.windows.net' });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const conversion = log.entries.find(({ path }) => path.includes('/app-manifests/'));
  assert.deepEqual([conversion?.method, conversion?.status, conversion?.requestHeaders['authorization']], ['POST', 201, undefined]);
});

test('the way back counts only with the state of this page, and only for this machine', async (context) => {
  const { server } = await startGitHub(context);
  const out = join(folderOf(context), 'app.json');
  const { url, ended } = await begin('--webhook-url', webhook, '--out', out, '--github', server.url, '-o', 'json');
  const form = await readForm(url);

  for (const query of ['', '?code=abc', '?code=abc&state=guess', `?state=${new URL(form.action).searchParams.get('state')}`, `?code=${'%3Cb%3E'}&state=${new URL(form.action).searchParams.get('state')}`]) {
    assert.equal((await fetch(`${url}created${query}`)).status, 400, query);
  }
  assert.equal(await statusFor(url, 'evil.example'), 403);
  assert.equal((await fetch(`${url}other`)).status, 404);
  assert.equal((await fetch(url, { method: 'POST' })).status, 404);
  assert.equal(existsSync(out), false);

  await fetch(await submit(form));
  const { exitCode, stdout } = await ended;
  assert.equal(exitCode, 0);
  const told = parseJson(stdout);
  assert.ok(isRecord(told) && told['schema'] === 'slackwater.github-app/v1' && told['out'] === out);
  assert.doesNotMatch(stdout, /PRIVATE KEY/);
});

test('a code that GitHub does not know ends in its words, and nothing is written', async (context) => {
  const { server } = await startGitHub(context);
  const out = join(folderOf(context), 'app.json');
  const { url, ended } = await begin('--webhook-url', webhook, '--out', out, '--github', server.url);
  const state = new URL((await readForm(url)).action).searchParams.get('state') ?? '';

  await fetch(`${url}created?code=never-given&state=${state}`);

  const { exitCode, stderr } = await ended;
  assert.equal(exitCode, 1);
  assert.match(stderr, /GitHub did not hand over the App: GitHub answered 404/);
  assert.equal(existsSync(out), false);
});

test('a file that appears meanwhile is not overwritten, and the person is told what to do about the key', async (context) => {
  const { server } = await startGitHub(context);
  const out = join(folderOf(context), 'app.json');
  const { url, ended } = await begin('--webhook-url', webhook, '--out', out, '--github', server.url);
  const form = await readForm(url);
  writeFileSync(out, 'mine');

  await fetch(await submit(form));

  const { exitCode, stderr } = await ended;
  assert.equal(exitCode, 1);
  assert.match(stderr, /exists; it is never overwritten.*generate a new private key/s);
  assert.equal(readFileSync(out, 'utf8'), 'mine');
});

test('wrong use is told whole, before anything is opened', async (context) => {
  const folder = folderOf(context);
  writeFileSync(join(folder, 'there.json'), '{}');
  const cases: readonly (readonly [words: readonly string[], told: readonly RegExp[]])[] = [
    [[], [/--out FILE/, /--webhook-url must be/]],
    [['more', '--out', join(folder, 'a'), '--webhook-url', 'http://shop.example/x', '--org', 'a/b', '--name', '<b>', '--github', 'ftp://x', '--port', 'x', '--minutes', '0'], [/"more"/, /--webhook-url/, /--org/, /--name/, /--github/, /--port/, /--minutes/]],
    [['--out', join(folder, 'there.json'), '--webhook-url', webhook], [/there\.json exists; it is never overwritten/]],
    [['--out', join(folder, 'no', 'such', 'folder.json'), '--webhook-url', webhook], [/cannot be written \(ENOENT\)/]],
  ];
  for (const [words, told] of cases) {
    const { exitCode, stdout, stderr } = await slackwater('github-app', ...words);

    assert.equal(exitCode, 1);
    assert.equal(stdout, '');
    for (const pattern of told) assert.match(stderr, pattern);
  }
});

test('help names the rights, the file and the exit codes', async () => {
  const { exitCode, stdout } = await slackwater('github-app', '--help');

  assert.equal(exitCode, 0);
  for (const pattern of [/contents \(write\)/, /issue_comment/, /--out FILE/, /Exit code 0/]) assert.match(stdout, pattern);
});

test('nobody coming back ends in exit code 1', async (context) => {
  const { openAppPage } = await import('../../cli/github-app-page.ts');
  const page = await openAppPage({ name: 'x', webhookUrl: webhook, formUrl: 'https://github.com/settings/apps/new', port: 0 });
  context.after(() => page.close());

  assert.equal(await page.waitForCode(0.001), null);
});
