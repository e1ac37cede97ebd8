import { isRecord, recordAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { LoggedRequest } from '../local/request-log.ts';

/** The operation a request is, by its path without regard to case. */
export function operationOf(description: JsonRecord, { method, path }: LoggedRequest): JsonRecord | null {
  for (const [template, operations] of Object.entries(recordAt(description, 'paths'))) {
    const pattern = `^${template.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`;
    const operation = isRecord(operations) ? operations[method.toLowerCase()] : undefined;
    if (new RegExp(pattern, 'i').test(path) && isRecord(operation)) return operation;
  }
  return null;
}

/**
 * Nulls have no shape, and description and SDK have no word for them: ARM gives them, and takes them as absent. One of them stands where both
 * promise a list: the upgrade profile of a cluster names no pools (so do recorded answers of AKS, and the SDK's reader breaks on it).
 */
export function withoutNulls(value: unknown, key = ''): unknown {
  if (value === null && key === 'agentPoolProfiles') return [];
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, item]) => {
    const kept = withoutNulls(item, name);
    return kept === null ? [] : [[name, kept] as const];
  }));
}
