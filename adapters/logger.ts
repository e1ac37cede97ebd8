import type { Logger } from '../activities/ports.ts';

const secretName = /secret|token|authorization|key|signature|connectionstring|password/i;

/** Depth and length past which a field is cut: a log line is read by a person and billed by the byte. */
const depthMax = 6;
const textLengthMax = 4_000;

/**
 * A logger that writes one JSON object a line: `level`, `code`, then the fields.
 *
 * A field whose name speaks of a secret is written as `[redacted]`, at any depth. Never throws: what cannot be written
 * as JSON is written as text.
 */
export function createLogger(write: (level: 'info' | 'warn' | 'error', line: string) => void): Logger {
  return {
    log(level, code, fields) {
      const safe = redact(fields, 0, new Set());
      write(level, JSON.stringify(Object.assign({ level, code }, safe, { level, code })));
    },
  };
}

function redact(value: unknown, depth: number, above: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return value.length > textLengthMax ? `${value.slice(0, textLengthMax)}…` : value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
  if (above.has(value)) return '[circular]';
  if (depth === depthMax) return '[deep]';
  const within = new Set(above).add(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (Array.isArray(value)) return value.map((item: unknown) => redact(item, depth + 1, within));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, secretName.test(name) ? '[redacted]' : redact(item, depth + 1, within)]),
  );
}

