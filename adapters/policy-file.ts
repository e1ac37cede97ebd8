import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import type { LocatedPolicyFault } from '../domain/checked-policy.ts';
import type { FieldPath } from '../domain/field-reading.ts';
import type { MaintenancePolicy } from '../domain/maintenance-policy.ts';
import { parseMaintenancePolicy, type PolicyFault } from '../domain/policy-parse.ts';
import { refuse, type Result, succeed } from '../domain/result.ts';

/** Longest policy file read. Unit: UTF-16 code units. A policy has a few thousand. */
const TEXT_LENGTH_MAX = 262_144;
/** Broken YAML told for one document; the first are the cause, the rest mostly follow from them. */
const SYNTAX_FAULTS_MAX = 10;
/** How often aliases of one document may be resolved; beyond it a small file could fill the memory. */
const ALIAS_COUNT_MAX = 50;

/**
 * Reads the policies of one YAML file, several documents allowed, or says every fault at once with its place.
 *
 * YAML 1.2 whatever the file declares: 22:00 is text and 2026-11-01 too. Duplicate keys, unknown tags and aliases beyond
 * a small number are refused. Codes: those of `parseMaintenancePolicy`, `yaml-syntax`, `too-large`, `no-policy`.
 */
export function readPolicyText(text: string, source: string): Result<readonly MaintenancePolicy[], LocatedPolicyFault> {
  const place: Place = { source, line: 1, column: 1 };
  if (text.length > TEXT_LENGTH_MAX) {
    return refuse([fileFault('too-large', `The file has ${text.length} characters.`, `Keep a policy file below ${TEXT_LENGTH_MAX}.`, place)]);
  }
  const lineCounter = new LineCounter();
  const documents = parseDocuments(text, lineCounter);
  const policies: MaintenancePolicy[] = [];
  const faults: LocatedPolicyFault[] = [];
  for (const document of documents) {
    const read = readDocument(document, lineCounter, source);
    if (read === null) continue;
    if (read.ok) policies.push(read.value);
    else faults.push(...read.faults);
  }
  if (faults.length > 0) return refuse(faults);
  if (policies.length === 0) return refuse([fileFault('no-policy', 'The file holds no policy.', 'Write one, or remove the file.', place)]);
  return succeed(policies);
}

interface Place {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

function fileFault(code: string, message: string, remedy: string, place: Place): LocatedPolicyFault {
  return { code, where: 'document', path: [], message, remedy, ...place };
}

// YAML's own limit on nesting keeps a file of open brackets from ending in a stack overflow; the version wins over `%YAML`.
function parseDocuments(text: string, lineCounter: LineCounter): readonly Document.Parsed[] {
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, schema: 'core', uniqueKeys: true, version: '1.2' });
  return 'empty' in documents ? [] : documents;
}

/** Null for a document without content, as a closing `---` makes one. */
function readDocument(document: Document.Parsed, lineCounter: LineCounter, source: string): Result<MaintenancePolicy, LocatedPolicyFault> | null {
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { source, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...document.errors, ...document.warnings].slice(0, SYNTAX_FAULTS_MAX);
  if (problems.length > 0) {
    return refuse(
      problems.map(({ message, pos }) => fileFault('yaml-syntax', message, 'Correct the YAML at this place.', placeAt(pos[0]))),
    );
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return null;
  const value = toPlainValue(document);
  if (!value.ok) {
    const place = placeAt(findLostAlias(document) ?? offsetOf(document.contents) ?? 0);
    return refuse([fileFault('yaml-syntax', value.message, 'Write the fields out instead of repeating them by alias.', place)]);
  }
  const parsed = parseMaintenancePolicy(value.value, source);
  if (parsed.ok) return parsed;
  return refuse(parsed.faults.map((fault) => ({ ...fault, ...placeAt(findOffset(document, fault)) })));
}

type PlainValue = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

function toPlainValue(document: Document.Parsed): PlainValue {
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIAS_COUNT_MAX });
    return { ok: true, value };
  } catch (error) {
    if (error instanceof ReferenceError || error instanceof RangeError) return { ok: false, message: error.message };
    throw error;
  }
}

/** Where an alias stands that names no anchor; null when there is none, and the aliases are too many. */
function findLostAlias(document: Document.Parsed): number | null {
  let offset: number | null = null;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = offsetOf(alias);
      return visit.BREAK;
    },
  });
  return offset;
}

/** Where to point: at the value at fault, at an unknown field's name, at the parent's name for a field that is missing. */
function findOffset(document: Document.Parsed, fault: PolicyFault): number {
  let node: Node | null = document.contents;
  let offset = offsetOf(node) ?? 0;
  const walked: FieldPath = fault.path;
  for (const [depth, step] of walked.entries()) {
    const container: unknown = isAlias(node) ? node.resolve(document) : node;
    const isLast = depth === walked.length - 1;
    if (isSeq(container) && typeof step === 'number') {
      const item: unknown = container.items[step];
      node = isNode(item) ? item : null;
      offset = offsetOf(node) ?? offset;
    } else if (isMap(container)) {
      const pair = container.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) return offset;
      node = isNode(pair.value) ? pair.value : null;
      const keyOffset = isNode(pair.key) ? offsetOf(pair.key) : null;
      const isNameAtFault = !isLast || fault.code === 'unknown-field' || isMap(node) || isSeq(node);
      const isEmpty = isScalar(node) && node.value === null;
      offset = (isNameAtFault || isEmpty ? keyOffset : offsetOf(node)) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function offsetOf(node: unknown): number | null {
  return isNode(node) && node.range ? node.range[0] : null;
}
