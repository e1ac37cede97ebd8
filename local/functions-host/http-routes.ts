import { AppRefused } from './core-api.ts';

/** A route template such as `status/{id?}`, ready to match. */
export interface Route {
  readonly template: string;
  /** Upper case. */
  readonly methods: readonly string[];
  match(path: string): Readonly<Record<string, string>> | null;
  /** Routes with more literal segments win. */
  readonly literalCount: number;
}

/**
 * Reads a route template: literals (any case), `{name}`, `{name?}` at the end, `{*rest}` at the end. Throws
 * `not-implemented-locally` for constraints and defaults.
 */
export function parseRoute(template: string, methods: readonly string[]): Route {
  const segments = template.split('/').filter((segment) => segment !== '');
  const names: string[] = [];
  const parts = segments.map((segment) => {
    const parameter = /^\{(\*?)([A-Za-z_]\w*)(\??)\}$/.exec(segment);
    if (parameter === null) {
      if (/[{}]/.test(segment)) throw new AppRefused('not-implemented-locally', `Route segment ${segment} of ${template} needs constraints or mixed text. Use a plain {name}.`);
      return `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
    }
    names.push(parameter[2] ?? '');
    if (parameter[1] === '*') return '(?:/(.*))?';
    return parameter[3] === '?' ? '(?:/([^/]+))?' : '/([^/]+)';
  });
  const pattern = new RegExp(`^${parts.join('')}/?$`, 'i');
  return {
    template,
    methods: methods.map((method) => method.toUpperCase()),
    literalCount: segments.filter((segment) => !segment.startsWith('{')).length,
    match: (path) => {
      const found = pattern.exec(path);
      if (found === null) return null;
      const values: Record<string, string> = {};
      names.forEach((name, index) => {
        const value = found[index + 1];
        if (value !== undefined && value !== '') values[name] = decodeSegment(value);
      });
      return values;
    },
  };
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
