import type { Outcome } from '../domain/failure.ts';
import { numberAt, recordAt, textAt } from '../domain/json.ts';
import { tryGitHub, UnreadableAnswer } from './github-failure.ts';

/** A GitHub App that was just made, with the secrets GitHub tells once. */
export interface CreatedApp {
  readonly id: number;
  readonly slug: string;
  readonly url: string;
  readonly privateKey: string;
  readonly webhookSecret: string;
}

/** Longest wait for the answer. Unit: ms. */
const ANSWER_MS_MAX = 30_000;

/**
 * Turns the code of a manifest into the App and its secrets. Works once for a code, within an hour.
 *
 * @param apiUrl - Base of the REST API.
 * @see GitHub REST, "Create a GitHub App from a manifest".
 */
export async function createAppFromManifest(apiUrl: string, code: string): Promise<Outcome<CreatedApp>> {
  return tryGitHub(code, async () => {
    const { Octokit } = await import('@octokit/rest');
    const send = (url: string, init: RequestInit) => fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const github = new Octokit({ baseUrl: apiUrl, userAgent: 'slackwater', log: { debug: ignore, info: ignore, warn: ignore, error: ignore }, request: { fetch: send } });
    const { data } = await github.rest.apps.createFromManifest({ code });
    const app = recordAt({ data }, 'data');
    const [id, slug, url, privateKey, webhookSecret] = [numberAt(app, 'id'), textAt(app, 'slug'), textAt(app, 'html_url'), textAt(app, 'pem'), textAt(app, 'webhook_secret')];
    if (id === null || slug === null || url === null || privateKey === null || webhookSecret === null) {
      throw new UnreadableAnswer('GitHub answered an App without id, slug, html_url, pem or webhook_secret.');
    }
    return { id, slug, url, privateKey, webhookSecret };
  });
}

/** Octokit would print addresses, and a code is part of one. */
function ignore(): void {}
