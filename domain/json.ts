import type { Fault } from './result.ts';

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

/** The object at `key`; an empty one when it is absent or something else. */
export function recordAt(record: JsonRecord, key: string): JsonRecord {
  const value = record[key];
  return isRecord(value) ? value : emptyRecord;
}

/** The list at `key`; an empty one when it is absent or something else. */
export function listAt(record: JsonRecord, key: string): readonly unknown[] {
  const value: unknown = record[key];
  return Array.isArray(value) ? value : [];
}

/** The objects of the list at `key`; anything else in it is left out. */
export function recordsAt(record: JsonRecord, key: string): readonly JsonRecord[] {
  return listAt(record, key).filter(isRecord);
}

/** The texts of the list at `key`; anything else in it is left out. */
export function textsAt(record: JsonRecord, key: string): readonly string[] {
  return listAt(record, key).filter(isText);
}

/** The text at `key`; null when it is absent or something else. */
export function textAt(record: JsonRecord, key: string): string | null {
  const value = record[key];
  return typeof value === 'string' ? value : null;
}

/** The finite number at `key`; null when it is absent or something else. */
export function numberAt(record: JsonRecord, key: string): number | null {
  const value = record[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Whether the value at `key` is exactly `true`. */
export function isTrueAt(record: JsonRecord, key: string): boolean {
  return record[key] === true;
}

/** The map of texts at `key`, without entries that are no text; empty when it is absent. */
export function textMapAt(record: JsonRecord, key: string): Readonly<Record<string, string>> {
  const value = record[key];
  if (isTextMap(value)) return value;
  if (!isRecord(value)) return emptyTexts;
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1])));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
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
