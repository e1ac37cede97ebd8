import { Environment } from '@marcbachmann/cel-js';
import { isRecord, recordAt, recordsAt, textAt } from '../../domain/json.ts';
import type { JsonRecord } from '../../domain/json.ts';

/** What an API server asks its admission policies, cut to what expressions may name (facts: Kubernetes API, AdmissionReview v1). */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  /** Left out when it is blank, as the server does. */
  readonly subResource?: string;
  readonly userInfo: { readonly username: string; readonly groups: readonly string[]; readonly extra?: Readonly<Record<string, readonly string[]>> };
  /** The server always says it. */
  readonly dryRun: boolean;
  readonly object: JsonRecord;
  readonly oldObject: JsonRecord | null;
}

/** What a policy does with a request. */
export type Verdict = { readonly kind: 'not-matched' } | { readonly kind: 'allowed' } | { readonly kind: 'denied'; readonly messages: readonly string[] };

/**
 * Judges a request by a ValidatingAdmissionPolicy as an API server does: constraints, conditions, variables, validations; what cannot be
 * evaluated is denied when the policy fails closed (facts: Kubernetes docs, Validating Admission Policy).
 */
export function judge(policy: JsonRecord, request: AdmissionRequest): Verdict {
  const spec = recordAt(policy, 'spec');
  if (!recordsAt(recordAt(spec, 'matchConstraints'), 'resourceRules').some((rule) => isMeant(rule, request))) return { kind: 'not-matched' };
  const { object, oldObject, ...rest } = request;
  const given = { request: { ...rest, object, oldObject }, object, oldObject };
  const variables: Record<string, unknown> = {};
  const evaluate = (expression: string): unknown => environment.evaluate(expression, { ...given, variables });
  try {
    if (recordsAt(spec, 'matchConditions').some((each) => evaluate(textAt(each, 'expression') ?? '') !== true)) return { kind: 'not-matched' };
    for (const each of recordsAt(spec, 'variables')) variables[textAt(each, 'name') ?? ''] = evaluate(textAt(each, 'expression') ?? '');
    const failed = recordsAt(spec, 'validations').filter((each) => evaluate(textAt(each, 'expression') ?? '') !== true);
    return failed.length === 0 ? { kind: 'allowed' } : { kind: 'denied', messages: failed.map((each) => textAt(each, 'message') ?? '') };
  } catch (error) {
    if (spec['failurePolicy'] !== 'Fail') return { kind: 'allowed' };
    return { kind: 'denied', messages: [error instanceof Error ? error.message : String(error)] };
  }
}

const environment = new Environment({ unlistedVariablesAreDyn: true });

function isMeant(rule: JsonRecord, { operation, resource, subResource }: AdmissionRequest): boolean {
  const named = subResource === undefined ? resource.resource : `${resource.resource}/${subResource}`;
  const has = (key: string, wanted: string): boolean => Array.isArray(rule[key]) && rule[key].includes(wanted);
  return has('apiGroups', resource.group) && has('apiVersions', resource.version) && has('operations', operation) && has('resources', named);
}

/** A copy of an object with one path changed; `undefined` takes it away. */
export function changed(object: JsonRecord, path: readonly string[], value: unknown): JsonRecord {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const inner = object[key];
  const next = rest.length === 0 ? value : changed(isRecord(inner) ? inner : {}, rest, value);
  return Object.fromEntries(Object.entries({ ...object, [key]: next }).filter(([, each]) => each !== undefined));
}
