import type { Logger } from '../activities/ports.ts';
import { metricOfLine } from '../domain/slackwater-metric.ts';
import { logFieldsOf } from '../domain/log-fields.ts';
import type { LogFields } from '../domain/log-fields.ts';
import { presentInvocation, tellMetric } from './invocation.ts';
import { redactSecrets } from './secret-text.ts';

const secretName = /secret|token|authorization|key|signature|connectionstring|password/i;

/** Depth and length past which a field is cut: a log line is read by a person and billed by the byte. */
const depthMax = 6;
const textLengthMax = 4_000;

/**
 * A logger that writes one JSON object a line: `level`, `code`, what is known of the invocation, then the fields.
 *
 * Fields under the names of `domain/log-fields.ts` are found in what a line is logged with, wherever it holds them; a `code` among the fields is the reason's,
 * and goes by `reasonCode`. A field whose name speaks of a secret is written as `[redacted]`, at any depth, and so is what looks like one in any text. Never throws: what cannot
 * be written as JSON is written as text.
 */
export function createLogger(write: (level: 'info' | 'warn' | 'error', line: string) => void, about: () => LogFields = () => ({})): Logger {
  return {
    log(level, code, fields) {
      const { code: _reason, level: _level, ...own } = fields;
      const known = { ...presentInvocation()?.fields, ...about(), ...logFieldsOf(fields) };
      const safe = redact({ ...own, ...known }, 0, new Set());
      write(level, JSON.stringify(Object.assign({ level, code }, safe)));
      const metric = metricOfLine(code, fields);
      if (metric !== null) tellMetric(metric, known);
    },
  };
}

function redact(value: unknown, depth: number, above: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
  if (above.has(value)) return '[circular]';
  if (depth === depthMax) return '[deep]';
  const within = new Set(above).add(value);
  if (value instanceof Error) return { name: value.name, message: redactText(value.message) };
  if (Array.isArray(value)) return value.map((item: unknown) => redact(item, depth + 1, within));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, secretName.test(name) ? '[redacted]' : redact(item, depth + 1, within)]),
  );
}

/** Redacted before it is cut, so that no half of a secret is left. */
function redactText(text: string): string {
  const safe = redactSecrets(text);
  return safe.length > textLengthMax ? `${safe.slice(0, textLengthMax)}…` : safe;
}
