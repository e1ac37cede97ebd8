import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { isRecord, listAt, parseJson, recordAt, textAt } from '../domain/json.ts';
import { notFound, reply } from '../sim/github-call.ts';
import { accountShape } from '../sim/github-shapes.ts';
import { kubernetesTime as toTimestamp } from '../sim/timestamp.ts';
import type { SimulatedGitHub } from '../sim/github.ts';
import type { Instant } from '../domain/time.ts';
import type { WireRequest, WireResponse } from '../sim/wire.ts';
import { redirect, refusal } from './github-pages.ts';

/** Apps made from manifests: each code works once. */
export interface AppManifests {
  /** The page that takes a manifest; null for any other path. Agrees at once where GitHub asks a person. */
  answerPage(request: WireRequest, rawBody: Buffer): WireResponse | null;
  /** The conversion of a code; null for any other path. `path` is below the API. */
  answerApi(request: WireRequest, github: SimulatedGitHub, now: Instant): WireResponse | null;
}

/** Operations of {@link AppManifests}, as GitHub's description names them. */
export const manifestRoutes = [{ method: 'POST', pattern: '/app-manifests/{code}/conversions' }] as const;

/**
 * Makes Apps from manifests, in memory: they sign nothing here and are gone with the process.
 *
 * @see GitHub Docs, "Registering a GitHub App from a manifest".
 */
export function createAppManifests(): AppManifests {
  const waiting = new Map<string, Readonly<Record<string, unknown>>>();
  return {
    answerPage(request, rawBody) {
      if (!/^(?:\/organizations\/[\w-]+)?\/settings\/apps\/new$/.test(request.path)) return null;
      if (request.method !== 'POST') return refusal(405, 'This page takes a manifest.');
      const manifest = parseJson(new URLSearchParams(rawBody.toString('utf8')).get('manifest') ?? '');
      const faulty = faultOf(manifest);
      if (!isRecord(manifest) || faulty !== null) return refusal(422, `This manifest is refused: ${faulty ?? 'it is no object'}.`);
      const code = randomBytes(20).toString('hex');
      waiting.set(code, manifest);
      const back = new URL(textAt(manifest, 'redirect_url') ?? '');
      back.searchParams.set('code', code);
      if (request.query['state'] !== undefined) back.searchParams.set('state', request.query['state']);
      return redirect(back.href);
    },
    answerApi(request, github, now) {
      const code = /^\/app-manifests\/([^/]+)\/conversions$/.exec(request.path)?.[1];
      if (code === undefined) return null;
      const manifest = waiting.get(code);
      if (request.method !== 'POST' || manifest === undefined) return notFound();
      waiting.delete(code);
      return reply(201, appShape(manifest, code, github, now));
    },
  };
}

function faultOf(manifest: unknown): string | null {
  if (!isRecord(manifest)) return 'it is no object';
  for (const field of ['name', 'url', 'redirect_url']) if (textAt(manifest, field) === null) return `${field} is missing`;
  if (!URL.canParse(textAt(manifest, 'redirect_url') ?? '') || !URL.canParse(textAt(manifest, 'hook_attributes', 'url') ?? '')) return 'an address is none';
  const levels = Object.values(recordAt(manifest, 'default_permissions'));
  return levels.every((level) => level === 'read' || level === 'write') ? null : 'a permission is neither read nor write';
}

function appShape(manifest: Readonly<Record<string, unknown>>, code: string, { world }: SimulatedGitHub, now: Instant) {
  const id = Number.parseInt(createHash('sha256').update(code).digest('hex').slice(0, 7), 16);
  const name = textAt(manifest, 'name') ?? '';
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs1', format: 'pem' } });
  const owner = [...world.accounts.values()][0];
  const at = toTimestamp(now);
  return {
    id,
    slug,
    node_id: `A_${id}`,
    owner: owner === undefined ? null : accountShape(world, owner),
    name,
    description: textAt(manifest, 'description') ?? '',
    external_url: textAt(manifest, 'url'),
    html_url: `${world.setup.webUrl}/apps/${slug}`,
    ...{ created_at: at, updated_at: at },
    permissions: recordAt(manifest, 'default_permissions'),
    events: listAt(manifest, 'default_events'),
    client_id: `Iv1.${id}`,
    client_secret: randomBytes(20).toString('hex'),
    webhook_secret: randomBytes(20).toString('hex'),
    pem: privateKey,
  };
}
