import { open, unlink } from 'node:fs/promises';
import { createAppFromManifest } from '../adapters/github-manifest.ts';
import type { CreatedApp } from '../adapters/github-manifest.ts';
import { isLoopback } from '../adapters/loopback.ts';
import { appEvents, appPermissions } from '../domain/github-app.ts';
import type { Command, CommandArguments, CommandIo, ExitCode } from './command.ts';
import { openAppPage } from './github-app-page.ts';
import { printable, renderJson } from './print.ts';

const MINUTES_DEFAULT = 30;
const MINUTES_MAX = 60;

/** `slackwater github-app`: makes the GitHub App and keeps its key and webhook secret where told. */
export const githubAppCommand: Command = {
  name: 'github-app',
  summary: 'Make the GitHub App with the rights it needs, and write its id, key and webhook secret to a file.',
  usage: '--webhook-url URL --out FILE [--org NAME]',
  options: {
    'webhook-url': { type: 'string', value: 'URL', help: 'Where GitHub sends webhooks: https://<function app>/api/github/webhook' },
    out: { type: 'string', value: 'FILE', help: 'File to write; it must not exist. Only you can read it.' },
    org: { type: 'string', value: 'NAME', help: 'Organization that owns the App; you yourself when left out.' },
    name: { type: 'string', value: 'NAME', help: 'Name of the App, unique on GitHub; slackwater when left out.' },
    github: { type: 'string', value: 'URL', help: 'GitHub Enterprise Server, for example https://git.acme.example; github.com when left out.' },
    port: { type: 'string', value: 'N', help: 'Port of the page on this machine; any free one when left out.' },
    minutes: { type: 'string', value: 'N', help: `How long to wait for you, 1 to ${MINUTES_MAX}; ${MINUTES_DEFAULT} when left out.` },
  },
  notes: [
    'Opens a page on this machine (127.0.0.1) that takes you to GitHub, which asks you to confirm. The file then holds settings of the function app',
    'as JSON: az functionapp config appsettings set -n APP -g GROUP --settings @FILE. The key is never printed.',
    `Rights: ${appPermissions.map(({ name, access }) => `${name} (${access})`).join(', ')}. Events: ${appEvents.map(({ name }) => name).join(', ')}.`,
    'Exit code 0: made and written; 1: not made, or not written.',
  ],
  async run(args, io) {
    const wish = parseWish(args);
    if (wish.kind === 'refused') {
      for (const message of wish.messages) io.printError(`slackwater github-app: ${message}`);
      return 1;
    }
    const taken = await whyNotWritable(wish.out);
    if (taken !== null) return refuse(io, taken);
    return make(wish, args, io);
  },
};

interface Wish {
  readonly kind: 'wish';
  readonly out: string;
  readonly name: string;
  readonly webhookUrl: string;
  readonly formUrl: string;
  readonly apiUrl: string;
  readonly port: number;
  readonly minutes: number;
}

function parseWish({ values, positionals }: CommandArguments): Wish | { readonly kind: 'refused'; readonly messages: readonly string[] } {
  const messages = positionals.map((word) => `${JSON.stringify(word)} is not understood; every value has its option.`);
  const out = values.get('out') ?? '';
  if (out === '') messages.push('name the file to write: --out FILE');
  const webhookUrl = values.get('webhook-url') ?? '';
  if (!isSafeUrl(webhookUrl)) messages.push('--webhook-url must be the https address of the function app\'s webhook, for example https://shop.azurewebsites.net/api/github/webhook');
  const org = values.get('org') ?? null;
  if (org !== null && !/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$/.test(org)) messages.push(`--org is ${JSON.stringify(org)}; write the organization's name as in its address.`);
  const name = values.get('name') ?? 'slackwater';
  if (!/^[\w .-]{1,34}$/.test(name)) messages.push('--name must have 1 to 34 letters, digits, blanks, points or dashes.');
  const github = (values.get('github') ?? 'https://github.com').replace(/\/+$/, '');
  if (!isSafeUrl(github)) messages.push('--github must be an https address, for example https://git.acme.example');
  const port = wholeNumber(values.get('port') ?? '0', 0, 65_535);
  if (port === null) messages.push('--port must be a whole number up to 65535.');
  const minutes = wholeNumber(values.get('minutes') ?? String(MINUTES_DEFAULT), 1, MINUTES_MAX);
  if (minutes === null) messages.push(`--minutes must be a whole number from 1 to ${MINUTES_MAX}.`);
  if (messages.length > 0 || port === null || minutes === null) return { kind: 'refused', messages };
  const formUrl = `${github}${org === null ? '' : `/organizations/${org}`}/settings/apps/new`;
  const apiUrl = github === 'https://github.com' ? 'https://api.github.com' : `${github}/api/v3`;
  return { kind: 'wish', out, name, webhookUrl, formUrl, apiUrl, port, minutes };
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '' && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)));
}

