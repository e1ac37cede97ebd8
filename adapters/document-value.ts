import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { DocumentStep } from '../domain/document-path.ts';
import type { DocumentValue } from '../domain/write-back.ts';

/**
 * Finds the one value that a path leads to in a JSON or YAML text: where it is written, quotes included.
 *
 * JSON may have comments, as ARM templates do. Of several YAML documents exactly one must have the path. Values of
 * several lines, aliases, and documents with faults are `missing`, with the reason.
 */
export function findDocumentValue(text: string, language: 'json' | 'yaml', steps: readonly DocumentStep[]): DocumentValue {
  try {
    return findValue(text, language, steps);
  } catch {
    // Brackets nested a hundred thousand deep, which a stranger's pull request may hold, are more than the parser's stack.
    return { missing: 'the file is nested too deep to be read' };
  }
}

function findValue(text: string, language: 'json' | 'yaml', steps: readonly DocumentStep[]): DocumentValue {
  const source = language === 'json' ? blankComments(text) : text;
  const parsed = parseAllDocuments(source, { prettyErrors: false, schema: 'core', uniqueKeys: true, version: '1.2', logLevel: 'silent' });
  if ('empty' in parsed) return { missing: 'the file is empty' };
  if (parsed.some(({ errors }) => errors.length > 0)) return { missing: `the file is no ${language === 'json' ? 'JSON' : 'YAML'} that can be read` };
  const found = parsed.flatMap((document) => walk(document.contents, steps) ?? []);
  const [value] = found;
  if (value === undefined) return { missing: 'the path leads nowhere' };
  if (found.length > 1) return { missing: 'several documents have the path' };
  if (isAlias(value)) return { missing: 'it is an alias of a value elsewhere' };
  if (!isScalar(value) || value.range === undefined || value.range === null) return { missing: 'the path leads to no single value' };
  const [start, end] = value.range;
  return /\n/.test(text.slice(start, end)) ? { missing: 'it is written over several lines' } : { start, end };
}

function walk(from: unknown, steps: readonly DocumentStep[]): unknown {
  let at = from;
  for (const step of steps) {
    if (typeof step === 'string' && isMap(at)) at = at.get(step, true);
    else if (typeof step === 'number' && isSeq(at)) at = at.get(step, true);
    else if (typeof step === 'object' && isSeq(at)) at = onlyItem(at.items, step);
    else return undefined;
  }
  return at ?? undefined;
}

function onlyItem(items: readonly unknown[], { field, value }: { readonly field: string; readonly value: string }): unknown {
  const found = items.filter((item) => isMap(item) && String(item.get(field)) === value);
  return found.length === 1 ? found[0] : undefined;
}

/** The text with blanks in place of comments and of tabs outside quotes, so that every position stays. */
function blankComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\r\n]*|\/\*[^]*?(?:\*\/|$)|\t/g, (part) => (part.startsWith('"') ? part : part.replace(/[^\r\n]/g, ' ')));
}
