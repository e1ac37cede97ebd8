import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { appEvents, appManifest, appPermissions } from '../domain/github-app.ts';

/** What the page is to make. */
interface PageWish {
  readonly name: string;
  readonly webhookUrl: string;
  /** Page of GitHub that takes a manifest. */
  readonly formUrl: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** A page on this machine that sends a person to GitHub and waits for the way back. */
export interface AppPage {
  /** Address to open. */
  readonly url: string;
  /** The code GitHub sent the browser back with; its `finish` shows the browser how it ended. Null when nobody came in time. */
  waitForCode(minutes: number): Promise<{ readonly code: string; finish(text: string): void } | null>;
  close(): Promise<void>;
}

/**
 * Serves the page on 127.0.0.1.
 *
 * The way back counts only with the `state` this page gave away, so no other site can slip an App of its own in; requests
 * that name another host are refused, so no other site can read the page.
 */
export async function openAppPage(wish: PageWish): Promise<AppPage> {
  const state = randomBytes(24).toString('base64url');
  let origin = '';
  let arrive: ((arrival: { readonly code: string; readonly response: ServerResponse }) => void) | null = null;
  const arrived = new Promise<{ readonly code: string; readonly response: ServerResponse }>((resolve) => (arrive = resolve));
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin);
    if (request.headers.host !== new URL(origin).host) return show(response, 403, 'This page is for this machine only.');
    if (request.method === 'GET' && url.pathname === '/') return show(response, 200, renderPage(wish, origin, state));
    if (request.method !== 'GET' || url.pathname !== '/created') return show(response, 404, 'There is nothing here.');
    const code = url.searchParams.get('code') ?? '';
    if (!isSame(url.searchParams.get('state') ?? '', state) || !/^[\w-]{1,200}$/.test(code)) {
      return show(response, 400, 'This is not the answer to the question of this page. Begin again at its start.');
    }
    arrive?.({ code, response });
    if (arrive === null) show(response, 409, 'The App was made already.');
    arrive = null;
  });
  await listen(server, wish.port);
  origin = `http://127.0.0.1:${portOf(server)}`;
  return {
    url: `${origin}/`,
    async waitForCode(minutes) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), minutes * 60_000)));
      const arrival = await Promise.race([arrived, late]);
      clearTimeout(timer);
      return arrival === null ? null : { code: arrival.code, finish: (text) => show(arrival.response, 200, escapeHtml(text)) };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function show(response: ServerResponse<IncomingMessage>, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  });
  response.end(`<!doctype html><meta charset="utf-8"><title>Slackwater</title><style>body{font:16px/1.5 sans-serif;max-width:46em;margin:3em auto;padding:0 1em}td,th{padding:.2em .8em .2em 0;text-align:left;vertical-align:top}</style>${body}\n`);
}

function renderPage({ name, webhookUrl, formUrl }: PageWish, origin: string, state: string): string {
  const manifest = JSON.stringify(appManifest({ name, homepage: new URL(webhookUrl).origin, webhookUrl, redirectUrl: `${origin}/created` }));
  const rows = [...appPermissions.map(({ name: what, access, reason }) => [what, access, reason]), ...appEvents.map(({ name: what, reason }) => [what, 'event', reason])];
  return [
    '<h1>A GitHub App for Slackwater</h1>',
    `<p>GitHub makes the App <b>${escapeHtml(name)}</b> with these rights and events, and sends webhooks to <code>${escapeHtml(webhookUrl)}</code>.</p>`,
    `<table>${rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell ?? '')}</td>`).join('')}</tr>`).join('')}</table>`,
    `<form method="post" action="${escapeHtml(`${formUrl}?state=${state}`)}"><input type="hidden" name="manifest" value="${escapeHtml(manifest)}"><p><button>Go on at ${escapeHtml(new URL(formUrl).host)}</button></p></form>`,
    '<p>Its key comes back to this machine and is written to the file you named; it is shown nowhere.</p>',
  ].join('\n');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
