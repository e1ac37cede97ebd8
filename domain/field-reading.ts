import { closestWord } from './closest-word.ts';
import type { FieldShape, ListShape, NamedShape, ObjectShape, ReadBy, TextShape, WholeShape, WordShape } from './field-shape.ts';
import { closestTimeZone, isLocalDate, isTimeZone } from './local-time.ts';
import type { Fault } from './result.ts';

/** Steps from the top of a document to a field: names, and positions in lists from 0. */
export type FieldPath = readonly (string | number)[];

/**
 * One thing wrong with a field.
 *
 * Codes: `missing-field`, `unknown-field`, `wrong-type`, `wrong-word`, `wrong-form`, `out-of-range`, `repeated-entry`,
 * `not-exactly-one`, `no-such-date`, `dates-reversed`, `unknown-time-zone`, and what a caller adds.
 */
export interface FieldFault extends Fault {
  readonly path: FieldPath;
}

/** A document read by its shape; {@link isClean} tells its type. */
interface FieldReading<S extends FieldShape> {
  readonly shape: S;
  /** What was read, defaults filled in; of a known type only when there are no faults. */
  readonly value: unknown;
  readonly faults: readonly FieldFault[];
}

/** Reads `value` by `shape`: every fault at once, and the value with defaults filled in. */
export function readFields<S extends FieldShape>(value: unknown, shape: S): FieldReading<S> {
  const faults: FieldFault[] = [];
  return { shape, value: readShape(value, shape, { path: [], faults }), faults };
}

/** Whether a reading found no fault; its value then has the type its shape states. */
export function isClean<S extends FieldShape>(
  reading: FieldReading<S>,
): reading is FieldReading<S> & { readonly value: ReadBy<S> } {
  return reading.faults.length === 0;
}

/** What stands at `path`, or undefined; for rules that look at several fields of a document with faults. */
export function fieldAt(value: unknown, path: FieldPath): unknown {
  let found = value;
  for (const step of path) {
    if (!isRecord(found) || !Object.hasOwn(found, step)) return undefined;
    found = found[step];
  }
  return found;
}

/** `spec.window.notAllowedDates[0].end`; `document` for the top. */
function formatPath(path: FieldPath): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return text === '' ? 'document' : text.replace(/^\./, '');
}

interface Place {
  readonly path: FieldPath;
  readonly faults: FieldFault[];
}

function readShape(value: unknown, shape: FieldShape, place: Place): unknown {
  switch (shape.kind) {
    case 'text':
      return readText(value, shape, place);
    case 'word':
      return readWord(value, shape, place);
    case 'whole':
      return readWhole(value, shape, place);
    case 'list':
      return readList(value, shape, place);
    case 'named':
      return readNamed(value, shape, place);
    case 'object':
      return readObject(value, shape, place);
  }
}

function readText(value: unknown, shape: TextShape, place: Place): unknown {
  const smallest = shape.wholeMinimum;
  const isWhole = smallest !== undefined && typeof value === 'number' && Number.isInteger(value) && value >= smallest;
  const text = isWhole ? String(value) : value;
  if (typeof text !== 'string') {
    const quotes = typeof text === 'number' ? 'Put it in quotes, or YAML reads a number (1.30 becomes 1.3). ' : '';
    report(place, 'wrong-type', `must be text, and is ${describe(value)}.`, `${quotes}Write ${shape.form}.`);
  } else if (shape.check === 'time-zone') {
    judgeTimeZone(text, shape, place);
  } else if (!new RegExp(shape.pattern).test(text)) {
    report(place, 'wrong-form', `is ${describe(text)}.`, `Write ${shape.form}.`);
  } else if (shape.check === 'local-date' && !isLocalDate(text)) {
    report(place, 'no-such-date', `is ${describe(text)}, a day that does not exist.`, `Write ${shape.form}.`);
  }
  return text;
}

function judgeTimeZone(text: string, shape: TextShape, place: Place): void {
  if (new RegExp(shape.pattern).test(text) && isTimeZone(text)) return;
  const nearest = closestTimeZone(text);
  const isOffset = /^[+-]\d/.test(text);
  const isWindowsName = / (?:Standard )?Time$/i.test(text);
  const remedy = isOffset
    ? 'Write a fixed offset as utcOffset, or an IANA zone, for example Europe/Paris.'
    : isWindowsName
      ? 'That looks like a Windows name. Write the IANA zone, for example Europe/Paris.'
      : nearest === null
        ? `Write ${shape.form}.`
        : `Did you mean ${nearest}?`;
  report(place, 'unknown-time-zone', `is ${describe(text)}, which is no known IANA time zone.`, remedy);
}

