import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { classifyArmAnswer } from '../../adapters/arm-failure.ts';
import type { Outcome } from '../../domain/failure.ts';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';
import type { Simulated, WireResponse } from '../../sim/wire.ts';
import { sharedMaterial } from '../shared-material.ts';
import { connectToSmallArm } from './small-arm.ts';

const conversations = sharedMaterial('contracts/arm/recorded/');
const { skip } = conversations;

interface Exchange {
  readonly origin: string;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly apiVersion: string;
  readonly response: WireResponse;
}

function readExchanges(): readonly Exchange[] {
  if (skip !== false) return [];
  return readdirSync(conversations.url).flatMap((file) => {
    return recordsAt(conversations.readJson(file), 'exchanges').map((exchange) => ({
      origin: file,
      method: textAt(exchange, 'method') ?? '',
      path: (textAt(exchange, 'url') ?? '').split('?')[0] ?? '',
      apiVersion: /api-version=([^&]+)/.exec(textAt(exchange, 'url') ?? '')?.[1] ?? '',
      response: {
        status: Number(exchange['status']),
        headers: headersOf(recordAt(exchange, 'headers')),
        body: exchange['response'] ?? null,
      },
    }));
  });
}

function headersOf(headers: JsonRecord): Record<string, string> {
  const kept = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return Object.fromEntries(kept.filter(([name]) => !['content-length', 'transfer-encoding', 'content-encoding'].includes(name)));
}

const clusterPath = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.containerservice\/managedclusters\/[^/]+/i;

/** What a request line of the recordings is about; null when it is no cluster's. */
function subjectOf({ method, path }: Exchange) {
  const resourceId = clusterPath.exec(path)?.[0];
  if (resourceId === undefined) return null;
  const rest = path.slice(resourceId.length);
  const pool = /^\/agentPools\/([^/]+)/i.exec(rest)?.[1] ?? '';
  return { resourceId, pool, shape: `${method} ${rest.replace(/^\/agentPools\/[^/]+/i, '/agentPools/*').toLowerCase()}` };
}

/** Answers every request with one recorded answer. */
function replay(response: WireResponse): Simulated {
  return { apply: () => ({ response, changes: [] }), advance: () => [], nextAt: () => null };
}

const exchanges = readExchanges();

test('every recorded answer to a call we make is read, or is a failure with the code of the service', { skip }, async (context) => {
  const counts: Record<string, number> = {};
  for (const exchange of exchanges) {
    const subject = subjectOf(exchange);
    if (subject === null) continue;
    const { resourceId, pool, shape } = subject;
    const { aks } = await connectToSmallArm(context, { simulated: replay(exchange.response) });
    const calls: Readonly<Record<string, () => Promise<Outcome<unknown>>>> = {
      'GET ': () => aks.readCluster(resourceId),
      'GET /agentpools/*': () => aks.readNodePool(resourceId, pool),
      'GET /upgradeprofiles/default': () => aks.readUpgradeProfile(resourceId),
      'GET /agentpools/*/upgradeprofiles/default': () => aks.readNodePoolOffers(resourceId, pool),
      'POST /agentpools/*/abort': () => aks.abortLatestOperation({ resourceId, pool }),
      'POST /abort': () => aks.abortLatestOperation({ resourceId, pool: null }),
    };
    const outcome = await calls[shape]?.();
    if (outcome === undefined) continue;
    const result = outcome.ok ? 'read' : outcome.failure.code;
    assert.equal(result, exchange.response.status < 300 ? 'read' : 'ResourceNotFound', `${exchange.origin} ${shape}`);
    counts[`${shape} ${result}`] = (counts[`${shape} ${result}`] ?? 0) + 1;
  }

  assert.deepEqual(counts, {
    'GET  ResourceNotFound': 18,
    'GET  read': 52,
    'GET /agentpools/* read': 14,
    'GET /agentpools/*/upgradeprofiles/default read': 3,
    'GET /upgradeprofiles/default read': 3,
    'POST /abort read': 1,
    'POST /agentpools/*/abort read': 1,
  });
});

test('a recorded cluster or pool is written back whole but for one field, or refused for a field of a preview', { skip }, async (context) => {
  const counts: Record<string, number> = {};
  for (const exchange of exchanges) {
    const subject = subjectOf(exchange);
    const isRead = exchange.response.status === 200 && ['GET ', 'GET /agentpools/*'].includes(subject?.shape ?? '');
    if (subject === null || !isRead) continue;
    const { resourceId, pool } = subject;
    const document = withETag(exchange.response.body, pool === '' ? 'cluster' : 'pool');
    const { aks, log } = await connectToSmallArm(context, pool === '' ? { cluster: document } : { pool: document });
    const request = { resourceId, kubernetesVersion: '9.9.9', eTag: 'e' };
    const outcome = await (pool === ''
      ? aks.startControlPlaneUpgrade(request)
      : aks.startPoolVersionUpgrade({ ...request, pool, settings: null }));
    const generation = /preview|202[0-3]/.test(exchange.apiVersion) ? 'preview or retired' : 'stable';
    // Some conversations of 2022 carry a later version in their address; this field was retired since.
    const isRetired = !outcome.ok && outcome.failure.message.includes('carries properties.networkProfile.dockerBridgeCidr,');
    const label = `${isRetired ? 'preview or retired' : generation}: ${outcome.ok ? 'sent' : outcome.failure.code}`;
    counts[label] = (counts[label] ?? 0) + 1;
    const sent = log.entries.filter(({ method }) => method === 'PUT').map(({ requestBody }) => requestBody);
    assert.equal(sent.length, outcome.ok ? 1 : 0);
    const read = leavesOf(document);
    const changed = sent.flatMap((body) => [...leavesOf(body)]).filter(([path, value]) => read.get(path) !== value);
    const field = pool === '' ? 'properties.kubernetesVersion' : 'properties.orchestratorVersion';
    assert.deepEqual(changed, outcome.ok ? [[field, '9.9.9']] : [], exchange.origin);
  }

  assert.equal(counts['stable: unknown-field'], undefined);
  assert.ok((counts['stable: sent'] ?? 0) >= 40, JSON.stringify(counts));
  assert.ok((counts['preview or retired: unknown-field'] ?? 0) >= 10, JSON.stringify(counts));
});

/** Older API versions had no eTag; a write needs one. */
function withETag(body: unknown, kind: 'cluster' | 'pool'): unknown {
  if (!isRecord(body)) return body;
  const { eTag: _own, ...properties } = recordAt(body, 'properties');
  return kind === 'cluster' ? { ...body, eTag: 'e', properties } : { ...body, properties: { ...properties, eTag: 'e' } };
}

/** Path → value of every leaf, moments in one spelling. */
function leavesOf(value: unknown, path = ''): ReadonlyMap<string, unknown> {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return new Map([[path, Date.parse(value)]]);
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  return new Map(Object.entries(value).flatMap(([key, item]) => [...leavesOf(item, path === '' ? key : `${path}.${key}`)]));
}

test('the recorded failure of the service keeps its code and may be repeated', { skip }, () => {
  const failed = exchanges.filter(({ response }) => response.status >= 500);

  const failures = failed.map(({ response }) => classifyArmAnswer(response));

  assert.deepEqual(failures.map(({ code, class: failureClass }) => [code, failureClass]), [['GetVnetError', 'transient']]);
});
