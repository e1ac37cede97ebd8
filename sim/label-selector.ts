import { isRecord, listAt, textAt, textMapAt, textsAt } from '../domain/json.ts';

/** Tells whether a set of labels is selected. */
export type LabelPredicate = (labels: Readonly<Record<string, string>>) => boolean;

/**
 * Reads a `metav1.LabelSelector`.
 *
 * A missing selector matches nothing and an empty one everything, as `policy/v1` has it; an operator it does not know
 * matches nothing.
 */
export function readLabelSelector(selector: unknown): LabelPredicate {
  if (!isRecord(selector)) return () => false;
  const exact = Object.entries(textMapAt(selector, 'matchLabels'));
  const terms = listAt(selector, 'matchExpressions').map(readExpression);
  return (labels) => exact.every(([key, value]) => labels[key] === value) && terms.every((term) => term(labels));
}

/** Reads one requirement of a label or node selector (`In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`). */
export function readExpression(expression: unknown): LabelPredicate {
  const key = textAt(expression, 'key') ?? '';
  const values = textsAt(expression, 'values');
  const bound = Number(values[0]);
  switch (textAt(expression, 'operator')) {
    case 'In':
      return (labels) => values.includes(labels[key] ?? '\0');
    case 'NotIn':
      return (labels) => !values.includes(labels[key] ?? '\0');
    case 'Exists':
      return (labels) => labels[key] !== undefined;
    case 'DoesNotExist':
      return (labels) => labels[key] === undefined;
    case 'Gt':
      return (labels) => Number(labels[key]) > bound;
    case 'Lt':
      return (labels) => Number(labels[key]) < bound;
    default:
      return () => false;
  }
}

/**
 * Reads a `labelSelector` of a query: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas.
 *
 * @returns Null when the text is none of these.
 */
export function parseSelectorText(text: string): LabelPredicate | null {
  const terms: LabelPredicate[] = [];
  for (const part of text.split(/,(?![^(]*\))/).map((raw) => raw.trim()).filter((raw) => raw !== '')) {
    const term = parseSelectorTerm(part);
    if (term === null) return null;
    terms.push(term);
  }
  return (labels) => terms.every((term) => term(labels));
}

function parseSelectorTerm(term: string): LabelPredicate | null {
  const set = /^([^\s!=,]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return readExpression({ key: set[1], operator: set[2] === 'in' ? 'In' : 'NotIn', values });
  }
  const equality = /^([^\s!=]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(term);
  if (equality !== null) {
    const [, key, sign, value] = equality;
    return readExpression({ key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] });
  }
  const presence = /^(!?)([^\s!=()]+)$/.exec(term);
  if (presence === null) return null;
  return readExpression({ key: presence[2], operator: presence[1] === '!' ? 'DoesNotExist' : 'Exists' });
}
