import { isMap, isScalar, parseAllDocuments } from 'yaml';

/** Where a value is written, without its quotes; positions in the text. */
interface WrittenTarget {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Finds `spec.target.kubernetesVersion` of the policy of that name in a file's text, by the ranges of the YAML itself.
 *
 * Null: the file has faults, no such policy, or the value is an alias, or written in a way that its text is not what it means
 * (escapes, several lines): then nobody but its author should change it.
 */
export function findPolicyTarget(text: string, policyName: string): WrittenTarget | null {
  const documents = parseAllDocuments(text, { prettyErrors: false, schema: 'core', uniqueKeys: true, version: '1.2', logLevel: 'silent' });
  if ('empty' in documents) return null;
  const policy = documents.filter(({ errors, contents }) => errors.length === 0 && isMap(contents) && contents.getIn(['metadata', 'name']) === policyName);
  const value = policy.length === 1 ? policy[0]?.getIn(['spec', 'target', 'kubernetesVersion'], true) : undefined;
  if (!isScalar(value) || typeof value.value !== 'string' || value.range === undefined || value.range === null) return null;
  const [from, to] = value.range;
  const written = text.slice(from, to);
  const inner = /^(["']).*\1$/s.test(written) ? written.slice(1, -1) : written;
  if (inner !== value.value) return null;
  const start = from + written.indexOf(inner);
  return { start, end: start + inner.length, text: inner };
}