function wholeNumber(text: string, least: number, most: number): number | null {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  return value >= least && value <= most ? value : null;
}

/** Asked before the App is made: its key is told once. */
async function whyNotWritable(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.close();
    await unlink(path);
    return null;
  } catch (thrown) {
    return whyNotWritten(path, thrown);
  }
}

function whyNotWritten(path: string, thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'EEXIST') return `${printable(path)} exists; it is never overwritten. Name another file, or move it away.`;
  return `${printable(path)} cannot be written (${code === '' ? 'unknown reason' : code}).`;
}

function refuse(io: CommandIo, message: string): ExitCode {
  io.printError(`slackwater github-app: ${message}`);
  return 1;
}

async function make(wish: Wish, { output }: CommandArguments, io: CommandIo): Promise<ExitCode> {
  const page = await openAppPage(wish).catch((thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))));
  if (page instanceof Error) return refuse(io, `the page could not be opened on port ${wish.port}: ${printable(page.message)}`);
  try {
    io.printError(`Open ${page.url} in a browser on this machine; waiting ${wish.minutes} minutes.`);
    const arrival = await page.waitForCode(wish.minutes);
    if (arrival === null) return refuse(io, `nobody came back from GitHub within ${wish.minutes} minutes; nothing was written. An App may have been made: look at its settings page.`);
    const created = await createAppFromManifest(wish.apiUrl, arrival.code);
    if (!created.ok) {
      arrival.finish('GitHub did not hand over the App. The terminal says why.');
      return refuse(io, `GitHub did not hand over the App: ${printable(created.failure.message)} ${created.failure.remedy}`);
    }
    const fault = await keep(wish, created.value);
    arrival.finish(fault === null ? 'The App is made. Go back to the terminal.' : 'The App is made, but its key could not be kept. The terminal says what to do.');
    if (fault !== null) return refuse(io, `${fault} The App ${printable(created.value.slug)} is made: generate a new private key and webhook secret at ${printable(created.value.url)}.`);
    io.print(output === 'json' ? renderJson(describe(wish, created.value)) : render(wish, created.value));
    return 0;
  } finally {
    await page.close();
  }
}

async function keep({ out, apiUrl }: Wish, app: CreatedApp): Promise<string | null> {
  const settings = {
    GITHUB_API_URL: apiUrl,
    GITHUB_APP_ID: String(app.id),
    GITHUB_APP_PRIVATE_KEY: app.privateKey,
    GITHUB_APP_LOGIN: `${app.slug}[bot]`,
    GITHUB_WEBHOOK_SECRETS: app.webhookSecret,
  };
  try {
    const file = await open(out, 'wx', 0o600);
    await file.writeFile(`${JSON.stringify(settings, null, 2)}\n`);
    await file.close();
    return null;
  } catch (thrown) {
    return whyNotWritten(out, thrown);
  }
}

function describe({ out }: Wish, { id, slug, url }: CreatedApp): unknown {
  return { schema: 'slackwater.github-app/v1', appId: id, slug, url, installUrl: `${url}/installations/new`, out };
}

function render({ out }: Wish, { id, slug, url }: CreatedApp): string {
  return [
    `Made the App ${printable(slug)}, id ${id}. Its settings are in ${printable(out)}, which only you can read.`,
    `Install it on the repositories of policies and reports: ${printable(url)}/installations/new`,
    `Then: az functionapp config appsettings set -n APP -g GROUP --settings @${printable(out)}`,
    'To keep the key in Key Vault instead, import it there, set GITHUB_APP_KEY_ID, and delete the file.',
  ].join('\n');
}
