import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { isRecord, listAt, recordAt, textAt } from '../../domain/json.ts';
import { sharedMaterial } from '../shared-material.ts';

/** One request and its answer, path below the API's base. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
}

/** GitHub's published description. */
export const published = sharedMaterial('contracts/github/github-subset.openapi.json');

interface Contract {
  /** Every operation of the description: method and path. */
  readonly operations: readonly string[];
  readonly check: (exchange: Exchange) => readonly string[];
}

/** Every way in which exchanges break GitHub's published description; empty when they keep to it. */
export function openContract(): Contract {
  const description = mend(published.readJson());
  if (!isRecord(description)) throw new Error('The API description is no object.');
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: true });
  formats.default(ajv);
  ajv.addSchema(description, 'github');
  const compiled = new Map<string, ValidateFunction>();
  const validate = (pointer: readonly string[], value: unknown): readonly string[] => {
    const key = pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent).join('/');
    const known = compiled.get(key) ?? ajv.compile({ $ref: `github#/${key}` });
    compiled.set(key, known);
    return known(value) ? [] : (known.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
  const operations = Object.entries(recordAt(description, 'paths')).flatMap(([path, verbs]) => Object.keys(recordAt({ verbs }, 'verbs')).map((verb) => `${verb.toUpperCase()} ${path}`));
  return { operations, check: (exchange) => checkExchange(description, exchange, validate) };
}

/**
 * What the description means, as JSON Schema says it: `nullable` without `type` or beside an `enum`, and `oneOf` of forms
 * that overlap (an error is also a rule violation).
 */
function mend(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mend);
  if (!isRecord(value)) return value;
  const mended = Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name === 'oneOf' ? 'anyOf' : name, mend(inner)]),
  );
  const isTyped = value['type'] !== undefined && value['enum'] === undefined;
  if (value['nullable'] !== true || isTyped) return mended;
  const { nullable: _nullable, ...rest } = mended;
  return { anyOf: [{ type: 'null' }, rest] };
}

type Validate = (pointer: readonly string[], value: unknown) => readonly string[];

function checkExchange(description: Readonly<Record<string, unknown>>, exchange: Exchange, validate: Validate): readonly string[] {
  const paths = recordAt(description, 'paths');
  const { method, path, status } = exchange;
  const verb = method.toLowerCase();
  // `/commits/{ref}/check-runs` fits `/commits/{ref}` too: the longer one is meant.
  const longestFirst = Object.keys(paths).toSorted((one, other) => other.length - one.length);
  const template = longestFirst.find((name) => templatePattern(name).test(path) && verb in recordAt(paths, name));
  if (template === undefined) return [`${method} ${path} is no operation of the description`];
  const operation = recordAt(paths, template, verb);
  const faults = [
    ...(status === 422 ? [] : checkQuery(description, template, operation, exchange)),
    ...(exchange.requestBody === null || status === 422 ? [] : checkRequest([template, verb], operation, exchange, validate)),
  ];
  const answers = recordAt(operation, 'responses');
  const answer = answers[String(status)];
  // 401 and 403 are GitHub's to give anywhere; their form is that of every error.
  if (answer === undefined) return [401, 403, 404].includes(status) ? faults : [...faults, `${method} ${template} answers no ${status}`];
  if (status === 204 || status === 304) return exchange.responseBody === null ? faults : [...faults, `${status} has a body`];
  // Some errors are described without saying their form.
  if (isRecord(answer) && answer['$ref'] === undefined && answer['content'] === undefined) return faults;
  const pointer = isRecord(answer) && typeof answer['$ref'] === 'string' ? answer['$ref'].slice(2).split('/') : ['paths', template, verb, 'responses', String(status)];
  const found = validate([...pointer, 'content', 'application/json', 'schema'], exchange.responseBody);
  return [...faults, ...found.map((fault) => `${method} ${template} → ${status}: ${fault}`)];
}

function checkRequest(at: readonly string[], operation: Readonly<Record<string, unknown>>, exchange: Exchange, validate: Validate): readonly string[] {
  if (operation['requestBody'] === undefined) return [`${exchange.method} ${exchange.path} takes no body`];
  const pointer = ['paths', ...at, 'requestBody', 'content', 'application/json', 'schema'];
  return validate(pointer, exchange.requestBody).map((fault) => `${exchange.method} ${at[0]} request: ${fault}`);
}

/** Names and values of the query: what the description does not name, or does not allow. */
function checkQuery(description: Readonly<Record<string, unknown>>, template: string, operation: Readonly<Record<string, unknown>>, exchange: Exchange): readonly string[] {
  const named = [...listAt(description, 'paths', template, 'parameters'), ...listAt(operation, 'parameters')].map((parameter) => {
    const pointer = textAt(parameter, '$ref');
    return pointer === null ? parameter : recordAt(description, ...pointer.slice(2).split('/'));
  });
  const inQuery = named.filter((parameter) => textAt(parameter, 'in') === 'query');
  const unknown = Object.entries(exchange.query).flatMap(([name, value]) => {
    const parameter = inQuery.find((each) => textAt(each, 'name') === name);
    if (parameter === undefined) return [`${exchange.method} ${template} has no query parameter ${name}`];
    const allowed = listAt(parameter, 'schema', 'enum');
    const isNumber = textAt(parameter, 'schema', 'type') === 'integer';
    if (isNumber && !/^\d+$/.test(value)) return [`${exchange.method} ${template}: ${name} is no number`];
    return allowed.length === 0 || allowed.includes(value) ? [] : [`${exchange.method} ${template}: ${name} must not be ${value}`];
  });
  const missing = inQuery.filter((parameter) => recordAt({ parameter }, 'parameter')['required'] === true && exchange.query[textAt(parameter, 'name') ?? ''] === undefined);
  return [...unknown, ...missing.map((parameter) => `${exchange.method} ${template} lacks ${textAt(parameter, 'name')}`)];
}

/** `{path}` and `{ref}` may hold slashes; numbers must be numbers, or `/issues/comments` would be an issue. */
function templatePattern(template: string): RegExp {
  // The root of a repository's files is the path that is empty.
  const parts = template.replace('/{path}', '(?:/.+)?').replace(/\{(\w+)\}/g, (_whole, name: string) => {
    if (/_number$|_id$/.test(name)) return '\\d+';
    return name === 'ref' ? '.+' : '[^/]+';
  });
  return new RegExp(`^${parts}$`);
}