function readWord(value: unknown, shape: WordShape, place: Place): unknown {
  if (typeof value === 'string' && shape.oneOf.includes(value)) return value;
  const nearest = typeof value === 'string' ? closestWord(value, shape.oneOf) : null;
  const choices = shape.oneOf.length === 1 ? `Write ${shape.oneOf[0]}.` : `Write one of ${shape.oneOf.join(', ')}.`;
  const code = typeof value === 'string' ? 'wrong-word' : 'wrong-type';
  report(place, code, `is ${describe(value)}.`, nearest === null ? choices : `Did you mean ${nearest}? ${choices}`);
  return value;
}

function readWhole(value: unknown, shape: WholeShape, place: Place): unknown {
  const remedy = `Write a whole number of ${shape.unit} from ${shape.minimum} to ${shape.maximum}.`;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    report(place, 'wrong-type', `must be a whole number, and is ${describe(value)}.`, remedy);
  } else if (value < shape.minimum || value > shape.maximum) {
    report(place, 'out-of-range', `is ${value}.`, remedy);
  }
  return value;
}

function readList(value: unknown, shape: ListShape, place: Place): unknown {
  if (!Array.isArray(value)) {
    report(place, 'wrong-type', `must be a list, and is ${describe(value)}.`, 'Write a list, or leave the field out.');
    return value;
  }
  const items: unknown[] = [];
  for (const [index, item] of value.entries()) {
    const itemPlace = { ...place, path: [...place.path, index] };
    const read = readShape(item, shape.items, itemPlace);
    if (shape.repeats === 'refused' && items.includes(read)) {
      report(itemPlace, 'repeated-entry', `is ${describe(read)} again.`, 'Name it once.');
    }
    items.push(read);
  }
  return items;
}

function readNamed(value: unknown, shape: NamedShape, place: Place): unknown {
  if (!isRecord(value)) {
    report(place, 'wrong-type', `must be fields by name, and is ${describe(value)}.`, 'Write names with their fields, or leave the field out.');
    return value;
  }
  const entries = Object.entries(value).map(([name, entry]) => {
    const entryPlace = { ...place, path: [...place.path, name] };
    if (!new RegExp(shape.namePattern).test(name)) {
      report(entryPlace, 'unknown-field', `stands under ${describe(name)}.`, `Write ${shape.nameForm}.`);
    }
    return [name, readShape(entry, shape.values, entryPlace)];
  });
  return Object.fromEntries(entries);
}

function readObject(value: unknown, shape: ObjectShape, place: Place): unknown {
  if (!isRecord(value)) {
    report(place, 'wrong-type', `must have fields, and is ${describe(value)}.`, `Write ${Object.keys(shape.fields).join(', ')}.`);
    return value;
  }
  const names = Object.keys(shape.fields);
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue;
    const nearest = closestWord(name, names);
    const remedy = nearest === null ? `Known here: ${names.join(', ')}.` : `Did you mean ${nearest}?`;
    report({ ...place, path: [...place.path, name] }, 'unknown-field', 'is no known field.', remedy);
  }
  const read = new Map<string, unknown>();
  for (const [name, field] of Object.entries(shape.fields)) {
    const fieldPlace = { ...place, path: [...place.path, name] };
    if (Object.hasOwn(value, name)) {
      read.set(name, readShape(value[name], field.shape, fieldPlace));
    } else if (field.presence === 'required') {
      report(fieldPlace, 'missing-field', 'is missing.', `Add ${name}: ${field.shape.description}`);
    } else if (field.whenAbsent !== undefined) {
      read.set(name, readShape(field.whenAbsent, field.shape, fieldPlace));
    }
  }
  judgeObject(read, shape, place);
  return Object.fromEntries(read);
}

function judgeObject(read: ReadonlyMap<string, unknown>, shape: ObjectShape, place: Place): void {
  if (shape.exactlyOneOf !== undefined) {
    const written = shape.exactlyOneOf.filter((name) => read.has(name));
    if (written.length !== 1) {
      const problem = written.length === 0 ? 'has none of them.' : `has ${written.join(' and ')}.`;
      report(place, 'not-exactly-one', problem, `Write exactly one of ${shape.exactlyOneOf.join(', ')}.`);
    }
  }
  if (shape.inOrder !== undefined) {
    const [first, second] = shape.inOrder;
    const start = read.get(first);
    const end = read.get(second);
    if (typeof start !== 'string' || typeof end !== 'string') return;
    if (!isLocalDate(start) || !isLocalDate(end) || start <= end) return;
    report({ ...place, path: [...place.path, second] }, 'dates-reversed', `is ${end}, before the ${first} ${start}.`, `Write a date on or after ${start}.`);
  }
}

function report(place: Place, code: string, problem: string, remedy: string): void {
  const where = formatPath(place.path);
  place.faults.push({ code, where, path: place.path, message: `${where} ${problem}`, remedy });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What was written, short enough for one line. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of fields';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  const shown = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return typeof value === 'number' ? `the number ${shown}` : shown;
}
