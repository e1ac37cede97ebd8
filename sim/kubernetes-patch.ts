import { isEqualJson, isRecord, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';

/** A patched document, or why it could not be made: `unsupported` is 415/501, `failed` 422. */
type PatchResult =
  | { readonly kind: 'patched'; readonly document: JsonRecord }
  | { readonly kind: 'unsupported' | 'failed'; readonly message: string };

/**
 * Applies a patch by its content type: JSON merge patch, JSON patch, or strategic merge as far as it equals a merge patch
 * (directives such as `$patch` are not simulated).
 */
export function applyPatch(document: JsonRecord, patch: unknown, contentType: string): PatchResult {
  if (contentType.includes('json-patch')) return applyJsonPatch(document, patch);
  if (!contentType.includes('merge-patch')) return { kind: 'unsupported', message: `PATCH with ${contentType}` };
  if (!isRecord(patch)) return { kind: 'failed', message: 'a merge patch must be an object' };
  const directive = contentType.includes('strategic') ? findDirective(patch) : null;
  if (directive !== null) return { kind: 'unsupported', message: `strategic merge directive ${directive}` };
  return { kind: 'patched', document: mergeObjects(document, patch) };
}

function mergeObjects(target: JsonRecord, patch: JsonRecord): JsonRecord {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (isRecord(value)) {
      const inner = merged[key];
      merged[key] = mergeObjects(isRecord(inner) ? inner : {}, value);
    } else merged[key] = value;
  }
  return merged;
}

function findDirective(value: unknown): string | null {
  if (Array.isArray(value)) return value.map(findDirective).find((found) => found !== null) ?? null;
  if (!isRecord(value)) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = key.startsWith('$') ? key : findDirective(inner);
    if (found !== null) return found;
  }
  return null;
}

function applyJsonPatch(document: JsonRecord, patch: unknown): PatchResult {
  if (!Array.isArray(patch)) return { kind: 'failed', message: 'a JSON patch must be a list' };
  let current: unknown = document;
  for (const step of patch) {
    const operation = textAt(step, 'op') ?? '';
    const keys = (textAt(step, 'path') ?? '').split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const value: unknown = isRecord(step) ? step['value'] : undefined;
    if (!['add', 'replace', 'remove', 'test'].includes(operation)) return { kind: 'unsupported', message: `JSON patch operation ${operation}` };
    const next = applyStep(current, keys, operation, value);
    if (next === MISSED) return { kind: 'failed', message: `the server rejected our request due to an error in our request: ${operation} ${keys.join('/')}` };
    current = next;
  }
  return isRecord(current) ? { kind: 'patched', document: current } : { kind: 'failed', message: 'the patch leaves no object' };
}

const MISSED = Symbol('missed');

function applyStep(target: unknown, keys: readonly string[], operation: string, value: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) {
    if (operation === 'test') return isEqualJson(target, value) ? target : MISSED;
    return operation === 'remove' ? undefined : value;
  }
  if (Array.isArray(target)) return applyToList(target, { key, rest, operation, value });
  if (!isRecord(target)) return MISSED;
  if (rest.length === 0 && operation !== 'add' && target[key] === undefined) return MISSED;
  const inner = applyStep(target[key], rest, operation, value);
  if (inner === MISSED) return MISSED;
  const copy: Record<string, unknown> = { ...target };
  if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy;
}

function applyToList(
  target: readonly unknown[],
  step: { readonly key: string; readonly rest: readonly string[]; readonly operation: string; readonly value: unknown },
): unknown {
  const { key, rest, operation, value } = step;
  const index = key === '-' ? target.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > target.length) return MISSED;
  if (rest.length === 0 && operation === 'add') return target.toSpliced(index, 0, value);
  if (index >= target.length) return MISSED;
  const inner = applyStep(target[index], rest, operation, value);
  if (inner === MISSED) return MISSED;
  return inner === undefined ? target.toSpliced(index, 1) : target.toSpliced(index, 1, inner);
}
