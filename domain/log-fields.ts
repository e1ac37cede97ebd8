import { isRecord, numberAt, textAt } from './json.ts';

/**
 * Fields that every line of the log carries where they apply: the only list; docs/operations.md shows it.
 *
 * `correlationId` is a GUID, and the one Azure Resource Manager is asked to call our requests by.
 */
export const logFieldNames = ['cluster', 'planId', 'instanceId', 'version', 'phase', 'pool', 'node', 'attempt', 'decision', 'reasonCode', 'correlationId', 'githubDelivery'] as const;
export type LogFieldName = (typeof logFieldNames)[number];

/** What is known of what a line is about. */
export type LogFields = { readonly [N in LogFieldName]?: N extends 'attempt' ? number : string };

const traceNames = ['cluster', 'planId', 'version', 'phase', 'pool', 'attempt', 'decision', 'correlationId', 'githubDelivery'] as const satisfies readonly LogFieldName[];
/** Of these, what goes along with an event, a new instance and every activity, because the receiver may not know it. */
export type Trace = Pick<LogFields, (typeof traceNames)[number]>;

/** Where each text lies in inputs of activities, statuses, commands and lines; the first that is there counts. */
const places: { readonly [N in Exclude<LogFieldName, 'attempt' | 'pool'>]: readonly (readonly string[])[] } = {
  cluster: [['clusterResourceId'], ['policy', 'clusterResourceId'], ['status', 'clusterResourceId'], ['message', 'clusterResourceId'], ['cluster']],
  planId: [['plan', 'digest'], ['planDigest'], ['status', 'planDigest'], ['planId']],
  instanceId: [['instanceId']],
  version: [['version']],
  phase: [['phase'], ['status', 'phase']],
  node: [['node']],
  decision: [['decisionId'], ['request', 'decisionId'], ['decision']],
  reasonCode: [['reasonCode'], ['failure', 'code'], ['code']],
  correlationId: [['correlationId']],
  githubDelivery: [['githubDelivery'], ['deliveryId'], ['comment', 'deliveryId'], ['pullRequest', 'deliveryId'], ['action', 'deliveryId'], ['tick', 'deliveryId']],
};

/** The fields a value tells of itself: an activity's input, a published status, or what a line is logged with. */
export function logFieldsOf(value: unknown): LogFields {
  if (!isRecord(value)) return {};
  const found = Object.entries(places).flatMap(([name, paths]) => {
    const text = paths.map((path) => textAt(value, ...path)).find((each) => each !== null && each !== '');
    return text === undefined || text === null ? [] : [[name, text] as const];
  });
  const unit = textAt(value, 'unit', 'unit') ?? textAt(value, 'unit') ?? '';
  const pool = unit.startsWith('pool/') ? unit.slice('pool/'.length) : textAt(value, 'pool');
  const attempt = numberAt(value, 'attempt');
  return { ...Object.fromEntries(found), ...(pool === null ? {} : { pool }), ...(attempt === null ? {} : { attempt }) };
}

/** Longest text of a trace: an ARM id may have some hundred. Unit: characters. */
const TRACE_CHARACTERS_MAX = 400;

/** The trace that came along with a value we wrote ourselves; what has not the form of an id is left out. */
export function readTrace(value: unknown): Trace {
  const texts = traceNames.flatMap((name) => {
    const text = textAt(value, 'trace', name);
    return text !== null && text.length <= TRACE_CHARACTERS_MAX && /^[\w.:/()-]+$/.test(text) ? [[name, text] as const] : [];
  });
  const attempt = numberAt(value, 'trace', 'attempt');
  return { ...Object.fromEntries(texts.filter(([name]) => name !== 'attempt')), ...(attempt === null ? {} : { attempt }) };
}

/** Of what is known, what made it happen: a person's word or somebody's event. */
export function causeOf({ decision, correlationId, githubDelivery }: LogFields): LogFields {
  return { ...(decision === undefined ? {} : { decision }), ...(correlationId === undefined ? {} : { correlationId }), ...(githubDelivery === undefined ? {} : { githubDelivery }) };
}

/** What is known once an event is heard: what follows is done because of it, no more because of what was heard before. */
export function heardBy(known: LogFields, event: unknown): LogFields {
  const cause = causeOf({ ...logFieldsOf(event), ...readTrace(event) });
  if (cause.correlationId === undefined) return known;
  const { decision: _decision, githubDelivery: _delivery, ...rest } = known;
  return { ...rest, ...cause };
}

/** The value with a trace beside its own members: of what is known, what the value does not tell by itself. What is no object goes alone. */
export function withTrace(value: unknown, known: LogFields): unknown {
  if (!isRecord(value)) return value;
  const told = logFieldsOf(value);
  const names = traceNames.filter((name) => known[name] !== undefined && told[name] === undefined);
  return names.length === 0 ? value : { ...value, trace: Object.fromEntries(names.map((name) => [name, known[name]])) };
}

/** The value as it was before a trace was laid beside it. */
export function withoutTrace(value: unknown): unknown {
  if (!isRecord(value) || !('trace' in value)) return value;
  const { trace: _trace, ...own } = value;
  return own;
}
