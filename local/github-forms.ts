import type { SimulatedGitHub } from '../sim/github.ts';
import { pagePrefix } from '../sim/github.ts';
import type { WireRequest, WireResponse } from '../sim/wire.ts';
import { isRecord, textAt } from '../domain/json.ts';
import { redirect, refusal } from './github-pages.ts';
import { toggleBox } from './github-task-list.ts';
import type { Exchange } from './simulated-server.ts';

/** Does an API request as a person. */
type SendAs = (login: string, method: string, path: string, body: unknown) => WireResponse;

/** A form of a page, by whom. */
interface SentForm {
  readonly repository: string;
  readonly login: string;
  readonly fields: URLSearchParams;
  readonly send: SendAs;
}

/**
 * Takes what a person sends from a page: a comment, a tick of a checkbox, a button of a check run, a change of a file.
 *
 * Each goes through the API that everybody uses, under the name chosen on the page, with that person's rights.
 */
export function takeForm(github: SimulatedGitHub, request: WireRequest, exchange: Exchange, send: SendAs): WireResponse {
  const match = /^\/([^/]+\/[^/]+)\/(issues|pull|blob)\/([^/]+)(?:\/(.+))?$/.exec(request.path);
  if (request.method !== 'POST' || match === null) return refusal(405, 'This page takes no such request.');
  const { origin } = request.headers;
  // Another site open in the same browser must not speak for the people here.
  if (origin !== undefined && origin !== exchange.baseUrl) return refusal(403, 'Forms are taken from this page only.');
  const fields = new URLSearchParams(exchange.rawBody.toString('utf8'));
  const login = fields.get('login') ?? '';
  if (!github.world.setup.people.some((person) => person.login === login)) return refusal(422, `Nobody here is called “${login}”.`);
  const [, repository = '', kind, third = '', rest = ''] = match;
  const form: SentForm = { repository, login, fields, send };
  if (kind === 'blob') return proposeChange(form, { branch: decodeURIComponent(third), path: decodeURIComponent(rest) });
  const page = `/${repository}/${kind}/${third}`;
  const check = /^checks\/(\d+)$/.exec(rest)?.[1];
  if (check !== undefined) return told(send(login, 'POST', `${pagePrefix}/${repository}/check-runs/${check}/requested-action`, { identifier: fields.get('identifier') ?? '' }), page);
  const line = /^ticks\/(\d{1,5})$/.exec(rest)?.[1];
  if (line !== undefined) {
    const at = `/repos/${repository}/issues/${third}`;
    return told(send(login, 'PATCH', at, { body: toggleBox(textAt(send(login, 'GET', at, null).body, 'body') ?? '', Number(line)) }), page);
  }
  if (rest !== '' || !/^\d+$/.test(third)) return refusal(405, 'This page takes no such request.');
  return told(send(login, 'POST', `/repos/${repository}/issues/${third}/comments`, { body: textOf(fields, 'body') }), page);
}

/** A browser sends CRLF; GitHub's API keeps what it is given, so the page sends what a person would type there. */
function textOf(fields: URLSearchParams, name: string): string {
  return (fields.get(name) ?? '').replaceAll('\r\n', '\n');
}

function told({ status, body }: WireResponse, page: string): WireResponse {
  return status < 300 ? redirect(page) : refusal(status, `GitHub answered ${status}: ${JSON.stringify(body)}`);
}

/** Commits the text to a branch of its own and opens a pull request, as GitHub's "Propose changes" does. */
function proposeChange({ repository, login, fields, send }: SentForm, { branch, path }: { readonly branch: string; readonly path: string }): WireResponse {
  const at = `/repos/${repository}`;
  const head = send(login, 'GET', `${at}/git/ref/heads/${branch}`, null);
  const held = send(login, 'GET', `${at}/contents/${path}`, null);
  const patch = freeBranch(login, (name) => send(login, 'GET', `${at}/git/ref/heads/${name}`, null).status === 404);
  const content = Buffer.from(textOf(fields, 'text'), 'utf8').toString('base64');
  const steps: readonly (() => WireResponse)[] = [
    () => send(login, 'POST', `${at}/git/refs`, { ref: `refs/heads/${patch}`, sha: textAt(head.body, 'object', 'sha') }),
    () => send(login, 'PUT', `${at}/contents/${path}`, { message: `Change ${path}`, branch: patch, content, sha: textAt(held.body, 'sha') }),
    () => send(login, 'POST', `${at}/pulls`, { title: textOf(fields, 'title') || `Change ${path}`, head: patch, base: branch, body: '' }),
  ];
  let last: WireResponse = head;
  for (const step of steps) {
    last = step();
    if (last.status >= 300) return refusal(last.status, `GitHub answered ${last.status}: ${JSON.stringify(last.body)}`);
  }
  return redirect(`/${repository}/pull/${String(isRecord(last.body) ? last.body['number'] : '')}`);
}

function freeBranch(login: string, isFree: (name: string) => boolean): string {
  for (let count = 1; ; count += 1) if (isFree(`${login}-patch-${count}`)) return `${login}-patch-${count}`;
}
