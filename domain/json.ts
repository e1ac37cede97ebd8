import { parseTimestamp } from './kubernetes-quantity.ts';
import type { Fault } from './result.ts';
import type { Instant } from './time.ts';

/** A JSON object of unknown content. */
export type JsonRecord = Readonly<Record<string, unknown>>;

const emptyRecord: JsonRecord = {};
const emptyTexts: Readonly<Record<string, string>> = {};

/** Whether `value` is a JSON object: not null, not a list. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether `value` is an object whose every value is a text, such as labels. */
function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  if (!isRecord(value)) return false;
  for (const key in value) if (typeof value[key] !== 'string') return false;
  return true;
}

/** The member at `path`, or undefined where the path ends early. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (!isRecord(found)) return undefined;
    found = found[key];
  }
  return found;
}

/** The object at `path`; an empty one when it is absent or something else. */
export function recordAt(value: unknown, ...path: readonly string[]): JsonRecord {
  const found = valueAt(value, ...path);
  return isRecord(found) ? found : emptyRecord;
}

/** The list at `path`; an empty one when it is absent or something else. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The objects of the list at `path`; anything else in it is left out. */
export function recordsAt(value: unknown, ...path: readonly string[]): readonly JsonRecord[] {
  const list = listAt(value, ...path);
  // Nearly always all of them are: a copy for each of the lists of 150 000 pods would be most of the work.
  return list.every(isRecord) ? list : list.filter(isRecord);
}

/** The texts of the list at `path`; anything else in it is left out. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter(isText);
}

/** The text at `path`; null when it is absent or something else. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = valueAt(value, ...path);
  return isText(found) ? found : null;
}

/** The finite number at `path`; null when it is absent or something else. */
export function numberAt(value: unknown, ...path: readonly string[]): number | null {
  const found = valueAt(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

/** The RFC 3339 timestamp at `path`; null when it is absent or something else. */
export function timeAt(value: unknown, ...path: readonly string[]): Instant | null {
  const found = textAt(value, ...path);
  return found === null ? null : parseTimestamp(found);
}

/** Whether the value at `path` is exactly `true`. */
export function isTrueAt(value: unknown, ...path: readonly string[]): boolean {
  return valueAt(value, ...path) === true;
}

/** The map of texts at `path`, without entries that are no text; empty when it is absent. */
export function textMapAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const found = valueAt(value, ...path);
  if (isTextMap(found)) return found;
  if (!isRecord(found)) return emptyTexts;
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => isText(entry[1])));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Whether two JSON values are equal, whatever the order of members. */
export function isEqualJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqualJson(item, right[index]));
  }
  if (!isRecord(left) || !isRecord(right)) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => isEqualJson(left[key], right[key]));
}

/** `record` without the named members. */
export function without(record: JsonRecord, ...keys: readonly string[]): JsonRecord {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}

/** The JSON in `text`; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Gathers every fault of one document. */
export interface FaultList {
  readonly faults: readonly Fault[];
  /** `expected` completes "must be …". */
  add(where: string, expected: string): void;
}

/**
 * A new list that words its faults for one kind of document.
 *
 * @param source - What the document is, for messages, for example `cluster.json`.
 * @param remedy - What to do about any of its faults.
 */
export function collectFaults(source: string, remedy: string): FaultList {
  const faults: Fault[] = [];
  return {
    faults,
    add(where, expected) {
      faults.push({ code: 'unreadable-field', where, message: `In ${source}, ${where} must be ${expected}.`, remedy });
    },
  };
}

/** The non-empty text at `key`; a fault and an empty text when there is none. */
export function requireText(record: JsonRecord, key: string, path: string, list: FaultList): string {
  const value = textAt(record, key);
  if (value !== null && value !== '') return value;
  list.add(path === '' ? key : `${path}.${key}`, 'a text that is not empty');
  return '';
}

/** The whole number ≥ 0 at `key`, or null where there is none; a fault and null where something else stands there. */
export function optionalCount(record: JsonRecord, key: string, path: string, list: FaultList): number | null {
  const value = record[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  list.add(path === '' ? key : `${path}.${key}`, 'a whole number from 0 on');
  return null;
}
