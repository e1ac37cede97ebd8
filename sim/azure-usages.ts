import type { JsonRecord } from '../domain/json.ts';
import { isRecord, listAt, textAt } from '../domain/json.ts';
import { armAnswer, gatewayError } from './arm-answers.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** Lists of other ARM providers than AKS; null or absent where nobody knows them. */
export interface AzureLists {
  /** `az network vnet list-usage`, of any number of networks. */
  readonly subnetUsages?: unknown;
  /** `az vm list-usage`. */
  readonly coreUsages?: unknown;
  /** `az lock list`. */
  readonly locks?: unknown;
}

/**
 * Answers GETs of usages of Compute and Network and of locks from the snapshot's lists; 404 for a list nobody gave, null for every other path.
 *
 * The lists stand still: an upgrade moves no meter in them. They come in pages of 50.
 */
export function answerAzureList(lists: AzureLists, request: WireRequest): WireResponse | null {
  const { method, path } = request;
  if (method !== 'GET') return null;
  if (/^\/subscriptions\/[^/]+\/providers\/Microsoft\.Compute\/locations\/[^/]+\/usages$/i.test(path)) return answer(lists.coreUsages, request, () => true);
  const network = /^(\/subscriptions\/.+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+)\/usages$/i.exec(path);
  if (network !== null) return answer(lists.subnetUsages, request, (entry) => isBelow(entry, network[1] ?? ''));
  const locked = /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\/providers\/Microsoft\.Authorization\/locks$/i.exec(path);
  return locked === null ? null : answer(lists.locks, request, (entry) => isBelow(entry, locked[1] ?? ''));
}

function isBelow(entry: JsonRecord, scope: string): boolean {
  return (textAt(entry, 'id') ?? '').toLowerCase().startsWith(`${scope.toLowerCase()}/`);
}

/** Entries of one page. */
const PAGE_ENTRIES = 50;

function answer(document: unknown, { path, query }: WireRequest, isAsked: (entry: JsonRecord) => boolean): WireResponse {
  const entries = Array.isArray(document) ? document : isRecord(document) ? listAt(document, 'value') : null;
  if (entries === null) return gatewayError(404, 'ResourceNotFound', 'The snapshot this world was made from does not hold this list.');
  const asked = entries.filter(isRecord).filter(isAsked);
  const end = Number(query['$skiptoken'] ?? 0) + PAGE_ENTRIES;
  const rest = new URLSearchParams({ ...query, $skiptoken: String(end) });
  return armAnswer(200, { value: asked.slice(end - PAGE_ENTRIES, end), ...(end < asked.length ? { nextLink: `${path}?${rest.toString()}` } : {}) });
}
